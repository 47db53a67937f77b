package users

import (
	"cmp"
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
)

// Explanation is the decision about a sign-in, with advice.
type Explanation struct {
	Decision
	Remedy  pactius.Text           // the decision's, or about Request or Similar
	Request *pactius.AccessRequest // pending, and the actor's to decide; nil: none
	Similar []Similar              // of Unrecognised: invited users who are probably this person, best first
	Former  []FormerOwner          // users who had the account name before
	Matches []pactius.User         // users found by a name that was given instead of an account name
}

// Question is a person to explain, with the account's standing in the directory. The account name is needed; name,
// email address and object ID are used where they are known.
type Question struct {
	pactius.Person
	Standing pactius.Standing // zero: the directory was not asked
}

// maxMatches is the number of users that a name is explained with: as many as are read at a glance.
const maxMatches = 8

// Explain returns the decision about a person if they signed in now, without the directory.
func (r *Rules) Explain(ctx context.Context, actor pactius.Actor, person pactius.Person) (Explanation, error) {
	return r.ExplainOne(ctx, actor, Question{Person: person})
}

// ExplainOne returns the decision about a person if they signed in now. Users that the actor may not see are left out
// of Similar and Matches, and have no name in the rest.
func (r *Rules) ExplainOne(ctx context.Context, actor pactius.Actor, q Question) (Explanation, error) {
	all, err := r.ExplainAll(ctx, actor, []Question{q})
	if err != nil {
		return Explanation{}, err
	}
	return all[0], nil
}

// ExplainAll is ExplainOne for several people, in one snapshot.
func (r *Rules) ExplainAll(ctx context.Context, actor pactius.Actor, questions []Question) ([]Explanation, error) {
	all := make([]Explanation, len(questions))
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		for i, q := range questions {
			x, err := explain(tx, q)
			if err != nil {
				return err
			}
			x.Remedy = x.remedy()
			all[i] = x
		}
		return nil
	})
	return all, err
}

// remedy returns the decision's remedy, unless there is a pending request or a similar user. A user must not be given
// the name of an account that Microsoft 365 does not have, so the directory's advice comes before a similar user.
func (x Explanation) remedy() pactius.Text {
	switch {
	case x.Request != nil && (x.Standing.Other != nil || x.Outcome == OutcomeUnrecognised && !x.Standing.State.Shut()):
		return pactius.T("Approve or decline the pending access request. Its page also shows users who are probably " +
			"the same person.")
	case x.Outcome != OutcomeUnrecognised || x.Standing.State == pactius.StandingMissing || x.Standing.State.Shut():
	case len(x.Similar) > 0 && x.Similar[0].User != nil:
		u := x.Similar[0].User
		return pactius.T("This is probably %s, who was added as %s. If so, correct that account name; if not, let the "+
			"person request access.", u.Name, u.Username)
	}
	return x.Decision.Remedy
}

func explain(tx *change.Tx, q Question) (Explanation, error) {
	var x Explanation
	person := q.Person
	if person.ObjectID != "" && person.TenantID == "" {
		person.TenantID = tx.Environment.Connection.TenantID
	}
	if q.Standing.State.Found() { // Microsoft would say these at a sign-in
		person.Identity = q.Standing.Account.Identity
		person.Username = cmp.Or(q.Standing.Account.Username, person.Username)
	}
	f, err := evidence(tx, person)
	if err != nil {
		return x, err
	}
	f.Asked, f.Standing = q.Username, q.Standing
	if x.Decision, err = discreet(tx, f); err != nil {
		return x, err
	}
	if x.has("not_an_account_name") {
		found, err := tx.Users(pactius.UserFilter{Search: person.Username, Limit: maxMatches}, tx.UserScope())
		x.Matches = found.Users
		return x, err
	}
	asking := person.Identity
	switch {
	case x.Standing.Other != nil: // the present owner of the account name may have requested access
		asking = x.Standing.Other.Identity
	case x.Outcome == OutcomeEnter: // a linked user is not another user, and may have asked for more access
		return x, x.decidable(tx, cmp.Or(f.Linked, f.Named).Identity, "")
	case x.Outcome == OutcomeBlocked || x.Outcome == OutcomeMerged:
		return x, nil
	}
	if err := x.decidable(tx, asking, person.Username); err != nil {
		return x, err
	}
	if x.Former, err = formerOwners(tx, person.Username); err != nil || x.Outcome != OutcomeUnrecognised {
		return x, err
	}
	x.Similar, _, err = similarInvited(tx, person)
	return x, err
}

// decidable reads the pending request of an account, if it is the actor's to decide.
func (x *Explanation) decidable(tx *change.Tx, i pactius.Identity, username string) error {
	q, err := pending(tx, i, username)
	if err != nil || q == nil {
		return err
	}
	may, err := tx.CanDecide(q.Units)
	if may {
		x.Request = q
	}
	return err
}

// discreet recognises a person for the actor to read: of a user that the actor may not see, it tells only that there is
// one, as adding the user does.
func discreet(tx *change.Tx, f Evidence) (Decision, error) {
	d := Recognise(f)
	u := cmp.Or(f.Linked, f.Merged, f.Named, f.GaveName)
	if u == nil || d.Outcome == OutcomeForeign || d.Outcome == OutcomeUnconnected {
		return d, nil
	}
	if sees, err := tx.Sees(*u); err != nil || sees {
		return d, err
	}
	f.Standing.Before = "" // says whether the user's account is gone
	stored := f.recognise()
	stored.Holder = nil
	code := stored.Reasons[0].Code
	if u == f.GaveName {
		stored.Reasons = because(code,
			pactius.T("A user in business units you don't administer gave up this account name."))
		stored.Remedy = pactius.T("Ask an administrator of the whole company.")
		return f.lookedUp(stored), nil
	}
	if code == cutOff {
		stored.Reasons = because(code, pactius.T("A user in business units you don't administer has this account "+
			"name, but is linked to an account in the previously connected Microsoft 365 tenant."))
		return f.lookedUp(stored), nil
	}
	if stored.User == nil {
		stored.Reasons = because(code,
			pactius.T("A user in business units you don't administer has this account name, but is linked to a "+
				"different Microsoft 365 account."))
		return f.lookedUp(stored), nil
	}
	stored.Reasons = because(code, pactius.T("This is a user in business units you don't administer."))
	d = f.lookedUp(stored)
	d.User = nil
	if !stored.Remedy.IsZero() {
		d.Remedy = pactius.T("Ask an administrator of the whole company.")
	}
	return d, nil
}
