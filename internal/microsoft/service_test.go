package microsoft_test

import (
	"bytes"
	"context"
	"crypto/rand"
	"crypto/rsa"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
)

func TestCheck(t *testing.T) {
	t.Parallel()
	status := func(code int, body string) func(http.ResponseWriter, *http.Request) {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(code)
			_, _ = w.Write([]byte(body))
		}
	}
	changed := func(name string, value any) func(*forger) {
		return func(f *forger) {
			f.discovery = func(w http.ResponseWriter, _ *http.Request) {
				d := f.document()
				d[name] = value
				sendJSON(w, d)
			}
		}
	}
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	if err != nil {
		t.Fatal(err)
	}
	huge := `{"issuer":"` + string(bytes.Repeat([]byte("a"), 1<<20)) + `"}`
	tests := []struct {
		name   string
		change func(*forger)
		want   microsoft.Reason
	}{
		{"everything right", func(*forger) {}, ""},
		{"down", func(f *forger) { f.discovery = status(503, "away") }, microsoft.ReasonUnreachable},
		{"too busy", func(f *forger) { f.discovery = status(429, "") }, microsoft.ReasonUnreachable},
		{"a tenant that does not exist", func(f *forger) {
			f.discovery = status(400, `{"error":"invalid_tenant","error_description":"AADSTS90002: no"}`)
		}, microsoft.ReasonMisconfigured},
		{"nothing there", func(f *forger) { f.discovery = status(404, "no") }, microsoft.ReasonBadResponse},
		{"not JSON", func(f *forger) { f.discovery = status(200, "<html>") }, microsoft.ReasonBadResponse},
		{"a megabyte of discovery", func(f *forger) { f.discovery = status(200, huge) }, microsoft.ReasonBadResponse},
		{"a redirect", func(f *forger) {
			f.discovery = func(w http.ResponseWriter, r *http.Request) {
				http.Redirect(w, r, "/elsewhere", http.StatusFound)
			}
		}, microsoft.ReasonBadResponse},
		{"the issuer template of the multi-tenant authority",
			changed("issuer", "https://login.microsoftonline.com/{tenantid}/v2.0"), microsoft.ReasonBadResponse},
		{"a token endpoint without encryption elsewhere", changed("token_endpoint", "http://evil.example/token"),
			microsoft.ReasonBadResponse},
		{"no token endpoint", changed("token_endpoint", nil), microsoft.ReasonBadResponse},
		{"a script for a sign-out endpoint", changed("end_session_endpoint", "javascript:alert(1)"),
			microsoft.ReasonBadResponse},
		{"no keys", func(f *forger) { f.keys = status(200, `{"keys":[]}`) }, microsoft.ReasonBadResponse},
		{"a key that is too short", func(f *forger) {
			f.keys = func(w http.ResponseWriter, _ *http.Request) {
				sendJSON(w, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: short.Public(), KeyID: "one"}}})
			}
		}, microsoft.ReasonBadResponse},
		{"keys that are down", func(f *forger) { f.keys = status(500, "") }, microsoft.ReasonUnreachable},
		{"a thousand keys", func(f *forger) {
			f.keys = status(200, `{"keys":[{}`+strings.Repeat(`,{}`, 1000)+`]}`)
		}, microsoft.ReasonBadResponse},
		{"unknown kinds of keys beside a good one", func(f *forger) {
			f.keys = func(w http.ResponseWriter, _ *http.Request) {
				sendJSON(w, map[string]any{"keys": []any{
					map[string]any{"kty": "XX", "kid": "x"}, map[string]any{"kty": "oct", "k": "AAAA", "kid": "one"},
					jose.JSONWebKey{Key: f.key.Public(), KeyID: "one", Use: "sig"},
				}})
			}
		}, ""},
	}
	key := newKey(t)
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			f := newForger(t, key)
			tt.change(f)
			err := f.m.Check(t.Context(), f.c)
			if tt.want == "" {
				if err != nil {
					t.Error(err)
				}
				return
			}
			if got, _ := reason(t, err); got != tt.want {
				t.Errorf("got %q, want %q: %v", got, tt.want, err)
			}
			if got := f.calls["/elsewhere"]; got != 0 {
				t.Error("the redirect was followed")
			}
		})
	}
}

// TestAnswersAreNotRepeated: an answer may hold a token, so no error quotes it.
func TestAnswersAreNotRepeated(t *testing.T) {
	t.Parallel()
	for _, body := range []string{
		`{"id_token":"hidden`, `{"id_token":"hidden"} hidden`, `{"access_token":"x","id_token":"hidden.hidden.hidden"}`,
		`{"error":"hidden hidden","error_description":"hidden"}`, `["hidden"]`, `hidden`,
	} {
		for _, status := range []int{http.StatusOK, http.StatusBadRequest} {
			f := newForger(t, newKey(t))
			say := func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(status)
				_, _ = w.Write([]byte(body))
			}
			f.token = say
			_, err := f.exchange(t)
			f.discovery = say
			for _, err := range []error{err, f.m.Check(t.Context(), f.c)} {
				if got, _ := reason(t, err); got != microsoft.ReasonBadResponse ||
					strings.Contains(err.Error(), "hidden") {
					t.Errorf("%d %s: got %q: %v", status, body, got, err)
				}
			}
		}
	}
}

func TestNobodyListens(t *testing.T) {
	t.Parallel()
	m := microsoft.New(microsoft.Options{Authority: "http://127.0.0.1:1"})
	c := microsoft.Connection{Credentials: pactius.Credentials{TenantID: tenantID, ClientID: clientID},
		RedirectURL: callback}
	if got, _ := reason(t, m.Check(t.Context(), c)); got != microsoft.ReasonUnreachable {
		t.Errorf("got %q, want unreachable", got)
	}
}

func TestAWaitingPersonMayLeave(t *testing.T) {
	t.Parallel()
	f := newForger(t, newKey(t))
	release := make(chan struct{})
	f.discovery = func(http.ResponseWriter, *http.Request) { <-release }
	ctx, leave := context.WithCancel(t.Context())
	leave()
	_, err := f.m.SignInURL(ctx, f.c, f.a, microsoft.SignInOptions{})
	close(release)
	if got, _ := reason(t, err); got != microsoft.ReasonUnreachable {
		t.Errorf("got %q, want unreachable", got)
	}
}

// TestFailureIsNotRemembered: the first person after an outage gets in.
func TestFailureIsNotRemembered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.down.Store(true)
	_, err := w.m.SignInURL(t.Context(), w.c, microsoft.NewAttempt(), microsoft.SignInOptions{})
	if got, _ := reason(t, err); got != microsoft.ReasonUnreachable {
		t.Fatalf("got %q, want unreachable", got)
	}
	w.down.Store(false)
	a, code := w.signIn(t, annaID)
	if _, err := w.m.Exchange(t.Context(), w.c, a, code); err != nil {
		t.Error(err)
	}
}

// TestCaching: nothing is fetched twice within the hour. An outage after it is survived with cached answers for a day,
// and not longer.
func TestCaching(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := func() error {
		_, err := w.m.SignInURL(t.Context(), w.c, microsoft.NewAttempt(), microsoft.SignInOptions{})
		return err
	}
	steps := []struct {
		name    string
		after   time.Duration
		down    bool
		fails   bool
		further int64 // requests that are answered
	}{
		{"the first", 0, false, false, 1},
		{"within the hour", 59 * time.Minute, false, false, 0},
		{"after the hour", 2 * time.Minute, false, false, 1},
		{"an outage", 2 * time.Hour, true, false, 0},
		{"over, but the pause lasts", 30 * time.Second, false, false, 0},
		{"over, after the pause", time.Minute, false, false, 1},
		{"an outage of more than a day", 25 * time.Hour, true, true, 0},
	}
	for _, s := range steps {
		w.ours.add(s.after)
		w.down.Store(s.down)
		before := w.calls.Load()
		if err := url(); (err != nil) != s.fails {
			t.Errorf("%s: got error %v, want failure %v", s.name, err, s.fails)
		}
		w.m.Settle(w.c)
		if got := w.calls.Load() - before; got != s.further {
			t.Errorf("%s: got %d requests, want %d", s.name, got, s.further)
		}
	}
}

// TestNobodyWaitsForARefresh: endpoints of an hour ago serve while Microsoft is asked for new ones and does not answer.
func TestNobodyWaitsForARefresh(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	url := func() {
		t.Helper()
		if _, err := w.m.SignInURL(t.Context(), w.c, microsoft.NewAttempt(), microsoft.SignInOptions{}); err != nil {
			t.Error(err)
		}
	}
	url()
	asked, release, rest := make(chan bool, 9), make(chan bool), w.tenant.Handler()
	w.serve(http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		asked <- true
		<-release
		rest.ServeHTTP(rw, r)
	}))
	w.ours.add(2 * time.Hour)
	began := time.Now()
	for range 5 {
		url()
	}
	if waited := time.Since(began); waited >= microsoft.CallTimeout {
		t.Errorf("waited %v, as long as for an answer of Microsoft that does not come", waited)
	}
	<-asked
	close(release)
	w.m.Settle(w.c)
	url()
	if len(asked) > 0 {
		t.Error("the endpoints were asked for again, although they are fresh")
	}
}

func TestKeyRotationWorksAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, code := w.signIn(t, annaID)
	for range 3 { // a rotation straight after another is served too
		if _, err := w.m.Exchange(t.Context(), w.c, a, code); err != nil {
			t.Fatal(err)
		}
		if err := w.tenant.RotateKeys(); err != nil {
			t.Fatal(err)
		}
		a, code = w.signIn(t, annaID)
	}
}

// TestWithdrawnKeys: a key that is no longer published stops counting within the hour.
func TestWithdrawnKeys(t *testing.T) {
	t.Parallel()
	f, successor := newForger(t, newKey(t)), newKey(t)
	if _, err := f.exchange(t); err != nil {
		t.Fatal(err)
	}
	f.keys = func(rw http.ResponseWriter, _ *http.Request) {
		sendJSON(rw, jose.JSONWebKeySet{Keys: []jose.JSONWebKey{{Key: successor.Public(), KeyID: "two"}}})
	}
	f.clock.add(61 * time.Minute)
	if _, err := f.exchange(t); err == nil {
		t.Error("a token signed with a withdrawn key was accepted")
	}
}

// TestUnknownKeysDoNotFlood: tokens naming invented keys cause a few calls, then one every five minutes.
func TestUnknownKeysDoNotFlood(t *testing.T) {
	t.Parallel()
	f := newForger(t, newKey(t))
	stranger := newKey(t)
	if _, err := f.exchange(t); err != nil {
		t.Fatal(err)
	}
	f.give(sign(stranger, "invented", f.claims(nil)))
	before := f.calls["/keys"]
	for range 20 {
		if _, err := f.exchange(t); err == nil {
			t.Fatal("a token with an invented key was accepted")
		}
	}
	if got := f.calls["/keys"] - before; got != 4*2 { // the application's and the tenant's
		t.Errorf("got %d requests for keys, want 4 for each of two addresses", got)
	}
	f.clock.add(5 * time.Minute)
	before = f.calls["/keys"]
	for range 20 {
		_, _ = f.exchange(t)
	}
	if got := f.calls["/keys"] - before; got != 2 {
		t.Errorf("five minutes later: got %d requests, want 1 for each of two addresses", got)
	}
}
