package clients

import (
	"log/slog"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

const (
	portal   = "https://portal.example"
	signedIn = "https://wiki.example/signed-in"
	verifier = "a-verifier-of-at-least-forty-three-characters"
)

// world is an environment with a web client that Freja may open, and a native one.
type world struct {
	*storetest.Ground
	db           *storetest.DB
	rules        *Rules
	sales        pactius.UnitID
	freja        pactius.User
	session      string // token of Freja's session at the portal
	wiki, native pactius.Application
	secret       string // of wiki
}

func newWorld(t testing.TB) *world {
	t.Helper()
	return build(t, storetest.New(t), "portal.example", "https://wiki.example")
}

func build(t testing.TB, db *storetest.DB, host, origin string) *world {
	t.Helper()
	box, err := seal.New(strings.Repeat("s", seal.MinSecret))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Ground: db.Ground(t, host), db: db}
	env := environments.New(environments.Config{DB: db.Work(), Box: box,
		PublicURL: &url.URL{Scheme: "https", Host: "portal.example"}})
	apps := applications.New(applications.Config{DB: db.Work(), Box: box, BaseURL: env.BaseURL})
	w.rules = New(Config{DB: db.Work(), Box: box, Applications: apps, BaseURL: env.BaseURL, Logger: slog.Default()})
	w.sales = w.Unit(t, w.Root, "Sales")
	w.freja = w.User(t, "freja@nordhavn.example", "Freja", pactius.Grant{Unit: w.sales, Access: pactius.AccessRead})
	w.session = w.signIn(t, w.freja, time.Time{})
	w.wiki = w.add(t, "Wiki", pactius.ClientWeb, origin, origin+"/signed-in", origin+"/in?tenant=1",
		"http://127.0.0.1:8090/in")
	w.native = w.add(t, "Till", pactius.ClientNative, origin+":8443", "http://127.0.0.1/in", "http://[::1]:7/in",
		"http://localhost/in", "example.nordhavn.till:/in", origin+"/in")
	if _, w.secret, err = apps.NewSecret(t.Context(), w.support(), w.wiki.ID, 0, false); err != nil {
		t.Fatal(err)
	}
	return w
}

func (w *world) support() pactius.Actor { return pactius.SupportActor(w.Env) }

func (w *world) add(
	t testing.TB, name string, kind pactius.ClientKind, origin string, redirect ...string,
) pactius.Application {
	t.Helper()
	up := pactius.ApplicationUpdate{Name: &name, Unit: &w.sales, Origins: &[]string{origin}, ClientKind: &kind,
		RedirectURIs: &redirect, ReturnURIs: &[]string{origin + "/out", origin + "/out?a=b"}}
	if kind == pactius.ClientNone {
		up.ClientKind, up.RedirectURIs, up.ReturnURIs = nil, nil, nil
	}
	a, err := w.rules.Applications.Add(t.Context(), w.support(), up)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

// signIn opens a session of a person who authenticated at a time.
func (w *world) signIn(t testing.TB, u pactius.User, at time.Time) string {
	t.Helper()
	now, token := w.db.Clock.Now(), seal.NewToken()
	w.Update(t, func(tx *store.Tx) error {
		return tx.InsertSession(applications.TokenHash(token), pactius.Session{ID: pactius.SessionID(id.New()),
			UserID: u.ID, Person: pactius.Person{Identity: u.Identity}, CreatedAt: now, SeenAt: now, AuthAt: at,
			ExpiresAt: now.Add(pactius.SessionAbsolute)})
	})
	return token
}

// request is an authorization request of an application that is right, with some parameters changed: name and value in
// turn. An empty value removes one, and "+name" adds one.
func request(app pactius.Application, change ...string) url.Values {
	q := url.Values{"client_id": {string(app.ID)}, "redirect_uri": {app.Client.RedirectURIs[0]},
		"response_type": {"code"}, "scope": {"openid profile"}, "state": {"s"}, "nonce": {"n"},
		"code_challenge": {applications.Challenge(verifier)}, "code_challenge_method": {"S256"}}
	for i := 0; i < len(change); i += 2 {
		name, value := change[i], change[i+1]
		if more, ok := strings.CutPrefix(name, "+"); ok {
			q.Add(more, value)
		} else if q.Set(name, value); value == "" {
			q.Del(name)
		}
	}
	return q
}

// enter signs Freja in at wiki.
func (w *world) enter(t testing.TB, change ...string) Tokens {
	t.Helper()
	a, err := w.rules.Asked(t.Context(), w.Env, request(w.wiki, change...))
	if err != nil {
		t.Fatal(err)
	}
	to, err := w.rules.Authorize(t.Context(), w.Actor(w.freja), w.session, a)
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(to)
	if err != nil {
		t.Fatal(err)
	}
	tokens, err := w.rules.Exchange(t.Context(), w.Env, Credentials{ID: w.wiki.ID, Secret: w.secret},
		address.Query().Get("code"), a.Redirect, verifier)
	if err != nil {
		t.Fatal(err)
	}
	return tokens
}
