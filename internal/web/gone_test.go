package web

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/id"
)

// hangsUp is the context of a client that hangs up after it was looked at so many times: at another place of the
// work for every number.
type hangsUp struct {
	context.Context
	end context.CancelFunc

	mu   sync.Mutex
	left int
}

func clientFor(ctx context.Context, looks int) *hangsUp {
	c := &hangsUp{left: looks}
	c.Context, c.end = context.WithCancel(ctx)
	return c
}

func (c *hangsUp) look() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.left--; c.left < 0 {
		c.end()
	}
}

func (c *hangsUp) Done() <-chan struct{} { c.look(); return c.Context.Done() }

func (c *hangsUp) Err() error { c.look(); return c.Context.Err() }

func (c *hangsUp) Deadline() (time.Time, bool) { c.look(); return c.Context.Deadline() }

// TestAClientThatHangsUpIsNoFault asks for every route and hangs up at ever later places, in the database too. There
// is no answer with 5xx, no line above info and no incident.
func TestAClientThatHangsUpIsNoFault(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	var log bytes.Buffer
	w.site.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	silent := 0
	for _, rt := range routes() {
		method, path, _ := strings.Cut(rt.pattern, " ")
		path = strings.NewReplacer("{$}", "", "{id}", id.New(), "{token}", "x").Replace(path)
		for _, looks := range []int{0, 1, 2, 3, 5, 8, 13, 21, 34} {
			r := httptest.NewRequestWithContext(clientFor(t.Context(), looks), method, "https://"+nordHost+path, nil)
			r.AddCookie(&http.Cookie{Name: "__Host-pactius", Value: a.token()})
			answer := hold(httptest.NewRecorder())
			w.site.ServeHTTP(answer, r)
			w.site.Wait()
			if answer.status == edge.StatusClientGone {
				silent++
			}
			if answer.status >= http.StatusInternalServerError {
				t.Errorf("%s, gone after %d looks: status %d", rt.pattern, looks, answer.status)
			}
			if log.Len() > 0 {
				t.Errorf("%s, gone after %d looks: %s", rt.pattern, looks, log.String())
				log.Reset()
			}
			if rt.pattern == "POST /sign-out" {
				a.signIn(ada) // the session is over if the client did not hang up in time
			}
		}
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM incidents WHERE kind = 'fault'`); n > 0 {
		t.Errorf("%d incidents are kept", n)
	}
	if silent < len(routes()) {
		t.Errorf("only %d requests ended without an answer: the others were not stopped", silent)
	}
}

// TestAClientThatHangsUpIsNoFailedSignIn hangs up at ever later places while Microsoft is asked: the sign-in is not
// counted as failed, and no incident says that Microsoft did not answer.
func TestAClientThatHangsUpIsNoFailedSignIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	var log bytes.Buffer
	w.site.Logger = slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelWarn}))
	w.site.NotEntered = func(outcome string) { t.Errorf("counted as %s", outcome) }
	cut, through := 0, 0
	for looks := range 60 {
		b := w.browser(nordHost)
		path := b.callback(rikke)
		r := httptest.NewRequestWithContext(clientFor(t.Context(), looks), "GET", "https://"+nordHost+path, nil)
		for _, c := range b.Client.Jar.Cookies(b.url("/")) {
			r.AddCookie(c)
		}
		answer := hold(httptest.NewRecorder())
		w.site.ServeHTTP(answer, r)
		switch {
		case answer.status == edge.StatusClientGone:
			cut++
		case answer.status == http.StatusSeeOther:
			through++
		default:
			t.Errorf("gone after %d looks: status %d", looks, answer.status)
		}
	}
	if cut < 5 || log.Len() > 0 || w.db.Count(t, `SELECT COUNT(*) FROM incidents`) > 0 {
		t.Errorf("%d cut, %d through, incidents %d, log: %s", cut, through,
			w.db.Count(t, `SELECT COUNT(*) FROM incidents`), log.String())
	}
}
