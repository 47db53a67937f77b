package view

import (
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
)

// A proposed user is asked about in one place, and a button that only proposes promises no approval.
func TestAProposalIsShownOnce(t *testing.T) {
	t.Parallel()
	anna, anne := pactius.User{ID: "u1", Name: "Anna"}, pactius.User{ID: "u2", Name: "Anne"}
	page := OneRequest{RequestView: users.RequestView{Similar: []users.Similar{{User: &anna}, {User: &anne}},
		NeedConfirm: map[pactius.UserID]bool{anna.ID: true}}}
	if got := page.Alike(); len(got) != 2 {
		t.Errorf("%d users are alike, want both", len(got))
	}
	if got := page.SamePerson().Key; got == confirmedFirst.Key {
		t.Errorf("the page says %q, although the reader may decide about Anne", got)
	}
	page.Similar = page.Similar[:1]
	if got := page.SamePerson().Key; got != confirmedFirst.Key {
		t.Errorf("the page says %q of a user that others must confirm", got)
	}
	page.Proposed = &anna
	if got := page.Alike(); len(got) != 0 {
		t.Errorf("%+v are alike, want none beside the proposed user", got)
	}
	if !page.Doubtful() {
		t.Error("creating a user is not asked about while another is proposed")
	}
}

func TestAnEmailIsPromisedOnlyWithAnAddress(t *testing.T) {
	t.Parallel()
	page := SamePerson{SameView: users.SameView{Manages: true}}
	page.Request.Person = pactius.Person{Name: "Anna"}
	last := func() string { return page.Will()[len(page.Will())-1].Key }
	if got := last(); got != "The request is approved. %s has no email address, so tell them yourself." {
		t.Errorf("the page says %q", got)
	}
	page.Request.Person.Email = "anna@nordhavn.example"
	if got := last(); got != "The request is approved, and %s gets an email." {
		t.Errorf("the page says %q", got)
	}
}
