package view

import (
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
)

func account(name, username, title, department string) pactius.Account {
	return pactius.Account{Identity: pactius.Identity{TenantID: nordhavn.Connection.TenantID, ObjectID: "0f3b6c1e-3333-4c5b-b112-0000000000aa"},
		Name: name, Username: username, Email: username, Title: title, Department: department}
}

// candidates are an account in every state.
func candidates() []Candidate {
	freja := account("Freja Holm", "freja.holm@nordhavn.example", "Account manager", "Sales")
	disabled, guest, deleted := freja, freja, freja
	disabled.State, deleted.State = pactius.AccountDisabled, pactius.AccountDeleted
	guest.Guest, guest.Email, guest.Username = true, "petra@revision.example", "petra_revision.example#EXT#@nordhavn.example"
	return []Candidate{
		{Account: freja, Reasons: []pactius.Text{pactius.T("Enter a name."), pactius.T("Enter a name.")}},
		{Account: freja, User: &bo, Taken: true, Status: pactius.Active},
		{Account: freja, Taken: true, Status: pactius.Invited},
		{Account: freja, Request: new(request(pactius.Pending))},
		{Account: disabled}, {Account: deleted}, {Account: guest},
		{Account: account(hostile, "evil\"><script>alert(1)</script>@nordhavn.example", hostile, hostile)},
		{Account: account(long, long+"@nordhavn.example", long, long)},
		{Account: pactius.Account{Username: "bare@nordhavn.example"}},
	}
}

// pickerStories are the form that adds a user with what the directory says.
func pickerStories() []story {
	var all []story
	add := func(name string, change func(*AddUser)) {
		page := AddUser{Base: baseOf(AtUsers), Welcome: true, Units: choice(true), Username: "anna.hanson@nordhavn.example", Name: "Anna Hansen"}
		change(&page)
		page.Notice.Typed = page.Username
		all = append(all, story{"user-add-" + name, page})
	}
	for i, name := range []string{"exists", "is-user", "is-invited", "has-asked", "disabled", "deleted", "guest", "hostile", "long", "bare"} {
		add("account-"+name, func(p *AddUser) {
			p.Notice.Account = &candidates()[i]
			p.Choice = Choice{ObjectID: p.Notice.Account.Account.ObjectID, Username: p.Notice.Account.Account.Username}
		})
	}
	add("missing", func(p *AddUser) { p.Notice.Missing = p.Username })
	add("meant", func(p *AddUser) { p.Notice.Missing, p.Notice.Meant = p.Username, candidates()[:3] })
	add("unchecked", func(p *AddUser) { p.Notice.Unchecked = pactius.NoPermission })
	add("slow", func(p *AddUser) { p.Notice.Unchecked = pactius.Slow })
	add("dropped", func(p *AddUser) { p.Notice.Dropped = "anna.hansen@nordhavn.example" })
	add("gone", func(p *AddUser) { p.Notice.Gone = true })
	add("similar", func(p *AddUser) {
		p.Notice.Similar = []admission.Similar{
			{User: &anna, Reasons: []pactius.Text{pactius.T("Enter a name."), pactius.T("Enter a name.")}},
			{Request: new(request(pactius.Pending)), Reasons: []pactius.Text{pactius.T("Enter a name.")}},
		}
		p.Notice.Hidden = true
	})
	add("similar-hidden", func(p *AddUser) { p.Notice.Hidden = true })
	add("name-of-others", func(p *AddUser) { p.Notice.Before = []admission.FormerOwner{formerly(bo), formerly(evil)} })
	add("looked-up", func(p *AddUser) { p.Lookup = &Lookup{Typed: "fre", People: candidates()} })
	add("looked-up-nobody", func(p *AddUser) { p.Lookup = &Lookup{Typed: "zzz"} })
	add("looked-up-trouble", func(p *AddUser) { p.Lookup = &Lookup{Typed: "zzz", Trouble: pactius.Away} })
	return all
}

// fragment reads a part of a page.
func fragment(t *testing.T, page Page) *html.Node {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(show(t, newRenderer(t), page)))
	if err != nil {
		t.Fatal(err)
	}
	return doc
}

func TestOptionsCarryWhatChoosingFillsIn(t *testing.T) {
	t.Parallel()
	doc := fragment(t, AddPeople{Base: baseOf(AtUsers), Lookup: Lookup{Typed: "fre", People: candidates()}})
	var options []*html.Node
	for n := range doc.Descendants() {
		if role, _ := attr(n, "role"); role == "option" {
			options = append(options, n)
		}
	}
	if len(options) != len(candidates()) {
		t.Fatalf("%d options, want %d", len(options), len(candidates()))
	}
	ids := map[string]bool{}
	for i, c := range candidates() {
		for name, want := range map[string]string{"data-oid": c.Account.ObjectID, "data-username": c.Account.Username, "data-name": c.Account.Name, "data-email": c.Email(), "aria-selected": "false"} {
			if got, _ := attr(options[i], name); got != want {
				t.Errorf("option %d: %s is %q, want %q", i, name, got, want)
			}
		}
		id, _ := attr(options[i], "id")
		if id == "" || ids[id] {
			t.Errorf("option %d has the ID %q, which is none of its own", i, id)
		}
		ids[id] = true
	}
}

func TestWhatADoubtfulFormConfirms(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		notice AddNotice
		want   bool
	}{
		"nothing is known":                     {AddNotice{}, false},
		"somebody was probably meant":          {AddNotice{Meant: candidates()[:1]}, true},
		"no such account, and none like it":    {AddNotice{Missing: "x@nordhavn.example"}, false},
		"somebody similar":                     {AddNotice{Similar: []admission.Similar{{User: &bo}}}, true},
		"somebody similar who is not shown":    {AddNotice{Hidden: true}, true},
		"a user already: there is nothing to":  {AddNotice{Hidden: true, Existing: &bo}, false},
		"a request that is approved by saving": {AddNotice{Hidden: true, Pending: new(request(pactius.Pending))}, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			test.notice.Typed = "typed@nordhavn.example"
			confirmed := ""
			for n := range fragment(t, AddCheck{Base: baseOf(AtUsers), Notice: test.notice}).Descendants() {
				if field, _ := attr(n, "name"); field == "despite" {
					confirmed, _ = attr(n, "value")
				}
			}
			if (confirmed == test.notice.Typed) != test.want {
				t.Errorf("the form confirms %q", confirmed)
			}
		})
	}
}
