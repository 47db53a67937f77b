package users

import (
	"cmp"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// Outcome is the result of recognising a person that Microsoft has authenticated.
type Outcome string

// The outcomes of recognition.
const (
	OutcomeEnter        Outcome = "enter"         // a user: signed in
	OutcomeLink         Outcome = "bind"          // an invited user: identity linked, signed in
	OutcomeUnrecognised Outcome = "unrecognised"  // no user: may request access
	OutcomeBlocked      Outcome = "blocked"       // a user who is deactivated, past the end date or without account
	OutcomeMerged       Outcome = "merged"        // an account given up in a merge: another one is used
	OutcomeForeign      Outcome = "foreign"       // an account of another tenant
	OutcomeUnconnected  Outcome = "not_connected" // the environment has no Microsoft 365 connection
)

// Evidence is all that recognition depends on.
type Evidence struct {
	Connection pactius.Connection
	Person     pactius.Person // without ObjectID, only the account name is known, as when explaining
	Linked     *pactius.User  // the user this identity is linked to
	Named      *pactius.User  // the user with this account name
	Merged     *pactius.User  // the user that gave this identity up in a merge
	GaveName   *pactius.User  // the user that gave this account name up, without an identity
	Today      pactius.Date
	LostZone   string           // the environment's time zone, if it cannot be loaded and an end date counts
	Asked      string           // the account name that an explanation was asked about; Person has the present one
	Standing   pactius.Standing // of the account in the directory; zero at a sign-in
}

// evidence reads the evidence about a person.
func evidence(tx *change.Tx, p pactius.Person) (Evidence, error) {
	found, err := tx.UsersNamed(p.Identity, p.Username)
	return evidenceOf(tx, p, found), err
}

// evidenceOf is the evidence about a person with the users of the identity and the account name.
func evidenceOf(tx *change.Tx, p pactius.Person, found store.Named) Evidence {
	f := Evidence{Connection: tx.Environment.Connection, Person: p, Linked: found.Linked, Named: found.Named,
		Merged: found.Merged, Today: tx.Today}
	switch {
	case !found.WithName:
		f.GaveName = found.GaveName
	case p.ObjectID == "" && found.Named == nil: // by the name alone, the account that had it is meant
		f.Merged = found.GaveName
	}
	if u := cmp.Or(f.Linked, f.Named); u != nil && u.EndsOn != "" {
		f.LostZone = tx.Environment.LostZone()
	}
	return f
}

// Decision is the result of recognition with its reasons.
type Decision struct {
	Outcome  Outcome
	User     *pactius.User // of Enter, Link and Blocked
	Holder   *pactius.User // of Unrecognised: has the account name, with another Microsoft 365 account
	Reasons  []Reason
	Remedy   pactius.Text     // advice for an administrator; empty where nothing is wrong
	Standing pactius.Standing // of the account in the directory, as far as it was looked up
}

// Reason is one step of the decision: a stable code for programs and a sentence for people.
type Reason struct {
	Code string
	Text pactius.Text
}

// Recognise decides which user a person is. It is pure: the sign-in acts on the outcome and the explanation shows the
// reasons, so the two cannot disagree. The identity counts first. An account name counts only for an invited user
// without an identity, and only in the environment's own tenant. The directory decides no sign-in, because Microsoft
// itself answers there; an explanation blocks the owners of accounts that Microsoft would not authenticate.
func Recognise(f Evidence) Decision {
	if !f.Connection.Connected() {
		return Decision{Outcome: OutcomeUnconnected,
			Reasons: because("not_connected", pactius.T("The environment has no Microsoft 365 connection.")),
			Remedy: pactius.T("An administrator of the whole company can connect it under Settings > " +
				"Environment.")}
	}
	if f.Person.TenantID != "" && f.Person.TenantID != f.Connection.TenantID {
		return Decision{Outcome: OutcomeForeign,
			Reasons: because("other_tenant", pactius.T("The account belongs to another organisation's Microsoft 365.")),
			Remedy: pactius.T("Sign in with one of the company's accounts, or ask the company's IT to invite this " +
				"one as a guest.")}
	}
	return f.lookedUp(f.recognise())
}

// recognise decides by what is stored here.
func (f Evidence) recognise() Decision {
	switch {
	case f.Linked != nil:
		return known(f, *f.Linked, OutcomeEnter, "identity",
			pactius.T("The Microsoft 365 account is linked to %s.", f.Linked.Name))
	case f.Named == nil && f.Person.Username == "":
		return Decision{Outcome: OutcomeUnrecognised,
			Reasons: because("no_account_name", pactius.T("Microsoft gave no account name, and no user is linked to "+
				"this Microsoft 365 account.")),
			Remedy: pactius.T("Let the person request access.")}
	case f.Named == nil && f.Person.ObjectID == "" && !strings.Contains(f.Person.Username, "@"):
		return Decision{Outcome: OutcomeUnrecognised,
			Reasons: because("not_an_account_name",
				pactius.T("“%s” isn't an account name: @ and the domain are missing.", f.Person.Username)),
			Remedy: pactius.T("Choose who you mean, or enter the full account name.")}
	case f.Merged != nil:
		return Decision{Outcome: OutcomeMerged, User: f.Merged,
			Reasons: because("merged_account", pactius.T("This Microsoft 365 account was given up when two users "+
				"were merged. %s now signs in with the account %s.", f.Merged.Name, f.Merged.Username)),
			Remedy: pactius.T("Sign in with the account %s. If two people were merged by mistake, undo it on the "+
				"user's page within %d minutes.", f.Merged.Username, int(pactius.TakeBackTime.Minutes()))}
	case f.Named == nil && f.GaveName != nil:
		return Decision{Outcome: OutcomeUnrecognised,
			Reasons: because("merged_name", pactius.T("The account name %s was given up when two users were merged. "+
				"%s now has the account name %s.", f.Person.Username, f.GaveName.Name, f.GaveName.Username)),
			Remedy: pactius.T("If this is %s, ask the person to sign in with the account %s. If it's someone else, "+
				"let them request access.", f.GaveName.Name, f.GaveName.Username)}
	case f.Named == nil:
		return Decision{Outcome: OutcomeUnrecognised,
			Reasons: because("unknown_name", pactius.T("No user has the account name %s.", f.Person.Username)),
			Remedy: pactius.T("Let the person request access, add them under Settings > Users, or correct the " +
				"account name of the user you mean.")}
	case f.Connection.CutsOff(f.Named.Identity):
		return Decision{Outcome: OutcomeUnrecognised,
			Reasons: because(cutOff, pactius.T("%s has this account name, but is linked to an account in the "+
				"previously connected Microsoft 365 tenant.", f.Named.Name)),
			Remedy: relinkFirst}
	case f.Named.Identity.IsZero():
		return known(f, *f.Named, OutcomeLink, "invited_name",
			pactius.T("%s was added with this account name and has never signed in.", f.Named.Name))
	case f.Person.ObjectID == "":
		return known(f, *f.Named, OutcomeEnter, "bound_name",
			pactius.T("%s has this account name here and is linked to a Microsoft 365 account. "+
				"Only that account is recognised, whatever its name.", f.Named.Name))
	default:
		return Decision{Outcome: OutcomeUnrecognised, Holder: f.Named,
			Reasons: because("name_of_another",
				pactius.T("%s has this account name, but is linked to a different Microsoft 365 account.",
					f.Named.Name)),
			Remedy: otherAccount}
	}
}

// cutOff is the reason code of a user whose identity is of an earlier tenant, see pactius.Connection.CutsOff.
const cutOff = "cut_off"

// relinkFirst is the remedy for a user who is cut off.
var relinkFirst = pactius.T("PACTIUS Support can link the users of the previous tenant to their accounts in the new " +
	"one with: pactius environment relink")

// otherAccount is advice about an account that has the account name of a user linked to another one.
var otherAccount = pactius.T("The account may have been deleted and created again, or the name may have been given " +
	"to someone else. Let the person request access: you can then say on the request whether it's the same person.")

// known completes the decision about a user.
func known(f Evidence, u pactius.User, outcome Outcome, code string, why pactius.Text) Decision {
	d := Decision{Outcome: outcome, User: &u, Reasons: because(code, why)}
	// Microsoft has authenticated the person after the account was found gone: it is back, see AccountBack.
	if u.SweptOut && f.Person.VouchedAt.After(u.AccountStateAt) {
		u.DeactivatedAt = time.Time{}
	}
	if u.SweptOut && f.Standing.State == pactius.StandingEnabled {
		u.DeactivatedAt = time.Time{}
		d.because("account_back", pactius.T("The user was deactivated when the Microsoft 365 account was found "+
			"disabled or deleted. The next sign-in reactivates the user."))
	}
	switch status := u.Status(f.Today); {
	case status == pactius.StatusDeactivated && u.SweptOut:
		d.Outcome = OutcomeBlocked
		d.because("account_"+string(u.AccountState),
			pactius.T("The user was deactivated when the Microsoft 365 account was found disabled or deleted."))
		d.Remedy = pactius.T("The company's IT needs to enable the account in Microsoft 365. The user can then sign " +
			"in as before.")
	case status == pactius.StatusDeactivated:
		d.Outcome = OutcomeBlocked
		d.because("deactivated", pactius.T("The user is deactivated."))
		d.Remedy = pactius.T("Reactivate the user on the user's page.")
	case status == pactius.StatusEnded:
		d.Outcome = OutcomeBlocked
		d.because("ended", pactius.T("The user's end date was %s.", u.EndsOn))
		d.Remedy = pactius.T("Change the end date on the user's page.")
	case u.UnitCount == 0:
		d.because("no_units", pactius.T("The user has no business units yet."))
		d.Remedy = pactius.T("Assign business units on the user's page.")
	}
	if u.EndsOn != "" && f.LostZone != "" {
		d.because("zone_lost", pactius.T("The environment's time zone %s can't be loaded, so the end date counts as "+
			"passed as soon as the day is over anywhere in the world, up to 14 hours earlier than in UTC.", f.LostZone))
	}
	return d
}

// because adds a reason.
func (d *Decision) because(code string, why pactius.Text) {
	d.Reasons = append(d.Reasons, Reason{code, why})
}

func because(code string, why pactius.Text) []Reason { return []Reason{{code, why}} }
