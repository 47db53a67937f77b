package devtenant

import (
	"crypto/x509"
	"errors"
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Application permissions that Graph looks at here (Microsoft Graph: "Permissions
// reference"). Without one a call is refused with Authorization_RequestDenied.
const (
	// look people up: names, account name and mail; nothing else, no changes, no deleted people
	ReadBasic = "User.ReadBasic.All"
	ReadAll   = "User.Read.All" // everything served here
)

// App is an application as this tenant knows it.
type App struct {
	ClientID     string // GUID
	Name         string // as the consent page shows it
	Secrets      []Secret
	Certificates []*x509.Certificate // of which the application proves to have the private key
	// all addresses people may be sent to, after signing in, signing out and consenting
	RedirectURLs []string
	Requested    []string // permissions that admin consent to .default grants; ReadAll when nil
	Granted      []string // permissions that were consented to
	AuthTime     bool     // its ID tokens have the optional claim auth_time
	OwnKey       bool     // claims mapping or SAML: its ID tokens are signed with a key published only for its ID
	// registered elsewhere, and not consented to here: AADSTS700016 until an administrator does
	Stranger bool
}

// Secret is a client secret. Several may be valid at once, so that one can be
// replaced without a gap.
type Secret struct {
	Value string
	Ends  time.Time // zero is never
}

// PutApp registers an application or changes the one with this client ID.
func (t *Tenant) PutApp(a App) error {
	a.ClientID = strings.ToLower(a.ClientID)
	var problems []error
	if a.ClientID == "" || len(a.Secrets)+len(a.Certificates) == 0 {
		problems = append(problems,
			errors.New("the tenant has no application: client ID, or secret and certificate, are missing"))
	}
	for _, r := range a.RedirectURLs {
		if u, err := url.Parse(r); err != nil || u.Host == "" || u.Fragment != "" {
			problems = append(problems, fmt.Errorf("the redirect URL %q is not absolute", r))
		}
	}
	if a.Requested == nil {
		a.Requested = []string{ReadAll}
	}
	if err := errors.Join(problems...); err != nil {
		return err
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	t.apps[a.ClientID] = a
	return nil
}

// App finds the application with this client ID.
func (t *Tenant) App(clientID string) (App, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	a, ok := t.apps[strings.ToLower(clientID)]
	return a, ok
}

// Apps lists the applications by client ID.
func (t *Tenant) Apps() []App {
	t.mu.Lock()
	defer t.mu.Unlock()
	return slices.SortedFunc(maps.Values(t.apps), func(a, b App) int { return strings.Compare(a.ClientID, b.ClientID) })
}

// redirectURLs are those of all applications.
func (t *Tenant) redirectURLs() []string {
	var list []string
	for _, a := range t.Apps() {
		list = append(list, a.RedirectURLs...)
	}
	return list
}

// Grant replaces the permissions that an application has: none withdraws them.
// Access tokens carry what was granted when they were issued and are good until
// they end, as Microsoft's are; EndTokens ends them immediately.
func (t *Tenant) Grant(clientID string, permissions ...string) error {
	a, ok := t.App(clientID)
	if !ok {
		return fmt.Errorf("no application has the ID %s", clientID)
	}
	a.Granted = permissions
	return t.PutApp(a)
}

// EndTokens ends every access token for Graph.
func (t *Tenant) EndTokens() {
	t.mu.Lock()
	defer t.mu.Unlock()
	clear(t.bearers)
}

// ExpireDeltaTokens makes every delta and skip token unknown, as Microsoft does
// now and then: 410 Gone.
func (t *Tenant) ExpireDeltaTokens() {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.tokenKey = random()
}

// SetIndexDelay lets $search find people only so long after they were added.
// Everything else knows them immediately.
func (t *Tenant) SetIndexDelay(d time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.indexDelay = d
}
