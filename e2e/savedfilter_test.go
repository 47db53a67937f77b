package e2e

import "testing"

// A filter is saved, opened again from anywhere, and removed.
func TestAFilterIsSaved(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t)
		c.plain = plain
		c.Must("user", "add", "--username", eva().Username, "--name", eva().Name)
		adas := c.Person("Ada")
		adas.enters("/settings/users", ada())
		adas.SeeNot("Save this filter")
		adas.Open("/settings/users?status=unassigned")
		adas.Unfold("Save this filter")
		adas.Fill("Name of the filter", "To be assigned")
		adas.Click("button", "Save")
		adas.See("The filter To be assigned has been saved.")
		if !plain {
			adas.Look("users-saved-filter")
		}
		adas.Open("/settings/users")
		adas.SeeNot("1 user")
		adas.Click("link", "To be assigned")
		adas.See("1 user")
		adas.See(eva().Name)
		adas.Click("button", "Remove the filter To be assigned")
		adas.See("The filter has been removed.")
		adas.HasNo("link", "To be assigned")
	})
}
