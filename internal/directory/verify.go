package directory

import (
	"context"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
)

// NameState is what the directory knows of a typed account name. The zero NameState is that of a text that is no
// account name yet.
type NameState string

// The states of a typed account name.
const (
	NameExists    NameState = "exists"    // Verdict.Person has this account name
	NameMissing   NameState = "missing"   // no account has it; Verdict.Meant have nearly this name
	NameUnchecked NameState = "unchecked" // the directory could not be asked, for Verdict.Trouble
)

// Verdict is the result of checking a typed account name.
type Verdict struct {
	State   NameState
	Person  *Found          // of NameExists; the account may be deleted
	Meant   []Meant         // of NameMissing: best first, at most maxMeant
	Trouble pactius.Trouble // of NameUnchecked
}

// maxMeant is how many people are offered for an account name that does not exist.
const maxMeant = 3

// Verify checks whether a typed account name exists and returns its account. A text that is no account name yet gets
// the zero Verdict. Only local administrators and Support may verify.
func (r *Rules) Verify(ctx context.Context, actor pactius.Actor, username string) (Verdict, error) {
	return r.verify(ctx, actor, username, r.Patience, (*client).named)
}

// VerifyAnew is Verify for saving: the account is read anew, with the patience of Account, so that a user can be
// linked to it.
func (r *Rules) VerifyAnew(ctx context.Context, actor pactius.Actor, username string) (Verdict, error) {
	return r.verify(ctx, actor, username, max(r.Patience, savePatience), (*client).namedAnew)
}

// verify answers with what look finds under a typed account name.
func (r *Rules) verify(
	ctx context.Context, actor pactius.Actor, username string, patience time.Duration,
	look func(*client, names.Username) (pactius.Account, error),
) (Verdict, error) {
	c, err := r.open(ctx, actor, patience)
	if err != nil {
		return Verdict{}, err
	}
	defer c.close()
	typed, err := names.ParseAccountName(username)
	if err != nil {
		return Verdict{}, nil // saving reports the mistake
	}
	a, err := look(c, typed)
	if err == nil && names.Key(a.Username) != typed.Key {
		err = errAnother
	}
	switch t := trouble(err); {
	case pactius.KindOf(err) == pactius.KindNotFound:
		meant, err := r.meant(ctx, actor, c, typed)
		return Verdict{State: NameMissing, Meant: meant}, err
	case t != "":
		return Verdict{State: NameUnchecked, Trouble: t}, nil
	case err != nil:
		return Verdict{}, err
	}
	person, err := r.Found(ctx, actor, a)
	return Verdict{State: NameExists, Person: &person}, err
}

// meant returns the people whose account name is nearly the typed one, with what PACTIUS knows of them.
func (r *Rules) meant(ctx context.Context, actor pactius.Actor, c *client, typed names.Username) ([]Meant, error) {
	near := c.meant(typed)
	accounts := make([]pactius.Account, len(near))
	for i, l := range near {
		accounts[i] = l.account
	}
	found, err := r.known(ctx, actor, accounts)
	if err != nil {
		return nil, err
	}
	all := make([]Meant, len(found))
	for i, f := range found {
		all[i] = Meant{f, near[i].Reasons}
	}
	return all, nil
}

// named returns the account with a name. It makes no call when a cached search holds the account.
func (c *client) named(typed names.Username) (pactius.Account, error) {
	for _, a := range c.rules.broker.cached(c.query(querySearch, typed.Key)).accounts {
		if names.Key(a.Username) == typed.Key {
			return a, nil
		}
	}
	return c.account(typed.Shown, false)
}

// namedAnew is named without the cache.
func (c *client) namedAnew(typed names.Username) (pactius.Account, error) {
	return c.account(typed.Shown, true)
}
