package e2e

import "testing"

// An administrator decides from the row on Home: with one click, undone by another.
func TestARequestIsDecidedFromHome(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t, gu(), eva())
		c.plain = plain
		c.Must("user", "add", "--username", eva().Username, "--name", "Eva Kjær", "--unit", "Sales")
		adas := c.arrives(ada())
		adas.See("3 of 5 done")
		guBerg := c.arrives(gu())
		guBerg.Unfold("I know which business units I need optional")
		guBerg.Check("North")
		guBerg.Click("button", "Request access")
		guBerg.See("Your request is pending")

		adas.Reload()
		adas.See("Sales / North · Read")
		adas.Click("button", "Approve Gu Berg")
		adas.See("Gu Berg now has access: Sales / North (read).")
		adas.See("No pending requests.")
		guBerg.sees("Sales / North Read")
		guBerg.See("Can see information, but not change it")
		guBerg.See("Who can help")

		adas.Click("link", "Undo")
		adas.Popup("Undo the approval of Gu Berg").Click("button", "Undo")
		adas.See("The approval has been undone.")

		adas.Open("/")
		adas.Click("button", "Send again Eva Kjær")
		adas.See("The welcome email to Eva Kjær is on its way again.")
	})
}

// A fresh environment leads its administrator through the first steps.
func TestTheChecklistOfAFreshEnvironment(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := &company{t: t, plain: plain, Server: stage.Serve(t, ServerOptions{People: []Account{ada(), gu(), eva()},
			Administrator: ada().Username})}
		adas := c.arrives(ada())
		adas.See("1 of 5 done")
		adas.Click("link", "Add a business unit")
		form := adas.Popup("Add a business unit")
		form.Fill("Name", "Sales")
		form.Click("button", "Add")
		adas.See("Sales has been added.")
		adas.Open("/")
		adas.See("2 of 5 done")
		c.Must("user", "add", "--username", gu().Username, "--name", "Gu Berg", "--unit", "Sales")
		adas.Reload()
		adas.See("3 of 5 done")
		adas.See("Make a second administrator")
		c.Must("user", "add", "--username", eva().Username, "--name", "Eva Kjær", "--unit", "Nordhavn", "--access",
			"administer")
		adas.Reload()
		adas.See("4 of 5 done")
		adas.See(c.URL + "/")
		c.arrives(gu()).See("Sales Read")
		adas.Reload()
		adas.HasNo("heading", "Get started")
	})
}
