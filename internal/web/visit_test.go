package web

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
)

// TestARefusalLeavesNothingOfTheAnswer fails after a handler has begun to answer.
func TestARefusalLeavesNothingOfTheAnswer(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	h := w.site.serve(route{"GET /", anyone, local, func(_ *Site, v *visit) error {
		v.w.Header().Set("X-Begun", "yes")
		_, err := v.w.Write([]byte("begun"))
		w.must(err)
		return errNoSuchThing
	}})
	answer := httptest.NewRecorder()
	h.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "https://"+nordHost+"/", nil))
	if answer.Code != http.StatusNotFound || answer.Header().Get("X-Begun") != "" ||
		strings.Contains(answer.Body.String(), "begun") {
		t.Errorf("status %d, headers %v", answer.Code, answer.Header())
	}
}

// TestUseKeepsASession uses a session every now and then: it outlives the time after
// which it would end unused, and short steps write nothing.
func TestUseKeepsASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(ada)
	seen := func() int {
		return w.db.Count(t, `SELECT seen_at FROM sessions WHERE user_id = $1`, w.users[ada.username])
	}
	for range 3 {
		w.db.Clock.Advance(pactius.SessionIdle - time.Minute)
		b.get("/settings/users").status(http.StatusOK)
	}
	before := seen()
	w.db.Clock.Advance(pactius.SessionSeenStep - time.Second)
	b.get("/settings/users").status(http.StatusOK)
	if after := seen(); after != before {
		t.Error("a use soon after the last one was written")
	}
	w.db.Clock.Advance(time.Second)
	b.get("/settings/users").status(http.StatusOK)
	if after := seen(); after == before {
		t.Error("a use long after the last one was not written")
	}
}

// TestAFaultIsNotTheEndOfASession takes the table of sessions away.
func TestAFaultIsNotTheEndOfASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(ada)
	w.db.Exec(t, `ALTER TABLE sessions RENAME TO lost_sessions`)
	b.get("/settings/users").status(http.StatusInternalServerError)
	w.db.Exec(t, `ALTER TABLE lost_sessions RENAME TO sessions`)
	b.get("/settings/users").status(http.StatusOK)
}

// TestAnAttemptIsFoundByItsWholeState gives the browser an attempt under the cookie
// name of another state, as one whose hash begins alike would be.
func TestAnAttemptIsFoundByItsWholeState(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for state, want := range map[string]found{"mine": foundAttempt, "another": foundOthers} {
		a := attempt{State: state, Expires: w.db.Clock.Now().Add(attemptTime)}
		answer := httptest.NewRecorder()
		v := w.site.stranger(answer, httptest.NewRequest(http.MethodGet, "https://"+nordHost+"/", nil))
		w.site.settle(v, w.nord)
		w.must(w.site.keepAttempt(v, a))
		kept := answer.Result().Cookies()[0]
		kept.Name = w.site.cookieName(attemptName("mine"))
		v.r.AddCookie(kept)
		if _, got := w.site.takeAttempt(v, "mine"); got != want {
			t.Errorf("the attempt of the state %s is %v, want %v", state, got, want)
		}
	}
}

// TestASignInThatTookTooLongAsksNothing comes back from Microsoft after the attempt has
// ended: the code is not exchanged, and the note of it says why.
func TestASignInThatTookTooLongAsksNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(nordHost)
	path := b.callback(rikke)
	serve := w.microsoft.Config.Handler
	w.microsoft.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost {
			t.Errorf("%s is asked about a sign-in that took too long", r.URL.Path)
		}
		serve.ServeHTTP(rw, r)
	})
	w.db.Clock.Advance(attemptTime)
	b.get(path).status(http.StatusBadRequest)
	if n := w.db.Count(t, `SELECT COUNT(*) FROM incidents WHERE reason = $1`, string(microsoft.ReasonExpired)); n != 1 {
		t.Errorf("%d notes of a sign-in that took too long, want 1", n)
	}
}
