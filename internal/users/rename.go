package users

import (
	"strconv"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// Account names change hands in Microsoft 365: people marry, and names that
// have become free are given to new people. A name belongs to one account of a
// tenant at a time, so whoever Microsoft vouched for last has it.

// Relabel lets the account name of a bound user follow a rename in Microsoft
// 365, where username and name are what Microsoft calls account and person now:
// who marries has a new name too. While the account name stays, the name is the
// administrators' to change. A user bound to another account who still has the
// new account name here gives it up; that of somebody invited, who has no account
// yet, is left alone, and the user is found by it beside the old one.
func Relabel(tx *change.Tx, u *pactius.User, username, name string) error {
	to, err := names.ParseAccountName(username)
	if err != nil || to.Key == names.Key(u.Username) {
		return nil // a label that is no account name is not worth having
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
	tx.Record(pactius.Event{Kind: pactius.UserRenamed, User: u.ID,
		Detail: pactius.Facts{pactius.DetailUsernameFrom: before, pactius.DetailUsername: u.Username, pactius.DetailName: u.Name}})
	return nil
}

// tookOver reports whether a user has the account name of an entry only because
// nobody has told otherwise yet: in Microsoft 365 it belongs to the entry's
// account, which Microsoft vouched for later.
func tookOver(tx *change.Tx, e entry, u pactius.User) (bool, error) {
	if e.identity.IsZero() || u.Identity.IsZero() || u.Identity == e.identity {
		return false, nil
	}
	last := u.LastSignInAt
	if u.CreatedBy == pactius.ByAdd && last.IsZero() {
		last = u.CreatedAt // the directory told the identity then
	}
	requests, err := tx.RequestsOfUser(u.ID)
	for _, q := range requests {
		if q.Person.VouchedAt.After(last) {
			last = q.Person.VouchedAt
		}
	}
	return e.vouched.After(last), err
}

// releasedMark stands before the @ of an account name that its user had to give
// up and whose new one is not known yet.
const releasedMark = "#before"

// release takes the account name from a bound user who no longer has it in
// Microsoft 365: it is shown with a mark until the next sign-in tells the new
// one. An e-mail address that is the old account name goes with it, so that no
// mail to the user reaches whoever has the name now.
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

// released is the n-th account name that stands in for one that was given up.
func released(username string, n int) string {
	local, domain, _ := strings.Cut(username, "@")
	local, _, _ = strings.Cut(local, releasedMark)
	if n == 1 {
		return local + releasedMark + "@" + domain
	}
	return local + releasedMark + strconv.Itoa(n) + "@" + domain
}

// overtaken reports whether the account name of somebody who enters with a word of
// Microsoft from before has been another user's since.
func overtaken(tx *change.Tx, person pactius.Person) (bool, error) {
	other, err := store.Optional(tx.UserByUsername(person.Username))
	return other != nil && other.Identity != person.Identity && other.LastSignInAt.After(person.VouchedAt), err
}

// supersede takes the account name of somebody Microsoft has vouched for from the
// waiting requests of others, who had it before: nobody is to be taken
// for its present owner by the name.
func supersede(tx *change.Tx, person pactius.Person) error {
	name, err := names.ParseAccountName(person.Username)
	if err != nil {
		return nil // nobody asks under such a name
	}
	return tx.SupersedeRequests(name.Shown, person.Identity, person.VouchedAt, released(name.Shown, 1))
}

// FormerOwner is a user who had an account name before.
type FormerOwner struct {
	pactius.FormerUsername
	Name string // of the user; with User, "" where the actor may not see them
}

// formerOwners tells who had an account name before, for a warning to whoever
// is about to give it to a new person.
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
