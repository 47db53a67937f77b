package server

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/pactius/pactius/internal/edge"
)

// TestWhatAsksMicrosoftIsLimited: guessing links and trying connections count
// like sign-ins; everything else does not.
func TestWhatAsksMicrosoftIsLimited(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return time.Date(2026, 3, 2, 9, 0, 0, 0, time.UTC) }
	limiter := edge.NewLimiter(edge.Limits{Rate: 1, Burst: 1, Entries: 10, Now: now})
	refused := http.HandlerFunc(func(w http.ResponseWriter,
		_ *http.Request) {
		w.WriteHeader(http.StatusTooManyRequests)
	})
	h := edge.Chain(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}),
		edge.Identify(nil), onlyMicrosoft(edge.LimitRate(limiter, refused)))
	for _, test := range []struct {
		path, from string
		want       int
	}{
		{"/connect/a", "198.51.100.1", http.StatusOK},
		{"/connect/b", "198.51.100.1", http.StatusTooManyRequests},
		{"/connect/a/consent", "198.51.100.1", http.StatusTooManyRequests},
		{"/settings/environment/connection/test", "198.51.100.1", http.StatusTooManyRequests},
		{"/sign-in/callback", "198.51.100.1", http.StatusTooManyRequests},
		{"/settings/environment", "198.51.100.1", http.StatusOK},
		{"/", "198.51.100.1", http.StatusOK},
		{"/connect/a", "198.51.100.2", http.StatusOK}, // another client
		{"/connect/a", "127.0.0.1", http.StatusOK},    // a proxy here that speaks for everybody
		{"/connect/a", "127.0.0.1", http.StatusOK},
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
