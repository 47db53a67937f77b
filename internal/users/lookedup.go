package users

import (
	"slices"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
)

// lookedUp adds to a decision what the directory said about the account, as far as it was asked.
func (f Evidence) lookedUp(d Decision) Decision {
	d.Standing = f.Standing
	s := f.Standing
	switch s.State {
	case pactius.StandingNotAsked, pactius.StandingUnknown:
		return d
	case pactius.StandingEnabled:
		d.because("account_enabled", pactius.T("The account is in Microsoft 365 and is enabled."))
	case pactius.StandingExists:
		d.because("account_exists",
			pactius.T("The account is in Microsoft 365. PACTIUS isn't allowed to read whether it's enabled."))
	case pactius.StandingDisabled:
		remedy := pactius.T("The company's IT needs to enable the account in Microsoft 365.")
		if d.Outcome == OutcomeUnrecognised {
			remedy = pactius.T("Ask the company's IT to enable the account in Microsoft 365 first.")
		}
		d.shut("account_disabled", pactius.T("The account is disabled in Microsoft 365."), remedy)
	case pactius.StandingDeleted:
		d.shut("account_deleted", pactius.T("The account has been deleted in Microsoft 365."),
			pactius.T("The company's IT can restore the account for 30 days after it was deleted."))
	case pactius.StandingGone:
		d.shut("account_gone", pactius.T("The account is no longer in Microsoft 365."),
			pactius.T("If the person has another account, let them request access with it. If they've left, "+
				"deactivate the user."))
	case pactius.StandingMissing:
		f.missing(&d)
	}
	if s.State.Found() { // Microsoft changes the name of a deleted account
		f.labels(&d)
	}
	f.others(&d)
	return d
}

// shut adds a fact because of which Microsoft authenticates no one with the account.
func (d *Decision) shut(code string, why, remedy pactius.Text) {
	if !d.has(code) { // a sweep may have found it before
		d.because(code, why)
	}
	switch d.Outcome {
	case OutcomeEnter, OutcomeLink:
		d.Outcome, d.Remedy = OutcomeBlocked, remedy
	case OutcomeUnrecognised:
		d.Remedy = remedy
	}
}

// has reports whether a decision has a reason.
func (d Decision) has(code string) bool {
	return slices.ContainsFunc(d.Reasons, func(r Reason) bool { return r.Code == code })
}

// missing adds that no account has the account name.
func (f Evidence) missing(d *Decision) {
	if d.has("not_an_account_name") {
		return
	}
	d.because("account_missing", pactius.T("No account in Microsoft 365 has the name %s.", f.Person.Username))
	switch {
	case d.Outcome == OutcomeBlocked: // deactivated or past the end date, which comes first
	case d.Outcome == OutcomeEnter:
		d.Remedy = pactius.T("The account may have been renamed. The person signs in with its current name.")
	case f.ofGuest():
		d.Remedy = pactius.T("A guest in Microsoft 365 has this email address. Look up the guest's account name "+
			"instead: %s.", f.Standing.Near[0].Username)
	case len(f.Standing.Near) > 0:
		d.Remedy = pactius.T("Check the spelling: Microsoft 365 has an account %s.", f.Standing.Near[0].Username)
	default:
		d.Remedy = pactius.T("Check the spelling of the account name, or ask the company's IT to create the account.")
	}
	if d.Outcome == OutcomeLink {
		d.Outcome = OutcomeBlocked
	}
}

// ofGuest reports whether the account name in question is the address of a guest, whose account is called differently.
func (f Evidence) ofGuest() bool {
	near := f.Standing.Near
	return len(near) > 0 && near[0].Guest && names.Key(near[0].Email) == names.Key(f.Person.Username)
}

// labels adds what the account is called by now, and how a guest signs in.
func (f Evidence) labels(d *Decision) {
	a := f.Standing.Account
	if a.Username != "" && strings.Contains(f.Asked, "@") && names.Key(a.Username) != names.Key(f.Asked) {
		d.because("account_renamed", pactius.T("In Microsoft 365, the account is now called %s.", a.Username))
	}
	switch {
	case !a.Guest:
	case a.MailAddress() != "":
		d.because("account_guest", pactius.T("This is a guest account: the person signs in with the account of their "+
			"own organisation, usually %s.", a.MailAddress()))
	default:
		d.because("account_guest", pactius.T("This is a guest account: the person signs in with the account of their "+
			"own organisation."))
	}
}

// others adds what the directory said about a second account: the one that has the name of a lost one, or the lost one
// of the user whose name another account has.
func (f Evidence) others(d *Decision) {
	same := pactius.T("If the new account is the same person's, let them request access with it and choose “Same " +
		"person” there. The user then keeps business units and history.")
	switch {
	case f.Standing.Other != nil:
		d.because("account_recreated", pactius.T("Another account in Microsoft 365 now has the name %s.",
			f.Standing.Other.Username))
		d.Remedy = same
	case f.Standing.Before.Lost() && d.has("name_of_another"):
		d.because("account_recreated",
			pactius.T("The account the user is linked to is no longer in Microsoft 365."))
		d.Remedy = same
	case f.Standing.Before.Found() && d.has("name_of_another"):
		d.because("account_other", pactius.T("The account the user is linked to is still in Microsoft 365, under "+
			"another name."))
		d.Remedy = pactius.T("These are two different accounts. Let the person request access with this one.")
	}
}

// Verdict returns the decision in one sentence. It says that someone can sign in only where the directory has the
// account and says that it is enabled.
func (d Decision) Verdict(who string) pactius.Text {
	enabled := d.Standing.State == pactius.StandingEnabled
	switch d.Outcome {
	case OutcomeEnter:
		if enabled {
			return pactius.T("%s can sign in.", who)
		}
		return pactius.T("%s has access.", who)
	case OutcomeLink:
		if enabled {
			return pactius.T("%s can sign in for the first time.", who)
		}
		return pactius.T("%s has been added and has never signed in.", who)
	case OutcomeBlocked:
		return pactius.T("%s is a user, but can't sign in.", who)
	case OutcomeMerged:
		return pactius.T("%s is a user, but this account can't be used to sign in.", who)
	case OutcomeUnrecognised:
		if d.has("not_an_account_name") {
			return pactius.T("Who do you mean?")
		}
		switch {
		case d.Standing.State.Shut():
			return pactius.T("%s isn't recognised and can't sign in.", who)
		case d.Standing.State == pactius.StandingMissing:
			return pactius.T("%s isn't recognised.", who)
		}
		return pactius.T("%s isn't recognised and can only request access.", who)
	case OutcomeForeign:
		return pactius.T("%s belongs to another organisation and can't sign in here.", who)
	}
	return pactius.T("Sign-in isn't set up here yet.")
}

// Unseen returns what the decision does not cover: that the account was not looked up, and what Microsoft decides at
// the sign-in and shows to no application. It is empty where nothing depends on it.
func (d Decision) Unseen() []pactius.Text {
	if d.Outcome == OutcomeUnconnected || d.Outcome == OutcomeForeign {
		return nil
	}
	var all []pactius.Text
	switch d.Standing.State {
	case pactius.StandingNotAsked:
		all = append(all, pactius.T("The account hasn't been looked up in Microsoft 365."))
	case pactius.StandingUnknown:
		all = append(all, pactius.T("The account couldn't be looked up. %s", d.Standing.Trouble.Text()))
	}
	if d.Outcome == OutcomeBlocked || d.Outcome == OutcomeMerged ||
		d.Standing.State.Shut() || d.Standing.State == pactius.StandingMissing ||
		d.has("not_an_account_name") {
		return all
	}
	return append(all, pactius.T("PACTIUS can't see whether the application is assigned to the person in Microsoft "+
		"365, or whether Conditional Access blocks the sign-in."))
}
