package gateway

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/seal"
)

func TestAnAdmittedRequestHasAPerson(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, w *world) {
		b := w.browser(w.app)
		b.enter("/")
		r := b.verify()
		got := map[string]string{}
		for header, values := range r.Header() {
			if strings.HasPrefix(header, "Pactius-") && header != "Pactius-Token" {
				got[header] = strings.Join(values, "|")
			}
		}
		want := map[string]string{"Pactius-User": string(w.freja.ID), "Pactius-Account": "freja@nordhavn.example",
			"Pactius-Name": "Freja%20%C3%98rsted", "Pactius-Email": "freja@nordhavn.example", "Pactius-Language": "",
			"Pactius-Access": "read", "Pactius-Units": string(w.sales) + "=read",
			"Pactius-Units-Url": portal + "/api/v1/units"}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
		now := w.db.Clock.Now()
		claims := w.claims(t, r)
		if diff := cmp.Diff(applications.Claims{Issuer: portal, Audience: w.app.ID, Subject: w.freja.ID,
			IssuedAt: now.Unix(), Expires: now.Add(time.Minute).Unix(), Name: "Freja Ørsted",
			Email: "freja@nordhavn.example", Username: "freja@nordhavn.example", Access: "read",
			Units: map[pactius.UnitID]string{w.sales: "read"}, UnitsURL: portal + "/api/v1/units"},
			claims); diff != "" {
			t.Errorf("-want +got:\n%s", diff)
		}
	})
}

// claims verifies the token of an answer as an application does.
func (w *world) claims(t testing.TB, r *httptest.ResponseRecorder) applications.Claims {
	t.Helper()
	token := r.Header().Get("Pactius-Token")
	signed, err := jose.ParseSignedCompact(token, []jose.SignatureAlgorithm{jose.ES256})
	if err != nil {
		t.Fatalf("token %q: %v", token, err)
	}
	text, err := applications.New(w.rules.Config).Keys(t.Context(), w.Env) // without memory
	if err != nil {
		t.Fatal(err)
	}
	var set jose.JSONWebKeySet
	if err := json.Unmarshal(text, &set); err != nil {
		t.Fatal(err)
	}
	payload, err := signed.Verify(set)
	if err != nil {
		t.Fatal(err)
	}
	var c applications.Claims
	if err := json.Unmarshal(payload, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// TestProxiesThatAreSetUpWrong asks as proxies do that name the application badly. Freja is signed in and may open it.
func TestProxiesThatAreSetUpWrong(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := w.add(t, "Other", other)
	w.add(t, "Local", local)
	b := w.browser(w.app)
	b.enter("/")
	right := "?application=" + string(w.app.ID)
	wrong := string(second.ID)
	type list = []string
	const (
		fault, in, out = 403, 200, 401
		xfp, xfh       = "X-Forwarded-Proto", "X-Forwarded-Host"
		own, others    = "contracts.example", "other.example:8443"
		proxy, anyone  = proxyAddress, strangerAddress
	)
	for name, c := range map[string]struct {
		query, peer, host string
		header            []string
		want              int
	}{
		"by ID":                 {right, anyone, "pactius.internal", nil, in},
		"by ID and host":        {right, proxy, "", list{xfp, "https", xfh, own}, in},
		"by ID and host alone":  {right, proxy, "", list{xfh, own}, in},
		"by host":               {"", proxy, "", list{xfp, "https", xfh, own}, in},
		"by a host in capitals": {"", proxy, "", list{xfp, "HTTPS", xfh, "Contracts.Example:443"}, in},
		"by ID and a host in capitals": {right, proxy, "",
			list{xfp, "https", xfh, "Contracts.Example"}, in},
		"by Host":                     {"", proxy, own, list{xfp, "https"}, in},
		"with the path below":         {"/contracts/7?application=" + wrong, proxy, own, list{xfp, "https"}, in},
		"a stranger's host beside ID": {right, anyone, "", list{xfh, others}, in},
		"no X-Forwarded-Host":         {"", proxy, "pactius.internal", list{xfp, "https"}, fault},
		"no X-Forwarded-Proto":        {"", proxy, "", list{xfh, own}, fault},
		"X-Forwarded-Host twice":      {right, proxy, "", list{xfh, own, xfh, own}, fault},
		"a list in X-Forwarded-Host": {right, proxy, "",
			list{xfh, "contracts.example, contracts.example"}, fault},
		"X-Forwarded-Proto twice":       {right, proxy, "", list{xfp, "https", xfp, "https"}, fault},
		"the wrong scheme":              {right, proxy, "", list{xfp, "http", xfh, own}, fault},
		"the wrong application":         {"?application=" + wrong, proxy, "", list{xfp, "https", xfh, own}, fault},
		"another application's host":    {right, proxy, "", list{xfp, "https", xfh, others}, fault},
		"another's host without scheme": {right, proxy, "", list{xfh, others}, fault},
		"only another application":      {"?application=" + wrong, proxy, "", nil, out},
		"an unknown application": {"?application=0198c0de-0000-7000-8000-000000000000", proxy, "",
			nil, fault},
		"no ID":                    {"?application=Contracts", proxy, "", nil, fault},
		"an empty ID":              {"?application=", proxy, "", nil, fault},
		"two IDs":                  {right + "&application=" + wrong, proxy, "", nil, fault},
		"the same ID twice":        {right + "&application=" + string(w.app.ID), proxy, "", nil, fault},
		"a stranger names by host": {"", anyone, own, list{xfp, "https", xfh, own}, fault},
		"a stranger's own Host":    {"", anyone, local.Host(), nil, fault},
		"PACTIUS itself":           {"", proxy, "portal.example", list{xfp, "https"}, fault},
		"nothing":                  {"", anyone, "", nil, fault},
		"a host that is none":      {"", proxy, "", list{xfp, "https", xfh, "contracts.example@evil"}, fault},
		"a scheme that is none":    {"", proxy, "", list{xfp, "https://evil/", xfh, own}, fault},
		"a part of the host":       {right, proxy, "", list{xfh, "example"}, fault},
		"a prefix with the host":   {right, proxy, "", list{xfh, "//contracts.example"}, fault},
	} {
		for _, method := range []string{"GET", "HEAD", "POST", "OPTIONS", "TRACE", "BREW"} {
			r := httptest.NewRequestWithContext(t.Context(), method, VerifyPath+c.query, nil)
			r.RemoteAddr = c.peer
			if c.host != "" {
				r.Host = c.host
			}
			b.addTo(r)
			edit(r, c.header)
			got := w.ask(r)
			if got.Code != c.want || (c.want == fault) != strings.Contains(got.Body.String(), problemProxy) {
				t.Errorf("%s, %s: %d %s", name, method, got.Code, got.Body)
			}
		}
	}
}

// TestALogLineSaysWhatToMend in each proxy.
func TestALogLineSaysWhatToMend(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.app)
	for fault, host := range map[string]string{"twice": "contracts.example, x.example", "disagree": "x.example"} {
		b.verify("X-Forwarded-Host", host)
		if !strings.Contains(w.log.String(), "fault="+fault) {
			t.Errorf("%s:\n%s", fault, w.log)
		}
	}
	b.do("GET", "/.pactius/start", "X-Forwarded-Host", "x.example")
	r := httptest.NewRequestWithContext(t.Context(), "GET", "http://contracts.example/.pactius/start", nil)
	r.RemoteAddr = "192.168.1.1:1"
	r.Header.Set("X-Forwarded-Proto", "https")
	w.door.ServeHTTP(httptest.NewRecorder(), r)
	for _, fault := range []string{`fault="unknown host"`, "fault=untrusted", "PACTIUS_TRUSTED_PROXIES"} {
		if !strings.Contains(w.log.String(), fault) {
			t.Errorf("%s:\n%s", fault, w.log)
		}
	}
}

func TestAProxysFaultIsLoggedOnceAMinute(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.app)
	wrong := func() { b.verify("X-Forwarded-Host", "other.example") }
	count := func() int { return strings.Count(w.log.String(), "fault=disagree") }
	wrong()
	wrong()
	if got := count(); got != 1 {
		t.Errorf("%d lines:\n%s", got, w.log)
	}
	w.db.Clock.Advance(warnEvery)
	wrong()
	if got := count(); got != 2 || !strings.Contains(w.log.String(), "application="+string(w.app.ID)) {
		t.Errorf("%d lines:\n%s", got, w.log)
	}
	for range 100 { // anyone can do that
		r := httptest.NewRequestWithContext(t.Context(), "GET", VerifyPath+"?application=x", nil)
		w.ask(r)
	}
	if got := strings.Count(w.log.String(), "fault=unknown"); got != strangeBurst {
		t.Errorf("%d lines about what does not exist", got)
	}
}

// TestAFormWithoutASession is answered with a page: the person reads that it was not sent.
func TestAFormWithoutASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.app)
	for _, method := range []string{"X-Original-Method", "X-Forwarded-Method"} {
		r := b.verify("Sec-Fetch-Mode", "navigate", "Accept", "text/html", method, "POST")
		if r.Code != http.StatusUnauthorized || r.Header().Get("Location") != "" ||
			!strings.Contains(r.Body.String(), "Your form wasn&#39;t sent") {
			t.Errorf("%s: %d %v %s", method, r.Code, r.Header(), r.Body)
		}
	}
}

// TestAPersonWithoutASession gets what suits the request: a browser a way to sign in, a program a problem.
func TestAPersonWithoutASession(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.app)
	page := []string{"Accept", "text/html,*/*;q=0.8", "X-Original-Uri", "/c?a=1&b=%2F"}
	with := func(more ...string) []string { return append(more, page...) }
	for name, c := range map[string]struct {
		header   []string
		location string // of a page
	}{
		"a browser":      {with("Sec-Fetch-Mode", "navigate"), "/.pactius/start?to=%2Fc%3Fa%3D1%26b%3D%252F"},
		"an old browser": {with(), "/.pactius/start?to=%2Fc%3Fa%3D1%26b%3D%252F"},
		"Caddy's header": {[]string{"Accept", "text/html", "X-Forwarded-Uri", "/c"}, "/.pactius/start?to=%2Fc"},
		"HEAD":           {with("X-Original-Method", "HEAD"), "/.pactius/start?to=%2Fc%3Fa%3D1%26b%3D%252F"},
		"two addresses":  {with("X-Forwarded-Uri", "/other"), "/.pactius/start?to=%2F"},
		"another host": {[]string{"Accept", "text/html", "X-Original-Uri", "//evil.example"},
			"/.pactius/start?to=%2F"},
		"a script":               {with("Sec-Fetch-Mode", "cors"), ""},
		"an image":               {[]string{"Sec-Fetch-Mode", "no-cors", "Accept", "image/*"}, ""},
		"a WebSocket":            {[]string{"Sec-Fetch-Mode", "websocket", "Upgrade", "websocket"}, ""},
		"a program":              {nil, ""},
		"two methods":            {with("X-Original-Method", "GET", "X-Forwarded-Method", "POST"), ""},
		"a header twice":         {with("X-Original-Method", "GET", "X-Original-Method", "GET"), ""},
		"a mode that is no mode": {with("Sec-Fetch-Mode", "navigate", "Sec-Fetch-Mode", "cors"), ""},
	} {
		r := b.verify(c.header...)
		if r.Code != http.StatusUnauthorized || r.Header().Get("Location") != c.location {
			t.Errorf("%s: %d %v", name, r.Code, r.Header())
		}
		var p problem
		err := json.Unmarshal(r.Body.Bytes(), &p)
		switch {
		case c.location != "" && !strings.Contains(r.Body.String(), `http-equiv="refresh"`):
			t.Errorf("%s: the page does not lead on: %s", name, r.Body)
		case c.location == "" && (err != nil || p.Type != problemSignIn ||
			p.Enter != string(contracts)+"/.pactius/start?to=%2F"):
			t.Errorf("%s: %+v, %v", name, p, err)
		}
	}
}

func TestAStrangersHeadersSayNothing(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := httptest.NewRequestWithContext(t.Context(), "GET", VerifyPath+"?application="+string(w.app.ID), nil)
	r.RemoteAddr = strangerAddress
	edit(r, []string{"X-Original-Uri", "/c", "X-Original-Method", "POST", "Accept", "text/html"})
	if got := w.ask(r); got.Header().Get("Location") != "/.pactius/start?to=%2F" {
		t.Errorf("%d %v", got.Code, got.Header())
	}
}

func TestAPersonWhoMayNot(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, w *world) {
		b := w.browser(w.app)
		b.enter("/")
		w.grant(t, pactius.AccessNone)
		link := portal + "/applications/" + string(w.app.ID)
		for name, header := range map[string][]string{"a browser": {"Accept", "text/html"}, "a program": nil} {
			r := b.verify(header...)
			if r.Code != http.StatusForbidden || !strings.Contains(r.Body.String(), link) ||
				strings.HasPrefix(r.Header().Get("Content-Type"), "text/html") != (header != nil) {
				t.Errorf("%s: %d %v %s", name, r.Code, r.Header(), r.Body)
			}
		}
	})
}

// TestPreflights lets a browser ask whether another site may send a request, where the application wants that.
func TestPreflights(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.browser(w.app)
	preflight := []string{"X-Forwarded-Method", "OPTIONS", "Origin", "https://a.example",
		"Access-Control-Request-Method", "PUT"}
	if r := b.verify(preflight...); r.Code != http.StatusUnauthorized {
		t.Errorf("where the application does not want it: %d", r.Code)
	}
	if _, err := w.rules.Update(t.Context(), w.root, w.app.ID, 0,
		pactius.ApplicationUpdate{Preflight: new(true)}); err != nil {
		t.Fatal(err)
	}
	r := b.verify(preflight...)
	if r.Code != http.StatusOK {
		t.Errorf("a preflight: %d", r.Code)
	}
	for _, header := range headers {
		if values := r.Header()[header]; len(values) != 1 || values[0] != "" {
			t.Errorf("%s: %q", header, values)
		}
	}
	for name, header := range map[string][]string{
		"GET": {"X-Forwarded-Method", "GET", "Origin", "https://a.example",
			"Access-Control-Request-Method", "PUT"},
		"no origin":         {"X-Forwarded-Method", "OPTIONS", "Access-Control-Request-Method", "PUT"},
		"no method":         {"X-Forwarded-Method", "OPTIONS", "Origin", "https://a.example"},
		"no header":         {"Origin", "https://a.example", "Access-Control-Request-Method", "PUT"},
		"the method forged": append([]string{"X-Original-Method", "GET"}, preflight...),
		"the method twice":  append([]string{"X-Forwarded-Method", "OPTIONS"}, preflight...),
	} {
		if r := b.verify(header...); r.Code != http.StatusUnauthorized {
			t.Errorf("%s: %d", name, r.Code)
		}
	}
	q := httptest.NewRequestWithContext(t.Context(), "OPTIONS", VerifyPath+"?application="+string(w.app.ID), nil)
	q.RemoteAddr = strangerAddress
	edit(q, preflight)
	if r := w.ask(q); r.Code != http.StatusUnauthorized {
		t.Errorf("from a stranger: %d", r.Code)
	}
}

// TestCookiesThatAreNotThis signs no one in with cookies of other applications, environments, names and schemes.
func TestCookiesThatAreNotThis(t *testing.T) {
	t.Parallel()
	eachWay(t, func(t *testing.T, w *world) {
		second := w.browser(w.add(t, "Other", other))
		second.enter("/")
		elsewhere := build(t, w.db, "b.example", "https://b-app.example")
		foreign := elsewhere.browser(elsewhere.app)
		foreign.enter("/")
		second.verify()
		foreign.verify() // both are in the book
		own := w.browser(w.app)
		own.enter("/")
		secure, plain := cookieNames(w.app.ID)
		token := own.cookies[secure].Value
		if own.verify().Code != 200 {
			t.Fatal("the right cookie is refused")
		}
		for name, cookie := range map[string]string{
			"of another application":          secure + "=" + second.cookies[secureName(second.app.ID)].Value,
			"of another environment":          secure + "=" + foreign.cookies[secureName(elsewhere.app.ID)].Value,
			"of the portal":                   secure + "=" + w.session,
			"for http":                        plain + "=" + token,
			"with another name":               secure + "x=" + token,
			"in the value of another":         "x=" + secure + "=" + token,
			"in quotes":                       secure + `="` + token + `"`,
			"shorter":                         secure + "=" + token[:42],
			"longer":                          secure + "=" + token + "A",
			"altered":                         secure + "=" + seal.NewToken(),
			"a hash":                          secure + "=" + applications.TokenHash(token),
			"empty":                           secure + "=",
			"the right one after a wrong one": secure + "=" + seal.NewToken() + "; " + secure + "=" + token,
			"the portal's cookie, as it is":   "__Host-pactius=" + w.session,
			"the secret of a hand-over":       secure + "=" + readStart(own.cookies[startName(true)].Value).secret,
			"in capitals":                     strings.ToUpper(secure) + "=" + token,
		} {
			b := w.browser(w.app)
			if r := b.verify("Cookie", cookie); r.Code != http.StatusUnauthorized {
				t.Errorf("%s: %d", name, r.Code)
			}
		}
	})
}

func secureName(a pactius.ApplicationID) string { secure, _ := cookieNames(a); return secure }

func TestReturnPath(t *testing.T) {
	t.Parallel()
	for _, s := range []string{"/", "/a", "/a?b=c#d", "/a//b", "/%2F%2Fevil.example", "/100%", "/%zz", "/~a;b=c/@:,",
		"/pactius/", "/x/.pactius/", "/?to=/.pactius/", "/a?" + strings.Repeat("x", applications.MaxReturnPath-3)} {
		if got := applications.ReturnPath(s); got != s {
			t.Errorf("%q became %q", s, got)
		}
	}
	for _, s := range []string{"", "a", "//a", `/\a`, `/a\b`, "/a b", "/a\nb", "/\x00", "/ø", "https://a/", "/.pactius",
		"/.pactius/", "/.pactius/x", "/./.pactius/", "/a/../.pactius/", "/%2e%70actius/",
		"/%2E%2E/.pactius",
		"/.pactius%2F", "/.pactius%5cx", "/a%5c..%5c.pactius",
		"/a//../.pactius", "/.pactius;x/", "/" + strings.Repeat("x", applications.MaxReturnPath),
		strings.Repeat("/a", applications.MaxReturnPath/2)} {
		if got := applications.ReturnPath(s); got != "/" {
			t.Errorf("%q became %q", s, got)
		}
	}
}

// FuzzReturnPath resolves each path as a browser does: it stays on the host, and away from the door.
func FuzzReturnPath(f *testing.F) {
	for _, s := range []string{"/a?b", "//evil", `/\evil`, "/.pactius/x", "/%2e./.pactius", "/a/..//evil",
		"/\t/x", "/a%0d%0a"} {
		f.Add(s)
	}
	base, err := url.Parse("https://contracts.example/.pactius/finish")
	if err != nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, s string) {
		got := applications.ReturnPath(s)
		if got != "/" && got != s {
			t.Fatalf("%q was changed to %q", s, got)
		}
		if back := toParameter("to=" + url.QueryEscape(got)); back != got {
			t.Errorf("%q came back as %q", got, back)
		}
		u, err := base.Parse(got)
		if err != nil {
			return // browsers leave such escapes as they are
		}
		if u.Host != base.Host || u.Scheme != "https" || u.User != nil || strings.HasPrefix(u.Path, prefix) {
			t.Errorf("%q leads to %s", s, u)
		}
	})
}

// FuzzCookie reads every header that the standard library reads, and no more.
func FuzzCookie(f *testing.F) {
	f.Add("a=b; __Host-x=c", "__Host-x")
	f.Add(";;==; x=;x=y", "x")
	f.Fuzz(func(t *testing.T, line, name string) {
		got := cookieOf(http.Header{"Cookie": {line}}, name)
		if got == "" || !isToken(got) {
			readStart(got)
			return
		}
		if !strings.Contains(line, name+"="+got) {
			t.Errorf("%q in %q", got, line)
		}
		if s := readStart(got + ".1.2"); s.secret != got || s.count != 2 {
			t.Errorf("%+v", s)
		}
	})
}

// FuzzCode finishes with codes of every form.
func FuzzCode(f *testing.F) {
	w := newWorld(f)
	b := w.browser(w.app)
	f.Add(b.code(w.freja, w.session, b.start("/")))
	f.Add("v1.")
	cookie := b.cookies[startName(true)]
	f.Fuzz(func(t *testing.T, code string) {
		here := *w.instance
		here.t = t
		other := w.browser(w.app).at(&here)
		other.cookies[startName(true)] = &http.Cookie{Name: cookie.Name, Value: seal.NewToken()}
		if r := other.do("GET", "/.pactius/finish?code="+url.QueryEscape(code)); r.Code != http.StatusBadRequest {
			t.Errorf("%q: %d", code, r.Code)
		}
	})
}
