package users

import (
	"strconv"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// Account names change hands in Microsoft 365: people marry, and free names are given to new people. A name belongs to
// one account of a tenant at a time: the one that Microsoft authenticated last.

// Relabel lets account name and name of a linked user follow a rename in Microsoft 365, to username and name. While
// the account name stays, the name is the administrators' to change. Another linked user who still has the new account
// name gives it up. An invited user keeps it, because no account is known yet; the renamed user is then found by it,
// too.
func Relabel(tx *change.Tx, u *pactius.User, username, name string) error {
	to := names.Vouched(username)
	if to.Key == "" || to.Key == names.Key(u.Username) {
		return nil // no account name, or the same one
	}
	if u.Username != "" && !strings.Contains(to.Shown, "@") {
		return nil // a telephone number to sign in with is no new account name
	}
	other, err := store.Optional(tx.UserByUsername(to.Shown))
	switch {
	case err != nil:
		return err
	case other != nil && other.Identity.IsZero():
		return tx.KeepFormerUsername(*u, to.Shown, tx.Now)
	case other != nil:
		if err := release(tx, *other); err != nil {
			return err
		}
	}
	before := u.Username
	u.Username = to.Shown
	if name = names.CleanName(name); name != "" && names.Key(name) != to.Key {
		u.Name = name
	}
	if err := tx.RenameUser(*u, before, tx.Now); err != nil {
		return err
	}
	u.Version++
	tx.Record(pactius.Event{Kind: pactius.UserRenamed, User: u.ID, Detail: pactius.Facts{
		pactius.DetailUsernameFrom: before, pactius.DetailUsername: u.Username, pactius.DetailName: u.Name}})
	return nil
}

// nameMoved reports whether the account name of a user belongs to the entry's account in Microsoft 365 now, because
// that one was authenticated later.
func nameMoved(tx *change.Tx, e entry, u pactius.User) (bool, error) {
	if e.identity.IsZero() || u.Identity.IsZero() || u.Identity == e.identity {
		return false, nil
	}
	if !e.link && tx.Environment.Connection.CutsOff(u.Identity) {
		return false, nil // probably the same person: a relink or an approver decides
	}
	last, err := provedAt(tx, u)
	return e.vouched.After(last), err
}

// provedAt returns when Microsoft last said that a linked user has the account name.
func provedAt(tx *change.Tx, u pactius.User) (time.Time, error) {
	last := u.LastSignInAt
	if u.CreatedBy == pactius.ByAdd && last.IsZero() {
		last = u.CreatedAt // the identity is from the directory
	}
	requests, err := tx.RequestsOfUser(u.ID)
	for _, q := range requests {
		last = latest(last, q.Person.VouchedAt)
	}
	return last, err
}

// lostName reports whether another person has proved to have the account name of a visitor since the visitor did. named
// is the user with the account name.
func lostName(tx *change.Tx, p pactius.Person, named *pactius.User) (bool, error) {
	if named != nil && !named.Identity.IsZero() && named.Identity != p.Identity {
		last, err := provedAt(tx, *named)
		return last.After(p.VouchedAt), err
	}
	q, err := store.Optional(tx.PendingRequestByUsername(p.Username))
	return q != nil && q.Person.Identity != p.Identity && q.Person.VouchedAt.After(p.VouchedAt), err
}

// releasedMark precedes the @ in the placeholder for an account name that its user had to give up.
const releasedMark = "#before"

// release replaces the account name of a linked user who no longer has it in Microsoft 365 by a placeholder, until a
// sign-in tells the new one. An email address that is the old account name is removed, because it is another person's.
func release(tx *change.Tx, u pactius.User) error {
	before := u.Username
	if names.Key(u.Email) == names.Key(before) {
		u.Email = ""
	}
	for n := 1; ; n++ {
		u.Username = released(before, n)
		taken, err := store.Optional(tx.UserByUsername(u.Username))
		if err != nil {
			return err
		}
		if taken == nil {
			break
		}
	}
	if err := tx.RenameUser(u, before, tx.Now); err != nil {
		return err
	}
	tx.Record(pactius.Event{Kind: pactius.UserNameReleased, User: u.ID,
		Detail: pactius.Facts{pactius.DetailUsernameFrom: before, pactius.DetailUsername: u.Username}})
	return nil
}

// released returns the n-th placeholder for an account name.
func released(username string, n int) string {
	local, domain, _ := strings.Cut(username, "@")
	local, _, _ = strings.Cut(local, releasedMark)
	if n == 1 {
		return local + releasedMark + "@" + domain
	}
	return local + releasedMark + strconv.Itoa(n) + "@" + domain
}

// nameTakenSince reports whether another user has signed in with the account name since the person was authenticated.
func nameTakenSince(tx *change.Tx, person pactius.Person) (bool, error) {
	other, err := store.Optional(tx.UserByUsername(person.Username))
	return other != nil && other.Identity != person.Identity && other.LastSignInAt.After(person.VouchedAt), err
}

// supersede takes the account name of a person that Microsoft has authenticated from the pending requests of others,
// who had it before, so that they are not mistaken for the person.
func supersede(tx *change.Tx, person pactius.Person) error {
	name := names.Vouched(person.Username)
	if name.Key == "" {
		return nil
	}
	return tx.SupersedeRequests(name.Shown, person.Identity, person.VouchedAt, superseded(name))
}

// superseded returns the placeholder for the account name in a request of a person who had it before.
func superseded(name names.Username) string {
	instead := released(name.Shown, 1)
	if names.Key(instead) == name.Key { // an account name that looks like a placeholder
		instead = released(name.Shown, 2)
	}
	return instead
}

// FormerOwner is a user who had an account name before.
type FormerOwner struct {
	pactius.FormerUsername
	Name string // of the user; it and User are empty where the actor may not see them
}

// formerOwners returns the users who had an account name before, as a warning to the actor.
func formerOwners(tx *change.Tx, username string) ([]FormerOwner, error) {
	former, err := tx.FormerOwners(username)
	if err != nil || len(former) == 0 {
		return nil, err
	}
	ids := make([]pactius.UserID, len(former))
	for i, f := range former {
		ids[i] = f.User
	}
	users, err := tx.UsersByID(ids)
	if err != nil {
		return nil, err
	}
	sees, err := tx.SeesEach(ids)
	if err != nil {
		return nil, err
	}
	owners := make([]FormerOwner, len(former))
	for i, f := range former {
		owners[i] = FormerOwner{FormerUsername: f, Name: users[f.User].Name}
		if !sees[f.User] {
			owners[i].User, owners[i].Name = "", ""
		}
	}
	return owners, nil
}
