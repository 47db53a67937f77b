package e2e

import "testing"

// A user and a unit that are deleted, and a person who is erased, have no page any more: the administrator arrives at
// the list, which says what happened.
func TestWhatIsDeletedLeadsToItsList(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t, gu())
		c.plain = plain
		for _, a := range []Account{anna(), gu()} {
			c.Must("user", "add", "--username", a.Username, "--name", a.Name, "--unit", "Sales", "--access", "read")
		}
		adas := c.arrives(ada())
		leaves := func(page, name, verb, said string) {
			t.Helper()
			adas.Open(page)
			adas.Click("link", name)
			adas.Click("link", verb)
			adas.Popup(verb+" "+said).Click("button", verb)
			adas.SeeNot("Page not found")
		}
		leaves("/settings/users", row(anna()), "Delete", anna().Name)
		adas.See("Anna Hansen has been deleted.")
		adas.At("/settings/users")
		leaves("/settings/users", row(gu()), "Erase", gu().Name)
		adas.See("Gu Berg has been erased.")
		adas.At("/settings/users")
		leaves("/settings/units", "Operations", "Delete", "Operations")
		adas.See("Operations has been deleted.")
		adas.Has("heading", "Nordhavn")
	})
}

// Bo suggests that a request is from a user whose account name he may not change. Ada says no, and the request waits.
func TestASuggestionIsRefused(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		bo := Account{Username: "bo@nordhavn.example", Name: "Bo Berg", Email: "bo@nordhavn.example"}
		c := newCompany(t, anna(), bo)
		c.plain = plain
		c.Must("user", "add", "--username", bo.Username, "--name", bo.Name, "--unit", "Sales", "--access", "administer")
		c.Must("user", "add", "--username", "anna.hanson@nordhavn.example", "--name", "Anna Hanson", "--unit", "Sales",
			"--access", "read")
		annas := c.arrives(anna())
		annas.Unfold("I know which business units I need optional")
		annas.Check("Sales")
		annas.Click("button", "Request access")
		annas.See("Your request is pending")

		request := row(anna())
		bos := c.arrives(bo)
		bos.Open("/settings/requests")
		bos.Click("link", request)
		bos.Click("button", "Yes, same person as anna.hanson@nordhavn.example")
		bos.See("We've asked an administrator who manages this user to confirm.")

		adas := c.arrives(ada())
		adas.Open("/settings/requests")
		adas.Click("link", request)
		adas.Click("link", "Review")
		adas.Popup("Is this the same person?").Click("button", "No, not the same person")
		adas.See("The suggestion has been removed.")
		adas.Has("link", "Decline")
		annas.Reload()
		annas.See("Your request is pending")
	})
}
