package e2e

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
)

// walk is a person whose work is counted: clicks, filled fields and page changes. A pop-up over the page is no page
// change. Microsoft's own pages are not counted, and a mail is read in Outlook.
type walk struct {
	*Person
	*tally
}

// tally is the count, which a page and its pop-ups share.
type tally struct {
	done    []string // steps
	changed int      // page changes before the walk, or counted already
}

// walks begins the count at the page where the person is.
func (p *Person) walks() *walk { return &walk{p, &tally{changed: p.Changes()}} }

// step notes a step, and the page it has led to.
func (w *walk) step(what string, args ...any) {
	w.t.Helper()
	w.done = append(w.done, fmt.Sprintf(what, args...))
	w.arrived()
}

// arrived notes the page changes since the last step.
func (w *walk) arrived() {
	w.t.Helper()
	for now := w.Changes(); w.changed < now; w.changed++ {
		w.done = append(w.done, "page")
	}
}

func (w *walk) click(role, name string)  { w.t.Helper(); w.Click(role, name); w.step("click %s", name) }
func (w *walk) fill(label, text string)  { w.t.Helper(); w.Fill(label, text); w.step("fill %s", label) }
func (w *walk) check(name string)        { w.t.Helper(); w.Check(name); w.step("tick %s", name) }
func (w *walk) opens(mail Mail)          { w.t.Helper(); w.follow(mail); w.arrived() }
func (w *walk) popup(title string) *walk { w.t.Helper(); return &walk{w.Popup(title), w.tally} }

// offers reports whether there is an element with this role and name now.
func (w *walk) offers(role, name string) bool {
	w.t.Helper()
	ctx, cancel := w.bounded()
	defer cancel()
	_, err := w.find(ctx, name, role)
	return err == nil
}

// clickAny clicks the first button that is there of several names.
func (w *walk) clickAny(names ...string) {
	w.t.Helper()
	for _, name := range names[:len(names)-1] {
		if w.offers("button", name) {
			w.click("button", name)
			return
		}
	}
	w.click("button", names[len(names)-1])
}

// ends prints the number, and fails the test where it is above the one to reach.
func (w *walk) ends(most int) {
	w.t.Helper()
	w.arrived()
	n := len(w.done)
	w.t.Logf("%d of at most %d: %s", n, most, strings.Join(w.done, ", "))
	if n > most {
		w.t.Errorf("it takes %d clicks, fields and page changes, want at most %d", n, most)
	}
}

// requested is an office where somebody has sent a request, with the mail to Ada about it.
func requested(t *testing.T, wishes ...string) (*office, Mail) {
	t.Helper()
	o := newOffice(t)
	p := o.comes("Gustav Friis")
	p.Fill("Message optional", "I start on Monday.")
	if len(wishes) > 0 {
		p.Unfold("I know which business units I need optional")
	}
	for _, unit := range wishes {
		p.Check(unit)
	}
	p.clickRequest()
	return o, o.Mail(ada().Username, "Gustav Friis")
}

// clickRequest sends the request.
func (p *Person) clickRequest() {
	p.t.Helper()
	p.walks().clickAny("Send request", "Request access")
}

// approve are the names of the button that approves.
var approve = []string{"Approve", "Approve and assign"}

func TestCountApproveFromTheMail(t *testing.T) {
	t.Parallel()
	t.Run("signed in", func(t *testing.T) {
		t.Parallel()
		o, mail := requested(t, "Sales")
		w := o.comes("Ada Lind").walks()
		w.opens(mail)
		w.clickAny(approve...)
		w.See("Gustav Friis")
		w.ends(3)
		o.given(devAccount("gustav.friis"), "Sales read")
	})
	t.Run("signed out", func(t *testing.T) {
		t.Parallel()
		o, mail := requested(t, "Sales")
		p := o.Person("Ada")
		w := p.walks()
		w.opens(mail)
		if w.offers("button", "Sign in with Microsoft") {
			w.click("button", "Sign in with Microsoft")
		}
		w.picks("Ada Lind")
		w.arrived()
		w.clickAny(approve...)
		w.ends(4)
		o.given(devAccount("gustav.friis"), "Sales read")
	})
}

func TestCountApproveWithoutARequestedUnit(t *testing.T) {
	t.Parallel()
	o, mail := requested(t)
	w := o.comes("Ada Lind").walks()
	w.opens(mail)
	w.check("Sales")
	w.clickAny(approve...)
	w.ends(5)
	o.given(devAccount("gustav.friis"), "Sales read")
}

func TestCountAddWithOneUnit(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	w := o.comes("Ada Lind").walks()
	w.click("link", "Add user")
	form := w.popup("Add a user")
	form.fill("Account name", "gustav f")
	form.click("option", gustav)
	form.check("Sales")
	form.click("button", "Add")
	w.See("Gustav Friis has been added.")
	w.ends(6)
	o.given(devAccount("gustav.friis"), "Sales read")
}

// Gustav was invited under a mistyped account name.
func TestCountMistyped(t *testing.T) {
	t.Parallel()
	mistyped := func(t *testing.T) *office {
		o := newOffice(t)
		o.Must("user", "add", "--username", "gustav.fris@nordhavn.example", "--name", "Gustav Friis", "--unit", "Sales",
			"--despite")
		return o
	}
	t.Run("and he has sent a request", func(t *testing.T) {
		t.Parallel()
		o := mistyped(t)
		o.comes("Gustav Friis").clickRequest()
		mail := o.Mail(ada().Username, "Gustav Friis")
		w := o.comes("Ada Lind").walks()
		w.opens(mail)
		w.click("button", "Yes, the same person as gustav.fris@nordhavn.example")
		w.ends(3)
		o.given(devAccount("gustav.friis"), "Sales read")
	})
	t.Run("and nobody has sent a request", func(t *testing.T) {
		t.Parallel()
		o := mistyped(t)
		w := o.comes("Ada Lind").walks()
		w.fill("Search users", "fris")
		w.click("link", "Gustav Friis gustav.fris@nordhavn.example")
		w.Has("link", "Correct the account name to gustav.friis@nordhavn.example")
		w.Look("user-misspelt")
		w.click("link", "Correct the account name to gustav.friis@nordhavn.example")
		w.popup("Edit Gustav Friis").click("button", "Save")
		w.See("Changes to Gustav Friis have been saved.")
		w.ends(6)
		o.given(devAccount("gustav.friis"), "Sales read")
	})
}

func TestCountFindOneOfTenThousand(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.crowd(10_000)
	w := c.arrives(ada()).walks()
	w.fill("Search users", "member 70")
	w.Has("link", "Manage units for Member 7000")
	w.Look("home-found")
	w.Fill("Search users", "member 7001") // goes on typing
	w.HasNo("link", "Manage units for Member 7000")
	w.click("link", "Manage units for Member 7001")
	form := w.popup("Business units for Member 7001")
	form.check("Operations")
	form.click("button", "Save")
	w.See("Business units for Member 7001 have been saved.")
	w.ends(6)
	c.given(Account{Username: "m7001@nordhavn.example"}, "Operations read")

	// Enter opens the only one who is found, on Home and in the list.
	for _, page := range []string{"/", "/settings/users"} {
		w.Open(page)
		w.Fill("Search users", "m7002")
		w.Press("Enter")
		w.Has("heading", "Member 7002")
	}
	w.Open("/")
	w.Fill("Search users", "member 70")
	w.Press("Enter")
	w.At("/settings/users?q=member+70")
}

func TestCountWhyCantSheGetIn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Must("user", "add", "--username", "mads.juhl@nordhavn.example", "--name", "Mads Juhl", "--unit", "Sales")
	adas := o.comes("Ada Lind")
	for _, typed := range []string{"Mads Juhl", "mads.juhl@nordhavn.example"} {
		adas.Open("/")
		w := adas.walks()
		w.fill("Search users", typed)
		w.click("button", "Why can't someone sign in?")
		w.See("Mads Juhl is a user, but can't sign in.")
		w.See("The account is disabled in Microsoft 365.")
		w.ends(4)
	}
}

// crowd adds many users, in the database itself.
func (c *company) crowd(n int) {
	c.t.Helper()
	c.Stop()
	defer c.Start()
	s, err := store.Open(c.t.Context(), "sqlite:"+filepath.Join(c.dir, "pactius.db"), store.Options{})
	if err != nil {
		c.t.Fatal(err)
	}
	defer func() { _ = s.Close() }()
	e, err := s.EnvironmentByHost(c.t.Context(), "localhost")
	if err != nil {
		c.t.Fatal(err)
	}
	err = s.Update(c.t.Context(), e.ID, func(tx *store.Tx) error {
		for i := range n {
			u := pactius.User{ID: pactius.UserID(id.New()), Username: fmt.Sprintf("m%d@nordhavn.example", i+1),
				Name: fmt.Sprintf("Member %d", i+1), CreatedAt: time.Now(), CreatedBy: pactius.ByAdd, Version: 1}
			if err := tx.InsertUser(u, ""); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		c.t.Fatal(err)
	}
}

// given waits until somebody has access to one unit, "Sales read".
func (c *company) given(a Account, access string) {
	c.t.Helper()
	if got := c.accessOf(a); got != access {
		c.t.Errorf("%s has the access %q, want %q", a.Username, got, access)
	}
}

// devAccount is somebody of the office.
func devAccount(name string) Account { return Account{Username: name + "@nordhavn.example"} }

// TestTheFirstPageIsSmall weighs the page that everyone sees first, with all that it loads.
func TestTheFirstPageIsSmall(t *testing.T) {
	t.Parallel()
	const most = 45_000 // bytes, as served
	p := newCompany(t).Person("Gu")
	p.Open("/")
	p.Has("button", "Sign in with Microsoft")
	got := p.Weight()
	t.Logf("the first page takes %d bytes", got)
	if got > most {
		t.Errorf("the first page takes %d bytes, want at most %d", got, most)
	}
}
