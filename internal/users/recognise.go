package users

import (
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
)

// Outcome is the result of recognising a person that Microsoft has authenticated.
type Outcome string

// The outcomes of recognition.
const (
	OutcomeEnter        Outcome = "enter"         // a user: signed in
	OutcomeLink         Outcome = "bind"          // an invited user: identity linked, signed in
	OutcomeUnrecognised Outcome = "unrecognised"  // no user: may ask for access
	OutcomeBlocked      Outcome = "blocked"       // a user who is deactivated or past the end date
	OutcomeForeign      Outcome = "foreign"       // an account of another tenant
	OutcomeUnconnected  Outcome = "not_connected" // the environment has no Microsoft 365 connection
)

// Evidence is all that recognition depends on.
type Evidence struct {
	Connection pactius.Connection
	Person     pactius.Person // without ObjectID, only the account name is known, as when explaining
	Linked     *pactius.User  // the user this identity is linked to
	Named      *pactius.User  // the user with this account name
	Today      pactius.Date
}

// evidence reads the evidence about a person.
func evidence(tx *change.Tx, p pactius.Person) (Evidence, error) {
	found, err := tx.UsersNamed(p.Identity, p.Username)
	return Evidence{Connection: tx.Environment.Connection, Person: p, Linked: found.Linked, Named: found.Named,
		Today: tx.Today}, err
}

// Decision is the result of recognition with its reasons.
type Decision struct {
	Outcome Outcome
	User    *pactius.User // of Enter, Link and Blocked
	Reasons []Reason
	Remedy  pactius.Text // advice for an administrator; empty where nothing is wrong
}

// Reason is one step of the decision: a stable code for programs and a sentence for people.
type Reason struct {
	Code string
	Text pactius.Text
}

// Recognise decides which user a person is. It is pure: the sign-in acts on the outcome and the explanation shows the
// reasons, so the two cannot disagree. The identity counts first. An account name counts only for an invited user
// without an identity, and only in the environment's own tenant.
func Recognise(f Evidence) Decision {
	if !f.Connection.Connected() {
		return Decision{Outcome: OutcomeUnconnected,
			Reasons: because("not_connected", pactius.T("The environment has no Microsoft 365 connection.")),
			Remedy:  pactius.T("Support must connect the environment to Microsoft 365.")}
	}
	if f.Person.TenantID != "" && f.Person.TenantID != f.Connection.TenantID {
		return Decision{Outcome: OutcomeForeign,
			Reasons: because("other_tenant", pactius.T("The account belongs to another organisation's Microsoft 365.")),
			Remedy: pactius.T("Sign in with an account of the company, or have the company's IT invite this one as " +
				"a guest.")}
	}
	switch {
	case f.Linked != nil:
		return known(f, *f.Linked, OutcomeEnter, "identity",
			pactius.T("The Microsoft 365 account is bound to %s.", f.Linked.Name))
	case f.Named == nil:
		return Decision{Outcome: OutcomeUnrecognised,
			Reasons: because("unknown_name", pactius.T("No user has the account name %s.", f.Person.Username)),
			Remedy: pactius.T("Let the person ask for access, add them under Settings > Users, or correct the " +
				"account name of the user that is meant.")}
	case f.Connection.CutsOff(f.Named.Identity):
		return Decision{Outcome: OutcomeUnrecognised,
			Reasons: because(cutOff, pactius.T("%s has this account name, but is linked to an account of the "+
				"Microsoft 365 tenant that was connected before.", f.Named.Name)),
			Remedy: relinkFirst}
	case f.Named.Identity.IsZero():
		return known(f, *f.Named, OutcomeLink, "invited_name",
			pactius.T("%s was added with this account name and has never signed in.", f.Named.Name))
	case f.Person.ObjectID == "":
		return known(f, *f.Named, OutcomeEnter, "bound_name",
			pactius.T("%s has this account name. Their Microsoft 365 account is recognised whatever it is called.",
				f.Named.Name))
	default:
		return Decision{Outcome: OutcomeUnrecognised,
			Reasons: because("name_of_another",
				pactius.T("%s has this account name, but is bound to a different Microsoft 365 account.",
					f.Named.Name)),
			Remedy: pactius.T("The account name has been given to a new person in Microsoft 365. Let the person ask "+
				"for access; approving makes a new user and leaves %s as before.", f.Named.Name)}
	}
}

// cutOff is the reason code of a user whose identity is of an earlier tenant, see pactius.Connection.CutsOff.
const cutOff = "cut_off"

// relinkFirst is the remedy for a user who is cut off.
var relinkFirst = pactius.T("PACTIUS Support links the users of the earlier tenant to their accounts in the new one " +
	"with: pactius environment relink")

// known completes the decision about a user.
func known(f Evidence, u pactius.User, outcome Outcome, code string, why pactius.Text) Decision {
	d := Decision{Outcome: outcome, User: &u, Reasons: because(code, why)}
	// Microsoft has authenticated the person after the account was found gone: it is back, see AccountBack.
	if u.SweptOut && f.Person.VouchedAt.After(u.AccountStateAt) {
		u.DeactivatedAt = time.Time{}
	}
	add := func(reason string, why, remedy pactius.Text) {
		d.Reasons, d.Remedy = append(d.Reasons, Reason{reason, why}), remedy
	}
	switch status := u.Status(f.Today); {
	case status == pactius.StatusDeactivated && u.SweptOut:
		d.Outcome = OutcomeBlocked
		add("account_"+string(u.AccountState),
			pactius.T("The user was deactivated because the Microsoft 365 account is disabled or deleted."),
			pactius.T("The company's IT must enable the account in Microsoft 365. The user then signs in as before."))
	case status == pactius.StatusDeactivated:
		d.Outcome = OutcomeBlocked
		add("deactivated", pactius.T("The user is deactivated."), pactius.T("Reactivate the user on the user's page."))
	case status == pactius.StatusEnded:
		d.Outcome = OutcomeBlocked
		add("ended", pactius.T("The user's last day was %s.", string(u.EndsOn)),
			pactius.T("Change the end date on the user's page."))
	case u.UnitCount == 0:
		add("no_units", pactius.T("The user has no business units yet and will see nothing after signing in."),
			pactius.T("Assign business units on the user's page."))
	}
	return d
}

func because(code string, why pactius.Text) []Reason { return []Reason{{code, why}} }
