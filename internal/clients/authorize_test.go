package clients

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/store"
)

// TestRequestsThatAreNotLedBack are of no client, or lead to no address of its own: a page says so.
func TestRequestsThatAreNotLedBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	door := w.add(t, "Door", pactius.ClientNone, "https://door.example", "")
	abroad := build(t, w.db, "other.portal.example", "https://wiki.other.example")
	wiki, native := w.wiki, w.native
	for what, q := range map[string]url.Values{
		"no client":              request(wiki, "client_id", ""),
		"two clients":            request(wiki, "+client_id", string(native.ID)),
		"the same client twice":  request(wiki, "+client_id", string(wiki.ID)),
		"an unknown client":      request(wiki, "client_id", "01a22db0-c99c-7093-9d55-9178de7c7bda"),
		"no ID":                  request(wiki, "client_id", "' OR 1=1 --"),
		"another spelling":       request(wiki, "client_id", strings.ToUpper(string(wiki.ID))),
		"an application behind":  request(wiki, "client_id", string(door.ID)),
		"another environment's":  request(abroad.wiki),
		"no address":             request(wiki, "redirect_uri", ""),
		"two addresses":          request(wiki, "+redirect_uri", signedIn),
		"a slash more":           request(wiki, "redirect_uri", signedIn+"/"),
		"a character less":       request(wiki, "redirect_uri", signedIn[:len(signedIn)-1]),
		"a query more":           request(wiki, "redirect_uri", signedIn+"?a=b"),
		"another query":          request(wiki, "redirect_uri", "https://wiki.example/in?tenant=10"),
		"a fragment":             request(wiki, "redirect_uri", signedIn+"#a"),
		"capitals":               request(wiki, "redirect_uri", "https://WIKI.example/signed-in"),
		"the usual port":         request(wiki, "redirect_uri", "https://wiki.example:443/signed-in"),
		"a dot in the path":      request(wiki, "redirect_uri", "https://wiki.example/./signed-in"),
		"a name of a user":       request(wiki, "redirect_uri", "https://wiki.example@evil.example/signed-in"),
		"http":                   request(wiki, "redirect_uri", "http://wiki.example/signed-in"),
		"a port of a server":     request(wiki, "redirect_uri", "http://127.0.0.1:8091/in"),
		"another client's":       request(wiki, "redirect_uri", native.Client.RedirectURIs[0]),
		"another path":           request(native, "redirect_uri", "http://127.0.0.1:5/other"),
		"another loopback":       request(native, "redirect_uri", "http://127.0.0.2:5/in"),
		"loopback with https":    request(native, "redirect_uri", "https://127.0.0.1:5/in"),
		"loopback with a query":  request(native, "redirect_uri", "http://127.0.0.1:5/in?a=b"),
		"loopback with a name":   request(native, "redirect_uri", "http://127.0.0.1:5@evil.example/in"),
		"loopback before a name": request(native, "redirect_uri", "http://127.0.0.1.evil.example:5/in"),
		"no port after a colon":  request(native, "redirect_uri", "http://127.0.0.1:/in"),
		"port 0":                 request(native, "redirect_uri", "http://127.0.0.1:0/in"),
		"a port that is none":    request(native, "redirect_uri", "http://127.0.0.1:65536/in"),
		"another loopback name":  request(native, "redirect_uri", "http://localhost.:5/in"),
		"a port elsewhere":       request(native, "redirect_uri", "https://wiki.example:5/in"),
		"another scheme":         request(native, "redirect_uri", "example.nordhavn:/in"),
	} {
		_, err := w.rules.Asked(t.Context(), w.Env, q)
		if e, ok := errors.AsType[*pactius.Error](err); !ok || e.Message.IsZero() {
			t.Errorf("%s: %v", what, err)
		}
	}
}

// TestAddressesOfTheDevice take any port (RFC 8252, section 7.3); others are exact.
func TestAddressesOfTheDevice(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, address := range []string{"http://127.0.0.1/in", "http://127.0.0.1:1/in", "http://127.0.0.1:65535/in",
		"http://[::1]:50123/in", "http://[::1]/in", "http://localhost:8080/in", "example.nordhavn.till:/in",
		"https://wiki.example/in"} {
		a, err := w.rules.Asked(t.Context(), w.Env, request(w.native, "redirect_uri", address))
		if err != nil || a.Redirect != address {
			t.Errorf("%s: %v", address, err)
		}
	}
}

// TestRequestsThatAreRefused are led back with an error, with state and issuer.
func TestRequestsThatAreRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	long := strings.Repeat("x", pactius.MaxClientParameter+1)
	other := w.enter(t).Access
	strange, err := w.rules.signID(t.Context(), w.Env, idClaims{Issuer: portal, Audience: w.native.ID})
	if err != nil {
		t.Fatal(err)
	}
	const invalid = "invalid_request"
	for what, one := range map[string]struct {
		change []string
		code   string
		state  string
	}{
		"no response type":     {[]string{"response_type", ""}, "invalid_request", "s"},
		"a token":              {[]string{"response_type", "token"}, "unsupported_response_type", "s"},
		"another mode":         {[]string{"response_mode", "form_post"}, invalid, "s"},
		"no scope":             {[]string{"scope", ""}, "invalid_scope", "s"},
		"no openid":            {[]string{"scope", "profile email"}, "invalid_scope", "s"},
		"no challenge":         {[]string{"code_challenge", ""}, invalid, "s"},
		"no method":            {[]string{"code_challenge_method", ""}, invalid, "s"},
		"the method plain":     {[]string{"code_challenge_method", "plain"}, invalid, "s"},
		"a short challenge":    {[]string{"code_challenge", "abc"}, invalid, "s"},
		"a strange challenge":  {[]string{"code_challenge", strings.Repeat("=", 43)}, invalid, "s"},
		"a long challenge":     {[]string{"code_challenge", strings.Repeat("a", 44)}, invalid, "s"},
		"a request object":     {[]string{"request", "x"}, "request_not_supported", "s"},
		"a request elsewhere":  {[]string{"request_uri", "https://a.example"}, "request_uri_not_supported", "s"},
		"a registration":       {[]string{"registration", "{}"}, "registration_not_supported", "s"},
		"an unknown prompt":    {[]string{"prompt", "create"}, invalid, "s"},
		"none and login":       {[]string{"prompt", "none login"}, invalid, "s"},
		"none twice":           {[]string{"prompt", "none none"}, invalid, "s"},
		"an age below 0":       {[]string{"max_age", "-1"}, invalid, "s"},
		"an age that is none":  {[]string{"max_age", "1h"}, invalid, "s"},
		"an age beyond all":    {[]string{"max_age", "9999999999"}, invalid, "s"},
		"a long nonce":         {[]string{"nonce", long}, invalid, "s"},
		"a long state":         {[]string{"state", long}, invalid, ""},
		"two states":           {[]string{"+state", "t"}, invalid, ""},
		"two scopes":           {[]string{"+scope", "openid"}, invalid, "s"},
		"two nonces":           {[]string{"+nonce", "m"}, invalid, "s"},
		"two challenges":       {[]string{"+code_challenge", "m"}, invalid, "s"},
		"two prompts":          {[]string{"prompt", "none", "+prompt", "login"}, invalid, "s"},
		"a hint that is none":  {[]string{"id_token_hint", "x"}, invalid, "s"},
		"an access token":      {[]string{"id_token_hint", other}, invalid, "s"},
		"another client's":     {[]string{"id_token_hint", strange}, invalid, "s"},
		"no state, no problem": {[]string{"state", "", "response_type", "x"}, "unsupported_response_type", ""},
	} {
		_, err := w.rules.Asked(t.Context(), w.Env, request(w.wiki, one.change...))
		r, ok := errors.AsType[*Refusal](err)
		if !ok {
			t.Errorf("%s: %v", what, err)
			continue
		}
		address, err := url.Parse(r.Location)
		if err != nil || !strings.HasPrefix(r.Location, signedIn+"?") {
			t.Errorf("%s: led to %s: %v", what, r.Location, err)
			continue
		}
		q := address.Query()
		if q.Get("error") != one.code || r.Code != one.code || q.Get("state") != one.state || q.Get("iss") != portal ||
			q.Get("error_description") == "" || q.Has("code") {
			t.Errorf("%s: %v", what, q)
		}
	}
	a, err := w.rules.Asked(t.Context(), w.Env, request(w.wiki, "redirect_uri", "https://wiki.example/in?tenant=1"))
	if to := a.Refuse("x", "y"); err != nil || !strings.HasPrefix(to, "https://wiki.example/in?tenant=1&error=x&") {
		t.Errorf("a query of its own: %s, %v", to, err)
	}
}

// TestRequestsThatAreRight are read whole. What is unknown is ignored.
func TestRequestsThatAreRight(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, err := w.rules.Asked(t.Context(), w.Env, request(w.wiki, "scope", "email x openid offline_access openid",
		"prompt", "login select_account consent", "max_age", "0", "login_hint", "freja@", "response_mode", "query",
		"ui_locales", "da", "+ui_locales", "en", "claims", "{}", "+redirect", "https://evil.example",
		"id_token_hint", w.enter(t).ID))
	if err != nil {
		t.Fatal(err)
	}
	if a.Scope != "openid email offline_access" || !a.Login || !a.Select || a.None || a.MaxAge != 0 || a.State != "s" ||
		a.Nonce != "n" || a.LoginHint != "freja@" || a.User != w.freja.ID || a.App.ID != w.wiki.ID {
		t.Errorf("%+v", a)
	}
	a, err = w.rules.Asked(t.Context(), w.Env, request(w.wiki, "prompt", "none"))
	if err != nil || !a.None || a.MaxAge >= 0 || a.User != "" {
		t.Errorf("%+v, %v", a, err)
	}
}

// TestWhoMayAuthorize has sessions of every age meet requests.
func TestWhoMayAuthorize(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	now := w.db.Clock.Now()
	known, unknown := w.signIn(t, w.freja, now.Add(-time.Minute)), w.session
	ada := w.User(t, "ada@nordhavn.example", "Ada", pactius.Grant{Unit: w.Unit(t, w.Root, "Legal"),
		Access: pactius.AccessAdminister})
	adas := w.signIn(t, ada, now)
	abroad := build(t, w.db, "other.portal.example", "https://wiki.other.example")
	hint, never := w.enter(t).ID, time.Time{}
	const alone, login = "none", "login_required"
	for what, one := range map[string]struct {
		as      pactius.User
		session string
		change  []string
		since   time.Time
		want    string // "" is a code
	}{
		"anyone":                        {w.freja, unknown, nil, never, ""},
		"without a page":                {w.freja, unknown, []string{"prompt", alone}, never, ""},
		"young enough":                  {w.freja, known, []string{"max_age", "60"}, never, ""},
		"too old":                       {w.freja, known, []string{"max_age", "59"}, never, "again"},
		"of unknown age":                {w.freja, unknown, []string{"max_age", "9999"}, never, "again"},
		"too old without a page":        {w.freja, known, []string{"max_age", "59", "prompt", alone}, never, login},
		"to sign in":                    {w.freja, known, []string{"prompt", "login"}, never, "again"},
		"signed in for it":              {w.freja, known, []string{"prompt", "login"}, now.Add(-time.Minute), ""},
		"not signed in for it":          {w.freja, known, []string{"prompt", "login"}, now.Add(time.Second), "again"},
		"asked, of unknown age":         {w.freja, unknown, []string{"prompt", "login"}, now, "again"},
		"as hinted":                     {w.freja, known, []string{"id_token_hint", hint}, never, ""},
		"another than hinted":           {ada, adas, []string{"id_token_hint", hint}, never, login},
		"another, without a page":       {ada, adas, []string{"id_token_hint", hint, "prompt", alone}, never, login},
		"without access":                {ada, adas, nil, never, "may not"},
		"with no session":               {w.freja, "none", nil, never, "no session"},
		"with a session elsewhere":      {w.freja, abroad.session, nil, never, "no session"},
		"who is not of the environment": {abroad.freja, unknown, nil, never, "not signed in"},
	} {
		a, err := w.rules.Asked(t.Context(), w.Env, request(w.wiki, one.change...))
		if err != nil {
			t.Fatal(err)
		}
		a.Since = one.since
		to, err := w.rules.Authorize(t.Context(), w.Actor(one.as), one.session, a)
		r, refused := errors.AsType[*Refusal](err)
		switch {
		case one.want == "" && err == nil && strings.HasPrefix(to, signedIn+"?code="):
		case one.want == "again" && errors.Is(err, ErrSignInAgain):
		case one.want == "may not" && errors.Is(err, applications.ErrMayNot):
		case one.want == "no session" && errors.Is(err, store.ErrNotFound):
		case one.want == "not signed in" && pactius.KindOf(err) == pactius.KindNotSignedIn:
		case refused && r.Code == one.want:
		default:
			t.Errorf("%s: %s, %v", what, to, err)
		}
	}
	without := *w.rules
	without.Box = nil
	a, err := w.rules.Asked(t.Context(), w.Env, request(w.wiki))
	if err != nil {
		t.Fatal(err)
	}
	_, err = without.Authorize(t.Context(), w.Actor(w.freja), w.session, a)
	if r, ok := errors.AsType[*Refusal](err); !ok || r.Code != "server_error" {
		t.Errorf("without a secret: %v", err)
	}
}

// FuzzAsked reads requests of every form: the browser is led to a registered address, or nowhere.
func FuzzAsked(f *testing.F) {
	w := newWorld(f)
	for _, app := range []pactius.Application{w.wiki, w.native} {
		f.Add(request(app).Encode())
		for _, redirect := range app.Client.RedirectURIs {
			f.Add(request(app, "redirect_uri", redirect, "prompt", "none", "max_age", "1").Encode())
		}
	}
	f.Add(request(w.native, "redirect_uri", "http://127.0.0.1:1/in", "state", "\r\nLocation: x").Encode())
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		a, err := w.rules.Asked(t.Context(), w.Env, q)
		to := a.Refuse("x", "y")
		if r, ok := errors.AsType[*Refusal](err); ok {
			to = r.Location
		} else if err != nil {
			return
		}
		address, err := url.Parse(to)
		if err != nil || strings.ContainsAny(to, "\r\n ") || address.Query().Get("iss") != portal {
			t.Fatalf("led to %q: %v", to, err)
		}
		host := address.Hostname()
		switch {
		case address.Scheme == "https" && host == "wiki.example" && address.Port() == "":
		case address.Scheme == "http" && (host == "127.0.0.1" || host == "::1" || host == "localhost"):
		case address.Scheme == "example.nordhavn.till":
		default:
			t.Fatalf("led to %q", to)
		}
	})
}
