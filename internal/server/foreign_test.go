package server

import (
	"net/http/httptest"
	"net/url"
	"testing"
)

// TestAFormOfOneEnvironmentDoesNotReachAnother: the host of the public URL is
// an environment like the others, and no other trusts what is sent from it.
func TestAFormOfOneEnvironmentDoesNotReachAnother(t *testing.T) {
	t.Parallel()
	s, db := quietServer(t, "sqlite")
	public, err := url.Parse(publicURL)
	if err != nil {
		t.Fatal(err)
	}
	host := "syd." + public.Hostname()
	db.Ground(t, host)
	for _, c := range []struct {
		name, origin, site string
		want               int
	}{
		{"from the environment itself", "https://" + host, "same-origin", 303},
		{"from the environment itself, in an old browser", "https://" + host, "", 303},
		{"from the public URL's environment", publicURL, "same-site", 403},
		{"from there in an old browser", publicURL, "", 403},
	} {
		r := httptest.NewRequest("POST", "/sign-out", nil)
		r.Host = host
		r.Header.Set("Origin", c.origin)
		if c.site != "" {
			r.Header.Set("Sec-Fetch-Site", c.site)
		}
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		if w.Code != c.want {
			t.Errorf("%s: status %d, want %d", c.name, w.Code, c.want)
		}
	}
}
