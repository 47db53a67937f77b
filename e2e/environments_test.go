package e2e

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// Two customers live in one deployment, at localhost and other.localhost, each
// with people of the same names.
func TestNothingCrossesBetweenEnvironments(t *testing.T) {
	t.Parallel()
	c := newCompany(t, gu())
	other := c.Origin("other.localhost")
	tenant := stage.Microsoft(t).NewTenant(t, []string{other}, ada(), gu())
	c.AddEnvironment("Sydhavn", "other.localhost", tenant, ada().Username)
	here := func(args ...string) []string { return append(args, "--environment", "localhost") }
	there := func(args ...string) []string { return append(args, "--environment", "other.localhost") }

	// The command line asks which one is meant.
	if got := c.Run("user", "list"); got.Code == 0 {
		t.Errorf("user list with two environments ended with %+v", got)
	}
	c.Must(here("user", "add", "--username", gu().Username, "--name", "Gu Here", "--unit", "Sales")...)
	c.Must(there("user", "add", "--username", gu().Username, "--name", "Gu There", "--unit", "/")...)

	// Browsers: each is at home in one place, and unknown in the other.
	adas := c.arrives(ada())
	adas.See("Welcome, Ada")
	adas.Open(other + "/")
	adas.See("Sign in to Sydhavn")
	adas.Open("/")
	adas.See("Welcome, Ada")

	// A cookie copied to the other host signs no one in there.
	w, foreign := c.signedIn(ada()), newWire(t, other)
	from, to := mustURL(t, c.URL), mustURL(t, other)
	foreign.Client.Jar.SetCookies(to, w.Client.Jar.Cookies(from))
	foreign.get("/").wants(t, "a cookie of the other environment", http.StatusOK, "Sign in to Sydhavn")
	if got := foreign.get("/settings/users"); got.StatusCode != http.StatusSeeOther {
		t.Errorf("the users of Sydhavn with Nordhavn's cookie: status %d, %s", got.StatusCode, got.Text())
	}
	w.get("/").wants(t, "the owner of the cookie", http.StatusOK, "Welcome, Ada")

	// The IDs of the one lead to nothing in the other.
	at := signedInAt(t, other, ada())
	at.get("/").wants(t, "Sydhavn's Ada", http.StatusOK, "Sydhavn")
	user := c.only(c.list(here("user", "list")...), gu()).ID
	for _, path := range []string{
		"/settings/users/" + user, "/settings/users/" + user + "/edit", "/settings/users/" + user + "/units",
		"/settings/users/" + user + "/deactivate",
	} {
		at.get(path).wants(t, "GET "+path, http.StatusNotFound, "Page not found")
	}
	at.post("/settings/users/"+user+"/deactivate", url.Values{"version": {"1"}}).wants(
		t, "deactivating over there", http.StatusNotFound, "",
	)
	for _, unit := range c.list(here("unit", "list")...) {
		at.get("/settings/units/"+unit.ID).wants(
			t, "a unit of over there", http.StatusNotFound, "Page not found",
		)
		at.submit("/settings/users/add", "/settings/users/add", url.Values{
			"username": {"x@nordhavn.example"}, "name": {"X"}, "unit": {unit.ID}, "access." + unit.ID: {"administer"},
		}).wants(t, "adding with a unit of over there", http.StatusUnprocessableEntity, "no longer exists")
	}
	if got := at.get("/settings/activity").Text(); strings.Contains(got, "Gu Here") {
		t.Errorf("Sydhavn's activity tells of Nordhavn: %s", got)
	}
	if got := c.only(c.list(here("user", "list")...), gu()); got.Status != "invited" || got.Name != "Gu Here" {
		t.Errorf("Nordhavn's Gu is %+v", got)
	}

	// Sydhavn's sign-in is of no use to Nordhavn: another tenant vouches for it.
	gus := stage.Person(t, "Gu", other)
	gus.Open("/")
	gus.signIn(gu())
	gus.Greeted("Gu There")
	gus.Open(c.URL + "/")
	gus.See("Sign in to Nordhavn")

	// A third name leads to no environment.
	newWire(t, c.Origin("third.localhost")).get("/").wants(
		t, "an unknown host", http.StatusMisdirectedRequest, "There's nothing at this address",
	)
}

func mustURL(t testing.TB, address string) *url.URL {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
