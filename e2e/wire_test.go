package e2e

import (
	"context"
	"io"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/pactius/pactius/testbed/scripted"
)

// wire is a person who speaks HTTP by hand, with a browser's cookies: for what
// no browser would send, and for many clicks at the same moment.
type wire struct {
	*scripted.Browser
	t testing.TB
}

// answer is what came back.
type answer struct{ *scripted.Page }

func newWire(t testing.TB, origin string) *wire {
	b := scripted.New(origin, &http.Transport{DialContext: dialHere})
	b.Client.Timeout = Patience
	b.Header.Set("Sec-Fetch-Site", "same-origin")
	b.Header.Set("User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")
	return &wire{b, t}
}

// dialHere reaches every name on this machine, as browsers do (RFC 6761,
// section 6.3): not every resolver knows names below localhost.
func dialHere(ctx context.Context, network, address string) (net.Conn, error) {
	_, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	return new(net.Dialer).DialContext(ctx, network, net.JoinHostPort("127.0.0.1", port))
}

// signedIn is a person who has gone through Microsoft's page.
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
	page := w.travel(http.MethodGet, leave.link(w.t, "/authorize", "/auth"), nil)
	pick := url.Values{"account": {page.account(w.t, a.Username)}}
	if page = w.travel(http.MethodPost, page.at(), pick); !strings.HasPrefix(page.at(), w.Origin) {
		w.t.Fatalf("%s came to %s (status %d): %s", a.Username, page.at(), page.StatusCode, page.Body)
	}
}

// travel goes to an address and on wherever it leads.
func (w *wire) travel(method, address string, form url.Values) answer {
	w.t.Helper()
	page, err := w.Travel(w.t.Context(), method, address, form)
	if err != nil {
		w.t.Fatal(err)
	}
	return answer{page}
}

// at is the address of the answer.
func (a answer) at() string { return a.Request.URL.String() }

func (w *wire) get(path string) answer {
	w.t.Helper()
	return w.send(http.MethodGet, path, "", nil)
}

func (w *wire) post(path string, form url.Values) answer {
	w.t.Helper()
	return w.send(http.MethodPost, path, "application/x-www-form-urlencoded", strings.NewReader(form.Encode()))
}

func (w *wire) send(method, path, kind string, body io.Reader) answer {
	w.t.Helper()
	got, err := w.try(method, path, kind, body)
	if err != nil {
		w.t.Fatal(err)
	}
	return got
}

// try is send where the connection may break.
func (w *wire) try(method, path, kind string, body io.Reader) (answer, error) {
	req, err := http.NewRequestWithContext(w.t.Context(), method, w.Origin+path, body)
	if err != nil {
		return answer{}, err
	}
	req.Header = w.Header.Clone()
	if kind != "" {
		req.Header.Set("Content-Type", kind)
	}
	return w.do(req)
}

// do sends a request as it is; without an answer the status is 0.
func (w *wire) do(req *http.Request) (answer, error) {
	page, err := w.Do(req)
	if page == nil {
		page = &scripted.Page{Response: &http.Response{}}
	}
	return answer{page}, err
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

// form reads what a browser would send of the form with an action.
func (a answer) form(t testing.TB, action string) url.Values {
	t.Helper()
	values := a.Form(action)
	if values == nil {
		t.Fatalf("there is no form to %s (status %d): %s", action, a.StatusCode, a.Body)
	}
	return values
}

// link is the first address of a link whose path ends in one of the endings.
func (a answer) link(t testing.TB, endings ...string) string {
	t.Helper()
	if to := a.Header.Get("Location"); to != "" {
		return to
	}
	links := a.Elements(func(n *html.Node) bool {
		u, err := url.Parse(scripted.Value(n, "href"))
		return n.Data == "a" && err == nil &&
			slices.ContainsFunc(endings, func(ending string) bool { return strings.HasSuffix(u.Path, ending) })
	})
	if len(links) == 0 {
		t.Fatalf("there is no link to %q (status %d): %s", endings, a.StatusCode, a.Body)
	}
	return scripted.Value(links[0], "href")
}

// account is the value of the button of an account on Microsoft's page.
func (a answer) account(t testing.TB, username string) string {
	t.Helper()
	buttons := a.Elements(func(n *html.Node) bool { return scripted.Value(n, "data-account") == username })
	if len(buttons) == 0 {
		t.Fatalf("%s is not offered (status %d): %s", username, a.StatusCode, a.Body)
	}
	return scripted.Value(buttons[0], "value")
}

// wants checks the status of an answer and that its page says something.
func (a answer) wants(t testing.TB, what string, status int, says string) {
	t.Helper()
	if text := a.Text(); a.StatusCode != status {
		t.Errorf("%s: got status %d, want %d; %s", what, a.StatusCode, status, text)
	} else if !strings.Contains(text, says) {
		t.Errorf("%s: the page does not say %q: %s", what, says, text)
	}
}
