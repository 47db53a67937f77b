package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/web/view"
)

// contracts is an application that requires write access to Sales.
const contractsOrigin = "https://contracts.example"

// contracts adds an application that requires write access to Sales.
func (w *world) contracts() pactius.Application {
	w.Helper()
	name, icon, access := "Contracts", "document", pactius.AccessWrite
	a, err := w.site.Applications.Add(w.Context(), pactius.SupportActor(w.nord.ID), pactius.ApplicationUpdate{
		Name: &name, Icon: &icon, Origins: &[]string{contractsOrigin, "https://contracts.test.example:8443"},
		Unit: &w.sales, Access: &access})
	w.must(err)
	return a
}

const doorSecret = "the-secret-of-the-browser-at-the-application"

// entering is the address to which an application's host sends a browser.
func entering(a pactius.Application, to string) string {
	return "/enter?" + url.Values{"application": {string(a.ID)}, "origin": {contractsOrigin}, "to": {to},
		"challenge": {applications.Challenge(doorSecret)}}.Encode()
}

// finish exchanges the code of a hand-over, as the application's host does.
func (p *page) finish(a pactius.Application) applications.Arrival {
	p.b.Helper()
	p.status(http.StatusSeeOther)
	to, err := url.Parse(p.Header.Get("Location"))
	p.b.must(err)
	if got := to.Scheme + "://" + to.Host + to.Path; got != contractsOrigin+"/.pactius/finish" {
		p.b.Fatalf("leads to %s", to)
	}
	arrival, err := p.b.site.Applications.Finish(p.b.Context(), a.ID, contractsOrigin, to.Query().Get("code"),
		doorSecret, "")
	p.b.must(err)
	return arrival
}

func TestASignInIsHandedOverWithThePathAsItWas(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.contracts()
	for _, to := range []string{"/", "/register/42?sort=%C3%B8&x=a%2Fb#", "/a//b/%2e%2e/c;d=1?u=https://x.example/",
		"/" + strings.Repeat("l&", 740)} {
		signedIn := w.as(lone).get(entering(a, to)).finish(a)
		if signedIn.To != to {
			t.Errorf("a user is led to %q, want %q", signedIn.To, to)
		}
		b := w.browser(nordHost)
		back := b.get(entering(a, to)).microsoft(url.Values{"person": {lone.oid}})
		here := b.get(back).status(http.StatusSeeOther).Header.Get("Location")
		want := to
		if len(entering(a, to)) > maxReturn {
			want = "/"
		}
		if got := b.get(here).finish(a); got.To != want {
			t.Errorf("a stranger is led to %q, want %q", got.To, want)
		}
	}
}

func TestNoHandOverLeadsAnywhereElse(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.contracts()
	l := w.as(lone)
	with := func(name, value string) string {
		q, err := url.ParseQuery(strings.TrimPrefix(entering(a, "/"), "/enter?"))
		w.must(err)
		q.Set(name, value)
		return "/enter?" + q.Encode()
	}
	for _, origin := range []string{"", "https://evil.example", contractsOrigin + "/",
		contractsOrigin + ".evil.example",
		"http://contracts.example", contractsOrigin + ":444", "javascript:alert(1)", "HTTPS://CONTRACTS.EXAMPLE"} {
		l.get(with("origin", origin)).status(http.StatusUnprocessableEntity).shows("doesn't lead to an application")
	}
	l.get(with("challenge", "")).status(http.StatusUnprocessableEntity)
	l.get(with("application", string(w.nord.ID))).status(http.StatusNotFound).shows("There's no application at this")
	l.get(with("application", "x")).status(http.StatusNotFound)
	l.get("/applications/" + string(w.nord.ID)).status(http.StatusNotFound)
	l.get("/applications/x").status(http.StatusNotFound)
	w.as(sara).get(entering(a, "/")).status(http.StatusNotFound)
	for _, to := range []string{"", "x", "//evil.example", `/\evil.example`, "/a\r\nb", "/.pactius/sign-out",
		"https://evil.example/", "/\u00f8", "/" + strings.Repeat("l", 2000)} {
		if got := l.get(with("to", to)).finish(a); got.To != "/" {
			t.Errorf("%q leads to %q", to, got.To)
		}
	}
}

func TestAUserWithoutTheAccessSeesWhatIsNeeded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.contracts()
	w.user(walt, pactius.Grant{Unit: w.sales, Access: pactius.AccessRead})
	before := w.db.Dump(t)
	for _, path := range []string{entering(a, "/"), "/applications/" + string(a.ID)} {
		p := w.as(walt).get(path).status(http.StatusForbidden).shows("You don't have access to Contracts",
			"Sales · Write", "Your access there", "Read", "Lone Local", ada.username, "Request access")
		if !strings.Contains(p.Body, `href="/access/more?application=`+string(a.ID)+`&amp;unit=`+string(w.sales)+`"`) {
			t.Errorf("no way to request access:\n%s", p.Body)
		}
		if got := p.fields("/sign-in").Get("return"); got != path {
			t.Errorf("another account comes back to %q, want %q", got, path)
		}
	}
	w.as(rikke).get(entering(a, "/")).status(http.StatusForbidden).shows("No access")
	delete(before, "sessions")
	after := w.db.Dump(t)
	delete(after, "sessions")
	for _, table := range []string{"door_sessions", "applications", "memberships"} {
		if !slices.Equal(before[table], after[table]) {
			t.Errorf("%s changed", table)
		}
	}
	open := w.as(lone).get("/applications/" + string(a.ID)).status(http.StatusSeeOther)
	if got := open.Header.Get("Location"); got != contractsOrigin+"/" {
		t.Errorf("the application is at %s", got)
	}
}

func TestAVisitorRequestsTheAccessThatAnApplicationNeeds(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.contracts()
	b := w.browser(nordHost)
	back := b.get(entering(a, "/x")).microsoft(url.Values{"person": {vera.oid}})
	asking := b.get(back).to(view.AccessFor(a.ID, entering(a, "/x"))).status(http.StatusOK).
		shows("To open Contracts", "Sales")
	if got := asking.fields("/access")["unit"]; !slices.Equal(got, []string{string(w.sales)}) {
		t.Errorf("the units are %v, want Sales", got)
	}
	for _, path := range []string{entering(a, "/"), "/applications/" + string(a.ID)} {
		b.get(path).to(view.AccessFor(a.ID, path))
	}
	again := asking.submit("/access", "message", strings.Repeat("x", pactius.MaxMessage+1)).
		status(http.StatusUnprocessableEntity).shows("To open Contracts")
	if got := again.fields("/access").Get("application"); got != string(a.ID) {
		t.Errorf("the application is %q in the form that came back", got)
	}
	asking.submit("/access").to(view.AccessFor(a.ID, entering(a, "/x"))).shows("Your request is pending", "Sales")
	b.get("/access?application=" + string(w.nord.ID)).status(http.StatusOK)
}

// TestLongPathsFitIntoCookies: browsers drop a cookie of more than 4096 bytes, and proxies refuse headers beyond 8 kB.
func TestLongPathsFitIntoCookies(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.contracts()
	b := w.browser(nordHost)
	longest := entering(a, "/")
	longest += strings.Repeat("&", maxReturn-len(longest))
	var latest *page
	for range 4 { // tabs that are restored at once
		latest = b.get(longest)
		total := 0
		for _, c := range b.Client.Jar.Cookies(b.url("/")) {
			total += len(c.Name) + len(c.Value) + len("=; ")
			if len(c.Name)+len(c.Value) > 4096 {
				t.Errorf("the cookie %s has %d bytes", c.Name, len(c.Value))
			}
		}
		if total > 7500 {
			t.Errorf("%d bytes of cookies", total)
		}
	}
	back := b.get(latest.microsoft(url.Values{"person": {lone.oid}})).status(http.StatusSeeOther)
	if got := back.Header.Get("Location"); got != longest {
		t.Errorf("leads back to a path of %d bytes, want %d", len(got), len(longest))
	}
}
