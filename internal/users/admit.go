package users

import (
	"errors"
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// entry is a person to admit.
type entry struct {
	way      pactius.Way
	username names.Username
	name     string
	email    string
	identity pactius.Identity // zero: linked at the first sign-in
	vouched  time.Time        // when Microsoft said that the identity has this account name
	language string
	endsOn   pactius.Date
	grants   []pactius.Grant
	absent   bool             // the caller has looked in this transaction: there is no such user
	link     bool             // link an existing user instead of refusing
	sender   pactius.UserID   // the user who asked for more access; "": the person is not known to be a user
	despite  bool             // create a user although it may be another one
	asked    *Asked           // the directory's answer about the identity; nil: it was not asked
	doubles  []pactius.UserID // users that may be the same person as a created one
}

// entryOf returns the person of a pending request.
func entryOf(q pactius.AccessRequest, grants []pactius.Grant) entry {
	p := q.Person
	var sender pactius.UserID
	if q.FromUser() {
		sender = q.UserID
	}
	return entry{way: pactius.ByRequest, username: names.Username{Shown: p.Username, Key: names.Key(p.Username)},
		name: p.Name, email: p.Email, identity: p.Identity, vouched: p.VouchedAt, language: p.Language,
		grants: grants, link: true, sender: sender}
}

// person returns the entry as a person to compare with others.
func (e entry) person() pactius.Person {
	return pactius.Person{Identity: e.identity, Username: e.username.Shown, Name: e.name, Email: e.email}
}

// admitted is the result of admit.
type admitted struct {
	user    pactius.User
	created bool
	undo    store.Undo    // for taking the approval back
	tree    *pactius.Tree // the units of the entry's grants and all above
	before  map[pactius.UnitID]pactius.Access
}

// given returns the units of the entry's grants for an email, with the access that the user has now: all units of a
// created user.
func (a admitted) given(e entry) []mail.UnitAccess {
	now := slices.Clone(e.grants)
	for i, g := range now {
		now[i].Access = max(g.Access, a.before[g.Unit])
	}
	return mailUnits(a.tree, now)
}

// admit makes a person a user: it finds the user that the person already is, or creates it; links the identity; gives
// the access; records the events. Every way to become a user calls it, in the transaction that does the rest.
func admit(tx *change.Tx, e entry) (admitted, error) {
	if err := checkTenant(tx, e.identity); err != nil {
		return admitted{}, err
	}
	tree, err := grantedTree(tx, e.grants)
	if err != nil {
		return admitted{}, err
	}
	existing, former, err := find(tx, e)
	if err != nil {
		return admitted{}, err
	}
	if existing == nil && e.link {
		if err := checkDouble(tx, &e, former); err != nil {
			return admitted{}, err
		}
	}
	if former != nil {
		if err := checkCutOff(tx, *former); err != nil {
			return admitted{}, err
		}
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

// checkCutOff refuses to take the account name from a user of an earlier tenant that the actor may not change: it is
// probably the same person, and a relink finds the user by that name.
func checkCutOff(tx *change.Tx, u pactius.User) error {
	if !tx.Environment.Connection.CutsOff(u.Identity) {
		return nil
	}
	may, err := manages(tx, u.ID)
	if err == nil && !may {
		err = errCutOff
	}
	return err
}

var errCutOff = pactius.Refuse(pactius.KindForbidden, pactius.T("A user with this account name isn't linked to the "+
	"new Microsoft 365 tenant yet, and you can't change that user. Choose “Same person”, or ask an administrator of "+
	"the whole company."))

// find returns the existing user: the one who asked for more access, else by identity, else by account name; if that
// name has moved to the entry's account in Microsoft 365, its old holder is returned as former.
func find(tx *change.Tx, e entry) (existing, former *pactius.User, err error) {
	if e.absent {
		return nil, nil, nil
	}
	if e.sender != "" {
		u, err := followed(tx, e.sender)
		return &u, nil, err
	}
	n, err := tx.UsersNamed(e.identity, e.username.Shown)
	if err != nil {
		return nil, nil, err
	}
	return among(tx, e, n)
}

// among is find among the users of the entry's identity and account name.
func among(tx *change.Tx, e entry, n store.Named) (existing, former *pactius.User, err error) {
	switch {
	case n.Linked != nil:
		return n.Linked, nil, nil
	case n.Merged != nil: // the person is a user, with another account
		return n.Merged, nil, nil
	case n.Named == nil:
		return nil, nil, nil
	}
	moved, err := nameMoved(tx, e, *n.Named)
	if moved {
		return nil, n.Named, err
	}
	return n.Named, nil, err
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
	tx.Record(pactius.Event{Kind: kind, User: u.ID, Facts: pactius.Facts{pactius.FactWay: string(e.way)},
		Detail: pactius.Facts{pactius.DetailName: u.Name, pactius.DetailUsername: u.Username}})
	for _, other := range e.doubles {
		if err := tx.InsertDouble(u.ID, other); err != nil {
			return admitted{}, err
		}
	}
	return admitted{user: u, created: true}, nil
}

// checkDouble refuses to create a user for a request who is probably another one. former is the user whose account name
// has moved to the entry's account.
func checkDouble(tx *change.Tx, e *entry, former *pactius.User) error {
	similar, err := likelyInvited(tx, e.person())
	if err != nil {
		return err
	}
	if former != nil {
		similar = append([]Similar{{User: former, Score: 100, Reasons: []pactius.Text{
			pactius.T("Same account name, different Microsoft 365 account")}}}, similar...)
	}
	return e.weigh(tx, similar)
}

// link links the identity to the existing user of the person.
func link(tx *change.Tx, e entry, u pactius.User) (admitted, error) {
	a := admitted{user: u}
	sees, err := tx.Sees(u)
	another := !u.Identity.IsZero() && !e.identity.IsZero() && u.Identity != e.identity
	switch {
	case err != nil:
		return a, err
	case !sees && (another || !u.MayEnter(tx.Today)):
		return a, errHidden
	case another:
		return a, pactius.Refuse(pactius.KindConflict, pactius.T("%s has signed in with the account name %s since "+
			"sending the request, so the account name in the request is out of date. Ask the person to sign in again "+
			"and send a new request; nothing was changed.", u.Name, u.Username))
	case !u.MayEnter(tx.Today):
		return a, reactivateFirst(u.Name, u.Username)
	case u.Identity.IsZero() && !e.identity.IsZero():
		if err := checkNamesake(tx, e, u); err != nil {
			return a, err
		}
		a.user.Identity, a.undo.Linked = e.identity, true
		if err := tx.UpdateUser(a.user); err != nil {
			return a, err
		}
		a.user.Version++
	}
	if e.sender == "" {
		tx.Record(pactius.Event{Kind: pactius.UserLinked, User: u.ID})
	}
	return a, nil
}

// reactivateFirst refuses to link a user without access.
func reactivateFirst(name, username string) error {
	return pactius.Refuse(pactius.KindConflict,
		pactius.T("%s is already a user, but deactivated or past the end date. Open %s under Users and reactivate "+
			"the user there.", name, username))
}

// giveAccess gives the grants of the entry; it never lowers the access of an existing user.
func giveAccess(tx *change.Tx, e entry, a *admitted) error {
	a.before = map[pactius.UnitID]pactius.Access{}
	if len(e.grants) > 0 && !a.created {
		memberships, err := tx.Memberships(a.user.ID)
		if err != nil {
			return err
		}
		a.before = accessOf(memberships)
	}
	units := len(a.before)
	var changes []pactius.Grant
	a.undo.Before, a.undo.After = map[pactius.UnitID]pactius.Access{}, map[pactius.UnitID]pactius.Access{}
	for _, g := range e.grants {
		if was := a.before[g.Unit]; g.Access > was {
			changes = append(changes, g)
			a.undo.Before[g.Unit], a.undo.After[g.Unit] = was, g.Access
			if was == pactius.AccessNone {
				a.user.UnitCount++
				units++
			}
		}
	}
	switch {
	case len(changes) == 0:
		return nil
	case units > pactius.MaxGrants:
		return errTooManyUnits
	}
	tx.Record(pactius.Event{Kind: pactius.UserUnitsAssigned, User: a.user.ID,
		Facts: pactius.AccessFacts(a.undo.Before, a.undo.After)})
	return tx.SetMemberships(a.user.ID, changes, tx.Now)
}

// ExistsError refuses to give an account name that another user has.
type ExistsError struct {
	User    pactius.User
	Visible bool // the actor may open the user's page
}

// Error returns the refusal in English.
func (e *ExistsError) Error() string { return e.Unwrap().Error() }

// Unwrap returns the refusal as every surface shows it.
func (e *ExistsError) Unwrap() error {
	text := pactius.T("There's already a user with the account name %s: %s.", e.User.Username, e.User.Name)
	if !e.Visible {
		text = errHidden.Message // the account name that was asked for may be another one of that user's
	}
	return &pactius.Error{Kind: pactius.KindConflict, Message: text,
		Fields: []pactius.FieldError{{Field: "username", Message: text}}}
}

// errHidden refuses where the reason is a user that the actor may not see.
var errHidden = pactius.Refuse(pactius.KindConflict, pactius.T("This person is already a user, in business units "+
	"you don't administer. Ask an administrator of the whole company."))

// nameTaken replaces store.ErrTaken by an *ExistsError about the user who has the account name. It returns other
// errors unchanged.
func nameTaken(tx *change.Tx, username string, err error) error {
	if !errors.Is(err, store.ErrTaken) {
		return err
	}
	other, readErr := tx.UserByUsername(username)
	if readErr != nil {
		return err
	}
	sees, readErr := tx.Sees(other)
	return errors.Join(&ExistsError{User: other, Visible: sees}, readErr)
}

// checkTenant refuses an identity that could never sign in.
func checkTenant(tx *change.Tx, i pactius.Identity) error {
	switch {
	case !tx.Environment.Connection.Connected():
		return ErrNotConnected
	case tx.Environment.Connection.CutsOff(i):
		return errElsewhere
	}
	return nil
}

// ErrNotConnected refuses to admit people who could not sign in.
var ErrNotConnected = pactius.Refuse(pactius.KindNotConnected,
	pactius.T("This environment has no Microsoft 365 connection, so no one can be added. PACTIUS Support needs to "+
		"set it up."))

var errElsewhere = pactius.Refuse(pactius.KindConflict, pactius.T("This request comes from a different Microsoft 365 "+
	"organisation from the one connected now. Decline it and ask the person to send a new request."))
