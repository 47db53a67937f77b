package e2e

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"testing"

	"golang.org/x/net/html"
)

// wire is somebody who speaks HTTP by hand, with a browser's cookies: for what
// no browser would send, and for many clicks at the same moment.
type wire struct {
	t      testing.TB
	origin string
	client *http.Client
}

// answer is what came back.
type answer struct {
	status int
	header http.Header
	body   string
}

func newWire(t testing.TB, origin string) *wire {
	t.Helper()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	return &wire{t: t, origin: origin, client: &http.Client{
		Jar: jar, Timeout: Patience, Transport: &http.Transport{DialContext: dialHere},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// dialHere reaches every name on this machine, as browsers do (RFC 6761,
// section 6.3): not every resolver knows names beneath localhost.
func dialHere(ctx context.Context, network, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
}

// signedIn is somebody who has gone through Microsoft's page.
func (c *company) signedIn(a Account) *wire { c.t.Helper(); return signedInAt(c.t, c.URL, a) }

func signedInAt(t testing.TB, origin string, a Account) *wire {
	t.Helper()
	w := newWire(t, origin)
	w.signIn(a)
	return w
}

func (w *wire) signIn(a Account) {
	w.t.Helper()
	leave := w.post("/sign-in", nil)
	to := leave.link(w.t, "/authorize", "/auth")
	page, at := w.travel(http.MethodGet, to, nil)
	pick := url.Values{"account": {page.account(w.t, a.Username)}}
	if page, at = w.travel(http.MethodPost, at, pick); !strings.HasPrefix(at, w.origin) {
		w.t.Fatalf("%s came to %s (status %d): %s", a.Username, at, page.status, page.body)
	}
}

// travel goes to an address and on wherever it leads, and tells where that was.
func (w *wire) travel(method, address string, form url.Values) (answer, string) {
	w.t.Helper()
	const enough = 12 // redirects of one sign-in
	for range enough {
		got := w.send(method, address, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
		next := got.header.Get("Location")
		if got.status/100 != 3 || next == "" {
			return got, address
		}
		base, err := url.Parse(address)
		if err != nil {
			w.t.Fatal(err)
		}
		to, err := base.Parse(next)
		if err != nil {
			w.t.Fatal(err)
		}
		method, address, form = http.MethodGet, to.String(), nil
	}
	w.t.Fatalf("%s leads on and on", address)
	return answer{}, ""
}

func (w *wire) get(path string) answer {
	w.t.Helper()
	return w.send(http.MethodGet, w.origin+path, "", nil)
}

func (w *wire) post(path string, form url.Values) answer {
	w.t.Helper()
	return w.send(http.MethodPost, w.origin+path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (w *wire) send(method, address, kind string, body io.Reader) answer {
	w.t.Helper()
	got, err := w.try(method, address, kind, body)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// try is send where the connection may break.
func (w *wire) try(method, address, kind string, body io.Reader) (answer, error) {
	req, err := http.NewRequestWithContext(w.t.Context(), method, address, body)
	if err != nil {
		return answer{}, err
	}
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	req.Header.Set("Sec-Fetch-Site", "same-origin")
	req.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	return w.do(req)
}

func (w *wire) do(req *http.Request) (answer, error) {
	resp, err := w.client.Do(req)
	if err != nil {
		return answer{}, err
	}
	defer func() { _ = resp.Body.Close() }()
	text, err := io.ReadAll(resp.Body)
	return answer{resp.StatusCode, resp.Header, string(text)}, err
}

// submit opens a page and sends its form whose action is given, with other
// values for some fields; a field without values is not sent.
func (w *wire) submit(page, action string, change url.Values) answer {
	w.t.Helper()
	form := w.get(page).form(w.t, action)
	for name, values := range change {
		form[name] = values
	}
	return w.post(action, form)
}

// nodes calls visit for every element of the page.
func (a answer) nodes(t testing.TB, visit func(*html.Node)) {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	for n := range doc.Descendants() {
		if n.Type == html.ElementNode {
			visit(n)
		}
	}
}

// form reads what a browser would send of the form with an action.
func (a answer) form(t testing.TB, action string) url.Values {
	t.Helper()
	var values url.Values
	a.nodes(t, func(n *html.Node) {
		if n.Data != "form" || attribute(n, "action") != action || values != nil {
			return
		}
		values = url.Values{}
		for field := range n.Descendants() {
			addField(values, field)
		}
	})
	if values == nil {
		t.Fatalf("there is no form to %s (status %d): %s", action, a.status, a.body)
	}
	return values
}

func addField(values url.Values, n *html.Node) {
	name := attribute(n, "name")
	switch kind := attribute(n, "type"); {
	case n.Type != html.ElementNode || name == "" || has(n, "disabled"):
	case n.Data == "input" && (kind == "checkbox" || kind == "radio") && !has(n, "checked"):
	case n.Data == "input":
		values.Add(name, attribute(n, "value"))
	case n.Data == "textarea":
		values.Add(name, "")
	case n.Data == "select":
		chosen := ""
		for o := range n.Descendants() {
			if o.Data == "option" && (chosen == "" || has(o, "selected")) {
				chosen = attribute(o, "value")
			}
		}
		values.Add(name, chosen)
	}
}

func attribute(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	for _, a := range n.Attr {
		if a.Key == name {
			return true
		}
	}
	return false
}

// link is the first address of a link whose path ends in one of the endings.
func (a answer) link(t testing.TB, endings ...string) string {
	t.Helper()
	found := a.header.Get("Location")
	a.nodes(t, func(n *html.Node) {
		address := attribute(n, "href")
		u, err := url.Parse(address)
		if found != "" || err != nil || n.Data != "a" {
			return
		}
		for _, ending := range endings {
			if strings.HasSuffix(u.Path, ending) {
				found = address
			}
		}
	})
	if found == "" {
		t.Fatalf("there is no link to %q (status %d): %s", endings, a.status, a.body)
	}
	return found
}

// account is the value of the button of an account on Microsoft's page.
func (a answer) account(t testing.TB, username string) string {
	t.Helper()
	value := ""
	a.nodes(t, func(n *html.Node) {
		if attribute(n, "data-account") == username {
			value = attribute(n, "value")
		}
	})
	if value == "" {
		t.Fatalf("%s is not offered (status %d): %s", username, a.status, a.body)
	}
	return value
}

// text is what can be read on the page.
func (a answer) text(t testing.TB) string {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	var text strings.Builder
	for n := range doc.Descendants() {
		if n.Type == html.TextNode && n.Parent.Data != "script" && n.Parent.Data != "style" {
			text.WriteString(n.Data + " ")
		}
	}
	return fold(text.String())
}

// wants checks the status of an answer and that its page says something.
func (a answer) wants(t testing.TB, what string, status int, says string) {
	t.Helper()
	if a.status != status {
		t.Errorf("%s: got status %d, want %d; %s", what, a.status, status, a.text(t))
	} else if !strings.Contains(a.text(t), says) {
		t.Errorf("%s: the page does not say %q: %s", what, says, a.text(t))
	}
}
