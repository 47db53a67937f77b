package microsoft

import (
	"cmp"
	"net/http"
	"strings"
	"sync"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/pactius/pactius"
)

// DefaultGraph is the origin of Microsoft Graph in Microsoft's public cloud. National clouds have their own
// (graph.microsoft.us, dod-graph.microsoft.us, microsoftgraph.chinacloudapi.cn), each with its own authority.
const DefaultGraph = "https://graph.microsoft.com"

// maxGraphBody bounds one answer of the directory in bytes: a page of changes with changesPage accounts has about 200
// KB.
const maxGraphBody = 2 << 20

// Graph reads tenants' directories (Microsoft Graph v1.0) with the permissions of their app registrations. It is safe
// for concurrent use. It keeps the app tokens and until when a tenant asks to wait, but no answers.
//
// Every error of its methods is a *pactius.DirectoryError, or a *pactius.Error of kind NotFound where there is no such
// account.
type Graph struct {
	base   string
	m      *Microsoft
	client *http.Client
	flight singleflight.Group

	mu     sync.Mutex
	tokens map[registration]*appToken
	waits  map[string]time.Time // by lower-case tenant ID: no call before this
}

// NewGraph returns the Graph at the origin base, DefaultGraph when empty. The token endpoints, the transport, the clock
// and the log are those of m. It makes no call yet.
func NewGraph(m *Microsoft, base string) *Graph {
	return &Graph{
		base: cmp.Or(strings.TrimRight(base, "/"), DefaultGraph), m: m, client: newClient(m.transport, maxGraphBody),
		tokens: map[registration]*appToken{}, waits: map[string]time.Time{},
	}
}

// scope returns the scope of everything that was granted to the app registration, the only one for application
// permissions (Microsoft: "Client credentials flow").
func (g *Graph) scope() string { return g.base + "/.default" }

// Refusals of the directory.
var (
	errNoAccount = pactius.Refuse(pactius.KindNotFound, pactius.T("There's no such account in Microsoft 365."))
	errNoPhoto   = pactius.Refuse(pactius.KindNotFound, pactius.T("This account has no photo in Microsoft 365."))
)
