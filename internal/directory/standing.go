package directory

import (
	"context"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// Standing looks a person's account up to explain a sign-in: by the object ID where it is known, else by the account
// name. A text that is no account name is looked for as the name of a person. Only local administrators and Support may
// ask. A directory that is away is a state of the answer and no error.
func (r *Rules) Standing(ctx context.Context, actor pactius.Actor, p pactius.Person) (pactius.Standing, error) {
	return r.standing(ctx, actor, p, r.Patience)
}

// StandingAtLength is Standing with the patience of saving, for a person who waits at the command line.
func (r *Rules) StandingAtLength(ctx context.Context, actor pactius.Actor, p pactius.Person) (
	pactius.Standing, error,
) {
	return r.standing(ctx, actor, p, max(r.Patience, savePatience))
}

func (r *Rules) standing(ctx context.Context, actor pactius.Actor, p pactius.Person, patience time.Duration) (
	pactius.Standing, error,
) {
	c, err := r.open(ctx, actor, patience)
	if err != nil {
		return pactius.Standing{}, err
	}
	defer c.close()
	return c.standing(ctx, actor, p)
}

// StandingAll is StandingAtLength for the lines of a list, at most MaxBatch people. It asks about all account names by
// the two calls of VerifyAll; only what belongs to an object ID, to a person's name, or to a user whose account is
// another one, takes a call of its own.
func (r *Rules) StandingAll(ctx context.Context, actor pactius.Actor, people []pactius.Person) (
	[]pactius.Standing, error,
) {
	c, err := r.open(ctx, actor, batchPatience)
	if err != nil {
		return nil, err
	}
	defer c.close()
	people = people[:min(len(people), MaxBatch)]
	c.askAhead(people)
	all := make([]pactius.Standing, len(people))
	for i, p := range people {
		if all[i], err = c.standing(ctx, actor, p); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// askAhead caches the answers about the account names of several people. A name without an answer is asked about again
// on its own.
func (c *client) askAhead(people []pactius.Person) {
	var typed, missing []string
	for _, p := range people {
		if name := clean(p.Username); p.ObjectID == "" && strings.Contains(name, "@") {
			typed = append(typed, name)
		}
	}
	accounts, errs := c.accounts(typed)
	for i, name := range typed {
		c.keep(queryAccount, name, accounts[i:i+1], errs[i])
		if pactius.KindOf(errs[i]) == pactius.KindNotFound {
			missing = append(missing, name)
		}
	}
	near, errs := c.nearly(missing)
	for i, name := range missing {
		c.keep(queryNear, strings.Join(beginnings(name), "\n"), near[i], errs[i])
	}
}

// standing is Standing of a client. ctx is the caller's, because the client's ends with the patience.
func (c *client) standing(ctx context.Context, actor pactius.Actor, p pactius.Person) (pactius.Standing, error) {
	if c.noAccess == nil && p.TenantID != "" && p.TenantID != c.credentials.TenantID {
		return pactius.Standing{}, nil // another tenant's, which is not asked
	}
	var s pactius.Standing
	var err error
	switch name := clean(p.Username); {
	case p.ObjectID != "":
		s, err = c.standingOf(p.ObjectID, name)
	case !strings.Contains(name, "@"):
		s, err = c.standingOfName(name)
	default:
		s, err = c.standingOfTyped(ctx, actor, name)
	}
	if t := trouble(err); t != "" {
		return pactius.Standing{State: pactius.StandingUnknown, Trouble: t}, nil
	}
	return s, err
}

// standingOf looks up an object ID, and what has the account name where the ID is lost.
func (c *client) standingOf(objectID, name string) (pactius.Standing, error) {
	s, err := c.byID(objectID)
	if err != nil || !s.State.Lost() || !strings.Contains(name, "@") {
		return s, err
	}
	a, err := c.byName(name)
	if err == nil && a.ObjectID != objectID {
		s.Other = &a
	}
	if pactius.KindOf(err) == pactius.KindNotFound || trouble(err) != "" {
		err = nil // the answer about the object ID stands
	}
	return s, err
}

// standingOfName finds the accounts of a person's name.
func (c *client) standingOfName(name string) (pactius.Standing, error) {
	if len(name) < minTyped || len([]rune(name)) > maxTyped {
		return pactius.Standing{}, nil
	}
	accounts, err := c.search(name)
	return pactius.Standing{State: pactius.StandingMissing, Near: accounts[:min(len(accounts), maxFound)]}, err
}

// standingOfTyped looks up an account name. Where another account than the user's has it, or none, it asks about the
// account that the user is linked to as well.
func (c *client) standingOfTyped(ctx context.Context, actor pactius.Actor, name string) (
	pactius.Standing, error,
) {
	a, err := c.byName(name)
	missing := pactius.KindOf(err) == pactius.KindNotFound
	if err != nil && !missing {
		return pactius.Standing{}, err
	}
	linked, err := c.linked(ctx, actor, name)
	if err != nil {
		return pactius.Standing{}, err
	}
	if !missing {
		s := pactius.Standing{State: pactius.StandingOf(a), Account: a}
		if linked != "" && linked != a.ObjectID {
			before, err := c.byID(linked)
			if trouble(err) != "" {
				before.State, err = pactius.StandingUnknown, nil
			}
			s.Before = before.State
			return s, err
		}
		return s, nil
	}
	if linked != "" {
		return c.byID(linked)
	}
	s := pactius.Standing{State: pactius.StandingMissing}
	near, err := c.meant(names.Username{Shown: name, Key: names.Key(name)})
	for _, l := range near {
		s.Near = append(s.Near, l.account)
	}
	if trouble(err) != "" {
		err = nil // that no account has the name stands
	}
	return s, err
}

// linked returns the object ID that the user of an account name is linked to, "" where the actor may not see the user.
func (c *client) linked(ctx context.Context, actor pactius.Actor, name string) (string, error) {
	oid := ""
	err := c.rules.DB.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		oid = ""
		u, err := store.Optional(tx.UserByUsername(name))
		if err != nil || u == nil || u.Identity.TenantID != c.credentials.TenantID {
			return err
		}
		if sees, err := tx.Sees(*u); err != nil || !sees {
			return err
		}
		oid = u.Identity.ObjectID
		return nil
	})
	return oid, err
}

// byID returns the standing of an object ID.
func (c *client) byID(objectID string) (pactius.Standing, error) {
	objectID = strings.ToLower(objectID)
	if !id.Valid(objectID) {
		return pactius.Standing{State: pactius.StandingGone}, nil
	}
	a, err := c.account(objectID, false)
	switch {
	case pactius.KindOf(err) == pactius.KindNotFound:
		return pactius.Standing{State: pactius.StandingGone}, nil
	case err != nil:
		return pactius.Standing{}, err
	case !strings.EqualFold(a.ObjectID, objectID):
		return pactius.Standing{}, errAnother
	}
	return pactius.Standing{State: pactius.StandingOf(a), Account: a}, nil
}

// byName returns the account of an account name, which Microsoft may have given in forms that people may not type.
func (c *client) byName(name string) (pactius.Account, error) {
	a, err := c.account(name, false)
	if err == nil && names.Key(a.Username) != names.Key(name) {
		err = errAnother
	}
	return a, err
}
