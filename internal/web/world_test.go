package web

import (
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/directory"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/incidents"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/units"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
	"github.com/pactius/pactius/testbed/devtenant"
	"github.com/pactius/pactius/testbed/scripted"
)

const (
	nordHost    = "nordhavn.example"
	sydHost     = "sydhavn.example"
	looseHost   = "loose.example" // without a Microsoft 365 connection
	nordTenant  = "0f3b6c1e-1111-4c5b-b112-000000000001"
	sydTenant   = "0f3b6c1e-1111-4c5b-b112-000000000002"
	application = "0f3b6c1e-2222-4c5b-b112-000000000002"
	appSecret   = "the-very-secret-secret"
)

// human is somebody with an account in one of the tenants.
type human struct{ oid, username, name string }

func (h human) account() devtenant.Person {
	return devtenant.Person{ObjectID: h.oid, AccountName: h.username, Name: h.name, Mail: h.username}
}

var (
	ada   = human{"0f3b6c1e-3333-4c5b-b112-00000000000a", "ada@nordhavn.example", "Ada Root"}
	lone  = human{"0f3b6c1e-3333-4c5b-b112-00000000000b", "lone@nordhavn.example", "Lone Local"}
	rikke = human{"0f3b6c1e-3333-4c5b-b112-00000000000c", "rikke@nordhavn.example", "Rikke Reader"}
	nils  = human{"0f3b6c1e-3333-4c5b-b112-00000000000d", "nils@nordhavn.example", "Nils Nothing"}
	vera  = human{"0f3b6c1e-3333-4c5b-b112-00000000000e", "vera@nordhavn.example", "Vera Visitor"}
	walt  = human{"0f3b6c1e-3333-4c5b-b112-00000000000f", "walt@nordhavn.example", "Walt Waiting"}
	sara  = human{"0f3b6c1e-4444-4c5b-b112-00000000000a", "sara@sydhavn.example", "Sara South"}
)

// world is the pages over a real store and two tenants of Microsoft 365.
type world struct {
	testing.TB
	db        *storetest.DB
	site      *Site
	tenants   map[string]*devtenant.Tenant // by host
	microsoft *httptest.Server
	nord, syd pactius.Environment
	root      pactius.UnitID // of nord, as all that follow
	sales     pactius.UnitID
	north     pactius.UnitID // beneath sales
	it        pactius.UnitID
	users     map[string]pactius.UserID // of nord, by account name
}

// parsed is the renderer, which all worlds share: it holds nothing of theirs.
var parsed = sync.OnceValues(view.New)

func newWorld(t testing.TB) *world {
	t.Helper()
	w := &world{TB: t, db: storetest.New(t), tenants: map[string]*devtenant.Tenant{},
		users: map[string]pactius.UserID{}}
	w.startMicrosoft()
	now := w.db.Clock.Now
	box, err := seal.New(strings.Repeat("s", seal.MinSecret))
	w.must(err)
	renderer, err := parsed()
	w.must(err)
	public := &url.URL{Scheme: "https", Host: nordHost}
	ms := microsoft.New(microsoft.Options{Authority: w.microsoft.URL, Now: now})
	graph := microsoft.NewGraph(ms, w.microsoft.URL)
	w.site = New(Config{
		Users: users.New(w.db.Work()), Units: units.New(w.db.Work()),
		Environments: environments.New(environments.Config{DB: w.db.Work(), Box: box, PublicURL: public,
			SupportContact: "support@pactius.example",
			Shared:         pactius.Credentials{ClientID: application, ClientSecret: appSecret},
			Microsoft:      graph, ReadCertificate: microsoft.ParseCertificate}),
		Incidents: incidents.New(w.db.Work()), Log: audit.New(w.db.Work()), Microsoft: ms,
		Box: box, View: renderer, PublicURL: public, Now: now, Logger: slog.New(slog.DiscardHandler),
		ClientAddress: func(*http.Request) string { return "192.0.2.7" },
		RequestID:     func(*http.Request) string { return "REFERENCE" },
	})
	w.site.Leavers = leavers.New(leavers.Config{DB: w.db.Work(), Directory: graph,
		Credentials: w.site.Environments.Credentials, Every: leavers.DefaultEvery,
		Logger: slog.New(slog.DiscardHandler)})
	w.site.Directory = directory.New(directory.Config{DB: w.db.Work(), Graph: graph,
		Credentials: w.site.Environments.Credentials, Patience: time.Minute})
	w.site.Users.Directory = w.site.Directory
	w.site.Applications = applications.New(applications.Config{DB: w.db.Work(), Box: box,
		BaseURL: w.site.Environments.BaseURL})
	w.site.Clients = clients.New(clients.Config{DB: w.db.Work(), Box: box, Applications: w.site.Applications,
		BaseURL: w.site.Environments.BaseURL, Logger: slog.New(slog.DiscardHandler)})
	w.nord = w.environment(nordHost, "Nordhavn", nordTenant, ada)
	w.syd = w.environment(sydHost, "Sydhavn", sydTenant, sara)
	w.environment(looseHost, "Loose", "", human{})
	w.company()
	return w
}

// onceOnly skips the second run, on PostgreSQL, of a long test of what pages show: the statements behind
// them are tried there by the tests of the store and of the rules, and by the matrix.
func onceOnly(t *testing.T) {
	t.Helper()
	if engine := os.Getenv(storetest.EngineVariable); engine != "" {
		t.Skip("what the pages show does not depend on the engine ", engine)
	}
}

func (w *world) must(err error) {
	w.Helper()
	if err != nil {
		w.Fatal(err)
	}
}

// startMicrosoft starts both tenants at one origin.
func (w *world) startMicrosoft() {
	server := httptest.NewUnstartedServer(nil)
	origin := "http://" + server.Listener.Addr().String()
	var handlers []*devtenant.Tenant
	for host, tenant := range map[string]string{nordHost: nordTenant, sydHost: sydTenant} {
		t, err := devtenant.New(devtenant.Config{URL: origin, TenantID: tenant, TenantName: host, ClientID: application,
			ClientSecret: appSecret,
			RedirectURLs: []string{"https://" + host + environments.CallbackPath, "https://" + host + "/"},
			Now:          w.db.Clock.Now})
		w.must(err)
		w.tenants[host] = t
		handlers = append(handlers, t)
	}
	for _, h := range []human{ada, lone, rikke, nils, vera, walt} {
		w.must(w.tenants[nordHost].Put(h.account()))
	}
	w.must(w.tenants[sydHost].Put(sara.account()))
	server.Config.Handler = devtenant.Handlers(handlers...)
	server.Start()
	w.Cleanup(server.Close)
	w.microsoft = server
}

func (w *world) environment(host, name, tenant string, administrator human) pactius.Environment {
	w.Helper()
	zone, language := "Europe/Copenhagen", "en"
	e, err := w.site.Environments.Add(w.Context(), pactius.Actor{Kind: pactius.ActorSupport},
		environments.NewEnvironment{Name: name, Host: host,
			Update:        pactius.EnvironmentUpdate{TenantID: &tenant, TimeZone: &zone, Language: &language},
			Administrator: administrator.username})
	w.must(err)
	return e
}

// company gives Nordhavn its units and its people.
func (w *world) company() {
	w.Helper()
	support := pactius.SupportActor(w.nord.ID)
	o, err := w.site.Units.Tree(w.Context(), support)
	w.must(err)
	w.root = o.Tree.Root().ID
	w.sales = w.unit(w.root, "Sales")
	w.north = w.unit(w.sales, "North")
	w.it = w.unit(w.root, "IT")
	first, err := w.site.Users.Find(w.Context(), support, ada.username)
	w.must(err)
	w.users[ada.username] = first.ID
	w.user(lone, pactius.Grant{Unit: w.sales, Access: pactius.AccessAdminister})
	w.user(rikke, pactius.Grant{Unit: w.north, Access: pactius.AccessRead})
	w.user(nils)
}

func (w *world) unit(parent pactius.UnitID, name string) pactius.UnitID {
	w.Helper()
	u, err := w.site.Units.Add(w.Context(), pactius.SupportActor(w.nord.ID), parent, name)
	w.must(err)
	return u.ID
}

func (w *world) user(h human, grants ...pactius.Grant) pactius.UserID {
	w.Helper()
	added, err := w.site.Users.Add(w.Context(), pactius.SupportActor(w.nord.ID),
		users.NewUser{Username: h.username, Name: h.name, Grants: grants})
	w.must(err)
	w.users[h.username] = added.User.ID
	return added.User.ID
}

// request sends the access request of somebody unknown.
func (w *world) request(h human, wished ...pactius.UnitID) pactius.RequestID {
	w.Helper()
	q, err := w.site.Users.Ask(w.Context(), pactius.Visitor(w.nord.ID, w.person(h), ""),
		users.Wish{Message: "Let me in", Units: wished})
	w.must(err)
	return q.ID
}

func (w *world) person(h human) pactius.Person {
	return pactius.Person{Identity: pactius.Identity{TenantID: nordTenant, ObjectID: h.oid}, Username: h.username,
		Name: h.name, Email: h.username}
}

// browser is a person's browser on one host.
type browser struct {
	*world
	*scripted.Browser
}

func (w *world) browser(host string) *browser {
	return &browser{w, scripted.New("https://"+host, scripted.Serving(w.site))}
}

func (b *browser) url(path string) *url.URL {
	b.Helper()
	u, err := url.Parse(b.Origin + path)
	b.must(err)
	return u
}

// page is an answer.
type page struct {
	*scripted.Page
	b *browser
}

// send makes a request; one of a method that changes something is a form.
func (b *browser) send(method, path, body string) *page {
	b.Helper()
	r, err := http.NewRequestWithContext(b.Context(), method, b.Origin+path, strings.NewReader(body))
	b.must(err)
	r.Header = b.Header.Clone()
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	answer, err := b.Do(r)
	b.site.Wait()
	b.must(err)
	return &page{answer, b}
}

func (b *browser) get(path string) *page { b.Helper(); return b.send(http.MethodGet, path, "") }

func (b *browser) post(path string, fields url.Values) *page {
	b.Helper()
	return b.send(http.MethodPost, path, fields.Encode())
}

// status checks the answer's status.
func (p *page) status(want int) *page {
	p.b.Helper()
	if p.StatusCode != want {
		p.b.Fatalf("status %d, want %d (location %q)\n%s", p.StatusCode, want, p.Header.Get("Location"), p.text())
	}
	return p
}

// to checks that the answer leads on to a local path, and goes there.
func (p *page) to(want string) *page {
	p.b.Helper()
	p.status(http.StatusSeeOther)
	if got := p.Header.Get("Location"); got != want {
		p.b.Fatalf("leads to %s, want %s", got, want)
	}
	return p.b.get(want)
}

// shows checks that the page's text holds all of these.
func (p *page) shows(all ...string) *page {
	p.b.Helper()
	text := p.text()
	for _, want := range all {
		if !strings.Contains(text, want) {
			p.b.Errorf("the page lacks %q:\n%s", want, text)
		}
	}
	return p
}

// lacks checks that the page's source, where an apostrophe is &#39;, holds none of these.
func (p *page) lacks(all ...string) *page {
	p.b.Helper()
	for _, not := range all {
		if strings.Contains(p.Body, not) || strings.Contains(p.Body, strings.ReplaceAll(not, "'", "&#39;")) {
			p.b.Errorf("the page has %q", not)
		}
	}
	return p
}

func (p *page) text() string { return p.Text() }

// fields reads what the form with this action would post as it stands.
func (p *page) fields(action string) url.Values {
	p.b.Helper()
	f := p.Form(action)
	if f == nil {
		p.b.Fatalf("the page has no form that posts to %s:\n%s", action, p.Body)
	}
	return f
}

// submit posts a form of the page as a browser would, with some fields filled
// in: pairs of name and value; a value for "unit" is one more box.
func (p *page) submit(action string, pairs ...string) *page {
	p.b.Helper()
	f := p.fields(action)
	for pair := range slices.Chunk(pairs, 2) {
		if pair[0] == view.FieldUnit {
			f.Add(pair[0], pair[1])
		} else {
			f.Set(pair[0], pair[1])
		}
	}
	return p.b.post(action, f)
}

// onward is where the page leads on to, which must be Microsoft.
func (p *page) onward() string {
	p.b.Helper()
	p.status(http.StatusOK)
	address := p.Next()
	if !strings.HasPrefix(address, p.b.world.microsoft.URL) {
		p.b.Fatalf("leads to %s, not to Microsoft", address)
	}
	return address
}

// microsoft goes on to Microsoft, answers the page there as the choice says and
// returns the path of the callback.
func (p *page) microsoft(choice url.Values) string {
	p.b.Helper()
	back, err := p.b.Choose(p.b.Context(), p.onward(), choice)
	p.b.must(err)
	return strings.TrimPrefix(back, p.b.Origin)
}

// callback begins a sign-in and returns the callback that ends it.
func (b *browser) callback(h human, pairs ...string) string {
	b.Helper()
	f := url.Values{"select": {"1"}}
	for pair := range slices.Chunk(pairs, 2) {
		f.Set(pair[0], pair[1])
	}
	return b.post("/sign-in", f).microsoft(url.Values{"person": {h.oid}})
}

// signIn signs somebody in.
func (b *browser) signIn(h human) *browser {
	b.Helper()
	b.get(b.callback(h)).status(http.StatusSeeOther)
	return b
}

// as is the browser of somebody who is signed in.
func (w *world) as(h human) *browser {
	w.Helper()
	host := nordHost
	if h == sara {
		host = sydHost
	}
	return w.browser(host).signIn(h)
}

// token is the session's token in the browser.
func (b *browser) token() string { return b.Cookie("__Host-pactius") }

// setCookie puts a cookie into the browser.
func (b *browser) setCookie(name, value string) {
	b.Client.Jar.SetCookies(b.url("/"), []*http.Cookie{{Name: name, Value: value, Path: "/", Secure: true}})
}
