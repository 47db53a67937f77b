package users

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// NewUser is what an administrator types to add somebody before the first sign-in.
type NewUser struct {
	Username string // the Microsoft 365 account name
	Name     string
	Email    string       // "" is the account name
	EndsOn   pactius.Date // as typed: its form is checked with the rest
	Grants   []pactius.Grant
	Welcome  bool           // send a welcome mail
	Settle   bool           // go on although this settles a pending request
	Despite  bool           // go on although somebody very similar is here already; only users are asked
	Wrong    pactius.Fields // faults found while reading the input, reported with the rule's own

	// Identity is that of the account, where the directory has told it just now, or
	// Microsoft at VouchedAt: it is bound at once, so that the spelling no longer matters.
	Identity  pactius.Identity
	VouchedAt time.Time // when it had this account name; zero: it has
}

// Added is the result of adding.
type Added struct {
	User    pactius.User
	Settled *pactius.AccessRequest // the pending request that this approved
	Again   bool                   // the same click came twice: User is the first one's result
}

// Meets is what adding somebody would meet.
type Meets struct {
	Existing  *pactius.User          // is a user already: nothing can be added
	Visible   bool                   // the actor may open that user's page
	TakenOver *pactius.User          // has the account name here and no longer in Microsoft 365: that does not hinder
	Pending   *pactius.AccessRequest // asks for access: adding approves it
	Former    []FormerOwner          // had the account name before
	Similar   *SimilarError          // are probably the same person; nil: nobody
}

// Check tells what adding somebody would meet, before it is done. Whatever is
// known of them is enough.
func (r *Rules) Check(ctx context.Context, actor pactius.Actor, n NewUser) (Meets, error) {
	var m Meets
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		m, err = meets(tx, entry{username: names.Username{Shown: n.Username, Key: names.Key(n.Username)},
			name: n.Name, email: n.Email, identity: n.Identity, vouched: tx.Now})
		if err != nil || m.Existing != nil || m.Pending != nil {
			return err
		}
		if m.Former, err = formerOwners(tx, n.Username); err != nil {
			return err
		}
		m.Similar, err = similarToNew(tx, entry{username: names.Username{Shown: n.Username}, name: n.Name, email: n.Email})
		return err
	})
	return m, err
}

// meets looks for the user that somebody is already, and for their request.
func meets(tx *change.Tx, e entry) (Meets, error) {
	var m Meets
	var err error
	if m.Existing, m.TakenOver, err = find(tx, e); err != nil {
		return m, err
	}
	if m.Existing != nil {
		m.Visible, err = tx.Sees(*m.Existing)
		return m, err
	}
	if e.identity.IsZero() {
		m.Pending, err = pendingNamed(tx, e.username.Shown)
	} else {
		m.Pending, err = store.Optional(tx.PendingRequest(e.identity))
	}
	return m, err
}

// PendingError says that the account name to be added asks for access: adding
// would approve that request. The person at the screen confirms it.
type PendingError struct{ Request pactius.AccessRequest }

// Error says it in English.
func (e *PendingError) Error() string { return e.Unwrap().Error() }

// Unwrap gives the refusal as every surface understands it.
func (e *PendingError) Unwrap() error {
	return pactius.Refuse(pactius.KindConflict, pactius.T("%s has asked for access. Adding the user approves that request; confirm to go on.", e.Request.Person.Name))
}

// Add creates a user before the first sign-in. A pending request under the
// same account name is approved by it, once the actor has agreed to that. Add
// refuses with an *ExistsError where there is such a user, except that the
// same administrator repeating the same click gets the first one's result.
func (r *Rules) Add(ctx context.Context, actor pactius.Actor, n NewUser) (Added, error) {
	e, wrong := entryOfForm(n)
	var added Added
	err := r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		if e.vouched = n.VouchedAt; e.vouched.IsZero() {
			e.vouched = tx.Now
		}
		if tx.Actor.Kind == pactius.ActorSupport {
			e.way = pactius.ByCommand
		}
		all := slices.Clone(wrong)
		if e.endsOn != "" && e.endsOn < tx.Today {
			all.Add("ends_on", pactius.T("This day is over. Choose today or a later day, or leave it empty."))
		}
		if err := all.Err(); err != nil {
			return err
		}
		var err error
		added, err = add(tx, e, n)
		return err
	})
	return added, err
}

// entryOfForm checks what was typed, all fields at once.
func entryOfForm(n NewUser) (entry, pactius.Fields) {
	e := entry{way: pactius.ByAdd, grants: n.Grants, identity: n.Identity}
	var wrong pactius.Fields
	var err error
	e.username, err = names.ParseAccountName(n.Username)
	wrong.Collect(err)
	e.name, err = names.ParseName("name", n.Name)
	wrong.Collect(err)
	e.email, err = names.ParseEmail("email", n.Email)
	wrong.Collect(err)
	e.endsOn, err = pactius.ParseDate("ends_on", string(n.EndsOn))
	wrong.Collect(err)
	return e, append(wrong, n.Wrong...)
}

func add(tx *change.Tx, e entry, n NewUser) (Added, error) {
	m, err := meets(tx, e)
	if err != nil {
		return Added{}, err
	}
	if m.Existing != nil {
		return again(tx, e, m)
	}
	if m.Pending == nil {
		if !n.Despite && tx.Actor.Kind == pactius.ActorUser { // who types at a command line has nobody to ask
			if similar, err := similarToNew(tx, e); err != nil || similar != nil {
				return Added{}, errors.Join(err, similar.asError())
			}
		}
		e.absent = m.TakenOver == nil
		in, err := admit(tx, e)
		if err != nil || !n.Welcome {
			return Added{User: in.user}, err
		}
		tx.Mail(change.ToUser(in.user),
			mail.Welcome{By: signer(tx.Actor), AccountName: in.user.Username, Units: mailUnits(in.tree, e.grants)})
		return Added{User: in.user}, nil
	}
	q := *m.Pending
	switch {
	case !n.Settle:
		return Added{}, &PendingError{Request: q}
	case own(tx, q):
		return Added{}, errOwnRequest
	}
	e.identity, e.language = q.Person.Identity, q.Person.Language // Microsoft vouched for both when the request was sent
	if n.Identity.IsZero() {
		e.vouched = q.Person.VouchedAt
	}
	in, err := admit(tx, e)
	if err != nil {
		return Added{}, err
	}
	s := settlement{state: pactius.StateApproved, user: in.user.ID, created: in.created, undo: store.Undo{Final: true}}
	if err := settle(tx, &q, s); err != nil {
		return Added{}, err
	}
	return Added{User: in.user, Settled: &q}, tellApproved(tx, q, in.user.ID)
}

// repeatTime is how long the same click counts as a repetition, not as news.
const repeatTime = pactius.TakeBackTime

// again answers somebody who adds a user that is there.
func again(tx *change.Tx, e entry, m Meets) (Added, error) {
	u := *m.Existing
	creator, err := tx.UserCreator(u.ID)
	if err != nil {
		return Added{}, err
	}
	if tx.Actor.Kind == pactius.ActorUser && creator == tx.Actor.User && tx.Now.Sub(u.CreatedAt) < repeatTime && u.Name == e.name && u.Email == e.email && u.EndsOn == e.endsOn {
		return Added{User: u, Again: true}, nil
	}
	return Added{User: u}, &ExistsError{User: u, Visible: m.Visible}
}

// AddFirst makes the first administrator of an environment that is being set
// up, in the transaction that creates it.
func AddFirst(tx *change.Tx, username names.Username, root pactius.UnitID) (pactius.User, error) {
	in, err := admit(tx, entry{way: pactius.BySetup, username: username, name: username.Shown,
		grants: []pactius.Grant{{Unit: root, Access: pactius.AccessAdminister}}})
	return in.user, err
}
