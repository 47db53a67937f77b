package view

import (
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/directory"
	"github.com/pactius/pactius/internal/users"
)

func account(name, username, title, department string) pactius.Account {
	return pactius.Account{Identity: pactius.Identity{TenantID: nordhavn.Connection.TenantID,
		ObjectID: "0f3b6c1e-3333-4c5b-b112-0000000000aa"},
		Name: name, Username: username, Email: username, Title: title, Department: department}
}

// found are accounts in every state.
func found() []directory.Meant {
	freja := account("Freja Holm", "freja.holm@nordhavn.example", "Account manager", "Sales")
	disabled, guest, deleted := freja, freja, freja
	disabled.State, deleted.State = pactius.AccountDisabled, pactius.AccountDeleted
	guest.Guest, guest.Email, guest.Username = true, "petra@revision.example",
		"petra_revision.example#EXT#@nordhavn.example"
	all := []directory.Found{
		{Account: freja},
		{Account: freja, User: &bo, Visible: true, Status: pactius.StatusActive},
		{Account: freja, User: &anna, Status: pactius.StatusInvited},
		{Account: freja, Request: new(request(pactius.StatePending))},
		{Account: disabled}, {Account: deleted}, {Account: guest},
		{Account: account(hostile, "evil\"><script>alert(1)</script>@nordhavn.example", hostile, hostile)},
		{Account: account(long, long+"@nordhavn.example", long, long)},
		{Account: pactius.Account{Username: "bare@nordhavn.example"}},
		{Account: freja, User: &bo, Other: true, Visible: true, Status: pactius.StatusActive},
	}
	meant := make([]directory.Meant, len(all))
	for i, f := range all {
		meant[i].Found = f
	}
	meant[0].Reasons = []pactius.Text{pactius.T("Enter a name."), pactius.T("Somebody")}
	return meant
}

// pickerStories are the form that adds a user with what the directory says.
func pickerStories() []story {
	var all []story
	add := func(name string, change func(*AddUser)) {
		page := AddUser{Base: baseOf(AtUsers), Welcome: true, Units: choice(true),
			Username: "anna.hanson@nordhavn.example", Name: "Anna Hansen"}
		change(&page)
		page.Notice.Typed = page.Username
		all = append(all, story{"user-add-" + name, page})
	}
	add("elsewhere", func(p *AddUser) { p.Notice.Elsewhere = true })
	add("missing-late", func(p *AddUser) {
		p.Notice.Verdict = directory.Verdict{State: directory.NameMissing, Trouble: pactius.TroubleSlow}
	})
	for i, name := range []string{"exists", "is-user", "is-invited", "has-asked", "disabled", "deleted", "guest",
		"hostile", "long", "bare", "name-of-another"} {
		add("account-"+name, func(p *AddUser) {
			p.Notice.Person = &found()[i].Found
			p.Choice = Choice{ObjectID: p.Notice.Person.ObjectID, Username: p.Notice.Person.Username}
		})
	}
	add("missing", func(p *AddUser) { p.Notice.Verdict.State = directory.NameMissing })
	add("meant", func(p *AddUser) { p.Notice.Verdict.State, p.Notice.Meant = directory.NameMissing, found()[:3] })
	add("unchecked", func(p *AddUser) { p.Notice.Trouble = pactius.TroubleNoPermission })
	add("slow", func(p *AddUser) { p.Notice.Trouble = pactius.TroubleSlow })
	add("dropped", func(p *AddUser) { p.Notice.Dropped = "anna.hansen@nordhavn.example" })
	add("gone", func(p *AddUser) { p.Notice.Gone = true })
	add("similar", func(p *AddUser) {
		p.Notice.Similar = &users.SimilarError{Hidden: 1, Similar: []users.Similar{
			{User: &anna, Reasons: []pactius.Text{pactius.T("Enter a name."), pactius.T("Enter a name.")}},
			{Request: new(request(pactius.StatePending)), Reasons: []pactius.Text{pactius.T("Enter a name.")}},
		}}
	})
	add("similar-hidden", func(p *AddUser) { p.Notice.Similar = &users.SimilarError{Hidden: 1} })
	add("name-of-others", func(p *AddUser) { p.Notice.Former = []users.FormerOwner{formerly(bo), formerly(evil)} })
	add("looked-up", func(p *AddUser) { p.Lookup = &Lookup{Typed: "fre", Meant: found()} })
	add("looked-up-nobody", func(p *AddUser) { p.Lookup = &Lookup{Typed: "zzz"} })
	add("looked-up-trouble", func(p *AddUser) {
		p.Lookup = &Lookup{Typed: "zzz",
			Result: directory.Result{Trouble: pactius.TroubleAway}}
	})
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
	doc := fragment(t, AddPeople{Base: baseOf(AtUsers), Lookup: Lookup{Typed: "fre", Meant: found()}})
	var options []*html.Node
	for n := range doc.Descendants() {
		if role, _ := attr(n, "role"); role == "option" {
			options = append(options, n)
		}
	}
	if len(options) != len(found()) {
		t.Fatalf("%d options, want %d", len(options), len(found()))
	}
	ids := map[string]bool{}
	for i, c := range candidates(found()) {
		for name, want := range map[string]string{"data-oid": c.ObjectID, "data-username": c.Username,
			"data-name": c.Name, "data-email": c.OtherEmail(), "aria-selected": "false"} {
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
	met := func(m users.Meets) AddNotice { return AddNotice{Meets: m} }
	hidden := &users.SimilarError{Hidden: 1}
	for name, test := range map[string]struct {
		notice AddNotice
		want   bool
	}{
		"nothing is known":            {AddNotice{}, false},
		"somebody was probably meant": {AddNotice{Verdict: directory.Verdict{Meant: found()[:1]}}, true},
		"no such account, and none like it": {AddNotice{Verdict: directory.Verdict{State: directory.NameMissing}},
			false},
		"similar names not searched for yet": {AddNotice{Verdict: directory.Verdict{State: directory.NameMissing,
			Trouble: pactius.TroubleSlow}}, true},
		"the directory was not asked": {AddNotice{Verdict: directory.Verdict{State: directory.NameUnchecked,
			Trouble: pactius.TroubleSlow}}, false},
		"a request elsewhere": {met(users.Meets{Elsewhere: true}), false},
		"somebody similar": {met(users.Meets{Similar: &users.SimilarError{
			Similar: []users.Similar{{User: &bo}}}}), true},
		"somebody similar who is not shown": {met(users.Meets{Similar: hidden}), true},
		"a user already: there is nothing to": {met(users.Meets{Similar: hidden, Existing: &bo, Visible: true}),
			false},
		"a request that is approved by saving": {met(users.Meets{Similar: hidden,
			Pending: new(request(pactius.StatePending))}), false},
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

func TestNobodyIsOfferedTwice(t *testing.T) {
	t.Parallel()
	n := AddNotice{
		Verdict: directory.Verdict{State: directory.NameMissing, Meant: found()[1:3]},
		Meets: users.Meets{Similar: &users.SimilarError{Similar: []users.Similar{{User: &bo},
			{User: &anna}, {User: &carl}}}},
	}
	var got []pactius.UserID
	for _, s := range n.Alike() {
		got = append(got, s.User.ID)
	}
	// Bo is offered; the offer of Anna's account does not say whose it is.
	if want := []pactius.UserID{anna.ID, carl.ID}; !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if len(n.Similar.Similar) != 3 {
		t.Error("the rule's answer was changed")
	}
}
