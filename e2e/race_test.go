package e2e

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius/testbed/devtenant"
	"github.com/pactius/pactius/testbed/process"
)

func dagny() Account { return Account{Username: "dagny.moe@nordhavn.example", Name: "Dagny Moe"} }

// officeOf is an office with a second administrator, Gustava, and these people in
// Microsoft 365 besides.
func officeOf(t *testing.T, people ...devtenant.Person) *office {
	t.Helper()
	o := newOffice(t)
	for _, p := range people {
		o.must(o.tenant.Put(p))
	}
	o.Must("user", "add", "--username", officePeople[2].AccountName, "--unit", "/", "--access", "administer")
	return o
}

// Two administrators have Gustav before them, one as a request and one as a user to
// add, and click at the same moment.
func TestApproveAndAddAtTheSameMomentInBrowsers(t *testing.T) {
	t.Parallel()
	o := officeOf(t)
	o.Must("unit", "add", "--parents", "Sales / South")
	account := Account{Username: officePeople[1].AccountName, Name: officePeople[1].Name}
	var adas, gustavas, gustavs *Person
	Together(t,
		func() { gustavs = o.asks(account.Name) },
		func() { adas = o.comes("Ada Lind") },
		func() { gustavas = o.comes("Gustava Holm") },
	)
	adas.Open("/settings/requests")
	adas.Click("link", row(account))
	adas.Check("North")
	gustavas.Open("/settings/users/add")
	gustavas.Fill("Account name", account.Username)
	gustavas.See("Adding this user approves that request.")
	gustavas.Check("South")
	Together(t,
		func() { adas.Click("button", "Approve") },
		func() { gustavas.Click("button", "Add and approve the request") },
	)

	user := o.only(o.users(), account)
	if got := o.only(o.requests(), account); got.State != "approved" {
		t.Errorf("the request is %s", got.State)
	}
	if len(user.Units) != 1 {
		t.Errorf("Gustav has %+v, want the units of one of the two", user.Units)
	}
	if strings.HasSuffix(user.Units[0].Unit, "North") {
		adas.See("Gustav Friis now has access: ")
		gustavas.See("There's already a user with the account name gustav.friis@nordhavn.example: Gustav Friis.")
	} else {
		gustavas.See("Gustav Friis has been added, and the access request has been approved.")
		adas.See("Gustava Holm approved")
		adas.See("Your decision wasn't applied.")
	}
	gustavs.Reload()
	gustavs.goesIn()
	gustavs.See(user.Units[0].Unit)
}

// crowd are people of Microsoft 365 who are not known here.
func crowd(n int) []devtenant.Person {
	people := make([]devtenant.Person, n)
	for i := range people {
		people[i] = devtenant.Person{ObjectID: fmt.Sprintf("0f3b6c1e-4444-4c5b-b112-%012d", i),
			AccountName: fmt.Sprintf("person%d@nordhavn.example", i), Name: fmt.Sprintf("Person %d", i)}
	}
	return people
}

// Everybody who can let someone in does so at once: two administrators
// approve, both add, Support adds and approves at the command line.
func TestEverybodyLetsTheSamePersonInAtOnce(t *testing.T) {
	t.Parallel()
	const rounds = 4
	people := crowd(rounds)
	c := officeOf(t, people...)
	adas, gustavas := c.signsIn(officePeople[0]), c.signsIn(officePeople[2])
	for _, p := range people {
		a := Account{Username: p.AccountName, Name: p.Name}
		asking, _ := c.goesIn(p)
		asking.submit("/access", "/access", url.Values{"message": {"Please."}})
		id := c.only(c.requests(), a).ID

		approve, add := "/settings/requests/"+id+"/approve", "/settings/users/add"
		decision := adas.get("/settings/requests/"+id).form(t, approve)
		person := adas.get(add).form(t, add)
		person.Set("username", strings.ToUpper(a.Username))
		person.Set("name", a.Name)
		person.Set("confirmed", id)
		var answers [4]answer
		var commands [2]process.Result
		Together(t,
			func() { answers[0] = adas.post(approve, decision) },
			func() { answers[1] = gustavas.post(approve, decision) },
			func() { answers[2] = adas.post(add, person) },
			func() { answers[3] = gustavas.post(add, person) },
			func() { commands[0] = c.Run("user", "add", "--username", a.Username, "--name", a.Name) },
			func() { commands[1] = c.Run("request", "approve", id) },
		)

		user := c.only(c.users(), a)
		if got := c.only(c.requests(), a); got.State != "approved" {
			t.Errorf("the request of %s is %s", a.Name, got.State)
		}
		won := 0
		for i, got := range answers {
			switch {
			case got.StatusCode == http.StatusSeeOther:
				won++
			case i < 2:
				got.wants(
					t, "an approval that comes late", http.StatusConflict,
					"Your decision wasn't applied.",
				)
			default:
				got.wants(
					t, "an addition that comes late", http.StatusUnprocessableEntity,
					"There's already a user with the account name",
				)
			}
		}
		if commands[0].Code == 0 {
			won++
		} else if commands[0].Code != 1 || !strings.Contains(commands[0].Stderr, "already") {
			t.Errorf("user add ended with %+v", commands[0])
		}
		if commands[1].Code != 0 && commands[1].Code != 1 {
			t.Errorf("request approve ended with %+v", commands[1])
		}
		if won == 0 && !strings.HasPrefix(commands[1].Stdout, "Approved:") {
			t.Errorf("nobody let %s in: %+v", a.Name, commands)
		}
		enter := asking.post("/access/enter", nil)
		if home := asking.get("/"); enter.StatusCode != http.StatusSeeOther ||
			!strings.Contains(home.Text(), "Welcome, "+user.Name) {
			t.Errorf("%s could not go on: %d, %s", a.Name, enter.StatusCode, home.Text())
		}
	}
	if got := len(c.users()); got != rounds+2 {
		t.Errorf("there are %d users, want %d", got, rounds+2)
	}
}

// A person asks for access while being added: whichever is first, there is one
// user and no wait is left over.
func TestAskAndAddAtTheSameMoment(t *testing.T) {
	t.Parallel()
	const rounds = 4
	people := crowd(rounds)
	c := officeOf(t, people...)
	adas := c.signsIn(officePeople[0])
	for _, p := range people {
		a := Account{Username: p.AccountName, Name: p.Name}
		asking, _ := c.goesIn(p)
		wish := asking.get("/access").form(t, "/access")
		person := adas.get("/settings/users/add").form(t, "/settings/users/add")
		person.Set("username", a.Username)
		person.Set("name", a.Name)
		var asked, added answer
		Together(t,
			func() { asked = asking.post("/access", wish) },
			func() { added = adas.post("/settings/users/add", person) },
		)
		if added.StatusCode == http.StatusConflict {
			added.wants(t, "adding somebody who has just asked", http.StatusConflict, "Confirm to continue")
			confirm := added.form(t, "/settings/users/add")
			added = adas.post("/settings/users/add", confirm)
		}
		if added.StatusCode != http.StatusSeeOther {
			t.Errorf("adding: status %d, %s", added.StatusCode, added.Text())
		}
		if asked.StatusCode != http.StatusSeeOther {
			asked.wants(t, "asking when one is in already", http.StatusConflict, "You now have access")
		}
		c.only(c.users(), a)
		for _, q := range c.requests() {
			if q.State == "pending" {
				t.Errorf("a request waits: %+v", q)
			}
		}
		asking.post("/access/enter", nil)
		asking.get("/").wants(t, "going in", http.StatusOK, "Welcome, "+a.Name)
	}
}
