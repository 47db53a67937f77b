package users

import (
	"cmp"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// A company moves to another Microsoft 365 tenant: the accounts keep their names and get new object IDs. The users are
// then cut off (pactius.Connection.CutsOff) until each is linked to the account in the new tenant. Support decides it
// for all of them, by the new tenant's directory; what a name alone does not decide is left to a person.

// RelinkTime is how long a relink can be undone, unless the user has signed in since.
const RelinkTime = 7 * 24 * time.Hour

// RelinkNames says which account is a user's where it is not the account with the user's account name.
type RelinkNames struct {
	Users   map[string]string // by names.Key of the account name, or by user ID: account name or object ID
	Domains map[string]string // by lower-case domain: the domain that took its place
}

// Relinking is what a relink does with a user.
type Relinking struct {
	User    pactius.User
	Account pactius.Account // that the user is, or would be, linked to; zero: none was found
	Left    RelinkReason    // why the user is left as before; "" links the user
}

// RelinkReason is the reason why a relink, or its undoing, leaves a user as before.
type RelinkReason string

// The reasons.
const (
	RelinkNoAccount       RelinkReason = "no_account"
	RelinkSeveralAccounts RelinkReason = "several_accounts"
	RelinkSeveralUsers    RelinkReason = "several_users"
	RelinkOtherName       RelinkReason = "other_name"
	RelinkTaken           RelinkReason = "taken"
	RelinkAddedAgain      RelinkReason = "added_again"
	RelinkNamedTwice      RelinkReason = "named_twice"
	RelinkNoUser          RelinkReason = "no_user"
	RelinkChanged         RelinkReason = "changed"
	RelinkSignedIn        RelinkReason = "signed_in" // of undoing
)

// Text returns the reason for Support.
func (r RelinkReason) Text() pactius.Text {
	switch r {
	case RelinkNoAccount:
		return pactius.T("No account in the connected tenant has this account name.")
	case RelinkSeveralAccounts:
		return pactius.T("Several accounts in the connected tenant have this account name. Specify one by its object " +
			"ID.")
	case RelinkSeveralUsers:
		return pactius.T("Several users would be linked to this account. Specify the account for one of them.")
	case RelinkOtherName:
		return pactius.T("The account's display name is different. If it's the same person, specify the account.")
	case RelinkTaken:
		return pactius.T("Another user is already linked to this account.")
	case RelinkAddedAgain:
		return pactius.T("Another user was added with this account name.")
	case RelinkNamedTwice:
		return pactius.T("Two lines specify an account for this user, one by account name and one by ID.")
	case RelinkNoUser:
		return pactius.T("No user of a previous tenant has this account name or ID.")
	case RelinkSignedIn:
		return pactius.T("The user has signed in with the new account.")
	default:
		return pactius.T("The user has changed in the meantime.")
	}
}

// CheckRelink sets the reason of a user who cannot be linked to the account, by the database.
func CheckRelink(tx *change.Tx, r *Relinking) error {
	if r.Left != "" {
		return nil
	}
	if tx.Environment.Connection.CutsOff(r.Account.Identity) || !tx.Environment.Connection.Connected() {
		return errMovedMeanwhile
	}
	u, err := store.Optional(tx.User(r.User.ID))
	switch {
	case err != nil:
		return err
	case u == nil || u.Identity != r.User.Identity || !tx.Environment.Connection.CutsOff(u.Identity):
		r.Left = RelinkChanged
		return nil
	}
	r.User = *u
	found, err := tx.UsersNamed(r.Account.Identity, cmp.Or(r.Account.Username, u.Username))
	switch {
	case err != nil:
		return err
	case found.Linked != nil, found.Merged != nil && found.Merged.ID != u.ID:
		r.Left = RelinkTaken
	case found.Named != nil && found.Named.ID != u.ID && found.Named.Identity.IsZero():
		r.Left = RelinkAddedAgain
	}
	return nil
}

var errMovedMeanwhile = pactius.Refuse(pactius.KindConflict,
	pactius.T("The environment was connected to another tenant in the meantime. Run the command again."))

// Relink links a user who is cut off to the account, unless CheckRelink finds a reason against it: units, history and
// former names stay, the account name follows the directory, sessions of the account before end. A pending request of
// the account is approved by it, unless the user may not enter.
func Relink(tx *change.Tx, r *Relinking) error {
	if err := CheckRelink(tx, r); err != nil || r.Left != "" {
		return err
	}
	u := r.User
	undo := store.Relink{User: u.ID, Before: u.Identity, Username: u.Username, Name: u.Name,
		After: r.Account.Identity, At: tx.Now, ExpiresAt: tx.Now.Add(RelinkTime)}
	u.Identity = r.Account.Identity
	if err := tx.UpdateUser(u); err != nil {
		return err
	}
	u.Version++
	tx.Record(pactius.Event{Kind: pactius.UserRelinked, User: u.ID})
	if err := tx.PutRelink(undo); err != nil {
		return err
	}
	if err := endLink(tx, u.ID); err != nil {
		return err
	}
	if r.Account.Username != "" && !r.Account.Guest { // guests sign in with a name of their own organisation
		if err := Relabel(tx, &u, r.Account.Username, r.Account.Name); err != nil {
			return err
		}
	}
	r.User = u
	return settleRelinked(tx, u)
}

// endLink ends what belongs to the account that a user was linked to: the sessions, what a sweep has found, and the
// request for more access that was sent with it.
func endLink(tx *change.Tx, user pactius.UserID) error {
	if _, err := tx.DeleteSessions(user); err != nil {
		return err
	}
	requests, err := tx.RequestsOfUser(user)
	if err != nil {
		return err
	}
	for _, q := range requests {
		if q.State == pactius.StatePending {
			if err := settle(tx, &q, settlement{state: pactius.StateWithdrawn}); err != nil {
				return err
			}
		}
	}
	return tx.DropFindings([]pactius.UserID{user})
}

// settleRelinked approves the pending request of an account that has just been linked to a user who may enter.
func settleRelinked(tx *change.Tx, u pactius.User) error {
	q, err := store.Optional(tx.PendingRequest(u.Identity))
	if err != nil || q == nil || !u.MayEnter(tx.Today) {
		return err
	}
	return settleApproved(tx, q, u, settlement{})
}

// UndoRelink links a user to the account from before a relink again, with its account name where that is free. Users
// who have signed in since are left. A request that the relink has approved stays approved.
func UndoRelink(tx *change.Tx, k store.Relink) (Relinking, error) {
	var r Relinking
	var err error
	if r.User, err = tx.User(k.User); err != nil {
		return r, err
	}
	u := r.User
	switch taken, err := store.Optional(tx.UserByIdentity(k.Before)); {
	case err != nil:
		return r, err
	case u.Identity != k.After:
		r.Left = RelinkChanged
	case u.LastSignInAt.After(k.At):
		r.Left = RelinkSignedIn
	case taken != nil:
		r.Left = RelinkTaken
	}
	if r.Left != "" {
		return r, nil
	}
	u.Identity = k.Before
	if err := takeName(tx, &u, k); err != nil {
		return r, err
	}
	u.Version++
	r.User = u
	tx.Record(pactius.Event{Kind: pactius.UserRelinkUndone, User: u.ID})
	if err := endLink(tx, u.ID); err != nil {
		return r, err
	}
	return r, tx.DropRelink(u.ID)
}

// takeName stores a user with the account name from before a relink, unless another user has it now.
func takeName(tx *change.Tx, u *pactius.User, k store.Relink) error {
	now := u.Username
	if names.Key(now) == names.Key(k.Username) {
		return tx.UpdateUser(*u)
	}
	other, err := store.Optional(tx.UserByUsername(k.Username))
	if err != nil || other != nil {
		return cmp.Or(err, tx.UpdateUser(*u))
	}
	u.Username, u.Name = k.Username, k.Name
	return tx.RenameUser(*u, now, tx.Now)
}
