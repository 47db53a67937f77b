package view

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
)

// MergeUser chooses a user to be merged into another, then asks before it is done.
type MergeUser struct {
	Base
	Form
	Target pactius.User     // stays
	Search string           // as typed
	Found  []pactius.User   // without Target
	More   bool             // the search found more
	Plan   *users.MergePlan // with the chosen user; nil: none is chosen
}

// Person is the user the page is about.
func (p MergeUser) Person() Person { return PersonOf(p.Target) }

// MergeAccount is one of the accounts that a merged user can have.
type MergeAccount struct {
	Value  users.MergeAccount
	User   pactius.User // has the account now
	Chosen bool
}

// Accounts are the accounts to choose from.
func (p MergeUser) Accounts() []MergeAccount {
	return []MergeAccount{
		{users.AccountOfKept, p.Plan.Kept, p.Plan.Account == users.AccountOfKept},
		{users.AccountOfOther, p.Plan.Other, p.Plan.Account == users.AccountOfOther},
	}
}

// Gained is the access that the user gets.
func (p MergeUser) Gained() AccessList {
	memberships := make([]pactius.Membership, len(p.Plan.Gains))
	for i, g := range p.Plan.Gains {
		memberships[i] = pactius.Membership{UserID: p.Target.ID, UnitID: g.Unit, Access: g.Access}
	}
	return Explicit(p.Plan.Tree, memberships)
}

// Will says what the merge does.
func (p MergeUser) Will() []pactius.Text {
	m := p.Plan
	kept, other := m.Kept.Name, m.Other.Name
	will := []pactius.Text{
		pactius.T("%s keeps the name, history and end date. %s is no longer listed as a separate user.", kept,
			other)}
	switch {
	case m.CanChoose && m.Kept.Identity.IsZero():
		will = append(will, pactius.T("The account name you don't choose can no longer be used to sign in, but "+
			"searching for it still finds %s.", kept))
	case m.CanChoose:
		will = append(will, pactius.T("The Microsoft 365 account you don't choose can no longer be used to sign in, "+
			"and is signed out. Searching for its account name still finds %s.", kept))
	default:
		will = append(will, pactius.T("%s signs in with the Microsoft 365 account %s. %s can no longer be used to "+
			"sign in, but searching for it still finds %s.", kept, m.Wins().Username, m.Loses().Username, kept))
	}
	if m.Sessions > 0 {
		will = append(will, pactius.Plural(m.Sessions, "%d session ends.", "%d sessions end."))
	}
	if len(m.Gains) == 0 {
		will = append(will, pactius.T("The business units for %s stay the same.", kept))
	}
	if m.Requests > 0 {
		will = append(will, pactius.Plural(m.Requests, "%d access request from %s is moved to %s.",
			"%d access requests from %s are moved to %s.", other, kept))
	}
	if end := m.Other.EndsOn; end != m.Result.EndsOn {
		will = append(will, endKept(m.Result, end))
	}
	return append(will, pactius.T("You can undo this for %d minutes, as long as nothing else happens to %s.",
		int(pactius.TakeBackTime.Minutes()), kept))
}

// endKept says which of two different end dates stays.
func endKept(kept pactius.User, other pactius.Date) pactius.Text {
	switch {
	case kept.EndsOn == "":
		return pactius.T("%s still has no end date. The other user's end date was %s.", kept.Name, other)
	case other == "":
		return pactius.T("%s keeps the end date %s. The other user had none.", kept.Name, kept.EndsOn)
	}
	return pactius.T("%s keeps the end date %s. The other user's end date was %s.", kept.Name, kept.EndsOn, other)
}
