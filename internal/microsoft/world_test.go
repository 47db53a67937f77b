package microsoft_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/testbed/devtenant"
	"github.com/pactius/pactius/testbed/scripted"
)

const (
	tenantID = "0f3b6c1e-1111-4c5b-b112-000000000001"
	clientID = "0f3b6c1e-2222-4c5b-b112-000000000002"
	secret   = "the-very-secret-secret"
	callback = "https://door.example/signin/callback"
	leave    = "https://door.example/signed-out"
	annaID   = "0f3b6c1e-3333-4c5b-b112-00000000000a"
)

var (
	anna = devtenant.Person{
		ObjectID: annaID, AccountName: "Anna.Hansen@nordhavn.example", Name: "Anna Hansen",
		Mail: "anna@nordhavn.example", Language: "da-DK",
	}
	guest = devtenant.Person{
		ObjectID:    "0f3b6c1e-3333-4c5b-b112-00000000000b",
		AccountName: "li_partner.example#EXT#@nordhavn.onmicrosoft.com", Name: "Li Wei", Mail: "li@partner.example",
		Guest: true,
	}
	outside = devtenant.Person{
		ObjectID: "0f3b6c1e-3333-4c5b-b112-00000000000c", AccountName: "bo@nordhavn.example", Name: "Bo Unassigned",
		NotAssigned: true,
	}
	gone = devtenant.Person{
		ObjectID: "0f3b6c1e-3333-4c5b-b112-00000000000d", AccountName: "per@nordhavn.example", Name: "Per Disabled",
		Disabled: true,
	}
)

// clock is a time that a test moves.
type clock struct{ offset atomic.Int64 }

func (c *clock) add(d time.Duration) { c.offset.Add(int64(d)) }

func (c *clock) now() time.Time {
	return time.Date(2026, 5, 4, 9, 0, 0, 0, time.UTC).Add(time.Duration(c.offset.Load()))
}

// world is a tenant and PACTIUS's side of the wire, each with its own clock.
type world struct {
	tenant  *devtenant.Tenant
	url     string
	m       *microsoft.Microsoft
	c       microsoft.Connection
	ours    *clock
	theirs  *clock
	calls   atomic.Int64 // requests for discovery and keys
	down    atomic.Bool  // everything answers 503
	browser *scripted.Browser
	handler atomic.Pointer[http.Handler]
}

// serve replaces the handler of Microsoft's side.
func (w *world) serve(h http.Handler) { w.handler.Store(&h) }

func newWorld(tb testing.TB) *world {
	tb.Helper()
	w := &world{ours: &clock{}, theirs: &clock{}}
	w.browser = scripted.New("", nil)
	server := httptest.NewUnstartedServer(nil)
	w.url = "http://" + server.Listener.Addr().String()
	config := devtenant.Config{
		URL: w.url, TenantID: tenantID, TenantName: "Nordhavn", ClientID: clientID, ClientSecret: secret,
		RedirectURLs: []string{callback, leave}, People: []devtenant.Person{anna, guest, outside, gone},
		Now: w.theirs.now,
	}
	tenant, err := devtenant.New(config)
	if err != nil {
		tb.Fatal(err)
	}
	w.tenant = tenant
	w.serve(tenant.Handler())
	server.Config.Handler = http.HandlerFunc(func(rw http.ResponseWriter, r *http.Request) {
		if w.down.Load() {
			http.Error(rw, "away", http.StatusServiceUnavailable)
			return
		}
		if strings.Contains(r.URL.Path, "/discovery/") || strings.Contains(r.URL.Path, "/.well-known/") {
			w.calls.Add(1)
		}
		(*w.handler.Load()).ServeHTTP(rw, r)
	})
	server.Start()
	tb.Cleanup(server.Close)
	w.m = microsoft.New(microsoft.Options{Authority: w.url, Now: w.ours.now})
	w.c = microsoft.Connection{
		Credentials: pactius.Credentials{TenantID: tenantID, ClientID: clientID, ClientSecret: secret},
		RedirectURL: callback,
	}
	return w
}

// send makes a request of the browser.
func (w *world) send(tb testing.TB, method, address string, form url.Values) *scripted.Page {
	tb.Helper()
	page, err := w.browser.Send(tb.Context(), method, address, form)
	if err != nil {
		tb.Fatal(err)
	}
	return page
}

// open begins a sign-in and returns the attempt and what the browser got.
func (w *world) open(tb testing.TB, o microsoft.SignInOptions) (microsoft.Attempt, *scripted.Page) {
	tb.Helper()
	a := microsoft.NewAttempt()
	address, err := w.m.SignInURL(tb.Context(), w.c, a, o)
	if err != nil {
		tb.Fatal(err)
	}
	return a, w.send(tb, http.MethodGet, address, nil)
}

// press fills in a field of the sign-in page and sends the form.
func (w *world) press(tb testing.TB, page *scripted.Page, field, value string) url.Values {
	tb.Helper()
	form := page.Form(page.Request.URL.Path)
	form.Set(field, value)
	return returned(tb, w.send(tb, http.MethodPost, w.url+page.Request.URL.Path, form))
}

// returned reads where a redirect sends the browser back with.
func returned(tb testing.TB, page *scripted.Page) url.Values {
	tb.Helper()
	to, err := url.Parse(page.Next())
	if err != nil {
		tb.Fatal(err)
	}
	if got := to.Scheme + "://" + to.Host + to.Path; got != callback {
		tb.Fatalf("status %d, redirected to %s, want %s", page.StatusCode, got, callback)
	}
	return to.Query()
}

// signIn signs a person in at Microsoft and returns the callback's parts.
func (w *world) signIn(tb testing.TB, oid string) (microsoft.Attempt, string) {
	tb.Helper()
	a, page := w.open(tb, microsoft.SignInOptions{SelectAccount: true})
	code, state, err := microsoft.ParseCallback(w.press(tb, page, "person", oid))
	if err != nil {
		tb.Fatal(err)
	}
	if state != a.State {
		tb.Fatalf("state %q, want %q", state, a.State)
	}
	return a, code
}

// reason returns an error's Reason and Code, and fails when a secret is in it.
func reason(tb testing.TB, err error) (microsoft.Reason, string) {
	tb.Helper()
	if err == nil {
		tb.Fatal("no error, want a *Failure")
	}
	if strings.Contains(err.Error(), secret) {
		tb.Errorf("the error holds the client secret: %v", err)
	}
	f, ok := errors.AsType[*microsoft.Failure](err)
	if !ok {
		tb.Fatalf("error %T %v, want a *Failure", err, err)
	}
	return f.Reason, f.Code
}
