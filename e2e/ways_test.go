package e2e

import (
	"strings"
	"testing"
)

func TestSomebodyUnknownAsksAndIsLetIn(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t, gu(), eva())
		c.plain = plain

		// Gu comes by chance with Eva's account, and then with his own.
		gus := c.arrives(eva())
		gus.At("/access")
		gus.See("Eva Kjær")
		gus.Click("button", "Not you? Switch account")
		gus.PickAccount(gu().Username)
		gus.See("Request access to Nordhavn")
		gus.See("gu.berg@nordhavn.example")
		gus.SeeNot("Eva Kjær")
		gus.See("Who can approve: ada@nordhavn.example")
		gus.Fill("Message optional", "I start in Sales on Monday.\nBirgit said I should ask.")
		gus.Unfold("I know which business units I need optional")
		gus.Check("North")
		gus.Click("button", "Request access")
		gus.See("Your request is pending")
		gus.See("Sales / North")
		gus.See("Birgit said I should ask.")

		// Ada has an email and follows its link, not signed in.
		mail := c.Mail(ada().Username, "Approval needed: Gu Berg requests access to Nordhavn")
		mailSays(t, mail, "Gu Berg", "gu.berg@nordhavn.example", "Birgit said I should ask.", "Sales / North",
			"Open the request")
		stage.ValidateMail(t, "the mail to the administrator", mail.HTML)
		adas := c.Person("Ada")
		adas.follow(mail)
		adas.PickAccount(ada().Username)
		adas.See("Birgit said I should ask.")
		if got := adas.path(); !strings.HasPrefix(got, "/settings/requests/") {
			t.Fatalf("Ada came to %s, want the request", got)
		}
		if !adas.Checked("North") {
			t.Error("what Gu wished for is not chosen beforehand")
		}
		adas.Check("Operations")
		adas.Choose("Access to Operations", "Write")
		adas.Fill("Note to Gu Berg optional", "Welcome to the team!")
		adas.Click("button", "Approve")
		adas.See("Gu Berg now has access: ")

		// Gu has a mail. His page is still open and takes him in, without scripts when he looks again.
		mail = c.Mail(gu().Username, "You now have access to Nordhavn")
		mailSays(t, mail, "Welcome to the team!", "Sales / North (Read)", "Operations (Write)", "Sign in")
		stage.ValidateMail(t, "the mail to the person", mail.HTML)
		mailLink(t, c.URL, mail)
		if plain {
			gus.Reload()
		}
		gus.goesIn()
		gus.At("/")
		gus.See("You now have access: Operations (write), Sales / North (read)")
		gus.See("Welcome, Gu")
		gus.See("Sales / North Read")
		gus.See("Operations Write")
		gus.HasNo("link", "Users")

		got := c.only(c.users(), gu())
		if got.Status != "active" || len(got.Units) != 2 {
			t.Errorf("Gu is %+v, want active with two business units", got)
		}
	})
}

func TestApprovedWithoutUnitsIsNotForgotten(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t, gu())
		c.plain = plain
		gus := c.asks(gu())

		adas := c.arrives(ada())
		adas.Click("link", row(gu()))
		if plain {
			adas.Click("button", "Approve")
		} else {
			adas.Click("button", "Approve without business units")
		}
		adas.See("Gu Berg now has access, but doesn't have any business units yet.")
		if got := adas.path(); !strings.HasPrefix(got, "/settings/users/") {
			t.Fatalf("Ada came to %s, want the user's page", got)
		}
		mailSays(t, c.Mail(gu().Username, "You now have access to Nordhavn"),
			"Your business units are still being assigned.")

		// Gu goes in and is told who helps.
		gus.Reload()
		gus.goesIn()
		gus.See("You're signed in, but you don't have any business units yet.")

		// Later Ada finds him again.
		adas.Open("/")
		adas.Click("link", "1 Users without business units")
		adas.At("/settings/users?status=unassigned")
		adas.Click("link", row(gu()))
		adas.Click("link", "Assign business units now")
		form := adas.Popup("Business units for Gu Berg")
		form.Check("South")
		form.Choose("Access to South", "Administer")
		form.Click("button", "Save")
		adas.See("Business units for Gu Berg have been saved.")
		adas.SeeNot("has no business units yet")
		mailSays(t, c.Mail(gu().Username, "Your business units in Nordhavn are ready"), "Sales / South (Administer)")
		adas.Open("/settings/users?status=unassigned")
		adas.See("No users found")

		gus.Reload()
		gus.See("Sales / South Administer")
		gus.Has("link", "Users")
	})
}

func TestSomebodyAddedBeforehandIsIn(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t, gu())
		c.plain = plain
		adas := c.arrives(ada())
		adas.Click("link", "Users")
		adas.Click("link", "Add")
		form := adas.Popup("Add a user")
		form.Fill("Account name", "Gu.Berg@NORDHAVN.example")
		form.Fill("Name optional", "Gu Berg")
		form.Check("North")
		form.Choose("Access to North", "Write")
		form.Check("Send a welcome email")
		form.Click("button", "Add")
		adas.See("Gu Berg has been added.")

		mail := c.Mail(gu().Username, "Welcome to Nordhavn")
		mailSays(t, mail, "Ada Lind has added you to Nordhavn", "Sales / North (Write)")
		stage.ValidateMail(t, "the welcome mail", mail.HTML)
		gus := c.Person("Gu")
		gus.follow(mail)
		gus.PickAccount(gu().Username)
		gus.At("/")
		gus.See("Welcome, Gu")
		gus.See("Sales / North Write")
		if got := c.requests(); len(got) != 0 {
			t.Errorf("there are requests: %+v", got)
		}
	})
}

func TestMistypedAccountNameIsCorrected(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t, gu(), eva())
		c.plain = plain
		c.Must("user", "add", "--username", "gu.bergh@nordhavn.example", "--name", "Gu Berg", "--unit", "Sales / North",
			"--access", "write")
		c.Must("user", "add", "--username", "eva.kjar@nordhavn.example", "--name", "Eva Kjær", "--unit", "Operations")

		// Gu is not recognised and asks; Eva calls Ada instead.
		gus := c.asks(gu())
		evas := c.arrives(eva())
		evas.See("Request access to Nordhavn")

		adas := c.arrives(ada())
		// Microsoft's directory is not asked here, so the request under the right name only looks like Gu's: he is
		// linked when he signs in.
		correct := func(wrong, right, said string) {
			adas.Open("/settings/users?q=" + wrong)
			adas.Click("link", said+" "+wrong)
			adas.Click("link", "Edit details")
			form := adas.Popup("Edit " + said)
			form.Fill("Account name", right)
			form.Click("button", "Save")
			if right == gu().Username {
				form.See("See the request")
				form.Click("button", "Save anyway")
			}
			adas.See("Changes to " + said + " have been saved.")
		}
		correct("gu.bergh@nordhavn.example", gu().Username, "Gu Berg")
		correct("eva.kjar@nordhavn.example", eva().Username, "Eva Kjær")

		gus.Reload()
		gus.goesIn()
		gus.See("Sales / North Write")
		evas.Reload()
		evas.goesIn()
		evas.See("Operations Read")
		c.only(c.users(), gu())
		c.only(c.users(), eva())
		if got := len(c.users()); got != 3 {
			t.Errorf("there are %d users, want Ada, Gu and Eva", got)
		}
		if got := c.only(c.requests(), gu()); got.State != "approved" {
			t.Errorf("Gu's request is %s, want approved by the sign-in", got.State)
		}
	})
}

func TestAddingSettlesAPendingRequest(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		o := newOffice(t)
		o.plain = plain
		account := Account{Username: "gustav.friis@nordhavn.example", Name: "Gustav Friis"}
		gustavs := o.asks(account.Name)
		adas, form := o.adding()
		form.Fill("Account name", account.Username)
		if plain {
			form.Click("button", "Add")
		}
		form.See("Adding this user approves that request.")
		form.Check("North")
		form.Click("button", "Add and approve the request")
		adas.See("Gustav Friis has been added, and the access request has been approved.")
		gustavs.Reload()
		gustavs.goesIn()
		gustavs.See("Sales / North Read")
		if got := o.only(o.requests(), account); got.State != "approved" {
			t.Errorf("the request is %s, want approved", got.State)
		}
		o.only(o.users(), account)
	})
}

func TestDeclineWithdrawTakeBack(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t, gu(), eva())
		c.plain = plain

		// Gu changes his mind, and asks again.
		gus := c.asks(gu())
		gus.Click("link", "Withdraw the request")
		gus.See("The request can no longer be approved.")
		gus.Click("button", "Withdraw")
		gus.See("You withdrew your request")
		gus.Fill("Message optional", "Sorry, I do need it.")
		gus.Click("button", "Request access")
		gus.See("Your request is pending")

		// Ada approves him by mistake and takes it back, before he looks.
		gus.Open("about:blank")
		adas := c.arrives(ada())
		adas.Click("link", row(gu()))
		adas.Check("North")
		adas.Click("button", "Approve")
		adas.See("Gu Berg now has access: Sales / North (read).")
		adas.Click("link", "Undo")
		form := adas.Popup("Undo the approval of Gu Berg")
		form.See("The user created by the approval is removed.")
		form.Click("button", "Undo")
		adas.See("The approval has been undone. The request from Gu Berg is pending again.")
		c.Mail(gu().Username, "Your access to Nordhavn was removed")
		for _, u := range c.users() {
			if strings.EqualFold(u.Username, gu().Username) {
				t.Errorf("Gu is still a user: %+v", u)
			}
		}
		gus.Open("/access")
		gus.See("Your request is pending")

		// Then she declines.
		adas.Open("/settings/requests")
		adas.Click("link", row(gu()))
		adas.Click("link", "Decline")
		form = adas.Popup("Decline the request from Gu Berg")
		form.Fill("Note optional", "You work for the harbour, ask there.")
		form.Click("button", "Decline")
		adas.See("The request from Gu Berg has been declined.")
		mailSays(t, c.Mail(gu().Username, "Your request for access to Nordhavn was declined"),
			"You work for the harbour, ask there.", "Ada Lind")
		gus.Reload()
		gus.See("Your request was declined")
		gus.See("You work for the harbour, ask there.")
		gus.HasNo("button", "Request access")

		// Eva is in before Ada notices the mistake: she is signed out, and waits again.
		evas := c.asks(eva())
		adas.Open("/settings/requests")
		adas.Click("link", row(eva()))
		adas.Check("North")
		adas.Click("button", "Approve")
		adas.Click("link", "Decided")
		adas.Click("link", row(eva()))
		adas.See("Access given Sales / North Read")
		evas.sees("Sales / North Read")
		adas.Click("link", "Undo")
		form = adas.Popup("Undo the approval of Eva Kjær")
		form.See("Eva Kjær is signed out everywhere immediately.")
		form.Click("button", "Undo")
		adas.See("The approval has been undone. The request from Eva Kjær is pending again.")
		evas.waitsAgain()
		c.Mail(eva().Username, "Your access to Nordhavn was removed")

		// She asks for more before Ada looks again: that isn't undone with it.
		adas.Check("North")
		adas.Click("button", "Approve")
		adas.See("Eva Kjær now has access: Sales / North (read).")
		evas.goesInAgain()
		evas.Open("/access/more")
		evas.Fill("Message optional", "I also work for Legal.")
		evas.Click("button", "Send request")
		evas.See("Your request is pending")
		adas.Open("/settings/requests?state=decided")
		adas.Click("link", row(eva()))
		adas.HasNo("link", "Undo")
	})
}
