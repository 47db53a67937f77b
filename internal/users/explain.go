package users

import (
	"cmp"
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// Explanation is what a sign-in would meet, why, and what helps.
type Explanation struct {
	Decision
	Remedy  pactius.Text           // of the decision, or what is nearer: a request that waits, somebody who is probably meant
	Request *pactius.AccessRequest // that waits; nil where the actor may not decide it
	Similar []Similar              // of Unrecognised: invited users who are probably this person, best first
	Former  []FormerOwner          // who had the account name before
}

// Explain tells what would become of a person with an account name who signed
// in now, and why. A name, an e-mail address and an object ID may be given where
// they are known. Only local administrators and Support may ask; users they may
// not see are left out of Similar, and have no name in the rest.
func (r *Rules) Explain(ctx context.Context, actor pactius.Actor, person pactius.Person) (Explanation, error) {
	all, err := r.ExplainAll(ctx, actor, []pactius.Person{person})
	if err != nil {
		return Explanation{}, err
	}
	return all[0], nil
}

// ExplainAll is Explain for several people, at one moment.
func (r *Rules) ExplainAll(ctx context.Context, actor pactius.Actor, people []pactius.Person) ([]Explanation, error) {
	all := make([]Explanation, len(people))
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		for i, person := range people {
			x, err := explain(tx, person)
			if err != nil {
				return err
			}
			all[i] = x
			all[i].Remedy = x.remedy()
		}
		return nil
	})
	return all, err
}

// remedy is the decision's, unless the person has asked already, or somebody is
// probably meant.
func (x Explanation) remedy() pactius.Text {
	switch {
	case x.Outcome != OutcomeUnrecognised:
	case x.Request != nil:
		return pactius.T("Decide the access request that waits. Its page also shows who is probably meant.")
	case len(x.Similar) > 0 && x.Similar[0].User != nil:
		u := x.Similar[0].User
		return pactius.T("Probably %s is meant, who was added as %s. If so, correct that account name; if not, let the person ask for access.", u.Name, u.Username)
	}
	return x.Decision.Remedy
}

func explain(tx *change.Tx, person pactius.Person) (Explanation, error) {
	var x Explanation
	if person.ObjectID != "" && person.TenantID == "" {
		person.TenantID = tx.Environment.Connection.TenantID
	}
	f, err := facts(tx, person)
	if err != nil {
		return x, err
	}
	if x.Decision, err = discreet(tx, f, Recognise(f)); err != nil {
		return x, err
	}
	if x.Outcome == OutcomeEnter || x.Outcome == OutcomeBlocked {
		return x, nil // a user who is bound asks for nothing and is nobody else
	}
	if x.Request, err = pendingOf(tx, person); err != nil {
		return x, err
	}
	if x.Former, err = formerOwners(tx, person.Username); err != nil || x.Outcome != OutcomeUnrecognised {
		return x, err
	}
	x.Similar, _, err = similarInvited(tx, person)
	return x, err
}

// discreet takes out of a decision who a user is whom the actor may not see: whoever
// types an account name learns that there is one, as whoever adds it does.
func discreet(tx *change.Tx, f Evidence, d Decision) (Decision, error) {
	u := cmp.Or(f.Bound, f.Named)
	if u == nil || d.Outcome == OutcomeForeign || d.Outcome == OutcomeUnconnected {
		return d, nil // about nobody
	}
	if sees, err := tx.Sees(*u); err != nil || sees {
		return d, err
	}
	code := d.Reasons[0].Code
	if d.User == nil {
		d.Reasons = because(code, pactius.T("A user in business units you do not administer has this account name, but is bound to a different Microsoft 365 account."))
		d.Remedy = pactius.T("The account name has been given to a new person in Microsoft 365. Let the person ask for access; approving makes a new user.")
		return d, nil
	}
	d.User, d.Reasons = nil, because(code, pactius.T("This is a user in business units you do not administer."))
	if !d.Remedy.IsZero() {
		d.Remedy = pactius.T("Ask an administrator of the whole company.")
	}
	return d, nil
}

// pendingOf finds the request of a person that waits and is the actor's to decide.
func pendingOf(tx *change.Tx, person pactius.Person) (*pactius.AccessRequest, error) {
	var q *pactius.AccessRequest
	var err error
	if person.ObjectID != "" {
		q, err = store.Optional(tx.PendingRequest(person.Identity))
	} else {
		q, err = pendingNamed(tx, person.Username)
	}
	if err != nil || q == nil {
		return nil, err
	}
	if may, err := tx.CanDecide(q.Units); err != nil || !may {
		return nil, err
	}
	return q, nil
}

// explainUser tells what a user would meet who signed in now.
func explainUser(tx *change.Tx, u pactius.User) (Decision, error) {
	f, err := facts(tx, pactius.Person{Identity: u.Identity, Username: u.Username, Name: u.Name})
	return Recognise(f), err
}
