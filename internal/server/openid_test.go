package server

import (
	"encoding/json"
	"log/slog"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius/internal/clients"
)

// TestOpenIDStandsBehindTheChain asks a whole server for what OpenID Connect has for programs: the edge guards it as it
// does the pages, but forms of other sites are read, and the log has no word of what was sent.
func TestOpenIDStandsBehindTheChain(t *testing.T) {
	t.Parallel()
	s, db := quietServer(t, "sqlite")
	log := &lines{}
	s.logger = slog.New(slog.NewTextHandler(log, nil))
	handler, err := s.newHandler()
	if err != nil {
		t.Fatal(err)
	}
	public, err := url.Parse(publicURL)
	if err != nil {
		t.Fatal(err)
	}
	db.Ground(t, public.Hostname())
	const form, large = "grant_type=refresh_token&refresh_token=the-secret", 20 << 10
	for _, c := range []struct {
		method, path, body, host string
		want                     int
		kind                     string // of the body: the member error or type
	}{
		{"GET", clients.DiscoveryPath, "", public.Host, 200, ""},
		{"GET", clients.MetadataPath, "", public.Host, 200, ""},
		{"GET", clients.MetadataPath, "", "contracts.localhost:8090", 421, "urn:pactius:problem:unknown-host"},
		{"POST", clients.MetadataPath, "", public.Host, 405, ""},
		{"POST", clients.TokenPath, form, public.Host, 401, "invalid_client"},
		{"POST", clients.TokenPath, form, "contracts.localhost:8090", 421, "urn:pactius:problem:unknown-host"},
		{"POST", clients.TokenPath, strings.Repeat("x", large), public.Host, 413, "invalid_request"},
		{"GET", clients.TokenPath, "", public.Host, 405, ""},
		{"POST", clients.RevokePath, "token=the-secret", public.Host, 401, "invalid_client"},
		{"GET", clients.UserinfoPath, "", public.Host, 401, ""},
		{"POST", clients.UserinfoPath, "access_token=the-secret", public.Host, 401, "invalid_token"},
		{"POST", clients.UserinfoPath, "access_token=the-secret", "contracts.localhost:8090", 421,
			"urn:pactius:problem:unknown-host"},
		{"POST", clients.AuthorizePath, "state=the-secret", public.Host, 303, ""},
		{"GET", clients.AuthorizePath, "", public.Host, 404, "page"},
		{"GET", clients.LogoutPath, "", public.Host, 200, "page"},
	} {
		r := httptest.NewRequest(c.method, c.path, strings.NewReader(c.body))
		r.Host = c.host
		r.Header.Set("Origin", "https://evil.example")
		r.Header.Set("Sec-Fetch-Site", "cross-site")
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		w := httptest.NewRecorder()
		handler.ServeHTTP(w, r)
		var answer struct{ Error, Type string }
		if c.kind == "page" {
			answer.Type = "page"
		} else if w.Body.Len() > 0 {
			if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil {
				t.Errorf("%s %s: %v in %s", c.method, c.path, err, w.Body)
			}
		}
		if w.Code != c.want || answer.Error+answer.Type != c.kind || w.Header().Get("X-Request-Id") == "" ||
			w.Header().Get("X-Content-Type-Options") != "nosniff" || len(w.Result().Cookies()) > 0 ||
			w.Header().Get("Access-Control-Allow-Origin") != "" {
			t.Errorf("%s %s at %s: status %d, header %v: %s", c.method, c.path, c.host, w.Code, w.Header(), w.Body)
		}
	}
	for _, path := range []string{clients.AuthorizePath, clients.LogoutPath} {
		if !strings.Contains(log.String(), `route="GET `+path+`"`) {
			t.Errorf("the metadata names %s, which is no page", path)
		}
	}
	if text := log.String(); strings.Contains(text, "the-secret") ||
		!strings.Contains(text, `route="POST `+clients.TokenPath+`" status=401`) ||
		!strings.Contains(text, `route=`+clients.TokenPath+` status=405`) {
		t.Errorf("the log:\n%s", text)
	}
}
