package applications

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
)

// Evidence is what decides whether a person can open an application.
type Evidence struct {
	Application pactius.Application
	Path        string         // of the required business unit
	User        *pactius.User  // nil: there is no user
	Have        pactius.Access // the user's effective access to the required business unit
	Today       pactius.Date   // in the environment
	CutsOff     bool           // the linked account is of a Microsoft 365 tenant that is no longer connected
}

// Outcome is whether a person can open an application, or the first thing in the way.
type Outcome string

// The outcomes, in the order in which they are looked for.
const (
	OutcomeNoUser      Outcome = "no_user"
	OutcomeDeactivated Outcome = "deactivated"
	OutcomeEnded       Outcome = "ended"
	OutcomeCutOff      Outcome = "cut_off"
	OutcomeNoAccess    Outcome = "no_access"  // to the required business unit: none, or too little
	OutcomeNotLinked   Outcome = "not_linked" // opens after the first sign-in
	OutcomeOpens       Outcome = "opens"
)

// Explanation says whether a person can open an application, and why. Everything that is in the way is a reason.
type Explanation struct {
	Evidence
	Outcome Outcome
	Reasons []pactius.Text
	Remedy  pactius.Text // zero: nothing is to be done
}

// Opens reports whether nothing at PACTIUS is in the way, but for a first sign-in.
func (x Explanation) Opens() bool { return x.Outcome == OutcomeOpens || x.Outcome == OutcomeNotLinked }

// Verdict says the outcome in one sentence.
func (x Explanation) Verdict(name string) pactius.Text {
	app := x.Application.Name
	switch x.Outcome {
	case OutcomeOpens:
		return pactius.T("%s has the access that %s requires.", name, app)
	case OutcomeNotLinked:
		return pactius.T("%s can open %s after the first sign-in.", name, app)
	}
	return pactius.T("%s can't open %s.", name, app)
}

// Judge decides whether a person can open an application as the door does, and gives the reasons.
func Judge(e Evidence) Explanation {
	x := Explanation{Evidence: e}
	if e.User == nil {
		x.add(OutcomeNoUser, pactius.T("The person isn't a user here."),
			pactius.T("Add the person, or let them sign in and request access."))
		return x
	}
	u, app := e.User, e.Application
	if !u.DeactivatedAt.IsZero() {
		x.add(OutcomeDeactivated, pactius.T("The user is deactivated."),
			pactius.T("Reactivate the user on the user's page."))
	}
	if u.EndsOn != "" && e.Today > u.EndsOn {
		x.add(OutcomeEnded, pactius.T("The user's end date has passed."),
			pactius.T("Change the end date on the user's page."))
	}
	if e.CutsOff {
		x.add(OutcomeCutOff, pactius.T("The user is linked to an account in the previously connected Microsoft 365 "+
			"tenant."), pactius.T("Sign-in help explains how to link the new account."))
	}
	needs := pactius.T("%s requires %s access to %s.", app.Name, app.Access.Text(), e.Path)
	if e.Have < app.Access {
		x.add(OutcomeNoAccess, needs, pactius.T("Give the user %s access to %s, or let them request it.",
			app.Access.Text(), e.Path))
		if e.Have == pactius.AccessNone {
			x.Reasons = append(x.Reasons, pactius.T("The user has no access to this unit or any of its parent units."))
		} else {
			x.Reasons = append(x.Reasons, pactius.T("The user has only %s access there.", e.Have.Text()))
		}
	} else {
		x.Reasons = append(x.Reasons, needs, pactius.T("The user has %s access there.", e.Have.Text()))
	}
	if u.Identity.IsZero() {
		x.add(OutcomeNotLinked, pactius.T("The user hasn't signed in yet. The first sign-in links the Microsoft 365 "+
			"account."), pactius.Text{})
	}
	if x.Outcome == "" {
		x.Outcome = OutcomeOpens
	}
	return x
}

// add adds a reason. The first outcome counts, and its remedy.
func (x *Explanation) add(o Outcome, reason, remedy pactius.Text) {
	x.Reasons = append(x.Reasons, reason)
	if x.Outcome == "" {
		x.Outcome, x.Remedy = o, remedy
	}
}

// Explain says whether a user can open an application, and why, to administrators who may see the user; "" is a person
// who is no user.
func (r *Rules) Explain(
	ctx context.Context, actor pactius.Actor, user pactius.UserID, application pactius.ApplicationID,
) (Explanation, error) {
	var x Explanation
	err := r.DB.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		e, err := evidence(tx, user, application)
		if err == nil {
			x = Judge(e)
		}
		return err
	})
	return x, err
}

func evidence(tx *change.Tx, user pactius.UserID, application pactius.ApplicationID) (Evidence, error) {
	e := Evidence{Today: tx.Today}
	var err error
	if e.Application, err = tx.Application(application); err != nil {
		return e, err
	}
	tree, err := tx.TreeOf(e.Application.Unit)
	if err != nil {
		return e, err
	}
	if e.Path = tree.Path(e.Application.Unit); user == "" {
		return e, nil
	}
	u, err := tx.User(user)
	if err != nil {
		return e, err
	}
	memberships, err := tx.Memberships(user)
	if err != nil {
		return e, err
	}
	units := change.UnitIDs(memberships)
	if tree, err = tx.TreeOf(append(units, e.Application.Unit)...); err == nil && !tx.Rights.CanSee(units) {
		err = change.ErrOutside
	}
	e.User, e.CutsOff = &u, tx.Environment.Connection.CutsOff(u.Identity)
	e.Have = pactius.NewRights(tree, memberships).Access(e.Application.Unit)
	return e, err
}
