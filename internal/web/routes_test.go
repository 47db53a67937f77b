package web

import (
	"net/http"
	"net/http/httptest"
	"testing"
)

// Guessing links and trying connections count like sign-ins, so that one address
// cannot make us ask Microsoft without end; pages do not count.
func TestWhatAsksMicrosoft(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, test := range []struct {
		method, path string
		want         bool
	}{
		{http.MethodPost, "/sign-in", true},
		{http.MethodGet, "/sign-in/callback?code=x&state=y", true},
		{http.MethodGet, "/connect/a", true},
		{http.MethodPost, "/connect/a", true},
		{http.MethodPost, "/connect/a/consent", true},
		{http.MethodGet, "/settings/environment/connection", true},
		{http.MethodPost, "/settings/environment/connection", true},
		{http.MethodPost, "/settings/environment/connection/test", true},
		{http.MethodPost, "/settings/environment/connection/consent", true},
		{http.MethodPost, "/settings/environment", false},
		{http.MethodGet, "/settings/users", false},
		{http.MethodGet, "/", false},
		{http.MethodPost, "/sign-out", false},
		{http.MethodGet, "/no/such/page", false},
		{http.MethodGet, "/sign-in", false}, // no route: nothing is asked
	} {
		if got := w.site.AsksMicrosoft(httptest.NewRequest(test.method, test.path, nil)); got != test.want {
			t.Errorf("%s %s asks Microsoft: %t, want %t", test.method, test.path, got, test.want)
		}
	}
}
