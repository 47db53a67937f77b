package e2e

import (
	"fmt"
	"slices"
	"strings"
	"testing"
)

// stepTo goes to a row of a tree with the arrow keys, from any other.
func (p *Person) stepTo(name string) {
	p.t.Helper()
	const enough = 100 // rows; more than these trees have
	want := mark{"treeitem", fold(name)}.String()
	p.Press("Home")
	for range enough {
		if got := p.Focused(); got == want || strings.HasPrefix(got, strings.TrimSuffix(want, `"`)+" ") {
			if !p.focusShows() {
				p.t.Errorf("the focus cannot be seen on %s", want)
			}
			return
		}
		p.Press("ArrowDown")
	}
	p.t.Fatalf("%s cannot reach %s, is at %s", p.name, want, p.Focused())
}

// newHarbour is a company with more units than a page shows at once.
func newHarbour(t *testing.T, plain bool) (*company, *Person) {
	t.Helper()
	c := newCompany(t, gu())
	c.plain = plain
	for i := range 22 {
		c.Must("unit", "add", "--parents", fmt.Sprintf("Operations / Ship %d", i+1))
	}
	c.Must("unit", "add", "--parents", "Operations / Ship 7 / Deck / Cabin")
	c.Must("user", "add", "--username", gu().Username, "--name", "Gu Berg", "--unit", "Operations / Ship 2",
		"--access", "write")
	return c, c.arrives(ada())
}

// accessOf lists the access of a user, "Sales / North write, ...".
func (c *company) accessOf(a Account) string {
	c.t.Helper()
	var all []string
	for _, u := range c.only(c.users(), a).Units {
		all = append(all, u.Unit+" "+u.Access)
	}
	slices.Sort(all)
	return strings.Join(all, ", ")
}

func TestATreeByArrowKeys(t *testing.T) {
	t.Parallel()
	c, adas := newHarbour(t, false)
	adas.Open("/settings/users/" + c.only(c.users(), gu()).ID + "/units")
	adas.reach("treeitem", "Ship 2 Write") // the first one chosen is in sight, and where one begins
	at := func(want string, keys ...string) {
		t.Helper()
		for _, key := range keys {
			adas.Press(key)
		}
		if got := adas.Focused(); got != `treeitem "`+want+`"` && !strings.HasPrefix(got, `treeitem "`+want+` `) {
			t.Fatalf("%s leads to %s, want %s", strings.Join(keys, ", "), got, want)
		}
	}
	at("Ship 3", "ArrowDown")
	at("Ship 2", "ArrowUp")
	at("Operations", "ArrowLeft")
	at("Nordhavn", "Home")
	at("Operations", "ArrowRight")
	at("Operations", "ArrowLeft") // folds it
	at("Sales", "ArrowDown")
	at("Sales", "ArrowRight") // loads what is below
	adas.Has("treeitem", "North")
	at("North", "ArrowRight")
	adas.Press("Space")
	adas.Has("button", "Remove Sales / North")
	at("South", "End")
	at("Operations", "o")
	at("Operations", "ArrowRight")
	at("Ship 7", "ArrowRight", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown", "ArrowDown")
	at("Ship 7", "ArrowRight")
	adas.Has("treeitem", "Deck")
	at("Deck", "ArrowRight")
	at("Deck", "ArrowRight")
	adas.Has("treeitem", "Cabin")
	at("Cabin", "ArrowDown")
	adas.Press("Space")
	adas.Press("Tab") // the access of the row
	adas.HasFocus(`combobox "Access to Cabin"`)
	adas.Press("ArrowDown")
	adas.Axe()
	adas.Click("button", "Remove Operations / Ship 2")
	adas.enter("button", "Save")
	adas.See("Business units for Gu Berg have been saved.")
	if got, want := c.accessOf(gu()), "Operations / Ship 7 / Deck / Cabin write, Sales / North read"; got != want {
		t.Errorf("Gu has %s, want %s", got, want)
	}
}

func TestUnitsAreFoundAndChosen(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c, adas := newHarbour(t, plain)
		search := func(text string) {
			t.Helper()
			adas.Fill("Find a business unit", text)
			if plain {
				adas.Click("button", "Search")
			}
		}
		adas.Open("/settings/users")
		adas.Click("link", "Gu Berg gu.berg@nordhavn.example")
		adas.Click("link", "Manage business units")
		form := adas.Popup("Business units for Gu Berg")
		form.Has("button", "Remove Operations / Ship 2")
		search("cab")
		form.Check("Cabin Operations / Ship 7 / Deck")
		form.Choose("Access to Cabin", "Administer")
		search("no such unit")
		form.See("No business units found.")
		form.Has("button", "Remove Operations / Ship 7 / Deck / Cabin")
		search("ship 1")
		form.Check("Ship 12 Operations")
		form.Check("Ship 1 Operations")
		form.Uncheck("Ship 12 Operations")
		form.Click("button", "Remove Operations / Ship 2")
		form.HasNo("button", "Remove Operations / Ship 2")
		form.Click("button", "Operations / Ship 7 / Deck / Cabin") // shows it in the tree
		if !form.Checked("Cabin") {
			t.Error("the chosen unit has no tick in the tree")
		}
		form.Choose("Access to Cabin", "Write")
		search("sou")
		form.Check("South Sales")
		form.Click("button", "Save")
		adas.See("Business units for Gu Berg have been saved.")
		want := "Operations / Ship 1 read, Operations / Ship 7 / Deck / Cabin write, Sales / South read"
		if got := c.accessOf(gu()); got != want {
			t.Errorf("Gu has %s, want %s", got, want)
		}

		// The list of users is filtered by a unit of the same tree, which keeps what was searched for.
		adas.Open("/settings/users?q=berg")
		adas.Click("link", "All business units")
		pick := adas.Popup("Filter by business unit")
		pick.Fill("Find a business unit", "deck")
		if plain {
			pick.Click("button", "Search")
		}
		pick.Click("link", "Deck")
		adas.See("1 user")
		adas.Has("link", "Business unit: Operations / Ship 7 / Deck")
		if got := adas.Value("Search users"); got != "berg" {
			t.Errorf("the search is %q", got)
		}
	})
}

func TestTheTreeOfUnitsLoadsInParts(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		_, adas := newHarbour(t, plain)
		adas.Open("/settings/units")
		adas.HasNo("link", "Ship 7")
		adas.Click("link", "Units below Operations")
		adas.Has("link", "Ship 7")
		adas.Click("link", "Units below Ship 7")
		adas.Has("link", "Deck")
		adas.Fill("Find a business unit", "nor")
		if plain {
			adas.Click("button", "Search")
		}
		adas.Has("link", "North")
		adas.HasNo("link", "Deck")
		if !plain {
			adas.Axe()
		}

		// A unit moves to a place that was searched for.
		adas.Click("link", "North")
		adas.Click("link", "Move")
		form := adas.Popup("Move North")
		form.Fill("Find a business unit", "deck")
		if plain {
			form.Click("button", "Search")
		}
		form.Check("Deck Operations / Ship 7")
		form.Click("button", "Move")
		adas.See("North has been moved.")
		adas.Click("link", "Deck")
		adas.Has("link", "North")
	})
}

// A choice that a person makes while the script of the tree is still on its way is kept, and is saved.
func TestWhatIsChosenBeforeTheScriptIsKept(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	bo := Account{Username: "bo@nordhavn.example", Name: "Bo Juhl"}
	c.Must("user", "add", "--username", bo.Username, "--name", bo.Name, "--unit", "Operations")
	c.Must("user", "assign", bo.Username, "--unit", "Sales / North", "--access", "write")
	adas := c.arrives(ada())
	release := adas.holds("chooser.js")
	adas.Open("/settings/users/" + c.only(c.users(), bo).ID + "/units")
	adas.Choose("Access to Operations", "Administer")
	adas.Uncheck("North")
	adas.Check("South")
	adas.Choose("Access to South", "Write")
	release()
	adas.Has("treeitem", "South Write") // the script is there
	adas.Has("button", "Remove Sales / South")
	adas.Click("button", "Save")
	adas.See("Business units for Bo Juhl have been saved.")
	c.given(bo, "Operations administer, Sales / South write")
}
