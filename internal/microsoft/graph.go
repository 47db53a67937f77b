package microsoft

import (
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/pactius/pactius"
)

// DefaultGraph is the origin of Microsoft Graph in Microsoft's public cloud.
const DefaultGraph = "https://graph.microsoft.com"

// GraphOptions configures a Graph. Microsoft must be set.
type GraphOptions struct {
	Base       string           // origin of Microsoft Graph; DefaultGraph when empty
	Microsoft  *Microsoft       // knows the token endpoints
	HTTPClient *http.Client     // its Transport is used; time limits, size limits and redirects are ours
	Now        func() time.Time // time.Now when nil
	Logger     *slog.Logger     // discards when nil
}

// Graph reads tenants' directories. It may be used by many goroutines at once.
type Graph struct{}

// NewGraph makes a Graph. It talks to nobody yet.
func NewGraph(o GraphOptions) *Graph { return &Graph{} }

func unfinished() error { return &pactius.DirectoryError{Trouble: pactius.Away} }

// Search finds accounts by what somebody typed.
func (g *Graph) Search(ctx context.Context, c pactius.Credentials, typed string, limit int) ([]pactius.Account, error) {
	return nil, unfinished()
}

// Account finds one account by its name or object ID.
func (g *Graph) Account(ctx context.Context, c pactius.Credentials, nameOrID string) (pactius.Account, error) {
	return pactius.Account{}, unfinished()
}

// Photo gives a small picture of an account.
func (g *Graph) Photo(ctx context.Context, c pactius.Credentials, objectID string) (image []byte, contentType string, err error) {
	return nil, "", unfinished()
}

// Changes gives a page of what changed since a cursor.
func (g *Graph) Changes(ctx context.Context, c pactius.Credentials, cursor string) (pactius.DirectoryChanges, error) {
	return pactius.DirectoryChanges{}, unfinished()
}

// Test tries everything about a connection that can be tried from here.
func (g *Graph) Test(ctx context.Context, c pactius.Credentials, redirectURI string) []pactius.ConnectionStep {
	return nil
}

// AdminConsentURL is where a tenant's administrator agrees to what the app
// registration asks for.
func (g *Graph) AdminConsentURL(c pactius.Credentials, redirect, state string) string { return "" }

// Consent is what came back from the admin consent page. It proves nothing:
// anybody can make a browser open such an address.
type Consent struct {
	Tenant  string // lower-case GUID
	State   string
	Granted bool
}

// ParseConsent reads the parameters of an admin consent callback. Refusals are
// *Failure, and come with the state.
func ParseConsent(v url.Values) (Consent, error) { return Consent{}, nil }
