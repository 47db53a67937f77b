package gateway

import (
	"cmp"
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/clients"
)

const (
	signedIn = "https://contracts.example/signed-in" // redirect address of the client
	verifier = "a-verifier-of-at-least-forty-three-characters"
)

// client is an application that speaks OpenID Connect, as it asks one instance.
type client struct {
	*instance
	world  *world
	app    pactius.Application
	secret string
	host   string
}

// client makes the world's application a web client.
func (w *world) client(t testing.TB) *client {
	t.Helper()
	return w.clientOf(t, w.app, pactius.ClientWeb)
}

func (w *world) clientOf(t testing.TB, app pactius.Application, kind pactius.ClientKind) *client {
	t.Helper()
	c := &client{instance: w.instance, world: w, host: "portal.example"}
	var err error
	c.app, err = w.rules.Update(t.Context(), w.root, app.ID, 0, pactius.ApplicationUpdate{ClientKind: &kind,
		RedirectURIs: &[]string{string(app.Origins[0]) + "/signed-in"}})
	if err == nil && kind == pactius.ClientWeb {
		_, c.secret, err = w.rules.NewSecret(t.Context(), w.root, app.ID, 0, false)
	}
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// at is the same client, whose requests reach another instance.
func (c *client) at(i *instance) *client {
	other := *c
	other.instance = i
	return &other
}

// request is an authorization request that is right, with some parameters changed: name and value in turn.
func (c *client) request(change ...string) url.Values {
	q := url.Values{"client_id": {string(c.app.ID)}, "redirect_uri": {c.app.Client.RedirectURIs[0]},
		"response_type": {"code"}, "scope": {"openid profile email offline_access"}, "state": {"the state"},
		"nonce": {"the nonce"}, "code_challenge": {applications.Challenge(verifier)}, "code_challenge_method": {"S256"}}
	set(q, change)
	return q
}

// set changes parameters, given as name and value in turn. An empty value removes one.
func set(q url.Values, change []string) {
	for i := 0; i < len(change); i += 2 {
		if q.Set(change[i], change[i+1]); change[i+1] == "" {
			q.Del(change[i])
		}
	}
}

// code has Freja authorize the client.
func (c *client) code(t testing.TB, change ...string) string {
	t.Helper()
	a, err := c.door.Clients.Asked(t.Context(), c.world.Env, c.request(change...))
	if err != nil {
		t.Fatal(err)
	}
	to, err := c.door.Clients.Authorize(t.Context(), c.world.Actor(c.world.freja), c.world.session, a)
	if err != nil {
		t.Fatal(err)
	}
	address, err := url.Parse(to)
	if err != nil || !strings.HasPrefix(to, a.Redirect) || address.Query().Get("state") != "the state" ||
		address.Query().Get("iss") != "https://"+c.host {
		t.Fatalf("led to %s: %v", to, err)
	}
	return address.Query().Get("code")
}

// ask sends a request to the part of the door for clients.
func (c *client) ask(t testing.TB, method, path, body string, header ...string) *httptest.ResponseRecorder {
	t.Helper()
	r := httptest.NewRequestWithContext(t.Context(), method, path, strings.NewReader(body))
	r.Host = c.host
	if body != "" {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	edit(r, header)
	if !c.openID.Serves(r) {
		t.Fatalf("%s %s is not served", method, path)
	}
	w := httptest.NewRecorder()
	c.openID.ServeHTTP(w, r)
	return w
}

// granted is an answer of the token endpoint.
type granted struct {
	Status      int
	Header      http.Header
	Body        string
	Access      string `json:"access_token"`
	Refresh     string `json:"refresh_token"`
	ID          string `json:"id_token"`
	Scope       string
	Type        string `json:"token_type"`
	Expires     int    `json:"expires_in"`
	Error       string
	Description string `json:"error_description"`
}

// token asks the token endpoint as the client, with some parameters changed.
func (c *client) token(t testing.TB, form url.Values, change ...string) granted {
	t.Helper()
	form.Set("client_id", string(c.app.ID))
	if c.secret != "" {
		form.Set("client_secret", c.secret)
	}
	set(form, change)
	return c.read(t, c.ask(t, "POST", clients.TokenPath, form.Encode()))
}

func (c *client) read(t testing.TB, r *httptest.ResponseRecorder) granted {
	t.Helper()
	g := granted{Status: r.Code, Header: r.Header(), Body: r.Body.String()}
	if err := json.Unmarshal(r.Body.Bytes(), &g); err != nil || r.Header().Get("Cache-Control") != "no-store" ||
		(r.Code == 200) != (g.Error == "" && g.Access != "") {
		t.Errorf("%d %v %s: %v", r.Code, r.Header(), r.Body, err)
	}
	return g
}

// exchange exchanges a code.
func (c *client) exchange(t testing.TB, code string, change ...string) granted {
	t.Helper()
	return c.token(t, url.Values{"grant_type": {"authorization_code"}, "code": {code},
		"redirect_uri": {c.app.Client.RedirectURIs[0]}, "code_verifier": {verifier}}, change...)
}

// enter signs Freja in.
func (c *client) enter(t testing.TB, change ...string) granted {
	t.Helper()
	g := c.exchange(t, c.code(t, change...))
	if g.Status != http.StatusOK {
		t.Fatalf("exchange: %d %s", g.Status, g.Body)
	}
	return g
}

// refresh exchanges a refresh token.
func (c *client) refresh(t testing.TB, token string, change ...string) granted {
	t.Helper()
	return c.token(t, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}, change...)
}

// userinfo asks who an access token stands for.
func (c *client) userinfo(t testing.TB, token string) *httptest.ResponseRecorder {
	t.Helper()
	return c.ask(t, "GET", clients.UserinfoPath, "", "Authorization", "Bearer "+token)
}

// reads checks that userinfo answers a token with a status.
func (c *client) reads(t testing.TB, what, token string, want int) {
	t.Helper()
	r := c.userinfo(t, token)
	named := strings.Contains(r.Header().Get("WWW-Authenticate"), `error="invalid_token"`)
	if r.Code != want || named != (want == http.StatusUnauthorized) {
		t.Errorf("%s: %d, want %d: %v %s", what, r.Code, want, r.Header(), r.Body)
	}
}

// claimsOf reads the claims of a token without verifying it.
func claimsOf(t testing.TB, token string) map[string]any {
	t.Helper()
	_, payload, _ := strings.Cut(token, ".")
	payload, _, _ = strings.Cut(payload, ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	var c map[string]any
	if err = cmp.Or(err, json.Unmarshal(text, &c)); err != nil {
		t.Fatalf("%q: %v", token, err)
	}
	return c
}

// generation is that of the only grant; -1 if there is none.
func (c *client) generation(t testing.TB) int {
	t.Helper()
	return c.world.db.Count(t, `SELECT COALESCE(MAX(generation), -1) FROM client_grants`)
}

// reuses counts the events of tokens that came twice.
func (c *client) reuses(t testing.TB) int {
	t.Helper()
	return c.world.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = $1`, string(pactius.ClientTokenReused))
}

// refused checks that an answer has an error.
func (g granted) refused(t testing.TB, what, code string) {
	t.Helper()
	status := http.StatusBadRequest
	if code == "invalid_client" {
		status = http.StatusUnauthorized
	}
	if g.Status != status || g.Error != code || g.Description == "" ||
		(status == http.StatusUnauthorized) != strings.HasPrefix(g.Header.Get("WWW-Authenticate"), "Basic ") {
		t.Errorf("%s: %d %s, want %s", what, g.Status, g.Body, code)
	}
	for _, r := range g.Description { // RFC 6749, section 5.2
		if r < 0x20 || r > 0x7e || r == '"' || r == '\\' {
			t.Errorf("%s: %q is not for an error_description", what, g.Description)
		}
	}
}
