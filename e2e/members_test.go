package e2e

import (
	"testing"
)

// unitsByPath are the IDs of the company's units.
func (c *company) unitsByPath() map[string]string {
	c.t.Helper()
	ids := map[string]string{}
	for _, u := range c.list("unit", "list") {
		ids[u.Unit] = u.ID
	}
	return ids
}

func TestAUnitsMembers(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c, adas := newHarbour(t, plain)
		ids := c.unitsByPath()
		look := func(name string) {
			t.Helper()
			if !plain { // axe-core is a script
				adas.Look(name)
			}
		}
		const gus = "Gu Berg gu.berg@nordhavn.example Invited"
		adas.Open("/settings/units/" + ids["Sales / North"])
		adas.Click("link", "Add member")
		form := adas.Popup("Add a member to North")
		form.Fill("User", "gu b")
		if plain {
			form.Click("button", "Search")
			form.Check(gus)
		} else {
			form.Click("option", gus)
			if got := form.Value("User"); got != "Gu Berg" {
				t.Errorf("the field has %q", got)
			}
		}
		form.Check("Write Can see and change information")
		look("unit-member-add")
		form.Click("button", "Add member")
		adas.See("Gu Berg now has Write access to North.")
		if !plain {
			adas.HasNo("button", "Save Gu Berg")
		}
		adas.Choose("Access for Gu Berg", "Read")
		if !plain {
			adas.HasNo("link", "Remove Gu Berg")
		}
		adas.Click("button", "Save Gu Berg")
		adas.See("Gu Berg now has Read access to North.")
		look("unit-members")
		adas.Click("link", "Remove Gu Berg")
		form = adas.Popup("Remove Gu Berg from North")
		form.See("Gu Berg loses Read access to North and all units below it.")
		form.Click("button", "Remove")
		adas.See("Gu Berg has been removed from North.")

		adas.Open("/settings/units/" + ids["Operations / Ship 2"])
		adas.Click("link", "Archive")
		form = adas.Popup("Archive Ship 2")
		form.See("1 member moves to the business unit you choose, with the same access.")
		form.Fill("Find a business unit", "ship 3")
		if plain {
			form.Click("button", "Search")
		}
		form.Check("Ship 3 Operations")
		look("unit-archive")
		form.Click("button", "Move members and archive")
		adas.See("1 member has been moved, and Ship 2 has been archived.")
		if got := c.accessOf(gu()); got != "Operations / Ship 3 write" {
			t.Errorf("Gu has %s", got)
		}
	})
}

// The form says what the new user will have, and offers the welcome email, wherever it is scrolled to.
func TestAddingSaysBeforeWhatFollows(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		_, adas := newHarbour(t, plain)
		inSight := func() {
			t.Helper()
			for _, size := range [][2]int64{{1366, 768}, {390, 844}} {
				adas.Window(size[0], size[1])
				if got := adas.run(`(() => {
					const box = document.querySelector('[name=welcome]').getBoundingClientRect();
					return String(box.top >= 0 && box.bottom <= innerHeight);
				})()`); got != "true" {
					t.Errorf("the choice of a welcome email is out of sight at %v", size)
				}
			}
			adas.Window(DefaultWidth, DefaultHeight)
		}
		adas.Open("/settings/users")
		adas.Click("link", "Add")
		form := adas.Popup("Add a user")
		form.See("Without a business unit, this user can sign in but won't see anything.")
		if plain {
			return // a browser without scripts cannot be asked where things are
		}
		inSight()
		form.Fill("Name optional", "Mia")
		form.See("Without a business unit, Mia can sign in but won't see anything. You can assign units later.")
		form.Fill("Find a business unit", "ship 3")
		form.Check("Ship 3 Operations")
		form.See("You're giving Mia access to Operations / Ship 3 (Read).")
		inSight()
		form.Choose("Access to Ship 3", "Write")
		form.See("You're giving Mia access to Operations / Ship 3 (Write).")
		form.Click("button", "Remove Operations / Ship 3")
		form.See("Without a business unit, Mia can sign in")
		adas.Open("/settings/users/add") // the page that scripts do not need
		inSight()
		adas.Fill("Account name", ada().Username) // nothing follows for a user
		adas.See("is already a user here.")
		adas.SeeNot("Without a business unit")
	})
}
