package clients_test

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/clock"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/outbound"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// telling is an environment with people who are signed in at clients.
type telling struct {
	*storetest.Ground
	db    *storetest.DB
	rules *clients.Rules
	apps  *applications.Rules
	root  pactius.Actor
	sales pactius.UnitID
}

// listener is a client, or all of them: what it was told.
type listener struct {
	mu     sync.Mutex
	tokens []string
	calls  map[string]int // by address
	answer func(address string) error
}

// Post implements clients.Caller.
func (l *listener) Post(_ context.Context, address string, form url.Values) error {
	l.mu.Lock()
	l.tokens = append(l.tokens, form.Get("logout_token"))
	if l.calls == nil {
		l.calls = map[string]int{}
	}
	l.calls[address]++
	l.mu.Unlock()
	if l.answer == nil {
		return nil
	}
	return l.answer(address)
}

func (l *listener) told() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.tokens)
}

var errAway = pactius.Refuse(pactius.KindUnavailable, pactius.T("The application is away."))

func newTelling(t *testing.T) *telling {
	t.Helper()
	return tellingOn(t, storetest.New(t), "a.example")
}

func tellingOn(t *testing.T, db *storetest.DB, host string) *telling {
	t.Helper()
	box, err := seal.New(strings.Repeat("s", seal.MinSecret))
	if err != nil {
		t.Fatal(err)
	}
	w := &telling{Ground: db.Ground(t, host), db: db}
	base := func(e pactius.Environment) *url.URL { return &url.URL{Scheme: "https", Host: e.Host} }
	w.apps = applications.New(applications.Config{DB: db.Work(), Box: box, BaseURL: base, PublicHost: "public.example"})
	w.rules = clients.New(clients.Config{DB: db.Work(), Box: box, Applications: w.apps, BaseURL: base,
		Logger: slog.New(slog.DiscardHandler)})
	w.sales = w.Unit(t, w.Root, "Sales")
	w.root = w.Actor(w.User(t, "root@nordhavn.example", "Root",
		pactius.Grant{Unit: w.Root, Access: pactius.AccessAdminister}))
	return w
}

// client adds an application that is to be told at an address; "" for none.
func (w *telling) client(t *testing.T, name, address string) pactius.Application {
	t.Helper()
	kind, redirects := pactius.ClientWeb, []string{"https://" + name + ".apps.example/cb"}
	origins := []string{"https://" + name + ".apps.example"}
	up := pactius.ApplicationUpdate{Name: &name, Unit: &w.sales, Origins: &origins, ClientKind: &kind,
		RedirectURIs: &redirects}
	if strings.HasPrefix(address, "https:") {
		up.BackChannel = &address
	}
	app, err := w.apps.Add(t.Context(), w.root, up)
	if err != nil {
		t.Fatal(err)
	}
	if up.BackChannel == nil { // the rules refuse some that a test needs
		app.Client.BackChannel = address
		w.Update(t, func(tx *store.Tx) error { return tx.UpdateApplication(app) })
	}
	return app
}

// signedIn is a person with a session, who is at a client.
type signedIn struct {
	user   pactius.User
	hash   string // of the portal's session
	client pactius.ClientSession
}

func (w *telling) signIn(t *testing.T, name string, app pactius.Application) signedIn {
	t.Helper()
	u := w.User(t, name+"@nordhavn.example", name, pactius.Grant{Unit: w.sales, Access: pactius.AccessRead})
	now := w.db.Clock.Now()
	s := signedIn{user: u, hash: applications.TokenHash(seal.NewToken())}
	s.client = pactius.ClientSession{ID: pactius.ClientSessionID(id.New()), Application: app.ID, User: u.ID,
		Session: s.hash, CreatedAt: now, ReviewAt: now.Add(time.Hour)}
	w.Update(t, func(tx *store.Tx) error {
		return errors.Join(tx.InsertSession(s.hash, pactius.Session{ID: pactius.SessionID(id.New()), UserID: u.ID,
			Person: pactius.Person{Identity: u.Identity}, CreatedAt: now, SeenAt: now,
			ExpiresAt: now.Add(pactius.SessionAbsolute)}), tx.InsertClientSession(s.client),
			tx.InsertGrant(pactius.ClientGrant{ID: pactius.GrantID(id.New()), ClientSession: s.client.ID,
				Scope: "openid", CreatedAt: now}))
	})
	return s
}

func (w *telling) signOut(t *testing.T, s signedIn) {
	t.Helper()
	w.Update(t, func(tx *store.Tx) error { _, err := tx.DeleteSession(s.hash); return err })
}

func (w *telling) rows(t *testing.T, table string) int {
	t.Helper()
	return w.db.Count(t, `SELECT COUNT(*) FROM `+table)
}

// review looks at all that is due.
func (w *telling) review(t *testing.T) {
	t.Helper()
	for range 100 {
		if n, err := w.rules.Review(t.Context()); err != nil {
			t.Fatal(err)
		} else if n == 0 {
			return
		}
	}
	t.Fatal("the review doesn't end")
}

// deliver tells all that is due, and returns the number of attempts.
func deliver(t *testing.T, d *clients.Deliverer) int {
	t.Helper()
	all := 0
	for range 1000 {
		n, err := d.Deliver(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if all += n; n == 0 {
			return all
		}
	}
	t.Fatal("the delivery doesn't end")
	return 0
}

// TestAClientIsToldHoweverASessionEnds: nothing that ends one calls the rules of clients.
func TestAClientIsToldHoweverASessionEnds(t *testing.T) {
	t.Parallel()
	for name, end := range map[string]func(*testing.T, *telling, signedIn){
		"signed out": func(t *testing.T, w *telling, s signedIn) { w.signOut(t, s) },
		"deactivated": func(t *testing.T, w *telling, s signedIn) {
			u := w.Reload(t, s.user.ID)
			u.DeactivatedAt = w.db.Clock.Now()
			w.Update(t, func(tx *store.Tx) error { return tx.UpdateUser(u) })
		},
		"without access": func(t *testing.T, w *telling, s signedIn) {
			none := []pactius.Grant{{Unit: w.sales, Access: pactius.AccessNone}}
			w.Update(t, func(tx *store.Tx) error { return tx.SetMemberships(s.user.ID, none, w.db.Clock.Now()) })
		},
		"more access required": func(t *testing.T, w *telling, s signedIn) {
			w.changeApp(t, s, func(a *pactius.Application) { a.Access = pactius.AccessWrite })
		},
		"no client any more": func(t *testing.T, w *telling, s signedIn) {
			w.changeApp(t, s, func(a *pactius.Application) { a.Client.Kind = pactius.ClientNone })
		},
		"idle": func(t *testing.T, w *telling, _ signedIn) { w.db.Clock.Advance(pactius.SessionIdle) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w, l := newTelling(t), &listener{}
			d := clients.NewDeliverer(w.rules, l)
			s := w.signIn(t, "freja", w.client(t, "crm", "https://crm.apps.example/out"))
			w.db.Clock.Advance(2 * time.Hour)
			w.review(t)
			if n := deliver(t, d); n != 0 {
				t.Fatalf("%d were told of a session that is alive", n)
			}
			if name == "idle" {
				w.Update(t, func(tx *store.Tx) error { return tx.SeeSession(s.hash, w.db.Clock.Now()) })
			}
			end(t, w, s)
			w.review(t)
			if n := deliver(t, d); n != 1 || l.calls["https://crm.apps.example/out"] != 1 {
				t.Fatalf("%d attempts at %v, want one", n, l.calls)
			}
			if w.rows(t, "client_sessions")+w.rows(t, "client_grants")+w.rows(t, "client_reviews") != 0 {
				t.Error("something is left")
			}
		})
	}
}

func (w *telling) changeApp(t *testing.T, s signedIn, change func(*pactius.Application)) {
	t.Helper()
	w.Update(t, func(tx *store.Tx) error {
		a, err := tx.Application(s.client.Application)
		if change(&a); err != nil {
			return err
		}
		return tx.UpdateApplication(a)
	})
}

// TestALogoutTokenIsOne goes through the real caller: the token is signed, of its type, and has its claims.
func TestALogoutTokenIsOne(t *testing.T) {
	t.Parallel()
	w := newTelling(t)
	var token string
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		token = r.PostFormValue("logout_token")
	}))
	t.Cleanup(server.Close)
	app := w.client(t, "crm", server.URL+"/out")
	s := w.signIn(t, "freja", app)
	w.signOut(t, s)
	w.review(t)
	deliver(t, clients.NewDeliverer(w.rules, &outbound.Caller{Allowed: []netip.Prefix{
		netip.MustParsePrefix("127.0.0.0/8")}}))

	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	if typ := signed.Signatures[0].Header.ExtraHeaders[jose.HeaderType]; typ != "logout+jwt" {
		t.Errorf("got typ %v", typ)
	}
	parsed, err := applications.ParseToken(token, applications.LogoutToken)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := applications.ParseToken(token, applications.IDToken); err == nil {
		t.Error("it is taken for an ID token")
	}
	var got map[string]any
	w.View(t, func(tx *store.Tx) error { return parsed.Verify(tx, w.db.Clock.Now(), &got) })
	if got["jti"] == "" {
		t.Error("it has no ID")
	}
	delete(got, "jti")
	now := float64(w.db.Clock.Now().Unix())
	want := map[string]any{"iss": "https://a.example", "aud": string(app.ID), "sub": string(s.user.ID),
		"sid": string(s.client.ID), "iat": now, "exp": now + 120,
		"events": map[string]any{"http://schemas.openid.net/event/backchannel-logout": map[string]any{}}}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got - want +:\n%s", diff)
	}
}

func TestAClientWithoutAnAddressIsForgotten(t *testing.T) {
	t.Parallel()
	w, l := newTelling(t), &listener{}
	w.signOut(t, w.signIn(t, "freja", w.client(t, "crm", "")))
	app := w.client(t, "erp", "https://erp.apps.example/out")
	late := w.signIn(t, "mads", app)
	w.signOut(t, late)
	w.review(t)
	w.changeApp(t, late, func(a *pactius.Application) { a.Client.BackChannel = "" }) // between end and delivery
	deliver(t, clients.NewDeliverer(w.rules, l))
	if l.told() != 0 || w.rows(t, "client_sessions") != 0 {
		t.Errorf("%d calls, %d client sessions are left", l.told(), w.rows(t, "client_sessions"))
	}
}

// TestAReviewOfAllLooksAtAll: more client sessions than a part, of which a change of the application ends all.
func TestAReviewOfAllLooksAtAll(t *testing.T) {
	t.Parallel()
	w, l := newTelling(t), &listener{}
	app := w.client(t, "crm", "https://crm.apps.example/out")
	const people = 120
	var last signedIn
	for i := range people {
		last = w.signIn(t, "user"+strconv.Itoa(i), app)
	}
	w.review(t)
	w.changeApp(t, last, func(a *pactius.Application) { a.Access = pactius.AccessWrite })
	w.review(t)
	if n := deliver(t, clients.NewDeliverer(w.rules, l)); n != people || w.rows(t, "client_sessions") != 0 {
		t.Errorf("%d of %d were told", n, people)
	}
}

// TestTwoInstancesTellOnce: while one calls, another finds nothing. One that hangs beyond its lease is overtaken, and
// what it says then changes nothing.
func TestTwoInstancesTellOnce(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		second error // of the call of the instance that takes over
		left   []string
	}{"which tells": {nil, nil}, "which fails": {errAway, []string{"2|1|"}}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newTelling(t)
			w.signOut(t, w.signIn(t, "freja", w.client(t, "crm", "https://crm.apps.example/out")))
			w.review(t)
			calling, goOn := make(chan struct{}), make(chan struct{})
			hanging := &listener{answer: func(string) error {
				close(calling)
				<-goOn
				return errAway
			}}
			done := make(chan error)
			go func() {
				_, err := clients.NewDeliverer(w.rules, hanging).Deliver(t.Context())
				done <- err
			}()
			<-calling
			second := &listener{answer: func(string) error { return c.second }}
			other := clients.NewDeliverer(w.rules, second)
			if n := deliver(t, other); n != 0 {
				t.Errorf("another instance called %d times meanwhile", n)
			}
			w.db.Clock.Advance(time.Minute)
			if n := deliver(t, other); n != 1 || second.told() != 1 {
				t.Errorf("another instance called %d times after the lease", n)
			}
			close(goOn)
			if err := <-done; err != nil {
				t.Errorf("the instance that came late: %v", err)
			}
			got := w.db.Rows(t, `SELECT attempts, failed FROM client_sessions`)
			if strings.Join(got, "\n") != strings.Join(c.left, "\n") {
				t.Errorf("left are attempts and failures %q, want %q", got, c.left)
			}
		})
	}
}

func TestAClientThatIsAwayIsToldLaterOrGivenUp(t *testing.T) {
	t.Parallel()
	w := newTelling(t)
	w.signOut(t, w.signIn(t, "freja", w.client(t, "crm", "https://crm.apps.example/out")))
	w.review(t)
	l := &listener{answer: func(string) error { return errAway }}
	d := clients.NewDeliverer(w.rules, l)
	outcomes := map[clients.Telling]int{}
	d.Told = func(o clients.Telling) { outcomes[o]++ }
	for _, wait := range []time.Duration{10, 20, 40, 80, 160, 320, 640, 900, 900} {
		if n := deliver(t, d); n != 1 {
			t.Fatalf("before a pause of %d seconds: %d attempts", wait, n)
		}
		w.db.Clock.Advance(wait*time.Second - time.Microsecond)
		if n := deliver(t, d); n != 0 {
			t.Fatalf("called again before %d seconds were over", wait)
		}
		w.db.Clock.Advance(time.Microsecond)
	}
	if got := w.db.Rows(t, `SELECT last_error FROM client_sessions`); len(got) != 1 ||
		!strings.Contains(got[0], "The application is away.") {
		t.Errorf("got the error %q", got)
	}
	w.db.Clock.Advance(24 * time.Hour)
	if n := deliver(t, d); n != 1 || w.rows(t, "client_sessions") != 0 || outcomes[clients.TellingGivenUp] != 1 {
		t.Errorf("after a day: %d attempts, outcomes %v", n, outcomes)
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = $1`, pactius.ClientNotTold); n != 1 {
		t.Errorf("%d events", n)
	}
}

// TestAClockThatIsAheadEndsNothingAtClients: only a person who loses access leaves the client then.
func TestAClockThatIsAheadEndsNothingAtClients(t *testing.T) {
	t.Parallel()
	w := newTelling(t)
	app := w.client(t, "crm", "https://crm.apps.example/out")
	w.signIn(t, "freja", app)
	leaves := w.signIn(t, "ada", app)
	out := w.signIn(t, "egon", app)
	w.rules.DB.Clock = clock.New(w.db.Clock.Now(), time.Time{}, func() time.Duration { return 0 })
	w.db.Clock.Advance(365 * 24 * time.Hour)
	w.review(t)
	if n := w.db.Count(t, `SELECT COUNT(*) FROM client_sessions WHERE ended_at = 0`); n != 3 {
		t.Errorf("%d of 3 client sessions go on while the clock is ahead", n)
	}
	w.db.Exec(t, `UPDATE users SET deactivated_at = 1 WHERE id = $1`, leaves.user.ID)
	w.db.Exec(t, `UPDATE client_sessions SET review_at = 0`)
	w.signOut(t, out)
	w.review(t)
	l := &listener{answer: func(string) error { return errAway }}
	if n := deliver(t, clients.NewDeliverer(w.rules, l)); n != 2 {
		t.Errorf("%d clients were told, want 2", n)
	}
	w.db.Clock.Advance(48 * time.Hour)
	deliver(t, clients.NewDeliverer(w.rules, l))
	if n := w.rows(t, "client_sessions"); n != 3 {
		t.Errorf("%d client sessions are left while the clock is ahead, want 3: none is given up", n)
	}
}

// TestASignOutIsToldSoon runs both jobs, woken by the change.
func TestASignOutIsToldSoon(t *testing.T) {
	t.Parallel()
	w := newTelling(t)
	s := w.signIn(t, "freja", w.client(t, "crm", "https://crm.apps.example/out"))
	told := make(chan struct{})
	d := clients.NewDeliverer(w.rules, &listener{answer: func(string) error { close(told); return nil }})
	w.db.WatchDoor(func([]pactius.DoorChange) { d.Wake() })
	ctx, cancel := context.WithCancel(t.Context())
	var jobs sync.WaitGroup
	jobs.Go(func() { d.RunReviews(ctx, func() {}) })
	jobs.Go(func() { d.Run(ctx, t.Context(), func() {}) })
	w.signOut(t, s)
	<-told
	cancel()
	jobs.Wait()
}
