package gateway

import (
	"encoding/json"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/clients"
)

// TestMetadataEqualsRoutes: what the issuer says of itself is so, and is all.
func TestMetadataEqualsRoutes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(t)
	r := c.ask(t, "GET", clients.DiscoveryPath, "")
	var text map[string]any
	var m metadata
	if err := json.Unmarshal(r.Body.Bytes(), &text); err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(r.Body.Bytes(), &m); err != nil || r.Code != http.StatusOK || m.Issuer != portal ||
		r.Header().Get("Cache-Control") != "public, max-age=300" || r.Header().Get("Pragma") != "" {
		t.Errorf("%d %v %s: %v", r.Code, r.Header(), r.Body, err)
	}
	if other := c.ask(t, "GET", clients.MetadataPath, ""); other.Body.String() != r.Body.String() {
		t.Errorf("the documents differ: %s", other.Body)
	}

	// Every endpoint is a route, and every route is an endpoint.
	named := []string{clients.DiscoveryPath, clients.MetadataPath}
	for name, value := range text {
		address, ok := value.(string)
		if !ok || name == "issuer" {
			continue
		}
		path, ok := strings.CutPrefix(address, portal)
		if !ok {
			t.Errorf("%s is %s", name, address)
		}
		named = append(named, path)
	}
	answered := append(slices.Collect(maps.Keys(openIDRoutes)), applications.KeysPath,
		clients.LogoutPath) // which is a page
	slices.Sort(named)
	if slices.Sort(answered); !slices.Equal(named, answered) {
		t.Errorf("named are %v, answered %v", named, answered)
	}
	if !Serves(applications.KeysPath) {
		t.Error("the keys are not served")
	}
	for path, methods := range openIDRoutes {
		for _, method := range []string{"GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "BREW"} {
			if path == clients.AuthorizePath && method != http.MethodPost {
				continue // a page
			}
			_, is := methods[strings.Replace(method, "HEAD", "GET", 1)]
			got := c.ask(t, method, path, "")
			if (got.Code != http.StatusMethodNotAllowed) != is || (got.Header().Get("Allow") == "") != is {
				t.Errorf("%s %s: %d %v", method, path, got.Code, got.Header())
			}
		}
	}

	// Every word counts, and no other. Each row has those named, and tries one.
	code := c.code(t)
	refresh := c.enter(t).Refresh
	asked := func(change ...string) error {
		_, err := c.door.Clients.Asked(t.Context(), w.Env, c.request(change...))
		return err
	}
	for what, row := range map[string]struct {
		named []string
		other []string
		works func(word string) bool
	}{
		"scopes": {m.Scopes, []string{"phone", "address", "groups"}, func(word string) bool {
			return strings.Contains(c.enter(t, "scope", "openid "+word).Scope, word)
		}},
		"response types": {m.ResponseTypes, []string{"token", "id_token", "code id_token", "none"},
			func(word string) bool { return asked("response_type", word) == nil }},
		"response modes": {m.ResponseModes, []string{"fragment", "form_post"},
			func(word string) bool { return asked("response_mode", word) == nil }},
		"challenges": {m.Challenges, []string{"plain"},
			func(word string) bool { return asked("code_challenge_method", word) == nil }},
		"prompts": {m.Prompts, []string{"create", "x"}, func(word string) bool { return asked("prompt", word) == nil }},
		"grants": {m.GrantTypes, []string{"password", "client_credentials", "implicit",
			"urn:ietf:params:oauth:grant-type:device_code"}, func(word string) bool {
			g := c.token(t, url.Values{"grant_type": {word}, "code": {code}, "refresh_token": {refresh},
				"redirect_uri": {signedIn}, "code_verifier": {verifier}})
			return g.Status == http.StatusOK
		}},
	} {
		for _, word := range row.named {
			if !row.works(word) {
				t.Errorf("%s: %s is named and does not count", what, word)
			}
		}
		for _, word := range row.other {
			if slices.Contains(row.named, word) || row.works(word) {
				t.Errorf("%s: %s counts or is named", what, word)
			}
		}
	}
	for name, is := range map[string]bool{"request_parameter_supported": m.Request,
		"request_uri_parameter_supported": m.RequestURI, "claims_parameter_supported": m.ClaimsParameter} {
		parameter := strings.TrimSuffix(strings.TrimSuffix(name, "_supported"), "_parameter")
		if parameter == "claims" {
			continue // is ignored, as Core 1.0, section 5.5 allows
		}
		if err := asked(parameter, "x"); is || err == nil {
			t.Errorf("%s: %v, %v", name, is, err)
		}
	}
	if !m.IssuerIsSent || !m.BackChannel || !m.BackChannelSID {
		t.Errorf("%s", r.Body) // code checks that iss is sent
	}
}

// TestClaimsAreThoseNamed: where all is known about a person, the ID token has the claims that the metadata names.
func TestClaimsAreThoseNamed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(t)
	if _, err := w.rules.Update(t.Context(), w.root, w.app.ID, 0,
		pactius.ApplicationUpdate{Groups: new(true)}); err != nil {
		t.Fatal(err)
	}
	w.db.Exec(t, `UPDATE sessions SET auth_at = $1`, w.db.Clock.Now().UnixMicro())
	w.db.Exec(t, `UPDATE users SET language = 'da'`)
	g := c.enter(t)
	got := slices.Sorted(maps.Keys(claimsOf(t, g.ID)))
	if want := slices.Sorted(slices.Values(claimNames)); !slices.Equal(got, want) {
		t.Errorf("the ID token has %v, named are %v", got, want)
	}
	var about map[string]any
	if err := json.Unmarshal(c.userinfo(t, g.Access).Body.Bytes(), &about); err != nil {
		t.Fatal(err)
	}
	for name := range about {
		if !slices.Contains(claimNames, name) {
			t.Errorf("userinfo has %s", name)
		}
	}
}

// TestWaysToShowWhoAClientIs are those named.
func TestWaysToShowWhoAClientIs(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, native := w.client(t), w.clientOf(t, w.add(t, "Native", local), pactius.ClientNative)
	form := "grant_type=refresh_token&refresh_token=x"
	ways := map[string]func() granted{
		"client_secret_basic": func() granted {
			r := httptest.NewRequest("GET", "/", nil)
			r.SetBasicAuth(string(c.app.ID), c.secret)
			return c.read(t, c.ask(t, "POST", clients.TokenPath, form, "Authorization", r.Header.Get("Authorization")))
		},
		"client_secret_post": func() granted { return c.refresh(t, "x") },
		"none":               func() granted { return native.refresh(t, "x") },
	}
	if got := slices.Sorted(maps.Keys(ways)); !slices.Equal(got, slices.Sorted(slices.Values(authMethods))) {
		t.Errorf("named are %v", authMethods)
	}
	for name, way := range ways {
		way().refused(t, name, "invalid_grant") // and not invalid_client
	}
	assertion := url.Values{"client_assertion_type": {"urn:ietf:params:oauth:client-assertion-type:jwt-bearer"},
		"client_assertion": {"x"}}.Encode()
	c.read(t, c.ask(t, "POST", clients.TokenPath, form+"&client_id="+string(c.app.ID)+"&"+assertion)).
		refused(t, "an assertion", "invalid_client")
}

// TestAnAuthorizationRequestAsAForm goes on as an address, with no look at any cookie.
func TestAnAuthorizationRequestAsAForm(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(t)
	before, long := w.db.Statements(), "a="+strings.Repeat("x", maxRequest-2)
	for what, one := range map[string]struct {
		body   string
		header []string
		want   string
	}{
		"a request": {"client_id=a&state=%26%0d%0ax&scope=a+b", nil, "?client_id=a&scope=a+b&state=%26%0D%0Ax"},
		"of another site": {"a=b", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"},
			"?a=b"},
		"one twice, which the page refuses": {"a=b&a=c", nil, "?a=b&a=c"},
		"no form":                           {"a=b", []string{"Content-Type", "", "Content-Type", "text/plain"}, ""},
		"a broken form":                     {"a=%zz", nil, ""},
		"too long for an address":           {long + "x", nil, ""},
		"as long as fits":                   {long, nil, "?" + long},
	} {
		r := c.ask(t, "POST", clients.AuthorizePath, one.body, one.header...)
		if got := r.Header().Get("Location"); r.Code != http.StatusSeeOther || got != clients.AuthorizePath+one.want {
			t.Errorf("%s: %d to %.100s", what, r.Code, got)
		}
	}
	r := c.ask(t, "POST", clients.AuthorizePath, strings.Repeat("x", maxForm+1))
	if r.Code != http.StatusRequestEntityTooLarge {
		t.Errorf("too large: %d", r.Code)
	}
	if w.db.Statements() != before {
		t.Error("the database was read")
	}
}

// FuzzToken sends forms of every kind to the endpoints for programs: nothing is granted, echoed or broken.
func FuzzToken(f *testing.F) {
	w := newWorld(f)
	c := w.client(f)
	g := c.enter(f)
	f.Add(clients.TokenPath, "grant_type=refresh_token&refresh_token=x", "Basic Og==", formType)
	f.Add(clients.TokenPath, "grant_type=authorization_code&code="+c.code(f), "", formType+"; a=b")
	f.Add(clients.RevokePath, "token="+g.Access+"&client_id="+string(c.app.ID), "Bearer x", "text/plain")
	f.Add(clients.UserinfoPath, "access_token="+g.ID, "bearer "+g.Refresh, formType)
	f.Fuzz(func(t *testing.T, path, body, authorization, media string) {
		if path != clients.TokenPath && path != clients.RevokePath && path != clients.UserinfoPath {
			return
		}
		r := httptest.NewRequestWithContext(t.Context(), "POST", path, strings.NewReader(body))
		r.Host = "portal.example"
		r.Header["Authorization"], r.Header["Content-Type"] = []string{authorization}, []string{media}
		out := httptest.NewRecorder()
		c.openID.ServeHTTP(out, r)
		if strings.Contains(body+authorization, c.secret) || strings.Contains(body+authorization, g.Access) {
			return // not by chance
		}
		var fault clients.Fault
		if out.Body.Len() > 0 && json.Unmarshal(out.Body.Bytes(), &fault) != nil || out.Code < 400 || out.Code >= 500 {
			t.Errorf("%d %s", out.Code, out.Body)
		}
	})
}
