package e2e

import (
	"strings"
	"testing"
)

// In a wide window a user opens beside the list: by click and by key, with the address of the user's page.
func TestAUserOpensBesideTheList(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.Must("user", "add", "--username", eva().Username, "--name", eva().Name, "--unit", "Sales / North", "--access",
		"read")
	c.Must("user", "add", "--username", gu().Username, "--name", gu().Name)
	adas := c.Person("Ada")
	adas.enters("/settings/users", ada())
	list := adas.path()
	adas.Click("link", row(eva()))
	adas.Has("heading", eva().Name)
	panel := adas.Within("complementary", "User")
	panel.See("Sales / North")
	if got := adas.path(); got == list || !strings.HasPrefix(got, "/settings/users/") {
		t.Errorf("the address beside the list is %s, want the user's page", got)
	}
	if got := adas.Title(); !strings.Contains(got, eva().Name) {
		t.Errorf("the title beside the list is %q, want Eva's", got)
	}
	adas.Axe()
	adas.Screenshot("users-panel")

	// A form in a pop-up brings panel and row up to date.
	panel.Click("link", "Manage business units")
	form := adas.Popup("Business units for " + eva().Name)
	form.Check("South")
	form.Click("button", "Save")
	panel.See("Sales / South")
	adas.Has("link", row(gu()))
	adas.See("+1 more")

	adas.Back()
	adas.HasNo("complementary", "User")
	if got := adas.path(); got != list {
		t.Errorf("back leads to %s, want the list", got)
	}

	// Forward opens it again, and one step back leaves it.
	adas.Forward()
	adas.Has("complementary", "User")
	adas.Back()
	adas.HasNo("complementary", "User")

	// The same by key: Enter opens, j goes on, Escape closes and gives the focus back to the row.
	adas.TabTo("link", row(eva()))
	adas.Press("Enter")
	adas.Has("complementary", "User")
	adas.Press("j")
	adas.Within("complementary", "User").Has("heading", gu().Name)
	adas.Press("Escape")
	adas.HasNo("complementary", "User")
	adas.HasFocus(mark{"link", fold(row(gu()))}.String())

	// The list is searched beside the panel, and is still searched when the panel has closed.
	adas.Click("link", row(gu()))
	adas.Has("complementary", "User")
	shown := adas.path()
	adas.Fill("Search users", eva().Name)
	adas.HasNo("link", row(gu()))
	adas.Has("complementary", "User")
	if got := adas.path(); got != shown {
		t.Errorf("the address of the searched list with a panel is %s, want %s", got, shown)
	}
	adas.Within("complementary", "User").Click("button", "Close")
	adas.HasNo("complementary", "User")
	if got := adas.Address(); !strings.Contains(got, "/settings/users?q=") {
		t.Errorf("the address of the searched list is %s, want the search in it", got)
	}
	adas.Open("/settings/users")

	// A reload shows the page itself, as a narrow window does.
	adas.Click("link", row(gu()))
	adas.Has("complementary", "User")
	adas.Reload()
	adas.HasNo("complementary", "User")
	adas.Has("heading", gu().Name)
	adas.Back()
	adas.Has("heading", "Users")
	adas.Window(360, 740)
	adas.Open("/settings/users")
	adas.Click("link", row(eva()))
	adas.Has("heading", eva().Name)
	adas.HasNo("complementary", "User")
}

// The right over a user may be lost while the panel is open.
func TestAPanelSaysThatTheRightIsLost(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.Must("user", "add", "--username", eva().Username, "--name", eva().Name, "--unit", "Sales / North", "--access",
		"administer")
	c.Must("user", "add", "--username", gu().Username, "--name", gu().Name, "--unit", "Sales / North", "--access",
		"read")
	c.Tenant.Put(t, eva())
	evas := c.Person("Eva")
	evas.enters("/settings/users", eva())
	evas.Click("link", row(gu()))
	evas.Has("complementary", "User")
	c.Must("user", "assign", gu().Username, "--unit", "Sales / North", "--access", "none", "--unit", "Sales / South",
		"--access", "read")
	panel := evas.Within("complementary", "User")
	panel.Click("link", "Manage business units")
	form := evas.Popup("You don't have access to this")
	form.See("This is outside the business units you administer.")
	form.Click("button", "Close")
	evas.Click("link", row(gu()))
	panel.See("This is outside the business units you administer.")
}
