package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/testbed/devtenant"
)

// swept is what "pactius sweep --json" says.
type swept struct {
	Outcome  string         `json:"outcome"`
	Accounts int            `json:"accounts"`
	Asked    int            `json:"asked"`
	Found    int            `json:"found"`
	Done     map[string]int `json:"done"`
	Waiting  int            `json:"waiting"`
	Trouble  string         `json:"trouble"`
}

// newSwept is an office that is swept when a test says so, and only then.
func newSwept(t *testing.T) *office {
	t.Helper()
	return newOffice(t, "PACTIUS_DIRECTORY_SWEEP=0")
}

// sweeps compares with the directory and checks the outcome and what was done.
func (o *office) sweeps(outcome string, done map[string]int) swept {
	o.t.Helper()
	var s swept
	if out := o.Must("sweep", "--json"); json.Unmarshal([]byte(out), &s) != nil {
		o.t.Fatalf("pactius sweep prints %s", out)
	}
	if diff := cmp.Diff(done, s.Done); s.Outcome != outcome || diff != "" {
		o.t.Fatalf("the sweep %+v, want it %s and (-want +got)\n%s", s, outcome, diff)
	}
	return s
}

// joins adds someone and lets them sign in once, which binds their account.
func (o *office) joins(p devtenant.Person) *wire {
	o.t.Helper()
	o.Must("user", "add", "--username", p.AccountName, "--name", p.Name, "--unit", "Sales / North")
	return o.signsIn(p)
}

// signsIn goes through the tenant's page by hand.
func (o *office) signsIn(p devtenant.Person) *wire {
	o.t.Helper()
	w, in := o.goesIn(p)
	in.wants(o.t, p.Name+" at "+in.at(), http.StatusOK, "Welcome, "+names.First(p.Name))
	return w
}

// goesIn is signsIn for people who may not be users; in is the page they come to.
func (o *office) goesIn(p devtenant.Person) (w *wire, in answer) {
	o.t.Helper()
	w = newWire(o.t, o.URL)
	page, err := w.SignIn(o.t.Context(), p.ObjectID)
	if err != nil {
		o.t.Fatal(err)
	}
	return w, w.travel(http.MethodGet, page.Next(), nil)
}

// must ends the test when the tenant did not do what it was told.
func (o *office) must(err error) {
	o.t.Helper()
	if err != nil {
		o.t.Fatal(err)
	}
}

// status is the status of a user, as Support lists it.
func (o *office) status(p devtenant.Person) string {
	o.t.Helper()
	return o.only(o.users(), Account{Username: p.AccountName}).Status
}

// Gustav leaves the company and comes back; Gustava is deleted by mistake.
func TestWhoLeavesMicrosoftLeavesHere(t *testing.T) {
	t.Parallel()
	o := newSwept(t)
	gustavs, gustavas := officePeople[1], officePeople[2]
	adas := o.comes("Ada Lind")
	o.joins(gustavs)
	his := o.comes("Gustav Friis")
	his.See("Welcome, Gustav")
	hers := o.joins(gustavas)
	o.sweeps("finished", map[string]int{})

	o.must(o.tenant.Disable(gustavs.ObjectID))
	o.sweeps("finished", map[string]int{"deactivated": 1})
	his.Reload()
	his.SeeNot("Welcome, Gustav")
	his.Click("button", "Sign in with Microsoft")
	his.picks("Gustav Friis")
	his.Has("heading", "Your Microsoft 365 account is disabled or locked")
	his.See("Ask your IT department")
	hers.get("/").wants(t, "Gustava stays signed in", http.StatusOK, "Welcome, Gustava")

	mail := o.Mail("ada@nordhavn.example", "1 user of Nordhavn has left Microsoft 365")
	mailSays(t, mail, "Gustav Friis", "Deactivated")
	stage.ValidateMail(t, "the mail about leavers", mail.HTML)
	adas.follow(mail)
	adas.SeeNot("Gustava Holm")
	adas.clicksOne("link", "Gustav Friis "+gustavs.AccountName)
	adas.See("The Microsoft 365 account of Gustav Friis is disabled. PACTIUS has therefore deactivated the user, and " +
		"will reactivate them when the account is active again.")
	adas.See("The Microsoft 365 account of Gustav Friis was disabled or deleted")
	adas.See("The company's IT needs to enable the account in Microsoft 365. The user can then sign in as before.")
	adas.Validate()
	adas.Look("user-gone")
	if got := o.explains(gustavs.AccountName); got.Decision != "blocked" {
		t.Errorf("of Gustav the command says %+v", got)
	}

	// Enabled again, he need not wait for the next comparison.
	o.must(o.tenant.Enable(gustavs.ObjectID))
	his.Click("button", "Try again")
	his.picks("Gustav Friis")
	his.See("Welcome, Gustav")
	his.See("Sales / North")
	if got := o.status(gustavs); got != "active" {
		t.Errorf("Gustav is %s, want active", got)
	}
	o.sweeps("finished", map[string]int{})

	// Deleted and restored: the comparison alone takes and gives.
	o.must(o.tenant.Delete(gustavas.ObjectID))
	o.sweeps("finished", map[string]int{"deactivated": 1})
	hers.get("/").wants(t, "Gustava is signed out", http.StatusOK, "Sign in to Nordhavn")
	if got := o.status(gustavas); got != "deactivated" {
		t.Errorf("Gustava is %s, want deactivated", got)
	}
	o.must(o.tenant.Restore(gustavas.ObjectID))
	o.sweeps("finished", map[string]int{"reactivated": 1})
	mailSays(
		t, o.Mail("ada@nordhavn.example", "1 user of Nordhavn is back in Microsoft 365"), "Gustava Holm",
		"Back and reactivated",
	)
	if got := o.status(gustavas); got != "active" {
		t.Errorf("Gustava is %s, want active", got)
	}
	o.signsIn(gustavas)

	// Microsoft does not bring back a user deactivated by a person.
	o.Must("user", "deactivate", gustavs.AccountName)
	o.must(o.tenant.Disable(gustavs.ObjectID))
	o.sweeps("finished", map[string]int{"off": 1})
	o.must(o.tenant.Enable(gustavs.ObjectID))
	o.sweeps("finished", map[string]int{"back_off": 1})
	if got := o.status(gustavs); got != "deactivated" {
		t.Errorf("Gustav is %s, want deactivated as before", got)
	}
}

// crowd is many who join: more than a sweep may deactivate by itself.
func (o *office) crowd() (people []devtenant.Person, in []*wire) {
	o.t.Helper()
	const many = 7 // more than pactius.MinLeaverBound, and far more than a tenth
	for i := range many {
		p := devtenant.Person{
			ObjectID:    fmt.Sprintf("0f3b6c1e-4444-4c5b-b112-%012d", i+1),
			AccountName: fmt.Sprintf("crew%d@nordhavn.example", i+1), Name: fmt.Sprintf("Crew %d", i+1),
		}
		o.must(o.tenant.Put(p))
		people, in = append(people, p), append(in, o.joins(p))
	}
	return people, in
}

// count is how many of the crowd have a status, and how many are signed in.
func (o *office) count(people []devtenant.Person, status string, in []*wire) (with, signedIn int) {
	o.t.Helper()
	users := o.users()
	for i, p := range people {
		if o.only(users, Account{Username: p.AccountName}).Status == status {
			with++
		}
		if in[i].get("/settings/users").StatusCode == http.StatusForbidden { // a user, and no administrator
			signedIn++
		}
	}
	return with, signedIn
}

// The tenant is emptied by mistake, and later a department really goes.
func TestManyLeaversWaitForAHuman(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		o := newSwept(t)
		o.plain = plain
		adas := o.comes("Ada Lind")
		people, in := o.crowd()
		o.sweeps("finished", map[string]int{})
		for _, p := range people {
			o.must(o.tenant.Disable(p.ObjectID))
		}
		if got := o.sweeps("held", map[string]int{}); got.Waiting != len(people) {
			t.Errorf("%d wait, want %d", got.Waiting, len(people))
		}
		if active, signedIn := o.count(people, "active", in); active != len(people) || signedIn != len(people) {
			t.Errorf("%d are active and %d signed in, want all: nobody has decided", active, signedIn)
		}
		mail := o.Mail("ada@nordhavn.example", "Decision needed: 7 users of Nordhavn seem to have left")
		mailSays(t, mail, "Crew 1", "PACTIUS hasn't changed any user and is waiting for your decision.")
		stage.ValidateMail(t, "the mail about many leavers", mail.HTML)
		adas.follow(mail)
		adas.At("/settings/leavers")
		adas.See("7 users seem to have left.")
		adas.See("That's more than 10% of the users within a day, so nothing was done.")
		adas.Has("link", "Crew 7 crew7@nordhavn.example")
		adas.Validate()
		if !plain {
			adas.Look("leavers-held")
		}

		// It was a mistake, and Ada says so.
		adas.Click("link", "Ignore")
		form := adas.Popup("Ignore these findings")
		form.See("7 users stay unchanged, but are flagged")
		form.Click("button", "Ignore")
		adas.See("7 users stay unchanged.")
		adas.See("Nothing to decide")
		if active, signedIn := o.count(people, "active", in); active != len(people) || signedIn != len(people) {
			t.Errorf("%d are active and %d signed in after dropping, want all", active, signedIn)
		}
		o.sweeps("finished", map[string]int{}) // nothing has changed since
		for _, p := range people {
			o.must(o.tenant.Enable(p.ObjectID))
		}
		o.sweeps("finished", map[string]int{"back": len(people)})

		// This time they are gone, and one comes back while Ada looks at the list.
		for _, p := range people {
			o.must(o.tenant.Delete(p.ObjectID))
		}
		o.sweeps("held", map[string]int{})
		o.must(o.tenant.Restore(people[6].ObjectID))
		o.sweeps("held", map[string]int{})
		adas.Open("/settings/users")
		adas.See("6 users seem to have left Microsoft 365.")
		adas.Click("link", "Review and decide")
		adas.Click("link", "Deactivate these users")
		form = adas.Popup("Confirm that these users have left")
		form.See("6 users are signed out everywhere immediately.")
		form.Click("button", "Deactivate these users")
		adas.See("6 users are being handled.")
		if off, signedIn := o.count(people, "deactivated", in); off != 6 || signedIn != 1 {
			t.Errorf("%d are deactivated and %d signed in, want 6 and the one who came back", off, signedIn)
		}
		in[6].get("/").wants(t, "Crew 7", http.StatusOK, "Welcome, Crew 7")
		adas.Open("/settings/activity")
		adas.See(
			"Many accounts were disabled or deleted in Microsoft 365 at the same time; nothing is done until someone " +
				"decides",
		)
		adas.See("Ada Lind confirmed the leavers found in the Microsoft 365 directory")
		o.sweeps("finished", map[string]int{})

		// A late click on the page of before is told and changes nothing.
		adas.Open("/settings/leavers/carry-out")
		adas.At("/settings/leavers")
		adas.See("Nothing to decide")
	})
}
