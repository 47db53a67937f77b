package e2e

import "testing"

// Anna signs in with two accounts and is two users. Ada merges them, takes it back, and
// merges them again; the account that is given up meets a page that says what to do.
func TestTwoUsersAreMergedIntoOne(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		old := Account{Username: "anna.old@nordhavn.example", Name: "Anna Old", Email: "anna.old@nordhavn.example"}
		c := newCompany(t, anna(), old)
		c.plain = plain
		for _, a := range []Account{anna(), old} {
			c.Must("user", "add", "--username", a.Username, "--name", a.Name, "--unit", "Sales", "--access", "read")
		}
		olds := c.arrives(old)
		olds.Greeted(old.Name)
		annas := c.arrives(anna())
		annas.Greeted(anna().Name)

		adas := c.arrives(ada())
		merge := func() {
			adas.Open("/settings/users?q=anna.hansen")
			adas.Click("link", row(anna()))
			adas.Click("link", "Merge with another user")
			adas.Has("heading", "Merge Anna Hansen with another user")
			adas.Fill("Name or account name of the other user", "old")
			adas.Click("button", "Search")
			adas.Click("link", "Choose Anna Old")
			adas.See("Microsoft 365 account to sign in with from now on")
			adas.See("You can undo this for 10 minutes")
			adas.Click("button", "Merge")
			adas.See("Anna Old has been merged into Anna Hansen.")
		}
		merge()
		adas.Click("link", "Undo the merge")
		adas.Popup("Undo the merge of Anna Hansen").Click("button", "Undo the merge")
		adas.See("Anna Hansen and Anna Old are separate users again.")
		merge()

		annas.Reload()
		annas.Greeted(anna().Name)
		again := c.arrives(old)
		again.Has("heading", "Sign in with your other account")
		c.only(c.users(), anna())
		adas.Open("/settings/users?q=anna.old")
		adas.See("Anna Hansen")
	})
}
