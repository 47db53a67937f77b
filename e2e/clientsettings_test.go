package e2e

import (
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"testing"
)

// TestAClientIsSetUpOnItsPages sets up an application with OpenID Connect: one address goes in, and what its settings
// ask for comes out. The secret is on one page, once.
func TestAClientIsSetUpOnItsPages(t *testing.T) {
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t)
		c.plain = plain
		adas := c.arrives(ada())
		judge := func(name string) {
			adas.Validate()
			if !plain { // axe-core is a script
				adas.Axe()
				adas.Look(name)
			}
		}
		adas.Open("/settings/applications/add")
		adas.Unfold("OpenID Connect optional")
		judge("client-add")
		adas.Fill("Name", "Wiki")
		adas.Fill("Addresses", "https://wiki.nordhavn.example")
		adas.Check("South")
		adas.Fill("Redirect addresses", "http://wiki.nordhavn.example/cb")
		adas.Click("button", "Add")
		adas.See("Choose how the application uses OpenID Connect.")
		adas.Check("On a server, with a client secret Websites and cloud services. Choose this if in doubt.")
		adas.Click("button", "Add")
		adas.See("must begin with https://")
		judge("client-wrong")
		adas.Fill("Redirect addresses", "https://wiki.nordhavn.example/cb")
		adas.Click("button", "Add")
		adas.See("Wiki has been added.")
		judge("client-fresh")
		page := adas.path()
		adas.Click("button", "Create a secret")
		adas.See("Copy the secret now.")
		judge("secret")
		source, err := adas.source()
		secret := regexp.MustCompile(`<code data-copy-text[^>]*>([\w-]{43})</code>`).FindStringSubmatch(source)
		if err != nil || secret == nil {
			t.Fatalf("no secret is shown: %v", err)
		}
		adas.Click("link", "Done")
		adas.See("It was shown once and can't be shown again.")
		judge("client")
		adas.Click("link", "Replace the secret")
		judge("secret-replace")
		adas.Check("End it now For a secret that has leaked. No one can sign in to the application until it has the " +
			"new one.")
		adas.Click("button", "Create a secret")
		adas.See("Copy the secret now.")
		if source, err := adas.source(); err != nil || regexp.MustCompile(secret[1]).MatchString(source) {
			t.Errorf("the secret is shown again: %v", err)
		}
		adas.Open(page)
		adas.Check("On people's devices, without a secret Programs for computers and phones, which can't keep a " +
			"secret.")
		adas.Fill("Redirect addresses", "http://127.0.0.1/cb")
		adas.Click("button", "Save")
		adas.See("it uses PKCE instead")
		judge("client-native")
		adas.Open("/settings/applications")
		judge("client-list")
	})
}

// TestAClientIsCheckedAgainstTheServer: what the server publishes is what the check demands, of the key that signs too.
func TestAClientIsCheckedAgainstTheServer(t *testing.T) {
	c := newCompany(t)
	status := http.StatusBadRequest
	client := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(status)
	}))
	t.Cleanup(client.Close)
	c.Must("application", "add", "Wiki", "--origin", "http://wiki.localhost", "--unit", "Sales", "--client", "web",
		"--redirect", client.URL+"/cb", "--back-channel", client.URL+"/logout")
	out := c.Must("application", "check", "Wiki")
	for _, want := range []string{"good  the discovery document", "issuer " + c.URL,
		"good  the signing keys", "with the one that signs now", "good  sign-out at " + client.URL + "/logout"} {
		if !strings.Contains(out, want) {
			t.Errorf("the check doesn't say %q:\n%s", want, out)
		}
	}
	status = http.StatusFound
	if r := c.Run("application", "check", "Wiki"); r.Code == 0 || !strings.Contains(r.Stdout, "WRONG  sign-out at") {
		t.Errorf("exit code %d\n%s%s", r.Code, r.Stdout, r.Stderr)
	}
}

// TestTheBuiltInProxyIsClosed asks the server as a stranger does, where it is the proxy of an application itself.
func TestTheBuiltInProxyIsClosed(t *testing.T) {
	c := newCompany(t)
	application := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		t.Errorf("a stranger reached the application: %s %s", r.Method, r.URL)
	}))
	t.Cleanup(application.Close)
	c.Must("application", "add", "Wiki", "--origin", "http://wiki.localhost"+c.URL[strings.LastIndex(c.URL, ":"):],
		"--unit", "Sales", "--upstream", application.URL)
	out := c.Must("application", "check", "Wiki")
	if n := strings.Count(out, "closed  "); n < 25 || !strings.Contains(out, "can be reached without PACTIUS") {
		t.Errorf("%d closed\n%s", n, out)
	}
}
