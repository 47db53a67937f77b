package gateway

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
)

// revocations are changes on one instance after which a request is refused on all.
func revocations() map[string]func(*testing.T, *world, *browser) int {
	update := func(fn func(*world, *store.Tx) error) func(*testing.T, *world, *browser) int {
		return func(t *testing.T, w *world, _ *browser) int {
			w.Update(t, func(tx *store.Tx) error { return fn(w, tx) })
			return http.StatusUnauthorized
		}
	}
	return map[string]func(*testing.T, *world, *browser) int{
		"sign-out at the portal": update(func(w *world, tx *store.Tx) error {
			_, err := tx.DeleteSession(applications.TokenHash(w.session))
			return err
		}),
		"sign-out at the application": func(_ *testing.T, _ *world, b *browser) int {
			kept := b.cookies
			b.cookies = map[string]*http.Cookie{}
			for name, c := range kept {
				b.cookies[name] = c
			}
			b.do("POST", "/.pactius/sign-out")
			b.cookies = kept
			return http.StatusUnauthorized
		},
		"deactivation": update(func(w *world, tx *store.Tx) error {
			w.freja.DeactivatedAt = w.db.Clock.Now()
			return tx.UpdateUser(w.freja)
		}),
		"an approval undone": update(func(w *world, tx *store.Tx) error { return tx.DeleteUser(w.freja) }),
		"an end date in the past": update(func(w *world, tx *store.Tx) error {
			w.freja.EndsOn = "2026-01-01"
			return tx.UpdateUser(w.freja)
		}),
		"another account": update(func(w *world, tx *store.Tx) error {
			w.freja.Identity.ObjectID = id.New()
			return tx.UpdateUser(w.freja)
		}),
		"another tenant": update(func(_ *world, tx *store.Tx) error {
			e, err := tx.EnvironmentRow()
			e.Connection.TenantID = id.New()
			return errors.Join(err, tx.UpdateEnvironment(e))
		}),
		"the unit removed": func(t *testing.T, w *world, _ *browser) int {
			w.grant(t, pactius.AccessNone)
			return http.StatusForbidden
		},
		"more access required": func(t *testing.T, w *world, _ *browser) int {
			if _, err := w.rules.Update(t.Context(), w.root, w.app.ID, 0,
				pactius.ApplicationUpdate{Access: new(pactius.AccessWrite)}); err != nil {
				t.Error(err)
			}
			return http.StatusForbidden
		},
		"the only application removed": func(t *testing.T, w *world, _ *browser) int {
			if err := w.rules.Remove(t.Context(), w.root, w.app.ID); err != nil {
				t.Error(err)
			}
			return http.StatusForbidden // there is no such application
		},
	}
}

// TestARevocationCountsEverywhere: on the instance that made the change with the next request, on another within a
// second. Both have just admitted the person.
func TestARevocationCountsEverywhere(t *testing.T) {
	t.Parallel()
	for name, revoke := range revocations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, w *world) {
				b, second := w.browser(w.app), w.second(t)
				b.enter("/")
				w.pass(time.Second, w.instance, second)
				for _, i := range []*instance{w.instance, second} {
					if code := b.at(i).verify().Code; code != 200 {
						t.Fatalf("before: %d", code)
					}
				}
				w.pass(lookEvery, w.instance, second)
				want := revoke(t, w, b)
				if code := b.verify().Code; code != want {
					t.Errorf("here: %d, want %d", code, want)
				}
				if code := b.at(second).verify().Code; code != 200 {
					t.Errorf("elsewhere nothing was kept: %d", code)
				}
				w.pass(lookEvery, second)
				if code := b.at(second).verify().Code; code != want {
					t.Errorf("elsewhere after a look: %d, want %d", code, want)
				}
			})
		})
	}
}

// TestARevocationCountsWithoutLooks: the other instance cannot read the changes.
func TestARevocationCountsWithoutLooks(t *testing.T) {
	t.Parallel()
	for name, revoke := range revocations() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			eachWay(t, func(t *testing.T, w *world) {
				b, second := w.browser(w.app), w.second(t)
				b.enter("/")
				b.at(second).verify()
				want := revoke(t, w, b)
				w.db.Clock.Advance(believed)
				cut, cancel := context.WithCancel(t.Context())
				cancel()
				second.door.look(cut)
				if code := b.at(second).verify().Code; code != want {
					t.Errorf("%d, want %d", code, want)
				}
			})
		})
	}
}

// TestWithoutADatabaseTheDoorClosesAfterASecond is the promise for an outage: no one passes on what is old.
func TestWithoutADatabaseTheDoorClosesAfterASecond(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, w *world) {
		b := w.browser(w.app).at(w.second(t))
		b.enter("/")
		b.verify()
		w.pass(2*time.Second, b.instance)
		before := w.db.Statements()
		if code := b.verify().Code; code != 200 || w.db.Statements() != before {
			t.Fatalf("with looks: %d, %d statements", code, w.db.Statements()-before)
		}
		if err := b.store.Close(); err != nil {
			t.Fatal(err)
		}
		w.pass(believed-lookEvery, b.instance)
		if code := b.verify().Code; code != 200 {
			t.Errorf("within the second: %d", code)
		}
		w.pass(lookEvery, b.instance)
		for range 2 {
			r := b.verify("Accept", "text/html")
			if r.Code != http.StatusServiceUnavailable || r.Header().Get("Retry-After") != "5" {
				t.Errorf("after it: %d %v", r.Code, r.Header())
			}
		}
		if r := b.do("GET", "/.pactius/start"); r.Code != http.StatusServiceUnavailable {
			t.Errorf("start: %d", r.Code)
		}
	})
}

func TestWithoutLooksEachRequestReads(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.app)
	b.enter("/")
	b.verify()
	w.db.Clock.Advance(believed)
	for range 2 {
		before := w.db.Statements()
		if code := b.verify().Code; code != 200 || w.db.Statements() == before {
			t.Errorf("%d, %d statements", code, w.db.Statements()-before)
		}
		w.db.Clock.Advance(believed)
	}
}

// TestAnAnswerEndsWithoutAChange where time alone ends a session.
func TestAnAnswerEndsWithoutAChange(t *testing.T) {
	t.Parallel()
	for name, set := range map[string]func(*world) time.Duration{
		"the end date": func(w *world) time.Duration {
			now := w.db.Clock.Now()
			w.freja.EndsOn = pactius.DateOf(now)
			w.Update(w.t, func(tx *store.Tx) error { return tx.UpdateUser(w.freja) })
			return 14 * time.Hour // Copenhagen's midnight, from 9 o'clock UTC
		},
		"idleness":         func(*world) time.Duration { return pactius.SessionIdle },
		"the absolute end": func(*world) time.Duration { return pactius.SessionAbsolute },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			b := w.browser(w.app)
			b.enter("/")
			left := set(w)
			for left > time.Minute {
				step := min(left-time.Minute, time.Hour)
				w.db.Clock.Advance(step)
				left -= step
				if name != "idleness" {
					w.Update(t, func(tx *store.Tx) error {
						return tx.SeeSession(applications.TokenHash(w.session), w.db.Clock.Now())
					})
				}
			}
			if code := b.verify().Code; code != 200 {
				t.Fatalf("a minute before: %d", code)
			}
			w.pass(left, w.instance)
			before := w.db.Statements()
			if code := b.verify().Code; code != http.StatusUnauthorized {
				t.Errorf("then: %d, %d statements", code, w.db.Statements()-before)
			}
		})
	}
}

// TestAnOvertakenAnswerIsNotKept: a change is heard of between the snapshot of an answer and its arrival in the book.
func TestAnOvertakenAnswerIsNotKept(t *testing.T) {
	t.Parallel()
	const env = pactius.EnvironmentID("e")
	for name, c := range map[string]struct {
		seq  int64
		kept bool
	}{"read before the change": {6, false}, "read with the change": {7, true}, "read after it": {8, true}} {
		for from, hear := range map[string]func(*book){
			"own": func(b *book) { b.heard([]pactius.DoorChange{{Environment: env, Seq: 7, User: "freja"}}) },
			"other's": func(b *book) {
				b.caughtUp(nil, []pactius.DoorChange{{Environment: env, Seq: 7, User: "freja"}}, 0)
			},
		} {
			b := newBook(time.Now())
			p := &passage{kept: kept{home: b.home(env), seq: c.seq}, user: "freja", session: "s"}
			hear(b)
			b.keepPassage(p)
			if got := b.passages[p.key] == p; got != c.kept {
				t.Errorf("%s, %s: kept %v", name, from, got)
			}
		}
	}
}

// TestAnotherInstancesChangeBeforeAnOwnOneIsNotMissed: the own change is heard of first, and the look goes on from
// where it was.
func TestAnotherInstancesChangeBeforeAnOwnOneIsNotMissed(t *testing.T) {
	t.Parallel()
	const env = pactius.EnvironmentID("e")
	b := newBook(time.Now())
	ada := &passage{kept: kept{home: b.home(env), seq: 5}, key: passageKey{application: "1"}, user: "ada", session: "a"}
	bo := &passage{kept: kept{home: b.home(env), seq: 5}, key: passageKey{application: "2"}, user: "bo", session: "b"}
	b.keepPassage(ada)
	b.keepPassage(bo)
	b.heard([]pactius.DoorChange{{Environment: env, Seq: 7, User: "bo"}})
	if b.passages[ada.key] == nil || b.passages[bo.key] != nil || b.cursors()[env] != 5 {
		t.Fatalf("%v, cursors %v", b.passages, b.cursors())
	}
	b.caughtUp(b.cursors(), []pactius.DoorChange{{Environment: env, Seq: 6, User: "ada"},
		{Environment: env, Seq: 7, User: "bo"}}, 0)
	if b.passages[ada.key] != nil || b.cursors()[env] != 7 || len(b.homes[env].told) != 0 {
		t.Errorf("%v, cursors %v", b.passages, b.cursors())
	}
}

func TestTheBookIsBounded(t *testing.T) {
	t.Parallel()
	b := newBook(time.Now())
	const most = 1000
	b.mostPassages, b.mostFronts = most, most
	ends := time.Now().Add(time.Hour)
	for n := range most + 100 {
		env := pactius.EnvironmentID(fmt.Sprint(n % 10))
		b.keepPassage(&passage{kept: kept{home: b.home(env), ends: ends}, user: pactius.UserID(fmt.Sprint(n)),
			key: passageKey{application: pactius.ApplicationID(fmt.Sprint(n))}, session: fmt.Sprint(n)})
	}
	users := 0
	for _, h := range b.homes {
		users += len(h.users)
	}
	if len(b.passages) != most || users != most {
		t.Errorf("%d passages, %d users", len(b.passages), users)
	}
	for n := range most + 100 {
		id := pactius.ApplicationID(fmt.Sprint(n))
		f := &front{kept: kept{home: b.home("0"), ends: ends}}
		f.ID, f.Origins = id, []pactius.Origin{pactius.Origin(id)}
		f.home.fronts = nil // as in many environments
		b.keepFront(f)
	}
	if len(b.fronts) != most || len(b.origins) != most {
		t.Errorf("%d applications, %d origins", len(b.fronts), len(b.origins))
	}
	b.tidy(ends)
	if len(b.passages)+len(b.fronts)+len(b.origins)+len(b.homes) != 0 {
		t.Errorf("%d passages, %d applications, %d environments stay", len(b.passages), len(b.fronts), len(b.homes))
	}
}

// TestOneUserDoesNotFillTheBook: a user with many browsers makes room among the own answers.
func TestOneUserDoesNotFillTheBook(t *testing.T) {
	t.Parallel()
	b := newBook(time.Now())
	b.mostPassages, b.mostOfUser = 20, 10
	keep := func(user string, n int) passageKey {
		key := passageKey{application: pactius.ApplicationID(fmt.Sprint(user, n))}
		b.keepPassage(&passage{kept: kept{home: b.home("nordhavn"), ends: time.Now().Add(time.Hour)}, key: key,
			user: pactius.UserID(user), session: fmt.Sprint(user, n)})
		return key
	}
	freja := keep("freja", 0)
	var last passageKey
	for n := range 100 {
		last = keep("ada", n)
	}
	sessions := len(b.homes["nordhavn"].sessions)
	if b.passages[freja] == nil || b.passages[last] == nil || len(b.passages) != 11 || sessions != 11 {
		t.Errorf("%d passages are kept, Freja's is %v", len(b.passages), b.passages[freja])
	}
}

// TestRevocationUnderLoad asks all the time: after a sign-out has returned no request passes.
func TestRevocationUnderLoad(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		for range 3 {
			w.session = w.signIn(t, w.freja)
			b := w.browser(w.app)
			b.enter("/")
			var over sync.WaitGroup
			stop, started := make(chan struct{}), make(chan struct{}, 4)
			for range 4 {
				over.Go(func() {
					for n := 0; ; n++ {
						if n == 1 {
							started <- struct{}{}
						}
						select {
						case <-stop:
							return
						default:
							w.door.Verify().ServeHTTP(httptest.NewRecorder(), b.question(t))
						}
					}
				})
			}
			for range 4 {
				<-started
			}
			w.Update(t, func(tx *store.Tx) error {
				_, err := tx.DeleteSession(applications.TokenHash(w.session))
				return err
			})
			if code := b.verify().Code; code != http.StatusUnauthorized {
				t.Errorf("after the sign-out: %d", code)
			}
			close(stop)
			over.Wait()
		}
	})
}

// question is what a proxy asks.
func (b *browser) question(t testing.TB) *http.Request {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), "GET", VerifyPath+"?application="+string(b.app.ID), nil)
	r.RemoteAddr = strangerAddress
	b.addTo(r)
	return r
}

// TestRunLooksAtChanges: Run looks at the changes of another instance, and stores at its end which sessions are in use.
func TestRunLooksAtChanges(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		second := w.second(t)
		b := w.browser(w.app).at(second)
		b.enter("/")
		w.db.Clock.Advance(pactius.DoorSeenStep)
		b.verify()
		ctx, stop := context.WithCancel(t.Context())
		ended := make(chan struct{})
		go func() { second.door.Run(ctx); close(ended) }()
		w.grant(t, pactius.AccessNone) // on the first
		patience, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		for b.verify().Code != http.StatusForbidden && patience.Err() == nil {
			runtime.Gosched()
		}
		if patience.Err() != nil {
			t.Error("the change was not seen")
		}
		stop()
		<-ended
		w.View(t, func(tx *store.Tx) error {
			s, err := tx.Session(applications.TokenHash(w.session))
			if !s.SeenAt.Equal(w.db.Clock.Now()) {
				t.Errorf("seen at %v", s.SeenAt)
			}
			return err
		})
	})
}

// TestAPanicIsAnAnswer, too.
func TestAPanicIsAnAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.app)
	w.door.Rules = nil
	if r := b.verify(); r.Code != http.StatusServiceUnavailable || !strings.Contains(w.log.String(), "panic") {
		t.Errorf("%d, log %s", r.Code, w.log)
	}
}

// TestTheLogNamesNoPathAndNoCookie, whatever goes wrong.
func TestTheLogNamesNoPathAndNoCookie(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.app)
	b.enter("/secret-path")
	ask := func() {
		b.verify("X-Original-Uri", "/secret-path", "X-Forwarded-Host", "other.example")
		b.verify("X-Original-Uri", "/secret-path")
		b.do("GET", "/.pactius/start?to=%2Fsecret-path")
		b.do("GET", "/.pactius/finish?code=secret-path")
	}
	ask()
	if err := w.store.Close(); err != nil {
		t.Fatal(err)
	}
	w.db.Clock.Advance(believed)
	ask()
	for _, secret := range []string{"secret-path", b.cookies[w.cookieName()].Value, b.cookies[startName(true)].Value} {
		if strings.Contains(w.log.String(), secret) || w.log.Len() == 0 {
			t.Errorf("the log has %q:\n%s", secret, w.log)
		}
	}
}
