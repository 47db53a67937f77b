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
	Trouble pactius.Trouble // of NameUnchecked; of NameMissing: Meant is incomplete, because not all was searched
}

// Linkable reports whether Person has exactly the typed name and a user can be linked to the account.
func (v Verdict) Linkable() bool {
	return v.State == NameExists && v.Person.State != pactius.AccountDeleted
}

// maxMeant is how many people are offered for an account name that does not exist.
const maxMeant = 3

// Verify checks whether a typed account name exists and returns its account. A text that is no account name yet gets
// the zero Verdict. Only local administrators and Support may verify.
func (r *Rules) Verify(ctx context.Context, actor pactius.Actor, username string) (Verdict, error) {
	return r.verify(ctx, actor, username, r.Patience, false)
}

// VerifyAnew is Verify for saving: the account is read anew, with the patience of Account, so that a user can be
// linked to it.
func (r *Rules) VerifyAnew(ctx context.Context, actor pactius.Actor, username string) (Verdict, error) {
	return r.verify(ctx, actor, username, max(r.Patience, savePatience), true)
}

func (r *Rules) verify(ctx context.Context, actor pactius.Actor, username string, patience time.Duration, fresh bool) (
	Verdict, error,
) {
	c, err := r.open(ctx, actor, patience)
	if err != nil {
		return Verdict{}, err
	}
	defer c.close()
	typed, err := names.ParseAccountName(username)
	if err != nil {
		return Verdict{}, nil // saving reports the mistake
	}
	f := finding{typed: typed}
	a, err := c.account(typed.Shown, fresh)
	if err := f.judge(a, err); err != nil {
		return Verdict{}, err
	}
	if f.State == NameMissing {
		near, err := c.meant(typed)
		if err := f.judgeNear(near, err); err != nil {
			return Verdict{}, err
		}
	}
	verdicts, err := r.complete(ctx, actor, []finding{f})
	if err != nil {
		return Verdict{}, err
	}
	return verdicts[0], nil
}

// finding is a verdict without what PACTIUS knows of the people.
type finding struct {
	Verdict
	typed   names.Username
	account pactius.Account // of NameExists
	near    []likeness      // of NameMissing
}

// judge sorts the answer about the typed account name. It returns errors that are not the directory's.
func (f *finding) judge(a pactius.Account, err error) error {
	if err == nil && names.Key(a.Username) != f.typed.Key {
		err = errAnother
	}
	switch t := trouble(err); {
	case err == nil:
		f.State, f.account = NameExists, a
	case pactius.KindOf(err) == pactius.KindNotFound:
		f.State = NameMissing
	case t != "":
		f.State, f.Trouble = NameUnchecked, t
	default:
		return err
	}
	return nil
}

// judgeNear sorts the answer about accounts that are nearly called so, likewise.
func (f *finding) judgeNear(near []likeness, err error) error {
	f.near, f.Trouble = near, trouble(err)
	if f.Trouble != "" {
		return nil
	}
	return err
}

// complete adds what PACTIUS knows of the people.
func (r *Rules) complete(ctx context.Context, actor pactius.Actor, findings []finding) ([]Verdict, error) {
	var accounts []pactius.Account
	for _, f := range findings {
		if f.State == NameExists {
			accounts = append(accounts, f.account)
		}
		for _, l := range f.near {
			accounts = append(accounts, l.account)
		}
	}
	found, err := r.known(ctx, actor, accounts)
	if err != nil {
		return nil, err
	}
	verdicts := make([]Verdict, len(findings))
	for i, f := range findings {
		verdicts[i] = f.Verdict
		if f.State == NameExists {
			verdicts[i].Person, found = &found[0], found[1:]
		}
		for j, l := range f.near {
			verdicts[i].Meant = append(verdicts[i].Meant, Meant{found[j], l.Reasons})
		}
		found = found[len(f.near):]
	}
	return verdicts, nil
}
