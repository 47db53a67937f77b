package directory

import (
	"context"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
)

// Finding is what the directory says of a typed account name.
type Finding string

// The findings. The zero Finding has nothing to say.
const (
	Exists    Finding = "exists"    // Verdict.Person has this account name
	Missing   Finding = "missing"   // nobody has; Verdict.Meant are those who nearly have
	Unchecked Finding = "unchecked" // the directory could not be asked, for Verdict.Trouble
)

// Verdict is what is known of a typed account name.
type Verdict struct {
	Finding Finding
	Person  *Found          // of Exists; its State may be deleted
	Meant   []Meant         // of Missing: best first, at most maxMeant
	Trouble pactius.Trouble // of Unchecked
}

// maxMeant is how many people are offered for a name that does not exist.
const maxMeant = 3

// Verify tells whether a typed account name exists, and who it is. What has
// not the form of an account name yet gets the zero Verdict. Only local
// administrators and Support may ask.
func (r *Rules) Verify(ctx context.Context, actor pactius.Actor, username string) (Verdict, error) {
	return r.verify(ctx, actor, username, r.Patience, (*desk).named)
}

// VerifyAnew is Verify for saving: the account is read anew, with the patience
// of Account, so that a user can be linked to it.
func (r *Rules) VerifyAnew(ctx context.Context, actor pactius.Actor, username string) (Verdict, error) {
	return r.verify(ctx, actor, username, max(r.Patience, savePatience), (*desk).namedAnew)
}

// verify answers with what look finds under a typed account name.
func (r *Rules) verify(ctx context.Context, actor pactius.Actor, username string, patience time.Duration,
	look func(*desk, names.Username) (pactius.Account, error)) (Verdict, error) {
	desk, err := r.open(ctx, actor, patience)
	if err != nil {
		return Verdict{}, err
	}
	defer desk.close()
	typed, err := names.ParseAccountName(username)
	if err != nil {
		return Verdict{}, nil // whoever saves is told what is wrong with it
	}
	a, err := look(desk, typed)
	if err == nil && names.Key(a.Username) != typed.Key {
		err = errAnother
	}
	switch t := trouble(err); {
	case pactius.KindOf(err) == pactius.NotFound:
		meant, err := r.meant(ctx, actor, desk, typed)
		return Verdict{Finding: Missing, Meant: meant}, err
	case t != "":
		return Verdict{Finding: Unchecked, Trouble: t}, nil
	case err != nil:
		return Verdict{}, err
	}
	person, err := r.Found(ctx, actor, a)
	return Verdict{Finding: Exists, Person: &person}, err
}

// meant are those who nearly have a typed account name, with what is known of them.
func (r *Rules) meant(ctx context.Context, actor pactius.Actor, d *desk, typed names.Username) ([]Meant, error) {
	near := d.meant(typed)
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

// named finds the account with a name. A search that found it a moment ago
// saves the call.
func (d *desk) named(typed names.Username) (pactius.Account, error) {
	for _, a := range d.rules.asker.recall(d.question(searching, typed.Key)).accounts {
		if names.Key(a.Username) == typed.Key {
			return a, nil
		}
	}
	return d.account(typed.Shown)
}

// namedAnew is named without what is remembered.
func (d *desk) namedAnew(typed names.Username) (pactius.Account, error) { return d.fresh(typed.Shown) }
