package e2e

import (
	"context"
	"strings"
	"testing"
)

func anna() Account {
	return Account{Username: "anna.hansen@nordhavn.example", Name: "Anna Hansen", Email: "anna.hansen@nordhavn.example"}
}

// mistyped is how Ada spells Anna's account name.
const mistyped = "anna.hanson@nordhavn.example"

// markup is the whole page as the browser has it, hidden parts included.
func (p *Person) markup() string {
	p.t.Helper()
	var text string
	p.try(func(ctx context.Context) error {
		root, err := p.root(ctx)
		if err != nil {
			return err
		}
		return apply(ctx, root, `function() { return this.documentElement.outerHTML }`, &text)
	}, "read the markup")
	return text
}

// knowsNothing checks that a page tells its reader nothing of the user who is
// probably meant.
func (p *Person) knowsNothing() {
	p.t.Helper()
	page := strings.ToLower(p.markup())
	for _, secret := range []string{"hanson", "probably", "same person", "one letter"} {
		if strings.Contains(page, secret) {
			p.t.Errorf("%s is shown %q at %s: %s", p.name, secret, p.address(), p.Text())
		}
	}
}

// addsMistyped is Ada adding Anna under the wrong account name.
func (c *company) addsMistyped() *Person {
	c.t.Helper()
	adas := c.arrives(ada())
	adas.Click("link", "Users")
	adas.Click("link", "Add")
	form := adas.Popup("Add a user")
	form.Fill("Account name", mistyped)
	form.Fill("Name optional", "Anna Hansen")
	form.Check("North")
	form.Choose("Access to North", "Write")
	form.Click("button", "Add")
	adas.See("Anna Hansen has been added.")
	return adas
}

// Ada adds Anna under a mistyped account name. Anna is not recognised and asks;
// Ada is told who it probably is, and says so by keyboard.
func TestMistypedPersonIsTheSamePerson(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t, anna())
		c.plain = plain
		adas := c.addsMistyped()
		invited := c.only(c.users(), Account{Username: mistyped})

		annas := c.arrives(anna())
		annas.Has("heading", "Request access to Nordhavn")
		annas.knowsNothing()
		annas.Fill("Message optional", "I thought I had been added?")
		annas.Click("button", "Request access")
		annas.See("Your request is pending")
		annas.knowsNothing()

		// The email says that someone was added, and not who: emails are passed on.
		mail := c.Mail(ada().Username, "Approval needed: Anna Hansen requests access to Nordhavn")
		mailSays(t, mail, "This is probably someone who has already been added.")
		if strings.Contains(mail.Text+mail.HTML, "hanson") {
			t.Errorf("the mail names the user who is probably meant:\n%s", mail.Text)
		}
		adas.follow(mail)
		request := adas.path()
		adas.See("This looks like someone you've already added")
		adas.Has("button", "No, create a new user")
		adas.See(mistyped)
		adas.See("one letter differs")
		adas.See("never signed in")
		adas.Validate()
		if !plain {
			adas.Look("request-similar")
		}
		adas.enter("button", "Yes, same person as "+mistyped)
		adas.See("Anna Hansen now has access as anna.hansen@nordhavn.example.")
		c.Mail(anna().Username, "You now have access to Nordhavn")
		got := c.only(c.users(), anna())
		if got.ID != invited.ID || len(got.Units) != 1 || got.Units[0] != invited.Units[0] {
			t.Errorf("Anna is %+v, want the user whom Ada added: %+v", got, invited)
		}
		annas.sees("Sales / North Write")

		// Ada is in doubt, takes it back, and decides the same again.
		adas.Click("link", "Undo")
		form := adas.Popup("Undo the approval of Anna Hansen")
		form.See("The user is restored to how they were before the approval.")
		form.Click("button", "Undo")
		adas.See("The approval has been undone. The request from Anna Hansen is pending again.")
		c.Mail(anna().Username, "Your access to Nordhavn was removed")
		if got := c.only(c.users(), Account{Username: mistyped}); got.ID != invited.ID || got.Status != "invited" {
			t.Errorf("after taking back the user is %+v, want %+v", got, invited)
		}
		annas.waitsAgain()
		annas.knowsNothing()
		adas.Open(request)
		adas.enter("button", "Yes, same person as "+mistyped)
		adas.See("Anna Hansen now has access as anna.hansen@nordhavn.example.")

		annas.goesInAgain()
		annas.See("Welcome, Anna")
		annas.See("Sales / North Write")
		if got := c.users(); len(got) != 2 {
			t.Errorf("there are %d users, want Ada and Anna: %+v", len(got), got)
		}
		if got := c.only(c.requests(), anna()); got.State != "approved" {
			t.Errorf("the request is %s, want approved", got.State)
		}

		// All of it is written down.
		adas.Open("/settings/activity?signins=1&user=" + invited.ID)
		for _, line := range []string{
			"Ada Lind added Anna Hansen", "Ada Lind changed the details of Anna Hansen",
			"Ada Lind approved the request from Anna Hansen",
			"Ada Lind undid the approval of Anna Hansen", "Anna Hansen signed in",
		} {
			adas.See(line)
		}
	})
}

// The other direction: Anna has asked, and Ada adds her under a mistyped name.
func TestAddingSomebodyWhoHasNearlyAsked(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t, anna())
		c.plain = plain
		annas := c.asks(anna())
		adas := c.arrives(ada())
		adas.Click("link", "Users")
		adas.Click("link", "Add")
		form := adas.Popup("Add a user")
		form.Fill("Account name", mistyped)
		form.Fill("Name optional", "Anna Hansen")
		form.Check("North")
		if plain {
			form.Click("button", "Add")
		}
		form.See("This looks like someone who's already here:")
		form.See(anna().Username)
		form.Has("button", "Add anyway")
		if len(c.users()) != 1 {
			t.Error("she was added before anybody confirmed it")
		}
		if !plain {
			adas.Look("popup-add-similar-request")
		}
		// No directory is connected here, so the account is not confirmed: the request decides.
		form.Click("button", "Same person: approve the request")
		adas.See("Microsoft 365 didn't confirm the account in the request, so no one was added.")
		adas.Click("link", "See the request")
		adas.Check("North")
		adas.Click("button", "Approve")
		adas.See("Anna Hansen now has access: ")
		annas.Open("/access")
		annas.goesIn()
		annas.See("Sales / North Read")
		c.only(c.users(), anna())
		if got := len(c.users()); got != 2 {
			t.Errorf("there are %d users, want Ada and Anna", got)
		}
	})
}

// Two people may have nearly the same name: the warning is not a wall.
func TestAddingSomebodyNearlyTheSameAnyway(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t, anna())
		c.plain = plain
		c.Must("user", "add", "--username", anna().Username, "--name", anna().Name, "--unit", "Operations")
		annas := c.arrives(anna())
		annas.See("Welcome, Anna")
		adas := c.arrives(ada())
		adas.Open("/settings/users")
		adas.Click("link", "Add")
		form := adas.Popup("Add a user")
		form.Fill("Account name", mistyped)
		form.Fill("Name optional", "Anna Hanson")
		if plain {
			form.Click("button", "Add")
		}
		form.See("This looks like someone who's already here:")
		form.See("one letter differs")
		form.Has("link", "Open this user")

		// A confirmation counts for this account name only.
		form.Fill("Account name", "zita.quist@nordhavn.example")
		form.Fill("Name optional", "Zita Quist")
		if !plain {
			form.SeeNot("This looks like someone who's already here:")
			form.HasNo("button", "Add anyway")
		}
		form.Fill("Account name", "anna.hansenn@nordhavn.example")
		form.Fill("Name optional", "Anna Hansen")
		if plain {
			form.Click("button", "Add anyway")
			if got := len(c.users()); got != 2 {
				t.Errorf("there are %d users: the confirmation counted for another account name", got)
			}
		} else {
			adas.Press("Tab") // leaving the field asks for an answer
		}
		form.See("This looks like someone who's already here:")
		form.Click("button", "Add anyway")
		adas.See("Anna Hansen has been added.")
		if got := len(c.users()); got != 3 {
			t.Errorf("there are %d users, want Ada and two Annas", got)
		}
		if got := c.only(c.users(), anna()); got.Status != "active" || len(got.Units) != 1 {
			t.Errorf("the first Anna is %+v now", got)
		}
		annas.Reload()
		annas.See("Operations Read")
	})
}
