package users

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/names"
)

// Directory is the company's Microsoft 365 directory. It is asked outside of any transaction.
type Directory interface {
	// Account reads an account by its object ID. Errors are *pactius.DirectoryError, where the directory cannot be
	// asked, or of the kind pactius.NotFound.
	Account(ctx context.Context, actor pactius.Actor, objectID string) (pactius.Account, error)
}

// Asked is what the directory said of an account during an action. The zero Asked means that it could not be asked.
type Asked struct {
	Known    bool
	State    pactius.AccountState // AccountPresent, AccountDisabled or AccountDeleted
	Username string               // "" of a deleted account
}

// Lives reports whether the account may still be used, as far as is known.
func (a Asked) Lives() bool { return !a.Known || !a.State.Gone() }

// ask asks the directory about an account.
func (r *Rules) ask(ctx context.Context, actor pactius.Actor, i pactius.Identity) Asked {
	if r.Directory == nil {
		return Asked{}
	}
	a, err := r.Directory.Account(ctx, actor, i.ObjectID)
	switch {
	case pactius.KindOf(err) == pactius.KindNotFound:
		return Asked{Known: true, State: pactius.AccountDeleted}
	case err != nil || a.Identity != i:
		return Asked{} // the refusals say that the directory could not be asked
	}
	return Asked{Known: true, State: a.State, Username: a.Username}
}

// has reports whether the account has an account name now.
func (a Asked) has(username string) bool {
	return a.Known && a.State != pactius.AccountDeleted && names.Key(a.Username) == names.Key(username)
}

// NamesakeError refuses to link a request to the user with its account name: names change hands, and the directory did
// not confirm that the name is still the request's. The administrator answers whether it is the same person.
type NamesakeError struct {
	User  pactius.User // only ID and account name where the actor may not see the user
	Asked Asked        // about the request's account

	identity pactius.Identity // of the request
}

// checkNamesake refuses to link a user by the account name alone, unless the directory has just confirmed whose it is.
func checkNamesake(tx *change.Tx, e entry, u pactius.User) error {
	if e.asked != nil && e.asked.has(u.Username) {
		return nil
	}
	refusal := NamesakeError{User: u, identity: e.identity}
	if e.asked != nil {
		refusal.Asked = *e.asked
	}
	sees, err := tx.Sees(u)
	if err == nil && !sees {
		refusal.User = pactius.User{ID: u.ID, Username: u.Username}
	}
	if err != nil {
		return err
	}
	return &refusal
}

// Error returns the refusal in English.
func (e *NamesakeError) Error() string { return e.Unwrap().Error() }

// Unwrap returns the refusal as every surface shows it.
func (e *NamesakeError) Unwrap() error {
	name := e.User.Username
	switch a := e.Asked; {
	case !a.Known:
		return pactius.Refuse(pactius.KindConflict, pactius.T("A user was added as %s, and we couldn't ask Microsoft "+
			"365 whose account name that is now. If it's the same person, confirm it; if not, ask the person to sign "+
			"in again, which shows whose name it is.", name))
	case a.State == pactius.AccountDeleted:
		return pactius.Refuse(pactius.KindConflict, pactius.T("A user was added as %s, but the account that sent "+
			"this request has been deleted from Microsoft 365. Decline the request, and ask the person to sign in "+
			"again with their current account.", name))
	default:
		return pactius.Refuse(pactius.KindConflict, pactius.T("A user was added as %[1]s, but the account that sent "+
			"this request is now called %[2]s in Microsoft 365. If it's the same person, confirm it; if not, ask the "+
			"person to sign in again, and the request gets the new name.", name, a.Username))
	}
}
