package e2e

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
)

// newDoor is an application's host that sends everyone to the portal, and says that they have come back. It returns
// its origin; enter is where it sends them.
func newDoor(t *testing.T, enter func(origin string) string) string {
	t.Helper()
	var origin string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/.pactius/finish" {
			http.Redirect(w, r, enter(origin), http.StatusSeeOther)
			return
		}
		_, _ = fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><title>Contracts</title>
			<p>Opened with a code of %d characters.</p>`,
			len(r.URL.Query().Get("code")))
	}))
	t.Cleanup(server.Close)
	origin = "http://contracts.localhost" + server.URL[strings.LastIndex(server.URL, ":"):]
	return origin
}

// TestAnApplicationIsSetUpAndOpened sets an application up on its pages. Then a person opens it from its own address,
// and from an account that may not: the way leads through a form, whose policy must not stop it at the last step.
func TestAnApplicationIsSetUpAndOpened(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t, gu(), eva())
		c.plain = plain
		c.Must("user", "add", "--username", gu().Username, "--name", "Gu Berg", "--unit", "Sales", "--access", "write")
		c.Must("user", "add", "--username", eva().Username, "--name", "Eva Kjær", "--unit", "Operations", "--access",
			"read")
		judge := func(p *Person, name string) {
			p.Validate()
			if !plain { // axe-core is a script
				p.Axe()
				p.Look(name)
			}
		}
		application := ""
		origin := newDoor(t, func(origin string) string {
			return c.URL + "/enter?" + url.Values{"application": {application}, "origin": {origin}, "to": {"/a?b=c"},
				"challenge": {strings.Repeat("c", 43)}}.Encode()
		})
		adas := c.arrives(ada())
		adas.Click("link", "Applications")
		adas.Click("link", "Add")
		form := adas.Popup("Add an application")
		form.Fill("Name", "Contracts")
		form.Fill("Addresses", "not an address")
		form.Check("South")
		form.Choose("Required access", "Write")
		form.Check("Calendar")
		form.Click("button", "Add")
		form.See("Enter the address as https://")
		form.Fill("Addresses", origin)
		form.Click("button", "Add")
		adas.See("Contracts has been added.")
		adas.Click("link", "Set up its proxy next")
		_, application, _ = strings.Cut(adas.path(), "/settings/applications/")
		judge(adas, "application")
		if !adas.Checked("South") || !adas.Checked("Calendar") {
			t.Error("the unit or the icon is lost")
		}
		adas.Open("/settings/applications")
		judge(adas, "applications")

		gus := c.Person("Gu Berg")
		gus.Open(origin + "/a?b=c")
		gus.PickAccount(gu().Username)
		gus.See("Opened with")
		gus.Open("/")
		gus.Has("link", "Contracts")
		judge(gus, "home-applications")
		gus.Click("link", "Contracts")
		gus.See("Opened with")

		evas := c.Person("Eva Kjær")
		evas.Open(origin + "/")
		evas.PickAccount(eva().Username)
		evas.See("You don't have access to Contracts")
		evas.Has("link", "Request access")
		judge(evas, "application-refused")
		evas.Click("button", "Switch account")
		evas.PickAccount(gu().Username)
		evas.See("Opened with")
	})
}
