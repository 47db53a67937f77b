package web

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
)

// secretShown is a secret on its page.
var secretShown = regexp.MustCompile(`<code data-copy-text>([\w-]{43})</code>`)

// secret is the secret that a page shows.
func (p *page) secret() string {
	p.b.Helper()
	m := secretShown.FindStringSubmatch(p.Body)
	if m == nil {
		p.b.Fatalf("no secret on the page:\n%s", p.text())
	}
	return m[1]
}

// TestAClientIsSetUp from one redirect address to what the settings of the software ask for. The secret is in one
// answer and nowhere else.
func TestAClientIsSetUp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	a.get("/settings/applications/add").status(http.StatusOK).lacks("Enter these in the settings")
	form := func(pairs ...string) []string {
		return append([]string{"name", "Wiki", "origin", "https://wiki.example", "parent", string(w.sales), "access",
			"read"}, pairs...)
	}
	add := a.get("/settings/applications/add")
	add.submit("/settings/applications/add", form("redirect", "https://wiki.example/cb")...).
		status(http.StatusUnprocessableEntity).shows("Choose how the application uses OpenID Connect.")
	add.submit("/settings/applications/add", form("client", "web")...).
		status(http.StatusUnprocessableEntity).shows("redirect URI or callback URL.")
	wrong := add.submit("/settings/applications/add", form("client", "web", "redirect",
		"https://wiki.example/cb\r\nhttp://wiki.example/", "back_channel", "wiki", "return", "x y", "groups", "1")...).
		status(http.StatusUnprocessableEntity).shows("http://wiki.example/ must begin with https://",
		"wiki isn't a complete address", "x y isn't a complete address")
	got := wrong.fields("/settings/applications/add")
	for name, want := range map[string]string{"client": "web", "back_channel": "wiki", "return": "x y", "groups": "1",
		"redirect": "https://wiki.example/cb\nhttp://wiki.example/"} {
		if typed := strings.ReplaceAll(got.Get(name), "\r\n", "\n"); typed != want {
			t.Errorf("%s came back as %q, want %q", name, typed, want)
		}
	}
	added := wrong.submit("/settings/applications/add", "redirect", "https://wiki.example/cb", "return", "",
		"back_channel", "https://wiki.example/logout").status(http.StatusSeeOther)
	path := added.Header.Get("Location")
	id := strings.TrimPrefix(path, "/settings/applications/")
	one := a.get(path).shows("Wiki has been added. Create its client secret next", "Issuer", "https://nordhavn.example",
		"Client ID", id, "/.well-known/openid-configuration", "/oauth/token", "Create a secret",
		"Set up a proxy as well").
		lacks("Replace the secret", "Set up its proxy")
	if got := one.fields(path); got.Get("groups") != "1" || got.Get("client") != "web" ||
		got.Get("back_channel") != "https://wiki.example/logout" {
		t.Errorf("the form has %v", got)
	}
	a.get("/settings/applications").shows("OpenID Connect")
	a.get(path + "/secret").shows("The secret is shown once.").lacks("The current secret")

	made := one.submit(path+"/secret").status(http.StatusOK).shows("Copy the secret now.", id, "Client secret",
		"https://nordhavn.example/.well-known/openid-configuration").lacks("previous secret")
	first := made.secret()
	if got := made.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
	for name, values := range made.Header {
		if strings.Contains(strings.Join(values, "\n"), first) {
			t.Errorf("the secret is in the header %s", name)
		}
	}
	for _, at := range []string{path, path + "/secret", "/settings/applications", "/settings/activity", "/"} {
		if strings.Contains(a.get(at).status(http.StatusOK).Body, first) {
			t.Errorf("%s shows the secret again", at)
		}
	}
	one.submit(path + "/secret").status(http.StatusConflict).shows("has changed this since")

	a.get(path).shows("Created. It was shown once", "Replace the secret").lacks("Create a secret", "previous secret")
	kept := a.get(path+"/secret").shows("Keep it for 24 hours", "End it now").lacks("less than 24 hours ago").
		submit(path + "/secret").status(http.StatusOK).shows("The previous secret is valid until tomorrow")
	second := kept.secret()
	a.get(path).shows("The previous secret is valid until tomorrow")
	w.secretsOf(id, applications.TokenHash(second), applications.TokenHash(first))
	third := a.get(path+"/secret").shows("replaced less than 24 hours ago").submit(path+"/secret", "end", "now").
		status(http.StatusOK).lacks("previous secret").secret()
	w.secretsOf(id, applications.TokenHash(third), "")
	fourth := a.get(path + "/secret").submit(path + "/secret").secret()
	w.secretsOf(id, applications.TokenHash(fourth), applications.TokenHash(third))
	w.db.Clock.Advance(pactius.SecretKept - time.Hour)
	a = w.as(ada)
	a.get(path).shows("The previous secret is valid until")
	w.db.Clock.Advance(2 * time.Hour)
	a = w.as(ada)
	a.get(path).lacks("previous secret")
	a.get("/settings/activity?kind=application.").shows("Ada Root created a client secret for the application Wiki")

	a.get(path + "/remove").shows("It isn't told").lacks("Everyone is signed out")
	off := a.get(path).shows("Saving this deletes the addresses and the client secret").
		submit(path, "client", "native", "redirect", "http://127.0.0.1/cb").to(path)
	off.shows("it uses PKCE instead").lacks("Replace the secret", "Create a secret")
	w.secretsOf(id, "", "")
	a.get(path + "/secret").to(path)
	a.post(path+"/secret", map[string][]string{"version": {a.get(path).fields(path).Get("version")}}).
		status(http.StatusConflict).shows("has no client secret")
	a.get(path).submit(path, "client", "").to(path).shows("Set up its proxy").lacks("Enter these in the settings")
}

// secretsOf compares the secrets of a client with what the store has.
func (w *world) secretsOf(id, hash, old string) {
	w.Helper()
	l, err := w.site.Applications.Find(w.Context(), pactius.SupportActor(w.nord.ID), pactius.ApplicationID(id))
	w.must(err)
	if c := l.Client; c.SecretHash != hash || c.OldSecretHash != old {
		w.Errorf("stored %q and before it %q, want %q and %q", c.SecretHash, c.OldSecretHash, hash, old)
	}
}

// TestTheInternalAddressIsShown and no form changes it.
func TestTheInternalAddressIsShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	contracts := w.contracts()
	path := "/settings/applications/" + string(contracts.ID)
	_, err := w.site.Applications.Update(w.Context(), pactius.SupportActor(w.nord.ID), contracts.ID, 0,
		pactius.ApplicationUpdate{Upstream: new("http://127.0.0.1:8090")})
	w.must(err)
	a := w.as(ada)
	a.get(path).shows("PACTIUS itself is the proxy of this application.", "http://127.0.0.1:8090",
		"Only PACTIUS Support can change it", "--upstream http://HOST:PORT").lacks("Set up its proxy").
		submit(path, "name", "Register", "upstream", "http://evil.example").to(path).shows("Register has been saved.")
	l, err := w.site.Applications.Find(w.Context(), pactius.SupportActor(w.nord.ID), contracts.ID)
	w.must(err)
	if l.Upstream != "http://127.0.0.1:8090" {
		t.Errorf("the internal address is %s", l.Upstream)
	}
}
