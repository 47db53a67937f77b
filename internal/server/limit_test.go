package server

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius/internal/edge"
)

// Package web says what asks Microsoft; the limit is for that alone, and for
// each address by itself.
func TestOnlyWhatAsksMicrosoftIsLimited(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }
	limiter := edge.NewLimiter(edge.Limits{Rate: 1, Burst: 1, Entries: 10, Now: now})
	refused := http.HandlerFunc(func(w http.ResponseWriter,
		_ *http.Request) {
		w.WriteHeader(http.StatusTooManyRequests)
	})
	asks := func(r *http.Request) bool { return strings.HasPrefix(r.URL.Path, "/asks") }
	h := edge.Chain(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
		edge.Identify(nil), only(asks, edge.LimitRate(limiter, refused)))
	for _, test := range []struct {
		path, from string
		want       int
	}{
		{"/asks/a", "198.51.100.1", http.StatusOK},
		{"/asks/b", "198.51.100.1", http.StatusTooManyRequests},
		{"/", "198.51.100.1", http.StatusOK},
		{"/asks/a", "198.51.100.2", http.StatusOK}, // another client
		{"/asks/a", "127.0.0.1", http.StatusOK},    // a proxy here that speaks for all clients
		{"/asks/a", "127.0.0.1", http.StatusOK},
	} {
		r := httptest.NewRequest(http.MethodPost, test.path, nil)
		r.RemoteAddr = test.from + ":1234"
		rec := httptest.NewRecorder()
		h.ServeHTTP(rec, r)
		if rec.Code != test.want {
			t.Errorf("%s from %s: status %d, want %d", test.path, test.from, rec.Code, test.want)
		}
	}
}
