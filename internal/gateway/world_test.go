package gateway

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

const (
	portal    = "https://portal.example"
	contracts = pactius.Origin("https://contracts.example")
	other     = pactius.Origin("https://other.example:8443")
	local     = pactius.Origin("http://local.localhost:8090")

	proxyAddress    = "10.0.0.7:1000"
	strangerAddress = "192.0.2.7:1000"
)

// world is an environment with applications, a reader of Sales and an instance of the door.
type world struct {
	*storetest.Ground
	*instance
	db           *storetest.DB
	sales, south pactius.UnitID
	root         pactius.Actor
	freja        pactius.User
	session      string // token of Freja's session at the portal
	app          pactius.Application
	log          *lines
	upstream     string // where applications are, if PACTIUS itself is the proxy
}

// instance is one process with the door.
type instance struct {
	t     testing.TB
	store *store.Store
	rules *applications.Rules
	door  *Gateway
	proxy bool // requests go to the application itself, through PACTIUS
	// openID is the part of door for clients.
	openID *OpenID
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return build(t, storetest.New(t), "portal.example", contracts)
}

// onEach runs a test on both engines.
func onEach(t *testing.T, test func(*testing.T, *world)) {
	t.Helper()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		test(t, build(t, db, "portal.example", contracts))
	})
}

// eachWay runs a test on both engines, and with both kinds of proxies: the same door for the same people.
func eachWay(t *testing.T, test func(*testing.T, *world)) {
	t.Helper()
	for way, proxy := range map[string]bool{"another proxy": false, "the built-in proxy": true} {
		t.Run(way, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, w *world) {
				if proxy {
					w.proxyAll(t)
				}
				test(t, w)
			})
		})
	}
}

func build(t testing.TB, db *storetest.DB, host string, at pactius.Origin) *world {
	t.Helper()
	w := &world{Ground: db.Ground(t, host), db: db, log: &lines{}}
	w.instance = w.start(t, db.Store)
	w.sales = w.Unit(t, w.Root, "Sales")
	w.south = w.Unit(t, w.sales, "South")
	w.root = w.Actor(w.User(t, "root@nordhavn.example", "Root",
		pactius.Grant{Unit: w.Root, Access: pactius.AccessAdminister}))
	w.freja = w.User(t, "freja@nordhavn.example", "Freja Ørsted",
		pactius.Grant{Unit: w.sales, Access: pactius.AccessRead})
	w.app = w.add(t, "Contracts", at)
	w.session = w.signIn(t, w.freja)
	return w
}

// start makes an instance over a store of the world's database.
func (w *world) start(t testing.TB, s *store.Store) *instance {
	t.Helper()
	box, err := seal.New(strings.Repeat("s", seal.MinSecret))
	if err != nil {
		t.Fatal(err)
	}
	i := &instance{t: t, store: s, proxy: w.upstream != ""}
	db := &change.DB{Store: s, Now: w.db.Clock.Now}
	public := &url.URL{Scheme: "https", Host: "portal.example"}
	env := environments.New(environments.Config{DB: db, Box: box, PublicURL: public})
	i.rules = applications.New(applications.Config{DB: db, Box: box, BaseURL: env.BaseURL})
	i.door, err = New(Config{
		Rules: i.rules, Environments: env,
		Clients:        clients.New(clients.Config{DB: db, Box: box, Applications: i.rules, BaseURL: env.BaseURL}),
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")},
		Now:            w.db.Clock.Now, Logger: slog.New(slog.NewTextHandler(w.log, nil)),
	})
	if err != nil {
		t.Fatal(err)
	}
	i.openID = i.door.OpenID()
	return i
}

// second starts another instance on the same database.
func (w *world) second(t *testing.T) *instance {
	t.Helper()
	return w.start(t, w.db.Again(t))
}

func (w *world) add(t testing.TB, name string, origins ...pactius.Origin) pactius.Application {
	t.Helper()
	var typed []string
	for _, o := range origins {
		typed = append(typed, string(o))
	}
	a, err := w.rules.Add(t.Context(), w.root,
		pactius.ApplicationUpdate{Name: &name, Unit: &w.south, Origins: &typed})
	if err != nil {
		t.Fatal(err)
	}
	if w.upstream != "" {
		a = w.lead(t, a, w.upstream)
	}
	return a
}

// signIn opens a session at the portal.
func (w *world) signIn(t testing.TB, u pactius.User) string {
	t.Helper()
	now, token := w.db.Clock.Now(), seal.NewToken()
	w.Update(t, func(tx *store.Tx) error {
		return tx.InsertSession(applications.TokenHash(token), pactius.Session{ID: pactius.SessionID(id.New()),
			UserID: u.ID, Person: pactius.Person{Identity: u.Identity}, CreatedAt: now, SeenAt: now,
			ExpiresAt: now.Add(pactius.SessionAbsolute)})
	})
	return token
}

// browser is a person's browser at the host of one application, behind a proxy that is set up well.
type browser struct {
	*instance
	world   *world
	app     pactius.Application
	origin  pactius.Origin
	cookies map[string]*http.Cookie
}

func (w *world) browser(app pactius.Application) *browser {
	return &browser{instance: w.instance, world: w, app: app, origin: app.Origins[0],
		cookies: map[string]*http.Cookie{}}
}

// do sends a request to the door on the application's host.
func (b *browser) do(method, path string, header ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), method, path, nil)
	r.Host, r.RemoteAddr = b.origin.Host(), proxyAddress
	scheme, _, _ := strings.Cut(string(b.origin), ":")
	r.Header.Set("X-Forwarded-Proto", scheme)
	b.addTo(r)
	edit(r, header)
	r.Host = cmp.Or(r.Header.Get("Host"), r.Host) // of a proxy that sends its own
	w := httptest.NewRecorder()
	b.door.ServeHTTP(w, r)
	for _, c := range w.Result().Cookies() {
		b.cookies[c.Name] = c
		if c.MaxAge < 0 {
			delete(b.cookies, c.Name)
		}
	}
	return w
}

func (b *browser) addTo(r *http.Request) {
	for _, c := range b.cookies {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
}

// edit sets headers, given as name and value in turn. An empty value removes one.
func edit(r *http.Request, header []string) {
	for pair := range slices.Chunk(header, 2) {
		if pair[1] == "" {
			r.Header.Del(pair[0])
			continue
		}
		r.Header.Add(pair[0], pair[1])
	}
}

// verify asks as a proxy does that names the application.
func (b *browser) verify(header ...string) *httptest.ResponseRecorder {
	b.t.Helper()
	r := httptest.NewRequestWithContext(b.t.Context(), "GET", VerifyPath+"?application="+string(b.app.ID), nil)
	if b.proxy {
		r = httptest.NewRequestWithContext(b.t.Context(), "GET", "/", nil)
		r.Host = b.origin.Host()
		scheme, _, _ := strings.Cut(string(b.origin), ":")
		r.Header.Set("X-Forwarded-Proto", scheme)
	}
	r.RemoteAddr = proxyAddress
	b.addTo(r)
	edit(r, header)
	return b.ask(r)
}

// ask has /verify answer, which has four answers only, or the built-in proxy: mirror then sends the headers back.
func (i *instance) ask(r *http.Request) *httptest.ResponseRecorder {
	i.t.Helper()
	w := httptest.NewRecorder()
	if i.proxy {
		i.door.Proxy().ServeHTTP(w, r)
	} else {
		i.door.Verify().ServeHTTP(w, r)
	}
	if !slices.Contains([]int{200, 401, 403, 503}, w.Code) {
		i.t.Errorf("%s %s: status %d", r.Method, r.URL, w.Code)
	}
	if h := w.Header(); h.Get("Cache-Control") != "no-store" || h.Get("Vary") != "Cookie" {
		i.t.Errorf("%s %s: header %v", r.Method, r.URL, h)
	}
	_, named := w.Header()["Pactius-User"]
	if named != (w.Code == 200) {
		i.t.Errorf("%s %s: status %d with Pactius-User: %v", r.Method, r.URL, w.Code, named)
	}
	return w
}

// start begins a hand-over, and returns the address at the portal that it leads to.
func (b *browser) start(to string) *url.URL {
	b.t.Helper()
	w := b.do("GET", "/.pactius/start?to="+url.QueryEscape(to))
	address, err := url.Parse(w.Header().Get("Location"))
	if err != nil || w.Code != http.StatusSeeOther {
		b.t.Fatalf("start: %d %v %v", w.Code, w.Header(), err)
	}
	return address
}

// code has the portal answer what start led to, for the user of a session there.
func (b *browser) code(u pactius.User, session string, address *url.URL) string {
	b.t.Helper()
	q := address.Query()
	code, err := b.rules.Enter(b.t.Context(), b.world.Actor(u), session, applications.Entry{
		Application: pactius.ApplicationID(q.Get("application")), Origin: pactius.Origin(q.Get("origin")),
		Challenge: q.Get("challenge"), To: q.Get("to")})
	if err != nil {
		b.t.Fatal(err)
	}
	return code
}

// enter goes through a whole hand-over for Freja and returns where it ends.
func (b *browser) enter(to string) string {
	b.t.Helper()
	code := b.code(b.world.freja, b.world.session, b.start(to))
	w := b.do("GET", "/.pactius/finish?code="+url.QueryEscape(code))
	if w.Code != http.StatusSeeOther {
		b.t.Fatalf("finish: %d %s", w.Code, w.Body)
	}
	return w.Header().Get("Location")
}

// at is the same browser, whose requests reach another instance.
func (b *browser) at(i *instance) *browser {
	return &browser{instance: i, world: b.world, app: b.app, origin: b.origin, cookies: b.cookies}
}

// pass advances the clock, with looks at changes in between as Run has them.
func (w *world) pass(d time.Duration, instances ...*instance) {
	for d > 0 {
		step := min(d, lookEvery)
		w.db.Clock.Advance(step)
		for _, i := range instances {
			i.door.look(context.Background())
		}
		d -= step
	}
}

// dropAll forgets who is signed in, as if the book were full.
func (g *Gateway) dropAll() {
	g.book.mu.Lock()
	defer g.book.mu.Unlock()
	for _, p := range g.book.passages {
		g.book.dropPassage(p)
	}
}

// grant changes Freja's access to Sales.
func (w *world) grant(t testing.TB, access pactius.Access) {
	t.Helper()
	w.Update(t, func(tx *store.Tx) error {
		return tx.SetMemberships(w.freja.ID, []pactius.Grant{{Unit: w.sales, Access: access}}, w.db.Clock.Now())
	})
}
