package applications_test

import (
	"context"
	"encoding/json"
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// world is an environment with an application, an administrator and a reader of its business unit.
type world struct {
	*storetest.Ground
	db            *storetest.DB
	rules         *applications.Rules
	sales, south  pactius.UnitID
	root, reader  pactius.Actor
	freja         pactius.User
	app           pactius.Application
	token, secret string
	host          string
}

const origin = pactius.Origin("https://contracts.nordhavn.example")

func newWorld(t *testing.T) *world {
	t.Helper()
	return build(t, storetest.New(t), "a.example", origin)
}

func build(t *testing.T, db *storetest.DB, host string, at pactius.Origin) *world {
	t.Helper()
	box, err := seal.New(strings.Repeat("s", seal.MinSecret))
	if err != nil {
		t.Fatal(err)
	}
	w := &world{Ground: db.Ground(t, host), db: db, host: host, token: seal.NewToken(), secret: seal.NewToken()}
	base := func(e pactius.Environment) *url.URL { return &url.URL{Scheme: "https", Host: e.Host} }
	w.rules = applications.New(applications.Config{DB: db.Work(), Box: box, BaseURL: base,
		PublicHost: "public.example", CallbackHost: "signin.example"})
	w.sales = w.Unit(t, w.Root, "Sales")
	w.south = w.Unit(t, w.sales, "South")
	w.root = w.Actor(w.User(t, "root@nordhavn.example", "Root",
		pactius.Grant{Unit: w.Root, Access: pactius.AccessAdminister}))
	w.freja = w.User(t, "freja@nordhavn.example", "Freja", pactius.Grant{Unit: w.sales, Access: pactius.AccessRead})
	w.reader = w.Actor(w.freja)
	w.app = w.add(t, "Contracts", w.south, at)
	w.signIn(t)
	return w
}

func (w *world) add(t *testing.T, name string, unit pactius.UnitID, origins ...pactius.Origin) pactius.Application {
	t.Helper()
	a, err := w.rules.Add(t.Context(), w.root, draft(name, unit, origins...))
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func draft(name string, unit pactius.UnitID, origins ...pactius.Origin) pactius.ApplicationUpdate {
	var typed []string
	for _, o := range origins {
		typed = append(typed, string(o))
	}
	return pactius.ApplicationUpdate{Name: &name, Unit: &unit, Origins: &typed}
}

// signIn opens a session of Freja at the portal.
func (w *world) signIn(t *testing.T) {
	t.Helper()
	now := w.db.Clock.Now()
	w.token = seal.NewToken()
	w.Update(t, func(tx *store.Tx) error {
		return tx.InsertSession(applications.TokenHash(w.token), pactius.Session{ID: pactius.SessionID(id.New()),
			UserID: w.freja.ID, Person: pactius.Person{Identity: w.freja.Identity}, CreatedAt: now, SeenAt: now,
			ExpiresAt: now.Add(pactius.SessionAbsolute)})
	})
}

// enter asks for a code.
func (w *world) enter(t *testing.T) (string, error) {
	t.Helper()
	return w.rules.Enter(t.Context(), w.reader, w.token, applications.Entry{Application: w.app.ID,
		Origin: w.app.Origins[0], Challenge: applications.Challenge(w.secret), To: "/contracts?unit=7"})
}

// arrive goes through a whole hand-over.
func (w *world) arrive(t *testing.T) applications.Arrival {
	t.Helper()
	code, err := w.enter(t)
	if err != nil {
		t.Fatal(err)
	}
	a, err := w.rules.Finish(t.Context(), w.app.ID, w.app.Origins[0], code, w.secret, "")
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func (w *world) look(t *testing.T, token string) (applications.Identity, error) {
	t.Helper()
	return w.rules.Look(t.Context(), w.Env, w.app.ID, token)
}

func TestASignInIsHandedOverOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	code, err := w.enter(t)
	if err != nil {
		t.Fatal(err)
	}
	a, err := w.rules.Finish(t.Context(), w.app.ID, origin, code, w.secret, "")
	if err != nil || a.To != "/contracts?unit=7" {
		t.Fatalf("%+v, %v", a, err)
	}
	i, err := w.look(t, a.Token)
	if err != nil || i.User.ID != w.freja.ID || i.Access != pactius.AccessRead || !i.Enough ||
		len(i.Memberships) != 1 || i.Issuer != "https://a.example" {
		t.Errorf("%+v, %v", i, err)
	}
	if err := w.finish(t, w.app.ID, origin, code, w.secret); !errors.Is(err, applications.ErrCode) {
		t.Errorf("the same code again: %v", err)
	}
}

func TestACodeIsBoundToWhatItWasMadeFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := w.add(t, "Other", w.south, "https://other.nordhavn.example")
	elsewhere := build(t, w.db, "b.example", "https://b.app.example")
	foreign, err := elsewhere.enter(t)
	if err != nil {
		t.Fatal(err)
	}
	for name, try := range map[string]func(code string) error{
		"another browser": func(code string) error { return w.finish(t, w.app.ID, origin, code, seal.NewToken()) },
		"no secret":       func(code string) error { return w.finish(t, w.app.ID, origin, code, "") },
		"another application": func(code string) error {
			return w.finish(t, other.ID, other.Origins[0], code, w.secret)
		},
		"another origin": func(code string) error {
			return w.finish(t, w.app.ID, "https://evil.example", code, w.secret)
		},
		"another environment's code": func(string) error {
			return w.finish(t, w.app.ID, origin, foreign, elsewhere.secret)
		},
		"an altered code": func(code string) error { return w.finish(t, w.app.ID, origin, code+"A", w.secret) },
		"no code":         func(string) error { return w.finish(t, w.app.ID, origin, "", w.secret) },
		"too late": func(code string) error {
			w.db.Clock.Advance(pactius.DoorCodeLife + time.Second)
			return w.finish(t, w.app.ID, origin, code, w.secret)
		},
		"signed out meanwhile": func(code string) error {
			w.Update(t, func(tx *store.Tx) error {
				_, err := tx.DeleteSession(applications.TokenHash(w.token))
				return err
			})
			defer w.signIn(t)
			return w.finish(t, w.app.ID, origin, code, w.secret)
		},
	} {
		code, err := w.enter(t)
		if err != nil {
			t.Fatal(err)
		}
		if err := try(code); !errors.Is(err, applications.ErrCode) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func (w *world) finish(
	t *testing.T, app pactius.ApplicationID, at pactius.Origin, code, secret string,
) error {
	t.Helper()
	_, err := w.rules.Finish(t.Context(), app, at, code, secret, "")
	return err
}

func TestOnlyPeopleWithTheRequiredAccessEnter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	if _, err := w.rules.Update(t.Context(), w.root, w.app.ID, 0,
		pactius.ApplicationUpdate{Access: new(pactius.AccessWrite)}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.enter(t); !errors.Is(err, applications.ErrMayNot) {
		t.Errorf("a reader entered where write is required: %v", err)
	}
	visitor := pactius.Visitor(w.Env, pactius.Person{Identity: pactius.Identity{TenantID: "t", ObjectID: "o"}}, "")
	_, err := w.rules.Enter(t.Context(), visitor, w.token, applications.Entry{Application: w.app.ID, Origin: origin,
		Challenge: applications.Challenge("x")})
	if pactius.KindOf(err) != pactius.KindNotSignedIn {
		t.Errorf("a visitor: %v", err)
	}
}

// TestWhatEndsASession ends a session at an application in every way.
func TestWhatEndsASession(t *testing.T) {
	t.Parallel()
	yesterday := pactius.Date("2026-01-01")
	ended := map[string]func(t *testing.T, w *world, token string){
		"sign-out at the portal": func(t *testing.T, w *world, _ string) {
			w.Update(t, func(tx *store.Tx) error { _, err := tx.DeleteSessions(w.freja.ID); return err })
		},
		"sign-out at the application": func(t *testing.T, w *world, token string) {
			if _, err := w.rules.SignOut(t.Context(), w.Env, w.app.ID, token, ""); err != nil {
				t.Error(err)
			}
		},
		"deactivation": func(t *testing.T, w *world, _ string) {
			w.freja.DeactivatedAt = w.db.Clock.Now()
			w.Update(t, func(tx *store.Tx) error { return tx.UpdateUser(w.freja) })
		},
		"the end date": func(t *testing.T, w *world, _ string) {
			w.freja.EndsOn = yesterday
			w.Update(t, func(tx *store.Tx) error { return tx.UpdateUser(w.freja) })
		},
		"another account": func(t *testing.T, w *world, _ string) {
			w.freja.Identity.ObjectID = "other"
			w.Update(t, func(tx *store.Tx) error { return tx.UpdateUser(w.freja) })
		},
		"another tenant": func(t *testing.T, w *world, _ string) {
			w.Update(t, func(tx *store.Tx) error {
				e, err := tx.EnvironmentRow()
				e.Connection.TenantID = "other"
				return errors.Join(err, tx.UpdateEnvironment(e))
			})
		},
		"removal of the application": func(t *testing.T, w *world, _ string) {
			if err := w.rules.Remove(t.Context(), w.root, w.app.ID); err != nil {
				t.Error(err)
			}
		},
		"idleness": func(_ *testing.T, w *world, _ string) { w.db.Clock.Advance(pactius.SessionIdle) },
	}
	for name, end := range ended {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			a := w.arrive(t)
			end(t, w, a.Token)
			if i, err := w.look(t, a.Token); !errors.Is(err, applications.ErrNoSession) {
				t.Errorf("%+v, %v", i, err)
			}
		})
	}
}

func TestAnAnswerEndsWithTheEndDate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.arrive(t)
	zone, err := time.LoadLocation("Europe/Copenhagen")
	if err != nil {
		t.Fatal(err)
	}
	today := w.db.Clock.Now().In(zone)
	midnight := time.Date(today.Year(), today.Month(), today.Day()+1, 0, 0, 0, 0, zone)
	w.db.Clock.Advance(midnight.Sub(w.db.Clock.Now()) - 3*time.Minute)
	w.freja.EndsOn = pactius.DateOf(today)
	w.Update(t, func(tx *store.Tx) error {
		return errors.Join(tx.UpdateUser(w.freja), tx.SeeSession(applications.TokenHash(w.token), w.db.Clock.Now()))
	})
	if i, err := w.look(t, a.Token); err != nil || !i.Ends.Equal(midnight) {
		t.Errorf("ends %v, want %v; %v", i.Ends, midnight, err)
	}
}

func TestWhatApplicationsMayBe(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	build(t, w.db, "b.example", "https://b.app.example")
	for name, up := range map[string]pactius.ApplicationUpdate{
		"no name":                       draft("", w.south, "https://x.example"),
		"a name of 200 characters":      draft(strings.Repeat("n", 200), w.south, "https://x.example"),
		"the name of another":           draft("CONTRACTS", w.south, "https://x.example"),
		"no address":                    draft("X", w.south),
		"a wildcard":                    draft("X", w.south, "https://*.example"),
		"a path":                        draft("X", w.south, "https://x.example/app"),
		"http on the internet":          draft("X", w.south, "http://x.example"),
		"the address of another":        draft("X", w.south, origin),
		"of another environment":        draft("X", w.south, "https://b.app.example"),
		"another port of another's":     draft("X", w.south, "https://b.app.example:8443"),
		"PACTIUS itself":                draft("X", w.south, "https://a.example"),
		"a port of PACTIUS":             draft("X", w.south, "https://a.example:8443"),
		"another environment's PACTIUS": draft("X", w.south, "https://b.example"),
		"the deployment's":              draft("X", w.south, "https://public.example:8443"),
		"the callback host":             draft("X", w.south, "https://signin.example"),
		"no unit":                       draft("X", "", "https://x.example"),
		"an unknown unit":               draft("X", pactius.UnitID(id.New()), "https://x.example"),
		"too many addresses": draft("X", w.south, "https://a1.example", "https://a2.example", "https://a3.example",
			"https://a4.example", "https://a5.example", "https://a6.example", "https://a7.example",
			"https://a8.example", "https://a9.example", "https://a10.example", "https://a11.example"),
		"no access": {Name: new("X"), Unit: &w.south, Origins: &[]string{"https://x.example"},
			Access: new(pactius.AccessNone)},
		"an unknown icon": {Name: new("X"), Unit: &w.south, Origins: &[]string{"https://x.example"},
			Icon: new("skull")},
	} {
		if _, err := w.rules.Add(t.Context(), w.root, up); pactius.KindOf(err) != pactius.KindInvalid {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := w.rules.Add(t.Context(), w.reader, draft("X", w.south, "https://x.example")); pactius.KindOf(err) !=
		pactius.KindForbidden {
		t.Errorf("a reader: %v", err)
	}
	same := w.add(t, "X", w.south, "https://contracts.nordhavn.example:8443")
	if len(same.Origins) != 1 {
		t.Errorf("another port of the same environment: %+v", same)
	}
}

func TestKeysFollowOnEachOther(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	first := w.kids(t)
	if len(first) != 1 || w.signedBy(t) != first[0] {
		t.Fatalf("keys %v", first)
	}
	starts, err := w.rules.Rotate(t.Context(), w.root, false)
	if err != nil || !starts.Equal(w.db.Clock.Now().Add(pactius.KeyLead)) {
		t.Fatal(starts, err)
	}
	w.forget()
	if again, err := w.rules.Rotate(t.Context(), w.root, false); err != nil || !again.Equal(starts) {
		t.Errorf("a second click made another key: %v, %v", again, err)
	}
	if got := w.kids(t); len(got) != 2 || w.signedBy(t) != first[0] {
		t.Errorf("before its time: keys %v, signed by %s", got, w.signedBy(t))
	}
	w.db.Clock.Advance(pactius.KeyLead)
	if got := w.kids(t); len(got) != 2 || w.signedBy(t) == first[0] {
		t.Errorf("in its time: keys %v, signed by %s", got, w.signedBy(t))
	}
	w.db.Clock.Advance(pactius.KeyKept)
	second := w.kids(t)
	if len(second) != 1 || second[0] == first[0] {
		t.Errorf("after the old one's time: %v", second)
	}
	w.tend(t)
	w.db.Clock.Advance(pactius.KeyLifetime - pactius.KeyLead - pactius.KeyKept)
	w.tend(t)
	if got := w.kids(t); len(got) != 2 || w.signedBy(t) != second[0] {
		t.Errorf("before the end of its life: keys %v, signed by %s", got, w.signedBy(t))
	}
	if _, err := w.rules.Rotate(t.Context(), w.root, true); err != nil {
		t.Fatal(err)
	}
	w.forget()
	if got := w.kids(t); len(got) != 1 || got[0] == second[0] || w.signedBy(t) != got[0] {
		t.Errorf("after an immediate rotation: %v", got)
	}
}

// TestKeysOfTheFuture: what is made or replaced while a clock is a year ahead works, and is replaced in time.
func TestKeysOfTheFuture(t *testing.T) {
	t.Parallel()
	const year = 365 * 24 * time.Hour
	for name, rotate := range map[string]func(t *testing.T, w *world){
		"the first key": func(t *testing.T, w *world) {
			w.db.Exec(t, `DELETE FROM signing_keys`)
			w.forget()
			w.add(t, "Timesheets", w.south, "https://timesheets.nordhavn.example")
		},
		"a rotation": func(t *testing.T, w *world) {
			if _, err := w.rules.Rotate(t.Context(), w.root, false); err != nil {
				t.Fatal(err)
			}
		},
		"an immediate rotation": func(t *testing.T, w *world) {
			if _, err := w.rules.Rotate(t.Context(), w.root, true); err != nil {
				t.Fatal(err)
			}
		},
		"the key's time is over": func(t *testing.T, w *world) { w.tend(t) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			w.db.Clock.Advance(year)
			rotate(t, w)
			w.db.Clock.Advance(-year)
			w.tend(t)
			before := w.signedBy(t)
			w.db.Clock.Advance(pactius.KeyLead + pactius.KeyKept + time.Hour)
			w.tend(t)
			if got := w.kids(t); len(got) != 1 || w.signedBy(t) != got[0] {
				t.Errorf("two days later: keys %v, signed by %s", got, w.signedBy(t))
			}
			w.db.Clock.Advance(pactius.KeyLifetime)
			w.tend(t)
			w.db.Clock.Advance(pactius.KeyLead)
			w.forget()
			if w.signedBy(t) == before {
				t.Error("the key signs for longer than its life")
			}
		})
	}
}

// forget does what the watcher of changes does.
func (w *world) forget() { w.rules.Forget(w.Env) }

func (w *world) tend(t *testing.T) {
	t.Helper()
	if err := w.rules.Tend(t.Context()); err != nil {
		t.Fatal(err)
	}
	w.forget()
}

func (w *world) kids(t *testing.T) []string {
	t.Helper()
	text, err := w.rules.Keys(t.Context(), w.Env)
	if err != nil {
		t.Fatal(err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(text, &set); err != nil {
		t.Fatal(err)
	}
	var kids []string
	for _, k := range set.Keys {
		if !k.IsPublic() || !k.Valid() || k.Algorithm != "ES256" {
			t.Errorf("key %+v", k)
		}
		kids = append(kids, k.KeyID)
	}
	return kids
}

// signedBy returns the key of a signature that one of the published keys verifies.
func (w *world) signedBy(t *testing.T) string {
	t.Helper()
	token, err := w.rules.Sign(t.Context(), w.Env, applications.Claims{Audience: w.app.ID})
	if err != nil {
		t.Fatal(err)
	}
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatal(err)
	}
	header := signed.Signatures[0].Protected
	if header.ExtraHeaders[jose.HeaderType] != string(applications.DoorToken) {
		t.Errorf("header %+v", header)
	}
	text, _ := w.rules.Keys(t.Context(), w.Env)
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(text, &set); err != nil {
		t.Fatal(err)
	}
	if _, err := signed.Verify(set); err != nil {
		t.Errorf("not verified by the published keys: %v", err)
	}
	return header.KeyID
}

// TestKeysThatAreReadDuringAChangeAreNotKept: an instance hears of a rotation while it reads the keys of before.
func TestKeysThatAreReadDuringAChangeAreNotKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var rules *applications.Rules
	read := 0
	reads := func(_ context.Context, query string, _ []any) {
		if strings.Contains(query, "FROM signing_keys") {
			read++
			rules.Forget(w.Env)
		}
	}
	s, err := store.Open(t.Context(), w.db.URL, store.Options{Statement: reads})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { s.Close() })
	config := w.rules.Config
	config.DB = &change.DB{Store: s, Now: w.db.Clock.Now}
	rules = applications.New(config)
	for n := range 3 {
		if _, err := rules.Keys(t.Context(), w.Env); err != nil || read != n+1 {
			t.Errorf("read %d times after %d questions, %v", read, n+1, err)
		}
	}
}
