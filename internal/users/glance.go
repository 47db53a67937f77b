package users

import (
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
)

// Preset returns the access that an approval gives unless the approver chooses otherwise: read access to the requested
// units that the approver administers, write access where the person, who has some access, can read already.
func Preset(approver pactius.Rights, tree *pactius.Tree, has []pactius.Membership, units []pactius.UnitID,
) []pactius.Grant {
	now := pactius.NewRights(tree, has)
	var grants []pactius.Grant
	for _, id := range units {
		u, ok := tree.Unit(id)
		if !ok || u.IsArchived() || !approver.AdministersAll() && !approver.Administers(id) {
			continue
		}
		access := pactius.AccessRead
		if now.Access(id) >= pactius.AccessRead {
			access = pactius.AccessWrite
		}
		grants = append(grants, pactius.Grant{Unit: id, Access: access})
	}
	return grants
}

// Row is what the row of a list says of a request with one unit, whose path is given: see Approval.Row.
func Row(q pactius.AccessRequest, path string) string {
	return q.Person.Name + ", " + q.Person.Username + ": " + path
}

// glance returns what approving a pending request gives if the row of a list says all about it: exactly one unit is
// requested, and the approval gives something. has is the access of the user who sent it.
func glance(tx *change.Tx, tree *pactius.Tree, q pactius.AccessRequest, has []pactius.Membership) (
	pactius.Grant, bool,
) {
	if len(q.Units) != 1 || q.Proposal.User != "" || own(tx, q) || checkTenant(tx, q.Person.Identity) != nil {
		return pactius.Grant{}, false
	}
	if !tx.Rights.CanSee(change.UnitIDs(has)) {
		has = nil // the request's page does not tell either
	}
	given := Preset(tx.Rights, tree, has, q.Units)
	if len(given) == 0 || pactius.NewRights(tree, has).Access(q.Units[0]) >= given[0].Access {
		return pactius.Grant{}, false
	}
	return given[0], true
}

// checkGlance refuses to approve a request from the row of a list where the row has not said everything: where the
// access has changed since, or where the person may be a user already.
func checkGlance(tx *change.Tx, q pactius.AccessRequest, a Approval) error {
	var has []pactius.Membership
	var err error
	if q.FromUser() {
		if has, err = tx.Memberships(q.UserID); err != nil {
			return err
		}
	}
	tree, err := tx.TreeOf(append(change.UnitIDs(has), q.Units...)...)
	if err != nil {
		return err
	}
	g, ok := glance(tx, tree, q, has)
	switch {
	case own(tx, q):
		return errOwnRequest
	case !ok || !slices.Equal(a.Grants, []pactius.Grant{g}) || a.Row != Row(q, tree.Path(g.Unit)):
		return errLookFirst
	case q.FromUser():
		return nil
	}
	named, err := tx.UsersNamed(q.Person.Identity, q.Person.Username)
	if err != nil {
		return err
	}
	former, err := tx.FormerOwners(q.Person.Username)
	if err != nil {
		return err
	}
	if named.Linked != nil || named.Named != nil || named.Merged != nil || named.GaveName != nil || len(former) > 0 {
		return errMaybeUser
	}
	return nil
}

var errLookFirst = pactius.Refuse(pactius.KindConflict, pactius.T("The request or its business unit has changed since "+
	"you opened Home. Nothing was approved; check the access below, then approve."))

var errMaybeUser = pactius.Refuse(pactius.KindConflict, pactius.T("This person may already be a user. Nothing was "+
	"approved; check the request below, then decide."))
