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
}

// Explain returns the decision about a person if they signed in now. The account name is needed; name, email address
// and object ID are used where they are known. Users that the actor may not see are left out of Similar, and have no
// name in the rest.
func (r *Rules) Explain(ctx context.Context, actor pactius.Actor, person pactius.Person) (Explanation, error) {
	all, err := r.ExplainAll(ctx, actor, []pactius.Person{person})
	if err != nil {
		return Explanation{}, err
	}
	return all[0], nil
}

// ExplainAll is Explain for several people, in one snapshot.
func (r *Rules) ExplainAll(ctx context.Context, actor pactius.Actor, people []pactius.Person) ([]Explanation, error) {
	all := make([]Explanation, len(people))
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		for i, person := range people {
			x, err := explain(tx, person)
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

// remedy returns the decision's remedy, unless there is a pending request or a similar user.
func (x Explanation) remedy() pactius.Text {
	switch {
	case x.Outcome != OutcomeUnrecognised:
	case x.Request != nil:
		return pactius.T("Decide the access request that waits. Its page also shows who is probably meant.")
	case len(x.Similar) > 0 && x.Similar[0].User != nil:
		u := x.Similar[0].User
		return pactius.T("Probably %s is meant, who was added as %s. If so, correct that account name; if not, let "+
			"the person ask for access.", u.Name, u.Username)
	}
	return x.Decision.Remedy
}

func explain(tx *change.Tx, person pactius.Person) (Explanation, error) {
	var x Explanation
	if person.ObjectID != "" && person.TenantID == "" {
		person.TenantID = tx.Environment.Connection.TenantID
	}
	var err error
	if x.Decision, err = recogniseDiscreetly(tx, person); err != nil {
		return x, err
	}
	if x.Outcome == OutcomeEnter || x.Outcome == OutcomeBlocked {
		return x, nil // a linked user has no request and is not another user
	}
	if x.Request, err = pending(tx, person.Identity, person.Username); err != nil {
		return x, err
	}
	if x.Request != nil {
		may, err := tx.CanDecide(x.Request.Units)
		if err != nil {
			return x, err
		}
		if !may {
			x.Request = nil
		}
	}
	if x.Former, err = formerOwners(tx, person.Username); err != nil || x.Outcome != OutcomeUnrecognised {
		return x, err
	}
	x.Similar, _, err = similarInvited(tx, person)
	return x, err
}

// recogniseDiscreetly recognises a person for the actor to read: of a user that the actor may not see, it tells only
// that there is one, as adding the user does.
func recogniseDiscreetly(tx *change.Tx, person pactius.Person) (Decision, error) {
	f, err := evidence(tx, person)
	d := Recognise(f)
	u := cmp.Or(f.Linked, f.Named)
	if err != nil || u == nil || d.Outcome == OutcomeForeign || d.Outcome == OutcomeUnconnected {
		return d, err
	}
	if sees, err := tx.Sees(*u); err != nil || sees {
		return d, err
	}
	code := d.Reasons[0].Code
	if code == cutOff {
		d.Reasons = because(code, pactius.T("A user in business units you do not administer has this account name, "+
			"but is linked to an account of the Microsoft 365 tenant that was connected before."))
		return d, nil
	}
	if d.User == nil {
		d.Reasons = because(code,
			pactius.T("A user in business units you do not administer has this account name, but is bound to a "+
				"different Microsoft 365 account."))
		d.Remedy = pactius.T("The account name has been given to a new person in Microsoft 365. Let the person ask " +
			"for access; approving makes a new user.")
		return d, nil
	}
	d.User, d.Reasons = nil, because(code, pactius.T("This is a user in business units you do not administer."))
	if !d.Remedy.IsZero() {
		d.Remedy = pactius.T("Ask an administrator of the whole company.")
	}
	return d, nil
}
