package e2e

import (
	"context"
	"strings"
	"testing"
)

// widths are windows in CSS pixels: the narrowest phone that WCAG asks for, a
// usual phone, a tablet, a small and a common laptop.
var widths = []int64{320, 360, 768, 1024, DefaultWidth}

// gallery walks through pages and looks at each in every way.
type gallery struct {
	*Person
	prefix string // of the screenshots
}

// see judges a page, after the step that leads there.
func (g gallery) see(name, path string) {
	g.t.Helper()
	if path != "" {
		g.Open(path)
	}
	g.judge(name)
	g.Validate()
}

// pop judges the pop-up behind a link of the page, and closes it.
func (g gallery) pop(name, link, title string) {
	g.t.Helper()
	g.Click("link", link)
	g.Popup(title).Has("heading", title)
	g.judge(name)
	g.Press("Escape")
	g.HasNo("dialog", title)
}

func (g gallery) judge(name string) {
	g.t.Helper()
	g.Look(g.prefix + name)
	for _, width := range widths {
		g.Window(width, DefaultHeight)
		g.NoSideways()
	}
	g.Window(DefaultWidth, DefaultHeight)
}

// longName is as long as names get in life, without a space to break at.
const longName = "Wolfeschlegelsteinhausenbergerdorff-Christoffersen"

// furnished is a company in which every page has something to show.
func furnished(t *testing.T) *company {
	t.Helper()
	long := Account{Username: strings.ToLower(longName) + "@nordhavn.example", Name: "Adolph Blaine " + longName}
	c := newCompany(t, gu(), eva(), dagny(), long)
	for _, a := range []Account{dagny(), {Username: "bo.lund@nordhavn.example", Name: "Bo Lund"}} {
		c.Must("user", "add", "--username", a.Username, "--name", a.Name, "--unit", "Sales", "--access", "administer")
	}
	c.Must("user", "add", "--username", "nobody.yet@nordhavn.example", "--name", "Nobody Yet")
	c.Must("unit", "add", "Sales / The department for everything that nobody else wants to do on Fridays")
	for _, a := range []Account{gu(), eva(), long} {
		w := c.signedIn(a)
		w.submit("/access", "/access", map[string][]string{"message": {"I start on Monday.\nhttps://nordhavn.example/" +
			strings.Repeat("long", 40)}})
	}
	c.Must("request", "approve", eva().Username, "--unit", "Sales / North", "--access", "write", "--note", "Welcome!")
	return c
}

func TestPagesOfAdministratorsLookRight(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "da"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			c := furnished(t)
			person := c.Person("Ada")
			person.Language(language)
			person.TimeZone("Europe/Copenhagen")
			person.Open("/")
			person.Click("button", map[string]string{"en": "Sign in with Microsoft",
				"da": "Log på med Microsoft"}[language])
			person.PickAccount(ada().Username)
			g := gallery{Person: person, prefix: language + "-"}
			user := "/settings/users/" + c.only(c.users(), dagny()).ID
			invited := "/settings/users/" + c.only(c.users(), Account{Username: "bo.lund@nordhavn.example"}).ID
			bare := "/settings/users/" + c.only(c.users(), Account{Username: "nobody.yet@nordhavn.example"}).ID
			request := "/settings/requests/" + c.only(c.requests(), gu()).ID
			decided := "/settings/requests/" + c.only(c.requests(), eva()).ID
			sales := ""
			for _, u := range c.list("unit", "list") {
				if u.Name == "Sales" {
					sales = "/settings/units/" + u.ID
				}
			}
			g.see("home", "/")
			g.see("users", "/settings/users")
			g.see("users-none", "/settings/users?q=zzz")
			g.see("users-add", "/settings/users/add")
			g.see("user", user)
			g.see("user-no-units", bare)
			g.see("user-edit", invited+"/edit")
			g.see("user-units", user+"/units")
			g.see("user-deactivate", user+"/deactivate")
			g.see("user-sign-out-everywhere", user+"/sign-out-everywhere")
			g.see("requests", "/settings/requests")
			g.see("requests-decided", "/settings/requests?state=decided")
			g.see("request", request)
			g.see("request-decided", decided)
			g.see("request-decline", request+"/decline")
			g.see("request-take-back", decided+"/take-back")
			g.see("units", "/settings/units")
			g.see("unit", sales)
			g.see("unit-add", "/settings/units/add")
			g.see("unit-rename", sales+"/rename")
			g.see("unit-move", sales+"/move")
			g.see("unit-archive", sales+"/archive")
			g.see("activity", "/settings/activity")
			g.see("environment", "/settings/environment")
			g.see("nothing-here", "/settings/nothing")
		})
	}
}

// stays keeps pages from going on for the person, as those do that came a moment ago.
func (p *Person) stays() {
	p.t.Helper()
	p.try(func(ctx context.Context) error {
		root, err := p.root(ctx)
		if err != nil {
			return err
		}
		return apply(ctx, root, `function() { sessionStorage.setItem('went', Date.now() + 3_600_000) }`, nil)
	}, "stay on the page")
}

func TestPagesOfVisitorsLookRight(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "da"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t, gu())
			person := c.Person("Gu")
			person.Language(language)
			g := gallery{Person: person, prefix: language + "-"}
			g.see("door", "/")
			person.Click("button", map[string]string{"en": "Sign in with Microsoft",
				"da": "Log på med Microsoft"}[language])
			person.PickAccount(gu().Username)
			person.At("/access")
			g.see("access-ask", "/access")
			w := c.signedIn(gu())
			w.submit("/access", "/access", map[string][]string{"message": {"I start on Monday."}})
			g.see("access-waiting", "/access")
			g.see("access-withdraw", "/access/withdraw")
			c.Must("request", "decline", gu().Username, "--note", "Not here.")
			g.see("access-declined", "/access")
			c.Must("user", "add", "--username", gu().Username, "--name", "Gu Berg")
			person.stays()
			g.see("access-approved", "/access")
			w.post("/access/enter", nil)
			person.Click("button", map[string]string{"en": "Continue", "da": "Fortsæt"}[language])
			person.At("/")
			g.see("home-no-units", "/")
			g.see("forbidden", "/settings/users")
			c.Must("user", "deactivate", gu().Username)
			g.see("ended", "/")
		})
	}
}

func TestPopupsLookRight(t *testing.T) {
	t.Parallel()
	c := furnished(t)
	g := gallery{Person: c.arrives(ada()), prefix: "popup-"}
	g.Open("/settings/users")
	g.pop("add-user", "Add", "Add a user")
	g.Open("/settings/users/" + c.only(c.users(), dagny()).ID)
	g.pop("edit-user", "Edit details", "Edit Dagny Moe")
	g.pop("units", "Manage business units", "Business units for Dagny Moe")
	g.pop("deactivate", "Deactivate", "Deactivate Dagny Moe")
	g.Open("/settings/requests/" + c.only(c.requests(), gu()).ID)
	g.pop("decline", "Decline", "Decline the request from Gu Berg")
	g.Open("/settings/requests/" + c.only(c.requests(), eva()).ID)
	g.pop("take-back", "Undo", "Undo the approval of Eva Kjær")
	g.Open("/settings/units")
	g.pop("add-unit", "Add", "Add a business unit")
	g.Click("link", "Sales")
	g.pop("rename-unit", "Rename", "Rename Sales")
	g.pop("move-unit", "Move", "Move Sales")
	g.pop("archive-unit", "Archive", "Archive Sales")

	// The menu and the account on a phone.
	g.Window(360, 740)
	g.Click("button", "Menu 2 pending")
	g.Has("link", "Activity")
	g.Axe()
	g.Screenshot("popup-menu-narrow")
	g.Click("button", "Ada Lind , your account")
	g.Has("button", "Sign out")
	g.Axe()
	g.Screenshot("popup-account-narrow")
}
