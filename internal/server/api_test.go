package server

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
)

// TestTheAPIStandsBehindTheChain asks the API of a whole server: the edge guards it as it does the pages, and all that
// goes wrong is a problem, never a page.
func TestTheAPIStandsBehindTheChain(t *testing.T) {
	t.Parallel()
	s, db := quietServer(t, "sqlite")
	public, err := url.Parse(publicURL)
	if err != nil {
		t.Fatal(err)
	}
	db.Ground(t, public.Hostname())
	large := strings.Repeat("x", 2<<20)
	for _, c := range []struct {
		name, method, path, body string
		want                     int
		kind                     string
	}{
		{"without a token", "GET", "/api/v1/units", "", 401, "token-missing"},
		{"a form of another site", "POST", "/api/v1/units", "a=b", 405, "method-not-allowed"},
		{"a body that is too large", "POST", "/api/v1/units", large, 413, "too-large"},
		{"two slashes", "GET", "/api/v1//units", "", 404, "not-found"},
		{"the way out", "GET", "/api/../users", "", 404, "not-found"},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		r.Host = public.Host
		r.Header.Set("Origin", "https://evil.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		var p struct{ Type string }
		if err := json.Unmarshal(w.Body.Bytes(), &p); err != nil {
			t.Errorf("%s: %v in %s", c.name, err, w.Body)
		}
		if w.Code != c.want || p.Type != "urn:pactius:problem:"+c.kind || w.Header().Get("X-Request-Id") == "" ||
			w.Header().Get("X-Content-Type-Options") != "nosniff" || w.Header().Get("Cache-Control") != "no-store" {
			t.Errorf("%s: status %d, header %v: %s", c.name, w.Code, w.Header(), w.Body)
		}
	}
}

// TestTheAPIAnswersATokenOfTheDoor signs with the rules of the same server.
func TestTheAPIAnswersATokenOfTheDoor(t *testing.T) {
	t.Parallel()
	s, db := quietServer(t, "sqlite")
	public, err := url.Parse(publicURL)
	if err != nil {
		t.Fatal(err)
	}
	g := db.Ground(t, public.Hostname())
	for i := range 20 { // enough to be compressed
		g.Unit(t, g.Root, "Unit "+strings.Repeat("n", i))
	}
	u := g.User(t, "freja@nordhavn.example", "Freja", pactius.Grant{Unit: g.Root, Access: pactius.AccessRead})
	name, origins := "Contracts", []string{"https://contracts.nordhavn.example"}
	app, err := s.Applications.Add(t.Context(), pactius.SupportActor(g.Env),
		pactius.ApplicationUpdate{Name: &name, Unit: &g.Root, Origins: &origins})
	if err != nil {
		t.Fatal(err)
	}
	i := applications.Identity{Environment: g.Env, Issuer: publicURL, Application: app.ID, User: u,
		Access: pactius.AccessRead}
	token, err := s.Applications.Sign(t.Context(), g.Env, i.Claims(s.db.Now(), true))
	if err != nil {
		t.Fatal(err)
	}
	ask := func(tag string) *httptest.ResponseRecorder {
		r := httptest.NewRequest(http.MethodGet, "/api/v1/units", nil)
		r.Host = public.Host
		r.Header.Set("Authorization", "Bearer "+token)
		r.Header.Set("Accept-Encoding", "gzip")
		r.Header.Set("If-None-Match", tag)
		w := httptest.NewRecorder()
		s.Handler().ServeHTTP(w, r)
		return w
	}
	first := ask("")
	tag := first.Header().Get("ETag")
	compressed := first.Header().Get("Content-Encoding") == "gzip"
	if first.Code != http.StatusOK || !compressed || !strings.HasPrefix(tag, `W/"`) {
		t.Fatalf("status %d, header %v: %s", first.Code, first.Header(), first.Body)
	}
	if again := ask(tag); again.Code != http.StatusNotModified || again.Body.Len() > 0 {
		t.Errorf("with the tag of the compressed answer: status %d", again.Code)
	}
}
