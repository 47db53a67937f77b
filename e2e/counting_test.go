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

// ends ends the count.
func (w *walk) ends() *walk { w.t.Helper(); w.arrived(); return w }

// TestWorkIsShort counts pieces of work that are done every day, and prints them as a table.
func TestWorkIsShort(t *testing.T) {
	t.Parallel()
	pieces := []struct {
		work  string
		most  int
		walks func(*testing.T) *walk
		took  *walk
	}{
		{work: "approve from the email, signed in", most: 3, walks: countApproveSignedIn},
		{work: "approve from the email, signed out", most: 4, walks: countApproveSignedOut},
		{work: "approve without a requested unit", most: 5, walks: countApproveWithoutUnit},
		{work: "add with one unit, from Home", most: 6, walks: countAdd},
		{work: "mistyped, and a request was sent", most: 3, walks: countMistypedAndRequested},
		{work: "mistyped, and no request was sent", most: 6, walks: countMistyped},
		{work: "find one of 10,000 and change units", most: 6, walks: countFind},
		{work: "why can't she get in, by name", most: 4, walks: countWhyByName},
		{work: "why can't she get in, by account name", most: 4, walks: countWhyByAccountName},
	}
	t.Cleanup(func() {
		var table strings.Builder
		for _, p := range pieces {
			if p.took != nil {
				fmt.Fprintf(&table, "\n%-38s %d of %d: %s", p.work, len(p.took.done), p.most,
					strings.Join(p.took.done, ", "))
			}
		}
		t.Log("clicks, fields and page changes", table.String())
	})
	for i, p := range pieces {
		t.Run(p.work, func(t *testing.T) {
			t.Parallel()
			pieces[i].took = p.walks(t)
			if n := len(pieces[i].took.done); n > p.most {
				t.Errorf("it takes %d clicks, fields and page changes, want at most %d", n, p.most)
			}
		})
	}
}

// requested is an office where someone has sent a request, with the email to Ada about it.
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
	p.Click("button", "Request access")
	return o, o.Mail(ada().Username, "Gustav Friis")
}

func countApproveSignedIn(t *testing.T) *walk {
	o, mail := requested(t, "Sales")
	w := o.comes("Ada Lind").walks()
	w.opens(mail)
	w.click("button", "Approve")
	w.See("Gustav Friis")
	w.ends()
	o.given(devAccount("gustav.friis"), "Sales read")
	return w
}

func countApproveSignedOut(t *testing.T) *walk {
	o, mail := requested(t, "Sales")
	w := o.Person("Ada").walks()
	w.opens(mail)
	w.picks("Ada Lind")
	w.arrived()
	w.click("button", "Approve")
	w.ends()
	o.given(devAccount("gustav.friis"), "Sales read")
	return w
}

func countApproveWithoutUnit(t *testing.T) *walk {
	o, mail := requested(t)
	w := o.comes("Ada Lind").walks()
	w.opens(mail)
	w.check("Sales")
	w.click("button", "Approve")
	w.ends()
	o.given(devAccount("gustav.friis"), "Sales read")
	return w
}

func countAdd(t *testing.T) *walk {
	o := newOffice(t)
	w := o.comes("Ada Lind").walks()
	w.click("link", "Add user")
	form := w.popup("Add a user")
	form.fill("Account name", "gustav f")
	form.click("option", gustav)
	form.check("Sales")
	form.click("button", "Add")
	w.See("Gustav Friis has been added.")
	w.ends()
	o.given(devAccount("gustav.friis"), "Sales read")
	return w
}

// mistypedOffice is an office where Gustav was invited under a mistyped account name.
func mistypedOffice(t *testing.T) *office {
	t.Helper()
	o := newOffice(t)
	o.Must("user", "add", "--username", "gustav.fris@nordhavn.example", "--name", "Gustav Friis", "--unit", "Sales",
		"--despite")
	return o
}

func countMistypedAndRequested(t *testing.T) *walk {
	o := mistypedOffice(t)
	o.comes("Gustav Friis").Click("button", "Request access")
	mail := o.Mail(ada().Username, "Gustav Friis")
	w := o.comes("Ada Lind").walks()
	w.opens(mail)
	w.click("button", "Yes, same person as gustav.fris@nordhavn.example")
	w.ends()
	o.given(devAccount("gustav.friis"), "Sales read")
	return w
}

func countMistyped(t *testing.T) *walk {
	o := mistypedOffice(t)
	w := o.comes("Ada Lind").walks()
	w.fill("Search users", "fris")
	w.click("link", "Gustav Friis gustav.fris@nordhavn.example")
	w.Has("link", "Correct the account name to gustav.friis@nordhavn.example")
	w.Look("user-misspelt")
	w.click("link", "Correct the account name to gustav.friis@nordhavn.example")
	w.popup("Edit Gustav Friis").click("button", "Save")
	w.See("Changes to Gustav Friis have been saved.")
	w.ends()
	o.given(devAccount("gustav.friis"), "Sales read")
	return w
}

func countFind(t *testing.T) *walk {
	c := newCompany(t)
	c.crowd(10_000)
	p := c.arrives(ada())
	w := p.walks()
	w.fill("Search users", "member 70")
	w.Has("link", "Manage units for Member 700")
	w.Look("home-found")
	w.Fill("Search users", "member 7001") // goes on typing
	w.HasNo("link", "Manage units for Member 700")
	w.click("link", "Manage units for Member 7001")
	form := w.popup("Business units for Member 7001")
	form.check("Operations")
	form.click("button", "Save")
	w.See("Business units for Member 7001 have been saved.")
	w.ends()
	c.given(Account{Username: "m7001@nordhavn.example"}, "Operations read")

	// Enter opens the only one who is found, on Home and in the list.
	for _, page := range []string{"/", "/settings/users"} {
		p.Open(page)
		p.Fill("Search users", "m7002")
		p.Press("Enter")
		p.Has("heading", "Member 7002")
	}
	p.Open("/")
	p.Fill("Search users", "member 70")
	p.Press("Enter")
	p.At("/settings/users?q=member+70")
	return w
}

func countWhyByName(t *testing.T) *walk        { return countWhy(t, "Mads Juhl") }
func countWhyByAccountName(t *testing.T) *walk { return countWhy(t, "mads.juhl@nordhavn.example") }

func countWhy(t *testing.T, typed string) *walk {
	t.Helper()
	o := newOffice(t)
	o.Must("user", "add", "--username", "mads.juhl@nordhavn.example", "--name", "Mads Juhl", "--unit", "Sales")
	w := o.comes("Ada Lind").walks()
	w.fill("Search users", typed)
	w.click("button", "Why can't someone sign in?")
	w.See("Mads Juhl is a user, but can't sign in.")
	w.See("The account is disabled in Microsoft 365.")
	return w.ends()
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

// given waits until someone has access to one unit, "Sales read".
func (c *company) given(a Account, access string) {
	c.t.Helper()
	if got := c.accessOf(a); got != access {
		c.t.Errorf("%s has the access %q, want %q", a.Username, got, access)
	}
}

// devAccount is someone at the office.
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
