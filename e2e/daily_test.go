package e2e

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius/testbed/mailserver"
)

func TestUserIsEditedDeactivatedAndReactivated(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t, gu())
		c.plain = plain
		c.Must("user", "add", "--username", gu().Username, "--name", "Gu Berg", "--unit", "Sales / North")
		gus := c.arrives(gu())
		gus.See("Sales / North Read")

		adas := c.arrives(ada())
		adas.Open("/settings/users?status=active")
		adas.Click("link", "Gu Berg "+gu().Username)
		adas.Click("link", "Edit details")
		form := adas.Popup("Edit Gu Berg")
		form.See("Linked to the Microsoft 365 account since the first sign-in.")
		form.Fill("Name", "Gustav Berg")
		form.Fill("Email optional", "gustav@nordhavn.example")
		form.Fill("End date optional", "2099-12-31")
		form.Click("button", "Save")
		adas.See("Changes to Gustav Berg have been saved.")
		adas.See("gustav@nordhavn.example")

		// More units, with inherited access shown.
		adas.Click("link", "Manage business units")
		form = adas.Popup("Business units for Gustav Berg")
		form.Check("Sales")
		form.Choose("Access to Sales", "Write")
		if !plain {
			form.See("Write, inherited from Sales")
		}
		form.Uncheck("North")
		form.Click("button", "Save")
		adas.See("Business units for Gustav Berg have been saved.")
		gus.Reload()
		gus.See("Sales Write")

		// Deactivating ends what he is doing at once.
		adas.Click("link", "Deactivate")
		form = adas.Popup("Deactivate Gustav Berg")
		form.See("is signed out everywhere immediately.")
		form.Click("button", "Deactivate")
		adas.See("has been deactivated and signed out everywhere.")
		gus.Reload()
		gus.Has("button", "Sign in with Microsoft")
		gus.Click("button", "Sign in with Microsoft")
		gus.See("Your access is deactivated")
		gus.See("Ada Lind")

		adas.Click("link", "Reactivate")
		adas.Popup("Reactivate Gustav Berg").Click("button", "Reactivate")
		adas.See("has been reactivated.")
		gus.Click("button", "Not you? Switch account")
		gus.PickAccount(gu().Username)
		gus.See("Sales Write")

		// Signed out everywhere, he may come back right away.
		adas.Reload()
		adas.Click("link", "Sign out everywhere")
		adas.Popup("Sign Gustav Berg out everywhere").Click("button", "Sign out everywhere")
		adas.See("1 session for Gustav Berg has been ended.")
		gus.Open("/")
		gus.See("Your session has ended. Sign in again to continue.")
		gus.Click("button", "Sign in with Microsoft")
		gus.See("Sales Write")

		readsWhatBecameOfGustav(adas, plain)
	})
}

// readsWhatBecameOfGustav finds all of it in the activity log.
func readsWhatBecameOfGustav(p *Person, plain bool) {
	p.t.Helper()
	p.Open("/settings/activity")
	for _, line := range []string{
		"Ada Lind changed the details of Gustav Berg", "Ada Lind changed the business units for Gustav Berg",
		"Ada Lind deactivated Gustav Berg", "Gustav Berg tried to sign in but wasn't given access",
		"Ada Lind reactivated Gustav Berg",
		"Ada Lind signed Gustav Berg out everywhere", "Gustav Berg signed in for the first time",
	} {
		p.See(line)
	}
	p.Fill("Search for a person", "Gustav")
	if plain {
		p.Click("button", "Search")
	}
	p.See("What Gustav Berg did, and what others changed for this user")
}

func TestLastDayOfAccess(t *testing.T) {
	t.Parallel()
	c := newCompany(t, gu())
	c.Must("user", "add", "--username", gu().Username, "--name", "Gu Berg", "--unit", "Operations")
	adas := c.arrives(ada())
	adas.Open("/settings/users?q=gu.berg")
	adas.Click("link", row(gu()))
	adas.Click("link", "Edit details")
	form := adas.Popup("Edit Gu Berg")
	form.Fill("End date optional", "2020-02-29")
	form.Click("button", "Save")
	form.See("This date is in the past.")
	form.Fill("End date optional", time.Now().UTC().AddDate(0, 0, 1).Format(time.DateOnly))
	form.Click("button", "Save")
	adas.See("Changes to Gu Berg have been saved.")
	c.arrives(gu()).See("Operations Read")
}

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	adas := c.arrives(ada())
	id := c.only(c.users(), ada()).ID
	adas.Open("/settings/users/" + id)
	adas.See("This is the last administrator of the whole company.")
	adas.HasNo("link", "Deactivate")
	adas.Click("link", "Manage business units")
	form := adas.Popup("Business units for Ada Lind")
	form.Choose("Access to Nordhavn", "Write")
	form.Click("button", "Save")
	form.See("This is the last administrator of the whole company. Make someone else one first.")
	if got := c.Run("user", "deactivate", ada().Username); got.Code != 1 ||
		!strings.Contains(got.Stderr, "last administrator") {
		t.Errorf("user deactivate ended with %+v", got)
	}
}

func TestBusinessUnitsAreKept(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t)
		c.plain = plain
		c.Must("user", "add", "--username", "bo@nordhavn.example", "--name", "Bo Juhl", "--unit", "Sales / South")
		adas := c.arrives(ada())
		adas.Click("link", "Business units")
		adas.Click("link", "Add")
		form := adas.Popup("Add a business unit")
		form.Fill("Name", "North")
		form.Check("Sales")
		form.Click("button", "Add")
		form.See("There's already a unit called North in this place. Choose another name.")
		form.Fill("Name", "Baltic")
		form.Click("button", "Add")
		adas.See("Baltic has been added.")

		adas.Open("/settings/units")
		adas.Click("link", "Baltic")
		adas.Click("link", "Rename")
		form = adas.Popup("Rename Baltic")
		form.Fill("Name", "Baltic Sea")
		form.Click("button", "Save")
		adas.See("The business unit is now called Baltic Sea.")
		adas.Click("link", "Move")
		form = adas.Popup("Move Baltic Sea")
		form.Check("Operations")
		form.Click("button", "Move")
		adas.See("Baltic Sea has been moved.")
		adas.See("Operations")
		adas.Click("link", "Archive")
		form = adas.Popup("Archive Baltic Sea")
		form.See("Its history is kept, and it can be restored.")
		form.Click("button", "Archive")
		adas.See("Baltic Sea has been archived.")

		// It is said before what stands in the way.
		refuses := func(unit, why string) {
			t.Helper()
			adas.Open("/settings/units")
			adas.Click("link", unit)
			adas.Click("link", "Archive")
			adas.Popup("Archive " + unit).See(why)
		}
		refuses("Sales", "2 units below it are in use. Move or archive them first.")
		refuses("South", "1 member moves to the business unit you choose, with the same access.")
		adas.Open("/settings/units")
		adas.Within("main", "Business units").Click("link", "Nordhavn")
		adas.HasNo("link", "Archive")
		adas.HasNo("link", "Move")

		adas.Open("/settings/units?archived=1")
		adas.Click("link", "Baltic Sea")
		adas.Click("link", "Restore")
		adas.Popup("Restore Baltic Sea").Click("button", "Restore")
		adas.See("Baltic Sea has been restored.")
	})
}

// A unit cannot come to lie below itself, whatever a form claims.
func TestNoCyclesInTheTree(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	w := c.signedIn(ada())
	ids := map[string]string{}
	for _, u := range c.list("unit", "list") {
		ids[u.Name] = u.ID
	}
	move := "/settings/units/" + ids["Sales"] + "/move"
	w.submit(move, move, url.Values{"parent": {ids["North"]}}).wants(
		t, "moving beneath itself", http.StatusUnprocessableEntity, "A unit can't be moved below itself.",
	)
	archive := "/settings/units/" + ids["Nordhavn"] + "/archive"
	w.post(archive, url.Values{"version": {"1"}}).wants(
		t, "archiving the company", http.StatusConflict, "The company itself can't be moved or archived.",
	)
}

func TestLateDecisionIsTold(t *testing.T) {
	t.Parallel()
	c := newCompany(t, gu(), dagny())
	c.Must(
		"user", "add", "--username", dagny().Username, "--name", "Dagny Moe", "--unit", "/", "--access", "administer",
	)
	c.signedIn(gu()).submit("/access", "/access", nil)
	adas, dagnys, dagnysOther := c.arrives(ada()), c.arrives(dagny()), c.arrives(dagny())
	for _, p := range []*Person{adas, dagnys, dagnysOther} {
		p.Open("/settings/requests")
		p.Click("link", row(gu()))
	}
	dagnysOther.Click("link", "Decline")
	form := dagnysOther.Popup("Decline the request from Gu Berg")
	form.Fill("Note optional", "No.")
	adas.Check("North")
	adas.Click("button", "Approve")
	adas.See("Gu Berg now has access: ")
	dagnys.Check("South")
	dagnys.Click("button", "Approve")
	dagnys.See("Ada Lind approved this request")
	dagnys.See("Your decision wasn't applied.")
	if got := dagnys.Status(); got != http.StatusConflict {
		t.Errorf("got status %d, want 409", got)
	}
	dagnys.Look("request-late")
	if got := c.only(c.requests(), gu()); got.State != "approved" {
		t.Errorf("the request is %s", got.State)
	}
	form.Click("button", "Decline")
	dagnysOther.See("Someone decided before you. Your decision wasn't applied.")
	dagnysOther.See("Ada Lind approved this request")
	if got := c.only(c.requests(), gu()); got.State != "approved" {
		t.Errorf("the request is %s", got.State)
	}
	// Her page, when she looks again, says the same.
	dagnys.Reload()
	dagnys.See("Ada Lind approved")
}

// Dagny was an administrator once; her account was renamed, and she asks anew.
func TestNobodyDecidesTheirOwnRequest(t *testing.T) {
	t.Parallel()
	c := newCompany(t, dagny())
	c.signedIn(dagny()).submit("/access", "/access", url.Values{"message": {"Me again."}})
	id := c.only(c.requests(), dagny()).ID
	// Support adds her account name in other letters. It may be another person's by now, so that asks, and her request
	// waits until Microsoft says the name at her next sign-in.
	add := []string{
		"user", "add", "--username", "DAGNY.MOE@nordhavn.example", "--name", "Dagny Moe", "--unit", "/", "--access",
		"administer",
	}
	if got := c.Run(add...); got.Code != 1 || !strings.Contains(got.Stderr, "same account name") {
		t.Errorf("user add ended with %+v", got)
	}
	c.Must(append(add, "--despite")...)
	if q := c.only(c.requests(), dagny()); q.State != "pending" {
		t.Errorf("before she signs in again the request is %s", q.State)
	}
	w := c.signedIn(dagny())
	got := w.post("/settings/requests/"+id+"/decline", url.Values{"note": {"no"}})
	if got.StatusCode == http.StatusSeeOther {
		got = w.get(got.Header.Get("Location"))
	}
	if text := got.Text(); !strings.Contains(text, "Your decision wasn't applied.") {
		t.Errorf("deciding the own request: status %d, %s", got.StatusCode, text)
	}
	if q := c.only(c.requests(), dagny()); q.State != "approved" {
		t.Errorf("the request is %s", q.State)
	}
	back := w.post("/settings/requests/"+id+"/take-back", nil)
	if back.StatusCode != http.StatusConflict && back.StatusCode != http.StatusForbidden {
		t.Errorf("taking the own approval back: status %d, %s", back.StatusCode, back.Text())
	}
}

// Two administrators edit the same user; the second is told before anything of
// the first one's is lost.
func TestStaleFormsChangeNothing(t *testing.T) {
	t.Parallel()
	c := newCompany(t, dagny())
	for _, a := range []Account{dagny(), {Username: "bo@nordhavn.example", Name: "Bo Juhl"}} {
		c.Must("user", "add", "--username", a.Username, "--name", a.Name, "--unit", "/", "--access", "administer")
	}
	user := "/settings/users/" + c.only(c.users(), Account{Username: "bo@nordhavn.example"}).ID
	adas, dagnys := c.arrives(ada()), c.arrives(dagny())
	for _, p := range []*Person{adas, dagnys} {
		p.Open(user)
		p.Click("link", "Edit details")
	}
	form := adas.Popup("Edit Bo Juhl")
	form.Fill("Name", "Bo Juhl Hansen")
	form.Click("button", "Save")
	adas.See("have been saved.")
	form = dagnys.Popup("Edit Bo Juhl")
	form.Fill("Email optional", "bo.juhl@nordhavn.example")
	form.Click("button", "Save")
	form.Has("alert", "")
	if got := form.Value("Email optional"); got != "bo.juhl@nordhavn.example" {
		t.Errorf("what Dagny typed is gone: %q", got)
	}
	if got := c.only(c.users(), Account{Username: "bo@nordhavn.example"}); got.Name != "Bo Juhl Hansen" {
		t.Errorf("Bo is called %s, want what Ada saved", got.Name)
	}
	dagnys.Axe()

	for _, p := range []*Person{adas, dagnys} {
		p.Open(user + "/units")
	}
	adas.Check("North")
	adas.Click("button", "Save")
	adas.See("have been saved.")
	dagnys.Check("South")
	dagnys.Click("button", "Save")
	dagnys.See("have changed since you opened this page.")
	if !dagnys.Checked("South") {
		t.Error("what Dagny chose is gone")
	}
}

func TestUndeliveredMailIsSeenAndSentAgain(t *testing.T) {
	t.Parallel()
	server, err := mailserver.Start(t.Context(), "127.0.0.1:0", mailserver.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = server.Close() })
	c := newCompanyWith(t, []string{"PACTIUS_SMTP_URL=" + server.URL()}, gu())
	c.sent(server, 1)
	server.Behave(mailserver.Mood{At: mailserver.Recipient, Code: 550, Text: "No such mailbox"})
	c.Must("user", "add", "--username", gu().Username, "--name", "Gu Berg", "--unit", "Operations", "--welcome")

	adas := c.arrives(ada())
	adas.try(func(context.Context) error {
		adas.Open("/")
		if !strings.Contains(adas.Text(), "1 email couldn't be delivered.") {
			return errors.New("not yet")
		}
		return nil
	}, "be told of the mail")
	adas.Click("link", "See which")
	adas.See("Gu Berg gu.berg@nordhavn.example · Welcome email")
	adas.See("No such mailbox")
	adas.Look("environment-undelivered")
	adas.Validate()
	server.Behave(mailserver.Mood{})
	adas.Click("button", "Send again to gu.berg@nordhavn.example")
	adas.See("The email is on its way again.")
	if got := c.sent(server, 2); !slices.Equal(got[1].To, []string{"gu.berg@nordhavn.example"}) {
		t.Errorf("the mail server has %v, want the last to Gu", got)
	}
	adas.Open("/settings/environment")
	adas.See("Every email has been delivered.")
	adas.Open("/settings/activity")
	adas.See("An email couldn't be delivered")
	adas.See("Ada Lind resent an undelivered email")
}

// A power cut loses nothing that was acknowledged, and the email still goes.
func TestPowerCut(t *testing.T) {
	t.Parallel()
	c := newCompanyWith(t, []string{"PACTIUS_SMTP_URL="}, gu()) // so that the email is still waiting
	w := c.signedIn(gu())
	if got := w.submit("/access", "/access",
		url.Values{"message": {"Please."}}); got.StatusCode != http.StatusSeeOther {
		t.Fatalf("asking: status %d", got.StatusCode)
	}
	c.Kill()
	c.env = append(c.env, "PACTIUS_SMTP_URL=smtp://"+c.Mailbox.SMTP+"?tls=none")
	c.Start()
	w.get("/access").wants(t, "after the power cut", http.StatusOK, "Your request is pending")
	c.Mail(ada().Username, "Approval needed: ")
}

func TestEnvironmentSettings(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t)
		c.plain = plain
		adas := c.arrives(ada())
		adas.Click("link", "Environment")
		if got := adas.Value("Time zone"); got != "UTC" {
			t.Errorf("the time zone holds %q where none is set", got)
		}
		adas.Fill("Name", "Nordhavn Shipping")
		adas.Fill("Support contact optional", "help@nordhavn.example")
		adas.Fill("Time zone", "Mars/Olympus")
		adas.Click("button", "Save")
		adas.See("Please correct the highlighted entry.")
		if got := adas.Value("Name"); got != "Nordhavn Shipping" {
			t.Errorf("the name holds %q", got)
		}
		adas.Fill("Time zone", "Europe/Copenhagen")
		adas.Click("button", "Save")
		adas.See("The settings have been saved.")
		adas.Has("link", "help@nordhavn.example")

		// The language is a person's own.
		adas.Click("button", "Ada Lind , your account")
		adas.Click("button", "Dansk")
		adas.Has("link", "Startside")
	})
}
