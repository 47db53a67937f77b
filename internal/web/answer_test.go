package web

import (
	"database/sql/driver"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/web/view"
)

// serveAs answers a GET of a user's browser with a route of the test.
func (b *browser) serveAs(w http.ResponseWriter, method string, h http.Handler) {
	r := httptest.NewRequest(method, b.Origin+"/", nil)
	for _, c := range b.Client.Jar.Cookies(b.url("/")) {
		r.AddCookie(c)
	}
	h.ServeHTTP(w, r)
}

// TestAPageThatIsReadTwiceAnswersOnce has the database undo the first attempt when
// the page is complete.
func TestAPageThatIsReadTwiceAnswersOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(ada)
	b.get("/") // which greets her
	lost := database.Translate(driver.ErrBadConn)
	for _, method := range []string{http.MethodGet, http.MethodHead} {
		var seen []*view.Flash
		var notes []int
		h := w.site.serve(route{access: user, handle: func(s *Site, v *visit) error {
			seen, notes = append(seen, v.flash), append(notes, len(v.notes))
			v.flash = new(warn(pactius.T("Saved.")))
			v.w.Header().Add("X-Attempt", "one")
			s.say(v, done(pactius.T("Saved.")))
			s.noteFault(v)
			s.ok(v, view.ErrorPage{Base: v.page(""), Status: http.StatusOK})
			if len(seen) == 1 {
				return lost
			}
			return nil
		}})
		rec := httptest.NewRecorder()
		b.serveAs(rec, method, h)
		if rec.Code != http.StatusOK || strings.Count(rec.Body.String(), "</html>") != 1 {
			t.Errorf("%s: status %d\n%s", method, rec.Code, rec.Body)
		}
		for _, name := range []string{"Set-Cookie", "X-Attempt", "Cache-Control", "Content-Type"} {
			if got := rec.Header().Values(name); len(got) != 1 {
				t.Errorf("%s: %s %q, want one", method, name, got)
			}
		}
		if !slices.Equal(seen, []*view.Flash{nil, nil}) || !slices.Equal(notes, []int{0, 0}) {
			t.Errorf("%s: the attempts begin with messages %v and incidents %v, want none", method, seen, notes)
		}
	}
}

// TestARefusedPageShowsTheRefusalOnly refuses when a page is complete. An action
// that is refused keeps its cookies: a state that is used up must leave the browser.
func TestARefusedPageShowsTheRefusalOnly(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(ada)
	b.get("/") // which greets her
	refused := errors.New("refused")
	for method, cookies := range map[string]int{http.MethodGet: 0, http.MethodPost: 1} {
		rec := httptest.NewRecorder()
		b.serveAs(rec, method, w.site.serve(route{access: user, handle: func(s *Site, v *visit) error {
			s.dropCookie(v, consentCookie)
			if method == http.MethodGet {
				s.ok(v, view.ErrorPage{Base: v.page(""), Status: http.StatusOK})
			}
			return refused
		}}))
		if rec.Code != http.StatusInternalServerError || strings.Count(rec.Body.String(), "</html>") != 1 {
			t.Errorf("%s: status %d\n%s", method, rec.Code, rec.Body)
		}
		if got := rec.Header().Values("Set-Cookie"); len(got) != cookies {
			t.Errorf("%s: cookies %q, want %d", method, got, cookies)
		}
	}
}

// idle fails while a connection of the database is in use.
func (w *world) idle(when string) {
	w.Helper()
	for _, pool := range w.db.Pools() {
		if pool.InUse != 0 {
			w.Errorf("%s, %d connections of %s are in use", when, pool.InUse, pool.Name)
		}
	}
}

// TestAPanicEndsTheSnapshot panics when a page is complete.
func TestAPanicEndsTheSnapshot(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(ada)
	h := edge.Recover(slog.New(slog.DiscardHandler), w.site.Broken())(w.site.serve(route{access: user,
		handle: func(s *Site, v *visit) error {
			s.dropSession(v)
			s.ok(v, view.ErrorPage{Base: v.page(""), Status: http.StatusOK})
			panic("a fault of the page")
		}}))
	rec := httptest.NewRecorder()
	b.serveAs(rec, http.MethodGet, h)
	if rec.Code != http.StatusInternalServerError || strings.Count(rec.Body.String(), "</html>") != 1 {
		t.Errorf("status %d\n%s", rec.Code, rec.Body)
	}
	if got := rec.Header().Values("Set-Cookie"); got != nil {
		t.Errorf("cookies %q, want none", got)
	}
	w.idle("after a panic")
	b.get("/").status(http.StatusOK)
}

// slowClient calls back while the answer is on its way to it.
type slowClient struct {
	*httptest.ResponseRecorder
	reads func()
}

func (c slowClient) WriteHeader(status int) { c.reads(); c.ResponseRecorder.WriteHeader(status) }

func (c slowClient) Write(b []byte) (int, error) { c.reads(); return c.ResponseRecorder.Write(b) }

// TestASlowClientHoldsNoTransaction looks at the pools while the client reads.
func TestASlowClientHoldsNoTransaction(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(ada)
	calls := 0
	client := slowClient{httptest.NewRecorder(), func() { calls++; w.idle("while the client reads") }}
	b.serveAs(client, http.MethodGet, w.site)
	if calls < 2 || client.Code != http.StatusOK {
		t.Errorf("%d writes, status %d", calls, client.Code)
	}
}

// TestAPageNeverWaitsForTheWriter reads pages while another process writes: their
// answers come first, and the use of the session is noted once the writer is free.
func TestAPageNeverWaitsForTheWriter(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(ada)
	w.site.seeing.limit = time.Hour
	w.db.Clock.Advance(pactius.SessionSeenStep)
	const noted = `SELECT COUNT(*) FROM sessions WHERE seen_at = $1`
	now := database.Micros(w.db.Clock.Now())
	other, err := w.db.Raw.Conn(t.Context())
	w.must(err)
	defer other.Close()
	writing := `BEGIN IMMEDIATE`
	if w.db.Engine() == "postgres" {
		writing = `BEGIN; UPDATE sessions SET seen_at = seen_at`
	}
	_, err = other.ExecContext(t.Context(), writing)
	w.must(err)
	for range seeMost + 1 {
		rec := httptest.NewRecorder()
		b.serveAs(rec, http.MethodGet, w.site)
		if rec.Code != http.StatusOK {
			t.Errorf("status %d\n%s", rec.Code, rec.Body)
		}
	}
	if n := w.db.Count(t, noted, now); n != 0 {
		t.Errorf("%d sessions are noted while another process writes, want none", n)
	}
	_, err = other.ExecContext(t.Context(), `ROLLBACK`)
	w.must(err)
	w.site.Wait()
	if n := w.db.Count(t, noted, now); n != 1 {
		t.Errorf("%d sessions are noted, want one", n)
	}
}

// TestABusyAnswerSaysWhenToTryAgain: a refusal that passes is neither logged nor kept, which would be more work.
func TestABusyAnswerSaysWhenToTryAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(ada)
	busy := &pactius.Error{Kind: pactius.KindUnavailable, Message: pactius.T("This list took too long."),
		RetryAfter: 1500 * time.Millisecond}
	for _, method := range []string{http.MethodGet, http.MethodPost} {
		rec := httptest.NewRecorder()
		b.serveAs(rec, method, w.site.serve(route{access: user, handle: func(*Site, *visit) error { return busy }}))
		if rec.Code != http.StatusServiceUnavailable || rec.Header().Get("Retry-After") != "2" ||
			!strings.Contains(rec.Body.String(), "This list took too long.") {
			t.Errorf("%s: status %d, headers %v\n%s", method, rec.Code, rec.Header(), rec.Body)
		}
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM incidents`); n > 0 {
		t.Errorf("%d incidents are kept", n)
	}
}

// TestEveryActionEndsItsTurn: more actions that fail in every way than an environment has turns.
func TestEveryActionEndsItsTurn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(ada)
	ways := []func(*Site, *visit) error{
		func(*Site, *visit) error { panic("a fault of the action") },
		func(*Site, *visit) error { return errNoSuchThing },
		func(_ *Site, v *visit) error { v.endTurn(); return errNoSuchThing },
		func(_ *Site, v *visit) error { return redirect(v, "/") },
	}
	for range 10 {
		for _, c := range []cost{local, begins, returns} {
			for _, way := range ways {
				h := edge.Recover(slog.New(slog.DiscardHandler), w.site.Broken())(w.site.serve(route{access: user,
					cost: c, handle: way}))
				b.serveAs(httptest.NewRecorder(), http.MethodPost, h) // does not return without a turn
			}
		}
	}
}
