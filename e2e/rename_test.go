package e2e

import (
	"strings"
	"testing"
)

// renamed is an account under another name: the same person to Microsoft.
func (c *company) renamed(a Account, username, name string) Account {
	c.t.Helper()
	a.Username, a.Name = username, name
	return c.Tenant.Put(c.t, a)
}

// A user marries: the account is renamed in Microsoft 365. Later someone new
// gets the name that has become free.
func TestRenamedUserIsTheSameAndTheSuccessorIsNot(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t)
		c.plain = plain
		first := c.Tenant.Put(t, anna())
		c.Must("user", "add", "--username", first.Username, "--name", first.Name, "--unit", "Sales / North", "--access",
			"write")
		c.arrives(first).See("Welcome, Anna")
		before := c.only(c.users(), first)

		married := c.renamed(first, "anna.berg@nordhavn.example", "Anna Berg")
		annas := c.arrives(married)
		annas.See("Welcome, Anna")
		annas.See("Sales / North Write")
		after := c.only(c.users(), married)
		if after.ID != before.ID || len(c.users()) != 2 {
			t.Errorf("after the rename there are %+v, want %+v under the new name", c.users(), before)
		}

		// Ada finds her by the name of before, and reads what happened.
		adas := c.arrives(ada())
		adas.Open("/settings/users?q=anna.hansen")
		adas.Click("link", row(married))
		adas.See("anna.hansen@nordhavn.example until")
		adas.See("The account name of Anna Berg changed in Microsoft 365")
		adas.Validate()

		// The successor is a stranger, also to the search for near misses.
		second := c.Tenant.Put(t, Account{Username: first.Username, Name: "Anna Hansen"})
		others := c.asks(second)
		others.SeeNot("anna.berg")
		adas.follow(c.Mail(ada().Username, "Approval needed: Anna Hansen requests"))
		adas.See("A user had this account name before, with another Microsoft 365 account.")
		adas.HasNo("button", "Yes, the same person as anna.berg@nordhavn.example")
		if !plain {
			adas.Look("request-former-name")
		}
		adas.Uncheck("North")
		adas.Check("Operations")
		adas.Click("button", "Approve")
		adas.See("Anna Hansen now has access: ")
		others.Open("/access")
		others.goesIn()
		others.See("Operations Read")
		others.SeeNot("Sales / North")

		// Each comes again and is who they were.
		again := c.arrives(married)
		again.See("Sales / North Write")
		again.SeeNot("Operations")
		again = c.arrives(second)
		again.See("Operations Read")
		again.SeeNot("Sales / North")
		annas.Reload()
		annas.See("Sales / North Write")
		one, two := c.only(c.users(), married), c.only(c.users(), second)
		if one.ID != before.ID || two.ID == before.ID || len(c.users()) != 3 {
			t.Errorf("there are %+v, want Ada, the first Anna as %s and the second as somebody else", c.users(),
				before.ID)
		}
	})
}

// The successor comes first: the rename is not known here yet.
func TestSuccessorComesBeforeTheRenamedUser(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	first := c.Tenant.Put(t, anna())
	c.Must("user", "add", "--username", first.Username, "--name", first.Name, "--unit", "Sales / North", "--access",
		"write")
	annas := c.arrives(first)
	annas.See("Sales / North Write")
	before := c.only(c.users(), first)
	married := c.renamed(first, "anna.berg@nordhavn.example", "Anna Berg")

	second := c.Tenant.Put(t, Account{Username: first.Username, Name: "Anne Hansen"})
	others := c.arrives(second)
	others.Has("heading", "Request access to Nordhavn")
	others.SeeNot("North Write")
	others.Click("button", "Request access")
	others.See("Your request is pending")

	adas := c.Person("Ada")
	adas.follow(c.Mail(ada().Username, "Approval needed: Anne Hansen requests"))
	adas.PickAccount(ada().Username)
	adas.See("This is another Microsoft 365 account with the account name of an existing user")
	adas.SeeNot("Approving links the request to that user")
	adas.Look("request-name-taken-over")
	adas.Click("link", "Yes, same person")
	form := adas.Popup("Is this the same person?")
	form.See("We couldn't check with Microsoft 365 whether the account this user signs in with still exists.")
	form.Click("link", "Cancel")
	adas.Click("button", "No, create a new user")
	adas.See("This creates a second user.")
	if got := len(c.users()); got != 2 {
		t.Errorf("there are %d users before it is confirmed, want 2", got)
	}
	adas.Click("button", "Create a new user anyway")
	adas.See("Anne Hansen now has access, but doesn't have any business units yet.")

	others.Open("/access")
	others.goesIn()
	others.See("You're signed in, but you don't have any business units yet.")
	users := c.users()
	if len(users) != 3 || c.only(users, second).ID == before.ID {
		t.Errorf("there are %+v, want Anne as a third user", users)
	}
	for _, u := range users {
		if u.ID == before.ID && (strings.EqualFold(u.Username, first.Username) || len(u.Units) != 1) {
			t.Errorf("the first Anna is %+v, want another label and her business unit", u)
		}
	}
	annas.Reload() // she is signed in all the while
	annas.See("Sales / North Write")
	c.arrives(married).See("Sales / North Write")
	if got := c.only(c.users(), married); got.ID != before.ID || got.Status != "active" {
		t.Errorf("the first Anna is %+v, want %s under her new name", got, before.ID)
	}
	adas.Open("/settings/activity?user=" + before.ID)
	adas.See("The account name of Anna Berg now belongs to someone else in Microsoft 365")
	adas.See("The account name of Anna Berg changed in Microsoft 365")
}
