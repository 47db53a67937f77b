package users

import (
	"errors"
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// entry is somebody who comes in, whichever way.
type entry struct {
	way      pactius.Way
	username names.Username
	name     string
	email    string
	identity pactius.Identity // zero: bound at the first sign-in
	vouched  time.Time        // when Microsoft said that the identity has this account name
	language string
	endsOn   pactius.Date
	grants   []pactius.Grant
	absent   bool // looked for already in this transaction: there is no such user
	link     bool // an existing user is linked instead of refused
}

// admitted is the result of admit.
type admitted struct {
	user    pactius.User
	created bool
	undo    store.Undo    // what a taken back approval restores
	tree    *pactius.Tree // the units of the entry's grants and all above
}

// admit is the one function all ways in end in. It finds the user that the
// person already is, or creates it; binds the identity; gives the access; and
// records the event. It runs in the caller's transaction, so that request,
// user, event and mail stand or fall together.
func admit(tx *change.Tx, e entry) (admitted, error) {
	if !tx.Environment.Connection.Connected() {
		return admitted{}, ErrNotConnected
	}
	if elsewhere(tx, e.identity) {
		return admitted{}, errElsewhere
	}
	tree, err := grantedTree(tx, e.grants)
	if err != nil {
		return admitted{}, err
	}
	existing, former, err := find(tx, e)
	if err != nil {
		return admitted{}, err
	}
	if former != nil {
		if err := release(tx, *former); err != nil {
			return admitted{}, err
		}
	}
	var a admitted
	switch {
	case existing == nil:
		a, err = create(tx, e)
	case !e.link:
		return admitted{user: *existing}, &ExistsError{User: *existing, Visible: tx.Rights.AdministersAll()}
	default:
		a, err = link(tx, e, *existing)
	}
	if err != nil {
		return a, err
	}
	a.tree = tree
	return a, giveAccess(tx, e, &a)
}

// find looks for the user a person already is, and otherwise for the former
// owner of the account name, who still has it here: see tookOver.
func find(tx *change.Tx, e entry) (user, former *pactius.User, err error) {
	if e.absent {
		return nil, nil, nil
	}
	n, err := tx.UsersNamed(e.identity, e.username.Shown)
	if err != nil || n.Linked != nil || n.Named == nil {
		return n.Linked, nil, err
	}
	u := n.Named
	took, err := tookOver(tx, e, *u)
	if took {
		return nil, u, err
	}
	return u, nil, err
}

func create(tx *change.Tx, e entry) (admitted, error) {
	u := pactius.User{
		ID: pactius.UserID(id.New()), Username: e.username.Shown, Name: e.name, Email: e.email, Identity: e.identity,
		Language: e.language, CreatedAt: tx.Now, CreatedBy: e.way, EndsOn: e.endsOn, Version: 1,
	}
	if err := tx.InsertUser(u, tx.Actor.User); err != nil {
		return admitted{}, err
	}
	kind := pactius.UserAdded
	if e.way == pactius.ByRequest {
		kind = pactius.UserAdmitted
	}
	tx.Record(pactius.Event{Kind: kind, User: u.ID,
		Facts: pactius.Facts{pactius.FactWay: string(e.way)}, Detail: pactius.Facts{pactius.DetailName: u.Name, pactius.DetailUsername: u.Username}})
	return admitted{user: u, created: true}, nil
}

// link binds the identity to a user that is the same person already.
func link(tx *change.Tx, e entry, u pactius.User) (admitted, error) {
	a := admitted{user: u}
	name := u.Name
	if sees, err := tx.Sees(u); err != nil {
		return a, err
	} else if !sees {
		name = u.Username
	}
	switch {
	case !u.Identity.IsZero() && !e.identity.IsZero() && u.Identity != e.identity:
		return a, pactius.Refuse(pactius.KindConflict, pactius.T("%s has signed in with the account name %s since this was asked, so the request names an account name that is no longer true. Let the person sign in again and ask anew; nothing was changed.", name, u.Username))
	case !u.MayEnter(tx.Today):
		return a, pactius.Refuse(pactius.KindConflict, pactius.T("%s is a user already, but deactivated or past the end date. Open %s under Users and reactivate the user there.", name, u.Username))
	case u.Identity.IsZero() && !e.identity.IsZero():
		a.user.Identity, a.undo.Bound = e.identity, true
		if err := tx.UpdateUser(a.user); err != nil {
			return a, err
		}
		a.user.Version++
	}
	tx.Record(pactius.Event{Kind: pactius.UserLinked, User: u.ID})
	return a, nil
}

// giveAccess gives what was chosen; access a linked user has already is never
// lowered by it.
func giveAccess(tx *change.Tx, e entry, a *admitted) error {
	if len(e.grants) == 0 {
		return nil
	}
	before, after := map[pactius.UnitID]pactius.Access{}, map[pactius.UnitID]pactius.Access{}
	if !a.created {
		memberships, err := tx.Memberships(a.user.ID)
		if err != nil {
			return err
		}
		for _, m := range memberships {
			before[m.UnitID] = m.Access
		}
	}
	var changes []pactius.Grant
	for _, g := range e.grants {
		if g.Access > before[g.Unit] {
			after[g.Unit] = g.Access
			changes = append(changes, g)
		}
	}
	if err := tx.SetMemberships(a.user.ID, changes, tx.Now); err != nil {
		return err
	}
	a.undo.Before, a.undo.After = map[pactius.UnitID]pactius.Access{}, after
	for unit := range after {
		a.undo.Before[unit] = before[unit]
	}
	if len(changes) == 0 {
		return nil
	}
	for unit := range after {
		if before[unit] == pactius.AccessNone {
			a.user.UnitCount++
		}
	}
	tx.Record(pactius.Event{Kind: pactius.UserUnitsAssigned, User: a.user.ID, Facts: pactius.AccessFacts(before, after)})
	return nil
}

// grantedTree makes sure that every unit exists, is in use, and is the actor's to
// give; else it returns an Invalid error about the field "unit". The tree has all
// of them, nil for no grants.
func grantedTree(tx *change.Tx, grants []pactius.Grant) (*pactius.Tree, error) {
	switch {
	case len(grants) == 0:
		return nil, nil
	case len(grants) > pactius.MaxGrants:
		return nil, errTooManyUnits
	}
	units := make([]pactius.UnitID, 0, len(grants))
	for _, g := range grants {
		if slices.Contains(units, g.Unit) {
			return nil, pactius.RefuseField("unit", pactius.T("Choose every business unit only once."))
		}
		units = append(units, g.Unit)
		if g.Access < pactius.AccessRead || g.Access > pactius.AccessAdminister {
			return nil, pactius.RefuseField("unit", pactius.T("Choose read, write or administer for every business unit."))
		}
	}
	tree, err := tx.TreeOf(units...)
	if err != nil {
		return nil, err
	}
	for _, unit := range units {
		u, ok := tree.Unit(unit)
		switch {
		case !ok:
			return nil, errUnitGone
		case u.IsArchived():
			return nil, unitArchived(u)
		case !tx.Rights.Administers(unit):
			return nil, pactius.RefuseField("unit", pactius.T("%s lies outside the business units you administer.", u.Name))
		}
	}
	return tree, nil
}

// Refusals of admit.
var (
	// ErrNotConnected refuses to let anybody in where nobody could sign in.
	ErrNotConnected = pactius.Refuse(pactius.KindNotConnected, pactius.T("This environment has no Microsoft 365 connection, so nobody can be added. PACTIUS Support sets it up."))
	// errTooManyUnits refuses more than pactius.MaxGrants business units of one user.
	errTooManyUnits = pactius.RefuseField("unit", pactius.T("These are more than %d business units. Choose the unit above them instead.", pactius.MaxGrants))

	errUnitGone = pactius.RefuseField("unit", pactius.T("One of the business units does not exist any more. Reload the page and choose again."))
)

func unitArchived(u pactius.Unit) error {
	return pactius.RefuseField("unit", pactius.T("%s is archived. Choose another business unit.", u.Name))
}

// ExistsError says that somebody is a user already.
type ExistsError struct {
	User    pactius.User
	Visible bool // the actor may open the user's page
}

// Error says it in English.
func (e *ExistsError) Error() string { return e.Unwrap().Error() }

// Unwrap gives the refusal as every surface understands it.
func (e *ExistsError) Unwrap() error {
	text := pactius.T("There is a user with the account name %s already: %s.", e.User.Username, e.User.Name)
	if !e.Visible {
		text = pactius.T("There is a user with the account name %s already, in business units you do not administer. Ask an administrator of the whole company.", e.User.Username)
	}
	return &pactius.Error{Kind: pactius.KindConflict, Message: text, Fields: []pactius.FieldError{{Field: "username", Message: text}}}
}

// nameTaken puts store.ErrTaken into words when an account name was to be
// given to somebody: who has it. Other errors stay as they are.
func nameTaken(tx *change.Tx, username string, err error) error {
	if !errors.Is(err, store.ErrTaken) {
		return err
	}
	other, readErr := tx.UserByUsername(username)
	if readErr != nil {
		return err
	}
	may, readErr := tx.Sees(other)
	return errors.Join(&ExistsError{User: other, Visible: may}, readErr)
}

// pendingNamed finds the pending request made under an account name, unless a
// tenant of before vouched for it.
func pendingNamed(tx *change.Tx, username string) (*pactius.AccessRequest, error) {
	q, err := store.Optional(tx.PendingRequestByUsername(username))
	if q != nil && elsewhere(tx, q.Person.Identity) {
		return nil, err
	}
	return q, err
}

// elsewhere reports whether an identity is of another tenant than the
// environment's, which has changed since somebody asked: it could never sign in.
func elsewhere(tx *change.Tx, i pactius.Identity) bool {
	return !i.IsZero() && i.TenantID != tx.Environment.Connection.TenantID
}

var errElsewhere = pactius.Refuse(pactius.KindConflict, pactius.T("This request comes from another Microsoft 365 organisation than the one that is connected now. Decline it and let the person ask again."))

// settleNamed settles the pending request of an account name that has just
// been given to a user who never signed in: the identity that asked is bound.
// A user who may not enter settles nothing: nobody is told that they are in
// who is not.
func settleNamed(tx *change.Tx, u *pactius.User) (*pactius.AccessRequest, error) {
	if !u.MayEnter(tx.Today) {
		return nil, nil
	}
	q, err := pendingNamed(tx, u.Username)
	if err != nil || q == nil {
		return nil, err
	}
	if own(tx, *q) {
		return nil, errOwnRequest
	}
	u.Identity = q.Person.Identity
	if err := tx.UpdateUser(*u); err != nil {
		return nil, err
	}
	u.Version++
	tx.Record(pactius.Event{Kind: pactius.UserLinked, User: u.ID, Request: q.ID})
	if err := settle(tx, q, settlement{state: pactius.StateApproved, user: u.ID, undo: store.Undo{Final: true}}); err != nil {
		return nil, err
	}
	return q, tellApproved(tx, *q, u.ID)
}
