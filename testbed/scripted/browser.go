package scripted

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
)

// Browser is one person's browser. Its methods may be called by several
// goroutines at once.
type Browser struct {
	Origin string      // of the site: "https://nordhavn.example"
	Header http.Header // of every request that Send makes
	Client *http.Client
}

// New opens a browser with an empty cookie jar. A nil transport is the usual one.
func New(origin string, transport http.RoundTripper) *Browser {
	jar, _ := cookiejar.New(nil) // without options it cannot fail
	return &Browser{Origin: origin, Header: http.Header{}, Client: &http.Client{
		Jar: jar, Transport: transport,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// Serving returns a transport that gives https requests to a handler in this
// process and sends the others over the network.
func Serving(site http.Handler) http.RoundTripper { return serving{site} }

type serving struct{ site http.Handler }

// RoundTrip serves a request.
func (s serving) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" {
		return http.DefaultTransport.RoundTrip(r)
	}
	served := httptest.NewRequestWithContext(r.Context(), r.Method, r.URL.RequestURI(), r.Body)
	served.Host, served.Header = r.URL.Host, r.Header
	answer := httptest.NewRecorder()
	s.site.ServeHTTP(answer, served)
	response := answer.Result()
	response.Request = r
	return response, nil
}

// Do sends a request as it is, with the browser's cookies, and reads the answer,
// without the places where an address may break: it is one word. A page is
// returned beside the error when only its end is missing.
func (b *Browser) Do(r *http.Request) (*Page, error) {
	response, err := b.Client.Do(r)
	if err != nil {
		return nil, err
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	return &Page{response, strings.ReplaceAll(string(body), "<wbr>", "")}, err
}

// Send sends a form, or nothing where it is nil, to a path of the site or to any
// address.
func (b *Browser) Send(ctx context.Context, method, address string, form url.Values) (*Page, error) {
	if strings.HasPrefix(address, "/") {
		address = b.Origin + address
	}
	var body io.Reader
	if form != nil {
		body = strings.NewReader(form.Encode())
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, err
	}
	r.Header = b.Header.Clone()
	if form != nil {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	}
	return b.Do(r)
}

// enough redirects for a sign-in with any provider.
const enough = 12

// Travel sends a form and goes on wherever redirects lead.
func (b *Browser) Travel(ctx context.Context, method, address string, form url.Values) (*Page, error) {
	for range enough {
		page, err := b.Send(ctx, method, address, form)
		if err != nil || page.StatusCode/100 != 3 || page.Next() == "" {
			return page, err
		}
		method, address, form = http.MethodGet, page.Next(), nil
	}
	return nil, fmt.Errorf("%s leads on and on", address)
}

// Choose answers the page of the tenant at an address: the page posts the query it
// was asked with, and the choice. A nil choice only looks at the page, which leads
// on by itself when the person is signed in there. Choose returns where the tenant
// sends the browser back to, an address of the site.
func (b *Browser) Choose(ctx context.Context, address string, choice url.Values) (string, error) {
	method, form := http.MethodGet, url.Values(nil)
	if choice != nil {
		to, err := url.Parse(address)
		if err != nil {
			return "", err
		}
		method, form = http.MethodPost, to.Query()
		for name, values := range choice {
			form[name] = values
		}
		to.RawQuery = ""
		address = to.String()
	}
	page, err := b.Send(ctx, method, address, form)
	if err != nil {
		return "", err
	}
	if back := page.Next(); strings.HasPrefix(back, b.Origin+"/") {
		return back, nil
	}
	return "", fmt.Errorf("the tenant does not lead back, but answers %s: %s", page.Status, page.Text())
}

// SignIn signs in the person with an object ID and returns the answer to the
// callback, or the first answer of the site that leads no further.
func (b *Browser) SignIn(ctx context.Context, objectID string) (*Page, error) {
	page, err := b.Send(ctx, http.MethodPost, "/sign-in", url.Values{"select": {"1"}})
	if err != nil || page.Next() == "" {
		return page, err
	}
	back, err := b.Choose(ctx, page.Next(), url.Values{"person": {objectID}})
	if err != nil {
		return nil, err
	}
	return b.Send(ctx, http.MethodGet, back, nil)
}

// Cookie returns the value of a cookie of the site, "" without one.
func (b *Browser) Cookie(name string) string {
	site, err := url.Parse(b.Origin + "/")
	if err != nil {
		return ""
	}
	cookies := b.Client.Jar.Cookies(site)
	if i := slices.IndexFunc(cookies, func(c *http.Cookie) bool { return c.Name == name }); i >= 0 {
		return cookies[i].Value
	}
	return ""
}
