package view

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/leavers"
)

// Leavers is Settings > Users > Gone from Microsoft 365: the users that directory
// sync has found to be gone and that an administrator must decide about.
type Leavers struct {
	Base
	leavers.View
	Later bool // this is not the first page
}

// LeaversPath is the page on which a human decides about leavers.
const LeaversPath = "/settings/leavers"

// Following leads to the next page, "" at the end.
func (p Leavers) Following() string {
	if p.Next == "" {
		return ""
	}
	return link(LeaversPath, "after", p.Next)
}

// Automatic reports whether users are compared without anyone starting it.
func (p Leavers) Automatic() bool { return p.State.On && p.Trouble == "" }

// accountPill is the template function for the state of a Microsoft 365 account
// that is gone, in few words: it stands beside a status.
func accountPill(s pactius.AccountState) Pill {
	if s == pactius.AccountDeleted {
		return Pill{ToneAttention, "leave", pactius.T("Account deleted")}
	}
	return Pill{ToneAttention, "leave", pactius.T("Account disabled")}
}

// AccountWords says what the state of the user's Microsoft 365 account means
// here, for an account that is gone.
func (p OneUser) AccountWords() []pactius.Text {
	u := p.Subject()
	words := []pactius.Text{pactius.T("The Microsoft 365 account of %s is disabled.", u.Name)}
	if u.AccountState == pactius.AccountDeleted {
		words = []pactius.Text{pactius.T("The Microsoft 365 account of %s has been deleted.", u.Name)}
	}
	switch {
	case u.SweptOut:
		words = append(words, pactius.T("PACTIUS has therefore deactivated the user, and will reactivate them when "+
			"the account is active again."))
	case !u.DeactivatedAt.IsZero():
		words = append(words, pactius.T("The user is deactivated, and stays deactivated even if the account becomes "+
			"active again, until someone reactivates the user."))
	case p.LastRoot:
		words = append(words, pactius.T("This is the last administrator of the whole company, so the user wasn't "+
			"deactivated. Make someone else an administrator of the whole company first."))
	default:
		words = append(words, pactius.T("The user isn't deactivated. No one can sign in with the account, but if it "+
			"becomes active again, the user has access again."))
	}
	return words
}

// SweepFor is the part that says how far the comparison is.
type SweepFor struct {
	Base
	leavers.State
}

// Compared makes the part.
func (b Base) Compared(s leavers.State) SweepFor { return SweepFor{b, s} }

// Problem says why the comparison cannot be done; the zero Text where it can.
func (s SweepFor) Problem() pactius.Text { return leavers.TroubleText(s.Trouble) }
