package gateway

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/store"
)

func TestUserinfo(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		c := w.client(t)
		ask := func(scope string) map[string]any {
			t.Helper()
			r := c.userinfo(t, c.enter(t, "scope", scope).Access)
			var claims map[string]any
			if err := json.Unmarshal(r.Body.Bytes(), &claims); err != nil || r.Code != http.StatusOK ||
				r.Header().Get("Content-Type") != "application/json" || r.Header().Get("Cache-Control") != "no-store" {
				t.Fatalf("%d %v %s: %v", r.Code, r.Header(), r.Body, err)
			}
			return claims
		}
		all := ask("openid profile email")
		if all["sub"] != string(w.freja.ID) || all["name"] != "Freja Ørsted" || all["groups"] != nil ||
			all["preferred_username"] != w.freja.Username || all["email"] != w.freja.Username ||
			all["pactius_units"].(map[string]any)[string(w.sales)] != "read" {
			t.Errorf("%v", all)
		}
		if few := ask("openid"); len(few) != 2 || few["sub"] != all["sub"] || few["pactius_units"] == nil {
			t.Errorf("%v", few)
		}
		if _, err := w.rules.Update(t.Context(), w.root, w.app.ID, 0,
			pactius.ApplicationUpdate{Groups: new(true)}); err != nil {
			t.Fatal(err)
		}
		if groups := ask("openid")["groups"]; len(groups.([]any)) != 1 || groups.([]any)[0] != "Nordhavn / Sales" {
			t.Errorf("groups %v", groups)
		}
	})
}

// TestTokensAtUserinfo come in every way.
func TestTokensAtUserinfo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(t)
	token := c.enter(t).Access
	as := func(value string) []string { return []string{"Authorization", value} }
	right := as("Bearer " + token)
	const invalidRequest, invalidToken = `error="invalid_request"`, `error="invalid_token"`
	for what, one := range map[string]struct {
		method, path, body string
		header             []string
		status             int
		error              string
	}{
		"in the header":               {"GET", "", "", right, 200, ""},
		"in another spelling":         {"GET", "", "", as("bearer  " + token), 200, ""},
		"HEAD":                        {"HEAD", "", "", right, 200, ""},
		"POST with the header":        {"POST", "", "", right, 200, ""},
		"POST with the form":          {"POST", "", "access_token=" + token, nil, 200, ""},
		"POST with the header and no": {"POST", "", "a=b", right, 200, ""},
		"POST with JSON": {"POST", "", "{}", []string{"Content-Type", "", "Content-Type", "application/json",
			"Authorization", "Bearer " + token}, 200, ""},
		"in both":           {"POST", "", "access_token=" + token, right, 400, invalidRequest},
		"twice in the form": {"POST", "", "access_token=" + token + "&access_token=x", nil, 400, invalidRequest},
		"a broken form":     {"POST", "", "access_token=%zz", nil, 400, invalidRequest},
		"a long form":       {"POST", "", "x=" + strings.Repeat("x", maxForm), nil, 413, ""},
		"twice in the header": {"GET", "", "", append(as("Bearer x"), right...), 400,
			invalidRequest},
		"none":               {"GET", "", "", nil, 401, "none"},
		"in the address":     {"GET", "?access_token=" + token, "", nil, 401, "none"},
		"another scheme":     {"GET", "", "", as("DPoP " + token), 401, "none"},
		"by GET with a form": {"GET", "", "access_token=" + token, nil, 401, "none"},
		"nothing":            {"GET", "", "", as("Bearer "), 401, "none"},
		"no token":           {"GET", "", "", as("Bearer x"), 401, invalidToken},
		"two tokens":         {"GET", "", "", as("Bearer " + token + ", " + token), 401, invalidToken},
		"a long one":         {"GET", "", "", as("Bearer " + strings.Repeat("x", 9000)), 401, invalidToken},
		"another method":     {"PUT", "", "", right, 405, ""},
	} {
		r := c.ask(t, one.method, clients.UserinfoPath+one.path, one.body, one.header...)
		challenge := r.Header().Get("WWW-Authenticate")
		if r.Code != one.status || (one.error == "") != (challenge == "") {
			t.Errorf("%s: %d %v %s", what, r.Code, r.Header(), r.Body)
		}
		if one.error == "none" && challenge != `Bearer realm="PACTIUS"` ||
			one.error != "none" && !strings.Contains(challenge, one.error) {
			t.Errorf("%s: %s", what, challenge)
		}
	}
	c.host = "portal.example:443"
	c.reads(t, "with a port", token, http.StatusOK)
	for _, host := range []string{"contracts.example", "nowhere.example", ""} {
		c.host = host
		if r := c.userinfo(t, token); r.Code != http.StatusMisdirectedRequest {
			t.Errorf("at %q: %d", host, r.Code)
		}
	}
}

// TestARevocationReachesUserinfo: on the instance that made the change with the next request, on another within a
// second. Both have just answered.
func TestARevocationReachesUserinfo(t *testing.T) {
	t.Parallel()
	all := revocations()
	all["OpenID Connect switched off"] = switchOff
	for name, revoke := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			onEach(t, func(t *testing.T, w *world) {
				c, b := w.client(t), w.browser(w.app)
				second := c.at(w.second(t))
				b.enter("/")
				token := c.enter(t).Access
				w.pass(time.Second, w.instance, second.instance)
				c.reads(t, "before", token, http.StatusOK)
				second.reads(t, "before, elsewhere", token, http.StatusOK)
				w.pass(lookEvery, w.instance, second.instance)
				revoke(t, w, b)
				c.reads(t, "here", token, http.StatusUnauthorized)
				second.reads(t, "elsewhere nothing was kept:", token, http.StatusOK)
				w.pass(lookEvery, second.instance)
				second.reads(t, "elsewhere after a look", token, http.StatusUnauthorized)
			})
		})
	}
}

// TestUserinfoWithoutLooks reads the database for each request, and without one answers nothing after a second.
func TestUserinfoWithoutLooks(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		c := w.client(t).at(w.second(t))
		token := c.enter(t).Access
		c.reads(t, "first", token, http.StatusOK)
		w.pass(2*time.Second, c.instance)
		before := w.db.Statements()
		if c.reads(t, "with looks", token, http.StatusOK); w.db.Statements() != before {
			t.Errorf("%d statements", w.db.Statements()-before)
		}
		w.db.Clock.Advance(believed)
		cut, cancel := context.WithCancel(t.Context())
		cancel()
		c.door.look(cut)
		if c.reads(t, "without looks", token, http.StatusOK); w.db.Statements() == before {
			t.Error("the book was believed")
		}
		if err := c.store.Close(); err != nil {
			t.Fatal(err)
		}
		w.db.Clock.Advance(believed)
		if r := c.userinfo(t, token); r.Code != http.StatusServiceUnavailable {
			t.Errorf("without a database: %d", r.Code)
		}
	})
}

// TestAnAnswerOfUserinfoEndsWithItsToken, and with what it says.
func TestAnAnswerOfUserinfoEndsWithItsToken(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(t)
	token := c.enter(t).Access
	c.reads(t, "at first", token, http.StatusOK)
	w.Update(t, func(tx *store.Tx) error { return tx.SetUserLanguage(w.freja.ID, "da") })
	if r := c.userinfo(t, token); !strings.Contains(r.Body.String(), `"locale":"da"`) {
		t.Errorf("after a change: %s", r.Body)
	}
	w.pass(pactius.ClientTokenLife-time.Second, w.instance)
	before := w.db.Statements()
	if c.reads(t, "in its last second", token, http.StatusOK); w.db.Statements() != before {
		t.Error("it was not kept")
	}
	w.pass(time.Second, w.instance) // within what clocks may differ the token is read anew
	if c.reads(t, "at its end", token, http.StatusOK); w.db.Statements() == before {
		t.Error("it was kept beyond its token")
	}
	w.pass(5*time.Second, w.instance)
	c.reads(t, "after its end", token, http.StatusUnauthorized)
}

// TestTokensAreNotConfused: each kind is good in its one place.
func TestTokensAreNotConfused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c, b := w.client(t), w.browser(w.app)
	b.enter("/")
	door := b.verify().Header().Get("Pactius-Token")
	g, code := c.enter(t), c.code(t)
	abroad := build(t, w.db, "other.portal.example", "https://contracts.other.example")
	fjord := abroad.client(t)
	fjord.host = "other.portal.example"
	strange := map[string]string{"the door's": door, "ID": g.ID, "refresh": g.Refresh, "a code": code}
	for name, token := range forgeries(t, w, g.Access) {
		strange[name] = token
	}
	for name, token := range strange {
		c.reads(t, name+" at userinfo", token, http.StatusUnauthorized)
		if name != "the door's" && name != "refresh" && name != "a code" {
			_, err := c.door.Clients.Bearer(t.Context(), w.Env, token)
			if pactius.KindOf(err) != pactius.KindNotSignedIn {
				t.Errorf("%s at the API: %v", name, err)
			}
		}
		if name != "refresh" {
			c.refresh(t, token).refused(t, name+" as a refresh token", "invalid_grant")
		}
		if name != "a code" {
			c.exchange(t, token).refused(t, name+" as a code", "invalid_grant")
		}
	}
	for _, token := range []string{g.Access, door} {
		if _, err := c.door.Clients.Bearer(t.Context(), w.Env, token); err != nil {
			t.Errorf("the API: %v", err)
		}
		if _, err := c.door.Clients.Bearer(t.Context(), abroad.Env, token); err == nil {
			t.Error("the API of another environment")
		}
	}
	fjord.reads(t, "in another environment", g.Access, http.StatusUnauthorized)
	c.reads(t, "from another environment", abroadToken(t, fjord), http.StatusUnauthorized)
	c.reads(t, "an access token", g.Access, http.StatusOK)
	for name, token := range map[string]string{"access": g.Access, "ID": g.ID, "the door's": door} {
		cookie := w.cookieName() + "=" + token
		r := (&browser{instance: w.instance, world: w, app: w.app, origin: w.app.Origins[0]}).verify(
			"Authorization", "Bearer "+token, "Cookie", cookie)
		if r.Code != http.StatusUnauthorized {
			t.Errorf("%s token at the door: %d", name, r.Code)
		}
	}
}

func abroadToken(t *testing.T, c *client) string {
	t.Helper()
	token := c.enter(t).Access
	c.reads(t, "at home", token, http.StatusOK)
	return token
}

// TestAnAccessTokenOfAnotherClientsGrant: claims that do not fit together are refused, whatever has signed them.
func TestAnAccessTokenOfAnotherClientsGrant(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(t)
	foreign := w.clientOf(t, w.add(t, "Other", other), pactius.ClientWeb)
	claims := claimsOf(t, c.enter(t).Access)
	sign := func(change map[string]any) string {
		all := map[string]any{}
		for name, value := range claims {
			all[name] = value
		}
		for name, value := range change {
			all[name] = value
		}
		token, err := w.rules.SignAs(t.Context(), w.Env, applications.AccessToken, all)
		if err != nil {
			t.Fatal(err)
		}
		return token
	}
	c.reads(t, "as it was", sign(nil), http.StatusOK)
	for what, change := range map[string]map[string]any{
		"another client":     {"client_id": foreign.app.ID},
		"another user":       {"sub": "x"},
		"another audience":   {"aud": c.app.ID},
		"another issuer":     {"iss": "https://other.portal.example"},
		"another grant":      {"grant": "x"},
		"no end":             {"exp": 0},
		"a time to come":     {"iat": claims["iat"].(float64) + 60},
		"claims of no type":  {"exp": "never"},
		"an end in the past": {"exp": claims["iat"].(float64) - 60},
	} {
		c.reads(t, what, sign(change), http.StatusUnauthorized)
	}
}
