package devtenant

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"sync"
	"time"

	"github.com/pactius/pactius/internal/id"
)

// Config is what a Tenant is made of. TenantID and ClientID are GUIDs.
type Config struct {
	URL          string // own public origin, without a path
	GraphURL     string // origin of Graph, for which tokens are asked as GraphURL/.default; URL when empty
	TenantID     string
	TenantName   string // as the sign-in page shows it
	ClientID     string
	ClientSecret string
	RedirectURLs []string // all addresses people may be sent to, after signing in and after signing out
	Granted      []string // the application's permissions in Graph; ReadAll when nil
	People       []Person
	Deleted      []Person         // in the recycle bin from the start
	FormerKeys   int              // signing keys that stay published after RotateKeys; 1 when zero, none when negative
	Now          func() time.Time // time.Now when nil
	Logger       *slog.Logger     // discards when nil
}

// Tenant is an in-process Microsoft 365 tenant. It may be used by many
// goroutines at once; everything is kept in memory.
type Tenant struct {
	config  Config
	origin  string // of URL, without a trailing slash
	graphAt string // of GraphURL, likewise
	id      string // TenantID in lower case
	now     func() time.Time
	log     *slog.Logger

	mu         sync.Mutex
	people     map[string]*record   // by lower-case object ID
	bin        map[string]*record   // the deleted ones, likewise
	removed    map[string]int       // those deleted for good, likewise, and the change that did it
	names      map[string]string    // object IDs of people by lower-case account name
	byName     []Person             // everyone by name; nil when it has to be made anew
	order      []string             // object IDs of people, bin and removed in order; likewise
	changes    int                  // changes counted so far
	apps       map[string]App       // by lower-case client ID
	keys       []signingKey         // the current one first
	grants     map[string]*grant    // by code
	bearers    map[string]bearer    // Graph access tokens
	used       map[string]time.Time // client assertions seen, by client and jti, and their end
	tokenKey   string               // seals delta and skip tokens
	indexDelay time.Duration        // $search finds people only so long after they were added
	trouble    Trouble
	calls      []*Call
	sent       []Sent
	moment     int // beginnings and ends of calls counted so far
}

// New makes a Tenant and its first signing key. All problems of the
// configuration are reported at once.
func New(c Config) (*Tenant, error) {
	t := &Tenant{
		config:   c,
		origin:   strings.TrimRight(c.URL, "/"),
		id:       strings.ToLower(c.TenantID),
		now:      c.Now,
		log:      c.Logger,
		people:   map[string]*record{},
		bin:      map[string]*record{},
		removed:  map[string]int{},
		names:    map[string]string{},
		apps:     map[string]App{},
		grants:   map[string]*grant{},
		bearers:  map[string]bearer{},
		used:     map[string]time.Time{},
		tokenKey: random(),
	}
	t.graphAt = strings.TrimRight(cmp.Or(c.GraphURL, c.URL), "/")
	if t.now == nil {
		t.now = time.Now
	}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	if t.config.FormerKeys == 0 {
		t.config.FormerKeys = 1
	}
	if c.Granted == nil {
		c.Granted = []string{ReadAll}
	}
	problems := []error{
		t.check(),
		t.PutApp(App{ClientID: c.ClientID, Name: "PACTIUS", Secrets: secrets(c.ClientSecret),
			RedirectURLs: c.RedirectURLs, Granted: c.Granted}),
	}
	for _, p := range c.People {
		problems = append(problems, t.Put(p))
	}
	for _, p := range c.Deleted {
		p.ObjectID = strings.ToLower(p.ObjectID)
		t.bin[p.ObjectID] = &record{Person: p, created: t.now(), deleted: t.now(), changed: filledIn(p, 1)}
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	key, err := firstKey()
	t.signWith(key)
	return t, err
}

// check reports what is wrong with the configuration.
func (t *Tenant) check() error {
	var problems []error
	if u, err := url.Parse(t.origin); err != nil || u.Host == "" || u.Path != "" {
		problems = append(problems, fmt.Errorf("the tenant's URL %q is not an origin", t.config.URL))
	}
	if !id.Valid(t.id) {
		problems = append(problems, fmt.Errorf("the tenant ID %q is not a GUID", t.config.TenantID))
	}
	return errors.Join(problems...)
}

// secrets makes the list of one secret that never ends, or of none.
func secrets(value string) []Secret {
	if value == "" {
		return nil
	}
	return []Secret{{Value: value}}
}

// issuer is what ID tokens name as iss.
func (t *Tenant) issuer() string { return t.origin + "/" + t.id + "/v2.0" }
