package edge

import (
	"context"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestObserversAreToldOfEveryRequest(t *testing.T) {
	t.Parallel()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /users/{id}", func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		w.Write([]byte("12345"))
	})
	mux.HandleFunc("GET /silent", func(http.ResponseWriter, *http.Request) {})
	mux.HandleFunc("GET /broken", func(http.ResponseWriter, *http.Request) { panic("broken") })
	cases := []struct {
		name, method, target string
		want                 Result
	}{
		{"no answer to a client that has gone", "HEAD", "/silent",
			Result{Method: "HEAD", Route: "GET /silent", Status: 499}},
		{"an answer", "GET", "/users/anna", Result{Method: "GET", Route: "GET /users/{id}", Status: 418, Bytes: 5}},
		{"no answer is 200", "GET", "/silent", Result{Method: "GET", Route: "GET /silent", Status: 200}},
		{"no route", "GET", "/anna", Result{Method: "GET", Route: "none", Status: 404, Bytes: 19}},
		{"a method that somebody invented", "ANNA", "/users/anna",
			Result{Method: "other", Route: "none", Status: 405, Bytes: 19}},
		{"a panic", "GET", "/broken", Result{Method: "GET", Route: "GET /broken", Status: 500, Bytes: 4}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var got []Result
			observe := func(ctx context.Context, r Result) {
				if RequestID(ctx) != r.Request {
					t.Error("the context is not the request's")
				}
				got = append(got, r)
			}
			now := fixed()
			clock := func() time.Time { now = now.Add(time.Second); return now }
			h := Chain(mux, Identify(nil), Observe(clock, observe, observe),
				Recover(slog.New(slog.DiscardHandler), say(500, "oops")), Route)
			w := httptest.NewRecorder()
			ctx, hangUp := context.WithCancel(t.Context())
			defer hangUp()
			if c.want.Status == StatusClientGone {
				hangUp()
			}
			h.ServeHTTP(w, httptest.NewRequestWithContext(ctx, c.method, c.target, nil))
			c.want.Duration, c.want.Request = time.Second, w.Header().Get("X-Request-Id")
			if diff := cmp.Diff(got, []Result{c.want, c.want}); diff != "" {
				t.Errorf("got - want +:\n%s", diff)
			}
		})
	}
}
