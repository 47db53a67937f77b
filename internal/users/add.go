package users

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// NewUser is the input to adding a user before the first sign-in.
type NewUser struct {
	Username string // the Microsoft 365 account name
	Name     string
	Email    string       // "": the account name
	EndsOn   pactius.Date // as typed: its form is checked with the rest
	Grants   []pactius.Grant
	Welcome  bool              // send a welcome email
	Settle   bool              // go on although this approves a pending request
	Shown    pactius.RequestID // the only request that Settle is good for; "": any
	Despite  bool              // go on although a very similar user exists
	Wrong    pactius.Fields    // faults found while reading the input, reported with the rule's own

	// Identity is that of the account named Username, as the directory has just returned it: it is linked immediately,
	// so that the spelling no longer matters. Zero: the directory did not say; the first sign-in links the user.
	Identity pactius.Identity
}

// Use takes identity and account name from an account that the directory has just returned, and what was left blank.
func (n *NewUser) Use(a pactius.Account) {
	n.Identity, n.Username = a.Identity, a.Username
	n.Name = cmp.Or(strings.TrimSpace(n.Name), names.CleanName(a.Name))
	if n.Email = strings.TrimSpace(n.Email); n.Email == "" && names.Key(a.MailAddress()) != names.Key(a.Username) {
		n.Email, _ = names.ParseEmail("email", a.MailAddress()) // "" where it cannot be used: the account name
	}
}

// Added is the result of adding.
type Added struct {
	User      pactius.User
	Settled   *pactius.AccessRequest // the pending request that this approved
	Elsewhere bool                   // the person's pending request is not the actor's to decide: it stays
	Again     bool                   // a repeated click: User is the result of the first one
}

// Meets lists the users and the request that a user to be added would collide with.
type Meets struct {
	Existing  *pactius.User          // the user that the person already is: adding is refused
	Visible   bool                   // the actor may open the page of Existing
	TakenOver *pactius.User          // the user whose account name has moved to the person: adding is possible
	Pending   *pactius.AccessRequest // of the same identity, the actor's to decide: adding approves it
	Elsewhere bool                   // the identity has a pending request that is not the actor's to decide
	Former    []FormerOwner          // users who had the account name before
	Similar   *SimilarError          // users who are probably the same person; nil: none
}

// Check returns what adding a user would collide with. The input may be incomplete.
func (r *Rules) Check(ctx context.Context, actor pactius.Actor, n NewUser) (Meets, error) {
	var m Meets
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		e := entry{username: names.Username{Shown: n.Username, Key: names.Key(n.Username)},
			name: n.Name, email: n.Email, identity: n.Identity, vouched: tx.Now}
		if m, err = collisions(tx, e); err != nil || m.Existing != nil || m.Pending != nil {
			return err
		}
		if m.Former, err = formerOwners(tx, n.Username); err != nil {
			return err
		}
		m.Similar, err = similarToNew(tx, e, "")
		return err
	})
	return m, err
}

// collisions finds the user that a person already is, and the pending request of the identity. A request that only has
// the same account name is not the person's: it waits for the next sign-in.
func collisions(tx *change.Tx, e entry) (Meets, error) {
	var m Meets
	var err error
	if m.Existing, m.TakenOver, err = find(tx, e); err != nil {
		return m, err
	}
	if m.Existing != nil {
		m.Visible, err = tx.Sees(*m.Existing)
	} else {
		m.Pending, m.Elsewhere, err = awaiting(tx, e.identity)
	}
	return m, err
}

// awaiting returns the pending request of an identity. Where it is not the actor's to decide, it reports only that
// there is one.
func awaiting(tx *change.Tx, i pactius.Identity) (q *pactius.AccessRequest, elsewhere bool, err error) {
	if i.IsZero() {
		return nil, false, nil
	}
	if q, err = store.Optional(tx.PendingRequest(i)); err != nil || q == nil {
		return nil, false, err
	}
	can, err := tx.CanDecide(q.Units)
	if err != nil || !can {
		return nil, err == nil, err
	}
	return q, false, nil
}

// PendingError refuses to add or rename a user whose pending request would be approved by it, until the actor confirms
// that.
type PendingError struct{ Request pactius.AccessRequest }

// confirmed reports whether the actor has confirmed that saving approves a request: that one and not one sent since.
func confirmed(q pactius.AccessRequest, settle bool, shown pactius.RequestID) bool {
	return settle && (shown == "" || shown == q.ID)
}

// Error returns the refusal in English.
func (e *PendingError) Error() string { return e.Unwrap().Error() }

// Unwrap returns the refusal as every surface shows it.
func (e *PendingError) Unwrap() error {
	return pactius.Refuse(pactius.KindConflict,
		pactius.T("%s has requested access. Saving approves that request. Confirm to continue.", e.Request.Person.Name))
}

// Add creates a user before the first sign-in. Where the identity is known, it is linked, and its pending request is
// approved once the actor has confirmed that; one that others decide stays with them. It refuses an existing user with
// an *ExistsError, except that the same administrator repeating the click gets the first one's result.
func (r *Rules) Add(ctx context.Context, actor pactius.Actor, n NewUser) (Added, error) {
	e, wrong := entryOfForm(n)
	var added Added
	err := r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		e.vouched = tx.Now
		if tx.Actor.Kind == pactius.ActorSupport {
			e.way = pactius.ByCommand
		}
		all := slices.Clone(wrong)
		if e.endsOn != "" && e.endsOn < tx.Today {
			all.Collect(errOverAlready)
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

// entryOfForm checks the input, all fields at once.
func entryOfForm(n NewUser) (entry, pactius.Fields) {
	e := entry{way: pactius.ByAdd, grants: n.Grants, identity: n.Identity}
	var wrong pactius.Fields
	var err error
	if n.Identity.IsZero() {
		e.username, err = names.ParseAccountName(n.Username)
		wrong.Collect(err)
	} else {
		e.username = names.Vouched(n.Username)
	}
	e.name, err = names.ParseName("name", n.Name)
	if strings.TrimSpace(n.Name) == "" {
		err = pactius.RefuseField("name", pactius.T("Enter the person's name. You can leave it blank only for an "+
			"account that was found in Microsoft 365."))
	}
	wrong.Collect(err)
	e.email, err = names.ParseEmail("email", n.Email)
	wrong.Collect(err)
	e.endsOn, err = pactius.ParseDate("ends_on", string(n.EndsOn))
	wrong.Collect(err)
	return e, append(wrong, n.Wrong...)
}

func add(tx *change.Tx, e entry, n NewUser) (Added, error) {
	m, err := collisions(tx, e)
	switch {
	case err != nil:
		return Added{}, err
	case m.Existing != nil:
		return repeated(tx, e, m)
	case m.Pending != nil:
		return addPending(tx, e, n, *m.Pending)
	}
	e.despite = n.Despite
	if err := checkSimilar(tx, &e, ""); err != nil {
		return Added{}, err
	}
	e.absent = m.TakenOver == nil
	in, err := admit(tx, e)
	if err == nil && n.Welcome {
		tx.Mail(change.ToUser(in.user), mail.Welcome{By: signer(tx.Actor), AccountName: in.user.Username,
			Units: in.given(e), EndsOn: in.user.EndsOn})
	}
	return Added{User: in.user, Elsewhere: m.Elsewhere}, err
}

// addPending adds a user by approving their pending request.
func addPending(tx *change.Tx, e entry, n NewUser, q pactius.AccessRequest) (Added, error) {
	switch {
	case !confirmed(q, n.Settle, n.Shown):
		return Added{}, &PendingError{Request: q}
	case own(tx, q):
		return Added{}, errOwnRequest
	}
	e.language = q.Person.Language
	in, err := admit(tx, e)
	if err != nil {
		return Added{}, err
	}
	err = settleApproved(tx, &q, in.user, settlement{created: in.created, units: in.given(e),
		undo: store.Undo{Final: true}})
	return Added{User: in.user, Settled: &q}, err
}

// repeated answers the adding of an existing user; within pactius.TakeBackTime it may be a repeated click.
func repeated(tx *change.Tx, e entry, m Meets) (Added, error) {
	u := *m.Existing
	creator, err := tx.UserCreator(u.ID)
	if err != nil {
		return Added{}, err
	}
	mine := tx.Actor.Kind == pactius.ActorUser && creator == tx.Actor.User
	same := u.Name == e.name && u.Email == e.email && u.EndsOn == e.endsOn
	if mine && same && tx.Now.Sub(u.CreatedAt) < pactius.TakeBackTime {
		return Added{User: u, Again: true}, nil
	}
	return Added{User: u}, &ExistsError{User: u, Visible: m.Visible}
}

// AddFirst creates the first administrator of an environment, in the transaction that sets it up.
func AddFirst(tx *change.Tx, username names.Username, root pactius.UnitID) (pactius.User, error) {
	in, err := admit(tx, entry{way: pactius.BySetup, username: username, name: username.Shown,
		grants: []pactius.Grant{{Unit: root, Access: pactius.AccessAdminister}}})
	return in.user, err
}
