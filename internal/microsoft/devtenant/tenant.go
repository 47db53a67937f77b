package devtenant

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"sync"
	"time"
)

// Person is one account of the tenant.
type Person struct {
	ObjectID    string // GUID; the oid claim
	AccountName string // user principal name; the preferred_username claim
	Name        string // displayName
	Mail        string // may be empty, may differ from the account name
	JobTitle    string
	Department  string
	Language    string // preferredLanguage, the xms_pl claim; may be empty
	Note        string // what this person shows in the demo; on the tenant's own page only
	Guest       bool   // invited from another tenant
	Disabled    bool   // sign-in is blocked
	NotAssigned bool   // may not use the application
}

// Config is what a Tenant is made of. TenantID and ClientID are GUIDs.
type Config struct {
	URL          string // own public origin, without a path
	TenantID     string
	TenantName   string // as the sign-in page shows it
	ClientID     string
	ClientSecret string
	RedirectURLs []string // all addresses people may be sent to, after signing in and after signing out
	People       []Person
	FormerKeys   int              // signing keys that stay published after RotateKeys; 1 when zero, none when negative
	Now          func() time.Time // time.Now when nil
	Logger       *slog.Logger     // discards when nil
}

// Tenant is an in-process Microsoft 365 tenant. It may be used by many
// goroutines at once; everything is kept in memory.
type Tenant struct {
	config Config
	origin string // of URL, without a trailing slash
	id     string // TenantID in lower case
	now    func() time.Time
	log    *slog.Logger

	mu      sync.Mutex
	people  map[string]Person    // by lower-case object ID
	keys    []signingKey         // the current one first
	grants  map[string]*grant    // by code
	bearers map[string]time.Time // Graph access tokens and their end
}

// guidForm is how Microsoft writes IDs.
var guidForm = regexp.MustCompile(`^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$`)

// New makes a Tenant and its first signing key. All problems of the
// configuration are reported at once.
func New(c Config) (*Tenant, error) {
	t := &Tenant{
		config:  c,
		origin:  strings.TrimRight(c.URL, "/"),
		id:      strings.ToLower(c.TenantID),
		now:     c.Now,
		log:     c.Logger,
		people:  map[string]Person{},
		grants:  map[string]*grant{},
		bearers: map[string]time.Time{},
	}
	if t.now == nil {
		t.now = time.Now
	}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	if t.config.FormerKeys == 0 {
		t.config.FormerKeys = 1
	}
	problems := []error{t.check()}
	for _, p := range c.People {
		problems = append(problems, t.Put(p))
	}
	if err := errors.Join(problems...); err != nil {
		return nil, err
	}
	return t, t.RotateKeys()
}

// check reports what is wrong with the configuration.
func (t *Tenant) check() error {
	var problems []error
	if u, err := url.Parse(t.origin); err != nil || u.Host == "" || u.Path != "" {
		problems = append(problems, fmt.Errorf("the tenant's URL %q is not an origin", t.config.URL))
	}
	if !guidForm.MatchString(t.id) {
		problems = append(problems, fmt.Errorf("the tenant ID %q is not a GUID", t.config.TenantID))
	}
	if t.config.ClientID == "" || t.config.ClientSecret == "" {
		problems = append(problems, errors.New("the tenant has no application: client ID or secret is missing"))
	}
	for _, r := range t.config.RedirectURLs {
		if u, err := url.Parse(r); err != nil || u.Host == "" || u.Fragment != "" {
			problems = append(problems, fmt.Errorf("the redirect URL %q is not absolute", r))
		}
	}
	return errors.Join(problems...)
}

// Put adds a person or changes the one with this object ID: renames, disables.
// Account names are unique in a tenant, whatever their case.
func (t *Tenant) Put(p Person) error {
	p.ObjectID = strings.ToLower(p.ObjectID)
	if !guidForm.MatchString(p.ObjectID) {
		return fmt.Errorf("the object ID %q of %s is not a GUID", p.ObjectID, p.AccountName)
	}
	if !strings.Contains(p.AccountName, "@") {
		return fmt.Errorf("the account name %q has no domain", p.AccountName)
	}
	t.mu.Lock()
	defer t.mu.Unlock()
	for _, other := range t.people {
		if other.ObjectID != p.ObjectID && strings.EqualFold(other.AccountName, p.AccountName) {
			return fmt.Errorf("the account name %s is taken", p.AccountName)
		}
	}
	t.people[p.ObjectID] = p
	return nil
}

// Remove deletes the person with this object ID; nobody is fine too.
func (t *Tenant) Remove(objectID string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.people, strings.ToLower(objectID))
}

// People lists everybody by name.
func (t *Tenant) People() []Person {
	t.mu.Lock()
	defer t.mu.Unlock()
	list := make([]Person, 0, len(t.people))
	for _, p := range t.people {
		list = append(list, p)
	}
	slices.SortFunc(list, func(a, b Person) int {
		return cmp.Or(strings.Compare(strings.ToLower(a.Name), strings.ToLower(b.Name)), strings.Compare(a.ObjectID, b.ObjectID))
	})
	return list
}

// person finds somebody by object ID.
func (t *Tenant) person(objectID string) (Person, bool) {
	t.mu.Lock()
	defer t.mu.Unlock()
	p, ok := t.people[strings.ToLower(objectID)]
	return p, ok
}

// named finds somebody by account name, object ID or login_hint claim.
func (t *Tenant) named(name string) (Person, bool) {
	name = strings.TrimSpace(name)
	if p, ok := t.person(name); ok {
		return p, true
	}
	for _, p := range t.People() {
		if strings.EqualFold(p.AccountName, name) || loginHint(p) == name {
			return p, true
		}
	}
	return Person{}, false
}

// issuer is what ID tokens name as iss.
func (t *Tenant) issuer() string { return t.origin + "/" + t.id + "/v2.0" }
