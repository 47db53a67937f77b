package e2e

import "testing"

// TestActivityIsFilteredAndExported reads what happened in one unit, follows a name in it, and exports it.
func TestActivityIsFilteredAndExported(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t, gu())
		c.Must("user", "add", "--username", gu().Username, "--name", "Gu Berg", "--unit", "Sales")
		c.Must("unit", "add", "Harbour")
		c.plain = plain
		adas := c.arrives(ada())
		search := func() {
			if plain {
				adas.Click("button", "Search")
			}
		}
		adas.Open("/settings/activity")
		adas.See("PACTIUS Support added Gu Berg")
		if !plain {
			adas.Look("activity")
		}
		adas.Check("Include sign-ins")
		adas.Choose("Event type", "All: Users")
		search()
		adas.SeeNot("Harbour")
		adas.See("Ada Lind signed in")
		adas.Uncheck("Include sign-ins")
		adas.Choose("Event type", "All event types")
		search()
		adas.See("Harbour")
		adas.Click("link", "All business units")
		adas.Popup("Filter by business unit").Click("link", "Sales")
		adas.See("PACTIUS Support added Gu Berg")
		adas.SeeNot("Harbour")
		adas.Choose("Event type", "User added")
		search()
		adas.SeeNot("changed the business units")
		adas.Click("button", "NDJSON")
		adas.Open("/settings/activity?kind=activity.exported")
		adas.See("Ada Lind exported the activity in Sales")
		adas.See("Event type: User added")

		adas.Open("/settings/activity?kind=user.added")
		adas.Click("link", "Gu Berg")
		adas.Has("heading", "History")
		adas.Unfold("Filter")
		adas.Choose("Event type", "All: Access requests")
		if plain {
			adas.Click("button", "Show")
		}
		adas.See("Nothing found")
		if !plain {
			adas.Look("history")
		}
		adas.Click("link", "All activity")
		adas.See("What Gu Berg did, and what others changed for this user")
	})
}
