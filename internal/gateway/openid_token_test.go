package gateway

import (
	"context"
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
)

func TestACodeIsExchanged(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		c := w.client(t)
		g := c.enter(t)
		id, access := claimsOf(t, g.ID), claimsOf(t, g.Access)
		if g.Type != "Bearer" || g.Expires != 300 || g.Refresh == "" ||
			g.Scope != "openid profile email offline_access" || g.Header.Get("Pragma") != "no-cache" ||
			g.Header.Get("Content-Type") != "application/json" {
			t.Errorf("%v %s", g.Header, g.Body)
		}
		if id["iss"] != portal || id["aud"] != string(c.app.ID) || id["sub"] != string(w.freja.ID) ||
			id["nonce"] != "the nonce" || id["name"] != "Freja Ørsted" || id["sid"] == nil || id["auth_time"] != nil ||
			id["exp"].(float64)-id["iat"].(float64) != 300 {
			t.Errorf("ID token %v", id)
		}
		if access["iss"] != portal || access["aud"] != portal || access["sub"] != string(w.freja.ID) ||
			access["client_id"] != string(c.app.ID) || access["sid"] != id["sid"] || access["jti"] == nil {
			t.Errorf("access token %v", access)
		}
		if again := c.enter(t, "scope", "openid"); again.Refresh != "" ||
			claimsOf(t, again.ID)["sid"] != id["sid"] || claimsOf(t, again.ID)["name"] != nil {
			t.Errorf("without offline_access: %s", again.Body)
		}
	})
}

// TestCodesThatAreRefused are shown with something wrong. The code stays good for the client that it is for.
func TestCodesThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(t)
	foreign := w.clientOf(t, w.add(t, "Other", other), pactius.ClientWeb)
	native := w.clientOf(t, w.add(t, "Native", local), pactius.ClientNative)
	abroad := build(t, w.db, "other.portal.example", "https://contracts.other.example")
	fjord := abroad.client(t)
	fjord.host = "other.portal.example"
	code := c.code(t)
	here := *c // claims to be the client at the other environment's host
	here.host = fjord.host
	for what, one := range map[string]struct {
		by     *client
		change []string
		want   string
	}{
		"a wrong verifier":        {c, []string{"code_verifier", verifier + "x"}, "invalid_grant"},
		"no verifier":             {c, []string{"code_verifier", ""}, "invalid_request"},
		"another redirect":        {c, []string{"redirect_uri", signedIn + "/"}, "invalid_grant"},
		"no redirect":             {c, []string{"redirect_uri", ""}, "invalid_request"},
		"no code":                 {c, []string{"code", ""}, "invalid_request"},
		"an altered code":         {c, []string{"code", code[:len(code)-1]}, "invalid_grant"},
		"another client":          {foreign, nil, "invalid_grant"},
		"a native client":         {native, nil, "invalid_grant"},
		"another environment":     {fjord, nil, "invalid_grant"},
		"the client elsewhere":    {&here, nil, "invalid_client"},
		"a wrong secret":          {c, []string{"client_secret", seal.NewToken()}, "invalid_client"},
		"no secret":               {c, []string{"client_secret", ""}, "invalid_client"},
		"a secret of a native":    {native, []string{"client_secret", seal.NewToken()}, "invalid_client"},
		"no client":               {c, []string{"client_id", ""}, "invalid_client"},
		"a client that is no ID":  {c, []string{"client_id", "' OR 1=1 --"}, "invalid_client"},
		"another kind of grant":   {c, []string{"grant_type", "password"}, "unsupported_grant_type"},
		"no kind of grant":        {c, []string{"grant_type", ""}, "unsupported_grant_type"},
		"a code as refresh token": {c, []string{"grant_type", "refresh_token", "refresh_token", code}, "invalid_grant"},
	} {
		g := one.by.exchange(t, code, append([]string{"redirect_uri", signedIn}, one.change...)...)
		g.refused(t, what, one.want)
		for _, sent := range []string{code, "OR 1=1", "password"} {
			if strings.Contains(g.Body, sent) {
				t.Errorf("%s: the request is echoed: %s", what, g.Body)
			}
		}
	}
	w.db.Clock.Advance(pactius.ClientCodeLife)
	if g := c.exchange(t, code); g.Status != http.StatusOK {
		t.Errorf("at its last moment: %s", g.Body)
	}
	late := c.code(t)
	w.db.Clock.Advance(pactius.ClientCodeLife + time.Second)
	c.exchange(t, late).refused(t, "too late", "invalid_grant")
	if c.reuses(t) != 0 {
		t.Error("a reuse was recorded")
	}
}

// TestACodeIsExchangedOnce of twenty times at the same moment. What it gave ends, because two have the code.
func TestACodeIsExchangedOnce(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		c, second := w.client(t), w.second(t)
		code := c.code(t)
		answers := make([]granted, 20)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() {
				answers[i] = c.at([]*instance{w.instance, second}[i%2]).exchange(t, code)
			})
		}
		all.Wait()
		var won []granted
		for _, g := range answers {
			if g.Status == http.StatusOK {
				won = append(won, g)
			} else {
				g.refused(t, "the others", "invalid_grant")
			}
		}
		if len(won) != 1 || c.generation(t) != -1 || c.reuses(t) != 1 {
			t.Fatalf("%d exchanges, generation %d, %d events", len(won), c.generation(t), c.reuses(t))
		}
		c.reads(t, "the access token", won[0].Access, http.StatusUnauthorized)
		c.refresh(t, won[0].Refresh).refused(t, "the refresh token", "invalid_grant")
	})
}

// TestSeveralCodesOfABrowser are exchanged at the same moment: one client session for all.
func TestSeveralCodesOfABrowser(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		c, second := w.client(t), w.second(t)
		codes := make([]string, 16)
		for i := range codes {
			codes[i] = c.code(t)
		}
		var all sync.WaitGroup
		for i, code := range codes {
			all.Go(func() {
				if g := c.at([]*instance{w.instance, second}[i%2]).exchange(t, code); g.Status != http.StatusOK {
					t.Errorf("%d %s", g.Status, g.Body)
				}
			})
		}
		all.Wait()
		if n := w.db.Count(t, `SELECT COUNT(*) FROM client_sessions`); n != 1 {
			t.Errorf("%d client sessions", n)
		}
	})
}

// TestASecretIsReplaced without an interruption, or immediately.
func TestASecretIsReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(t)
	g := c.enter(t)
	next := *c
	var err error
	if _, next.secret, err = w.rules.NewSecret(t.Context(), w.root, c.app.ID, 0, false); err != nil {
		t.Fatal(err)
	}
	g = c.refresh(t, g.Refresh)
	g = next.refresh(t, g.Refresh)
	if g.Status != http.StatusOK {
		t.Fatalf("both secrets count: %s", g.Body)
	}
	w.pass(pactius.SessionIdle - time.Minute)
	if g = next.refresh(t, g.Refresh); g.Status != http.StatusOK {
		t.Fatal(g.Body)
	}
	w.db.Clock.Advance(pactius.SecretKept - pactius.SessionIdle + time.Minute)
	c.refresh(t, g.Refresh).refused(t, "the secret before, a day later", "invalid_client")
	last := next
	if _, last.secret, err = w.rules.NewSecret(t.Context(), w.root, c.app.ID, 0, true); err != nil {
		t.Fatal(err)
	}
	next.refresh(t, g.Refresh).refused(t, "the secret before, immediately", "invalid_client")
	last.refresh(t, g.Refresh).refused(t, "the new secret, after the session", "invalid_grant")
}

// TestFormsOfTheTokenEndpoint are read strictly.
func TestFormsOfTheTokenEndpoint(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(t)
	id, secret := string(c.app.ID), c.secret
	basic := func(id, secret string) string {
		return "Basic " + base64.StdEncoding.EncodeToString([]byte(id+":"+secret))
	}
	as := func(value string) []string { return []string{"Authorization", value} }
	of := func(media string) []string { return []string{"Content-Type", "", "Content-Type", media} }
	right := as(basic(id, secret))
	escaped := "%" + strings.ToUpper(url.QueryEscape("\x00")[1:])
	form := url.Values{"grant_type": {"refresh_token"}, "refresh_token": {"none"}}.Encode()
	shouted := strings.ToUpper(formType) + "; charset=utf-8"
	both := form + "&client_id=" + id + "&client_secret=" + secret
	most := both + "&" + strings.Repeat("x", maxForm-len(both)-1)
	const bad, grant, who = "invalid_request", "invalid_grant", "invalid_client"
	for what, one := range map[string]struct {
		path, body string
		header     []string
		status     int
		want       string
	}{
		"in the form":               {clients.TokenPath, both, nil, 400, grant},
		"unknown parameters":        {clients.TokenPath, both + "&resource=a&x=y", nil, 400, grant},
		"in the header":             {clients.TokenPath, form, right, 400, grant},
		"encoded in the header":     {clients.TokenPath, form, as(basic(encodeAll(id), encodeAll(secret))), 400, grant},
		"and the ID in the form":    {clients.TokenPath, form + "&client_id=" + id, right, 400, grant},
		"another ID in the form":    {clients.TokenPath, form + "&client_id=x", right, 400, bad},
		"the secret in both":        {clients.TokenPath, both, right, 400, bad},
		"two headers":               {clients.TokenPath, form, append(as("x"), right...), 400, bad},
		"a header that is no Basic": {clients.TokenPath, form, as("Bearer " + secret), 401, who},
		"a header of nothing":       {clients.TokenPath, both, as("Basic !"), 401, who},
		"an encoding that is none":  {clients.TokenPath, form, as(basic("%zz", secret)), 401, who},
		"another one":               {clients.TokenPath, form, as(basic(id, "%zz")), 401, who},
		"a secret with a zero":      {clients.TokenPath, form, as(basic(id, secret+escaped)), 401, who},
		"in the address":            {clients.TokenPath + "?client_id=" + id, both, nil, 400, bad},
		"twice":                     {clients.TokenPath, both + "&grant_type=refresh_token", nil, 400, bad},
		"twice and unknown":         {clients.TokenPath, both + "&x=1&x=1", nil, 400, bad},
		"no form":                   {clients.TokenPath, both, of("application/json"), 400, bad},
		"a multipart form":          {clients.TokenPath, both, of("multipart/form-data; boundary=x"), 400, bad},
		"with a charset":            {clients.TokenPath, both, of(shouted), 400, grant},
		"semicolons":                {clients.TokenPath, both + ";x=y", nil, 400, bad},
		"an escape that is none":    {clients.TokenPath, both + "&x=%zz", nil, 400, bad},
		"too much":                  {clients.TokenPath, both + "&x=" + strings.Repeat("x", maxForm), nil, 413, bad},
		"as much as fits":           {clients.TokenPath, most, nil, 400, grant},
		"revoke nothing":            {clients.RevokePath, both, nil, 400, bad},
		"revoke by no one":          {clients.RevokePath, "token=x", nil, 401, who},
	} {
		g := c.read(t, c.ask(t, "POST", one.path, one.body, one.header...))
		if g.Status != one.status || g.Error != one.want {
			t.Errorf("%s: %d %s, want %d %s", what, g.Status, g.Body, one.status, one.want)
		}
		if strings.Contains(g.Body, secret) {
			t.Errorf("%s: the secret is echoed", what)
		}
	}
	if strings.Contains(w.log.String(), secret) {
		t.Error("the secret is in the log")
	}
}

// encodeAll percent-encodes every byte.
func encodeAll(s string) string {
	var out strings.Builder
	for _, b := range []byte(s) {
		out.WriteString("%" + string("0123456789abcdef"[b>>4]) + string("0123456789abcdef"[b&15]))
	}
	return out.String()
}

// TestATokenIsRevoked by its client alone.
func TestATokenIsRevoked(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		c := w.client(t)
		foreign := w.clientOf(t, w.add(t, "Other", other), pactius.ClientWeb)
		revoke := func(by *client, token string) {
			t.Helper()
			form := url.Values{"token": {token}, "client_id": {string(by.app.ID)}, "client_secret": {by.secret},
				"token_type_hint": {"anything"}}
			if r := by.ask(t, "POST", clients.RevokePath, form.Encode()); r.Code != http.StatusOK || r.Body.Len() > 0 {
				t.Errorf("%d %s", r.Code, r.Body)
			}
		}
		for _, which := range []func(granted) string{
			func(g granted) string { return g.Refresh }, func(g granted) string { return g.Access },
		} {
			g := c.enter(t)
			for _, token := range []string{"none", g.ID, "v1.none"} {
				revoke(c, token)
			}
			revoke(foreign, which(g))
			c.reads(t, "before", g.Access, http.StatusOK)
			revoke(c, which(g))
			c.reads(t, "after", g.Access, http.StatusUnauthorized)
			c.refresh(t, g.Refresh).refused(t, "after", "invalid_grant")
			revoke(c, which(g))
		}
	})
}

// TestAnExchangeIsOneCommit and few statements; a refresh, too, and one that is repeated writes nothing.
func TestAnExchangeIsOneCommit(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		c := w.client(t)
		code := c.code(t)
		c.enter(t) // the client session is there
		commits := commitsOf(t, w)
		ran := func(what string, most int64, writes int, f func()) {
			t.Helper()
			statements, before := w.db.Statements(), commits()
			f()
			if got := w.db.Statements() - statements; got > most {
				t.Errorf("%s: %d statements, at most %d", what, got, most)
			}
			if got := commits() - before; got != writes {
				t.Errorf("%s: %d commits, want %d", what, got, writes)
			}
		}
		var g, next granted
		ran("exchange", 14, 1, func() { g = c.exchange(t, code) })
		ran("refresh", 12, 1, func() { next = c.refresh(t, g.Refresh) })
		ran("repetition", 8, 0, func() { c.refresh(t, g.Refresh) })
		ran("userinfo", 6, 0, func() { c.reads(t, "first", next.Access, 200) })
		ran("userinfo again", 0, 0, func() { c.reads(t, "again", next.Access, 200) })
	})
}

// TestWithoutADatabaseClientsComeAgain.
func TestWithoutADatabaseClientsComeAgain(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		c := w.client(t)
		g, code := c.enter(t), c.code(t)
		if err := w.store.Close(); err != nil {
			t.Fatal(err)
		}
		who := "&client_id=" + string(c.app.ID) + "&client_secret=" + c.secret
		for _, one := range []struct{ method, path, body string }{
			{"POST", clients.TokenPath, "grant_type=authorization_code&redirect_uri=x&code_verifier=x&code=" + code +
				who},
			{"POST", clients.TokenPath, "grant_type=refresh_token&refresh_token=" + g.Refresh + who},
			{"POST", clients.RevokePath, "token=" + g.Refresh + who},
			{"GET", clients.UserinfoPath, ""},
			{"GET", clients.DiscoveryPath, ""},
		} {
			r := c.ask(t, one.method, one.path, one.body, "Authorization", bearerIf(one.body == "", g.Access))
			if r.Code != http.StatusServiceUnavailable || r.Header().Get("Retry-After") != "5" ||
				r.Header().Get("Content-Type") != "application/problem+json" {
				t.Errorf("%s: %d %v %s", one.path, r.Code, r.Header(), r.Body)
			}
		}
		for _, secret := range []string{code, g.Refresh, g.Access, c.secret} {
			if strings.Contains(w.log.String(), secret) || w.log.Len() == 0 {
				t.Errorf("the log:\n%s", w.log)
			}
		}
	})
}

func bearerIf(is bool, token string) string {
	if is {
		return "Bearer " + token
	}
	return ""
}

// TestTokensOfANewKey: after an immediate rotation on another instance no token is signed with the key before.
func TestTokensOfANewKey(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		c := w.client(t).at(w.second(t))
		g := c.enter(t)
		c.reads(t, "before", g.Access, http.StatusOK)
		if _, err := w.rules.Rotate(t.Context(), w.root, true); err != nil { // on the first
			t.Fatal(err)
		}
		w.pass(lookEvery, c.instance)
		c.reads(t, "a token of the key before", g.Access, http.StatusUnauthorized)
		next := c.refresh(t, g.Refresh)
		c.reads(t, "a token of the new key", next.Access, http.StatusOK)

		if _, err := w.rules.Rotate(t.Context(), w.root, true); err != nil {
			t.Fatal(err)
		}
		cut, cancel := context.WithCancel(t.Context())
		cancel()
		w.db.Clock.Advance(believed)
		c.door.look(cut) // fails
		next = c.refresh(t, next.Refresh)
		c.reads(t, "a token of the new key, without looks", next.Access, http.StatusOK)
	})
}

// TestASessionInUse: refreshing is use, so the session at the portal goes on.
func TestASessionInUse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := w.client(t)
	g := c.enter(t)
	w.db.Clock.Advance(pactius.SessionIdle - time.Minute)
	if g = c.refresh(t, g.Refresh); g.Expires != 60 {
		t.Errorf("at the end: %s", g.Body)
	}
	w.View(t, func(tx *store.Tx) error {
		s, err := tx.Session(applications.TokenHash(w.session))
		if !s.SeenAt.Equal(w.db.Clock.Now()) {
			t.Errorf("seen at %v", s.SeenAt)
		}
		return err
	})
	w.db.Clock.Advance(2 * time.Minute)
	if g = c.refresh(t, g.Refresh); g.Expires != 300 {
		t.Errorf("later: %s", g.Body)
	}
}
