package users

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
)

// Visit is the origin of a sign-in.
type Visit struct {
	Agent    string    // browser and system in a few words
	Address  string    // client address
	State    string    // the sign-in's state parameter, used once; "": none
	StateEnd time.Time // when the state expires
	AuthAt   time.Time // when the person authenticated, as far as known; zero: unknown
}

// SignedIn is the result of a sign-in.
type SignedIn struct {
	Decision Decision
	Token    string // of the new session, a user's or a visitor's; "" for Foreign and Unconnected
	Session  pactius.Session
}

// ErrStateUsed refuses a sign-in that has come back from Microsoft before.
var ErrStateUsed = pactius.Refuse(pactius.KindConflict,
	pactius.T("This sign-in has already been used. Please sign in again."))

// TokenHash returns the stored form of a session's token.
func TokenHash(token string) string { return hex.EncodeToString(seal.Hash(token)) }

// SignIn recognises a person that Microsoft has just authenticated, links an invited user to the identity, and opens a
// session: a user's, or a visitor's for a person without access.
func (r *Rules) SignIn(ctx context.Context, env pactius.EnvironmentID, person pactius.Person, v Visit) (
	SignedIn, error,
) {
	var in SignedIn
	if person.TenantID == "" || person.ObjectID == "" {
		return in, errNoIdentity // the account name alone gives no access
	}
	person = named(person)
	actor := pactius.Visitor(env, person, v.Address)
	err := r.db.Change(ctx, actor, change.RoleVisitor, func(tx *change.Tx) error {
		person.VouchedAt = tx.Now
		if v.State != "" {
			err := tx.UseState(TokenHash(v.State), v.StateEnd)
			if errors.Is(err, store.ErrTaken) {
				err = ErrStateUsed
			}
			if err != nil {
				return err
			}
		}
		var err error
		in, err = open(tx, person, v)
		return err
	})
	return in, err
}

// named cleans the names and the address that Microsoft gives a person, and uses the account name or the address as
// name where there is none. Without any of them it uses the object ID, by which the account can be looked up.
func named(p pactius.Person) pactius.Person {
	p.Username = names.Vouched(p.Username).Shown
	var err error
	if p.Email, err = names.ParseEmail("email", p.Email); err != nil {
		p.Email = "" // emails then go to the account name
	}
	p.Name = cmp.Or(names.CleanName(p.Name), p.Username, names.CleanName(p.Email), p.ObjectID)
	return p
}

var errNoIdentity = pactius.Refuse(pactius.KindNotSignedIn,
	pactius.T("Microsoft didn't say which account this is. Please sign in again."))

// Enter exchanges the session of a visitor who has become a user for a user's; the old token ends. The session of a
// visitor without access stays, except that it ends where the Microsoft 365 account was found gone after the sign-in.
// The session names the account as it was called then, which may be another's name now: where the outcome is Link,
// nothing changes and a new sign-in links the user.
func (r *Rules) Enter(ctx context.Context, env pactius.EnvironmentID, token string, v Visit) (SignedIn, error) {
	var in SignedIn
	gone := false
	err := r.db.Change(ctx, pactius.System(env, "enter"), change.RoleUser, func(tx *change.Tx) error {
		gone = false
		s, err := tx.Session(TokenHash(token))
		if errors.Is(err, store.ErrNotFound) || (err == nil && (s.Ended(tx.Now) || !s.IsVisitor())) {
			return errVisitorOver
		}
		if err != nil {
			return err
		}
		f, err := evidence(tx, s.Person)
		if err != nil {
			return err
		}
		d := Recognise(f)
		if d.Outcome != OutcomeEnter {
			in = SignedIn{Decision: d, Token: token, Session: s}
			return nil
		}
		if _, err := tx.DeleteSession(TokenHash(token)); err != nil {
			return err
		}
		if gone = d.User.AccountState.Gone() && !s.Person.VouchedAt.After(d.User.AccountStateAt); gone {
			return nil // Microsoft must authenticate the person again
		}
		entered := v
		entered.AuthAt = s.AuthAt
		in, err = open(tx, s.Person, entered)
		return err
	})
	if err == nil && gone {
		err = errVisitorOver
	}
	return in, err
}

var errVisitorOver = pactius.Refuse(pactius.KindNotSignedIn,
	pactius.T("You're no longer signed in. Please sign in again."))

// open recognises a person and opens the session that follows.
func open(tx *change.Tx, person pactius.Person, v Visit) (SignedIn, error) {
	var in SignedIn
	f, err := evidence(tx, person)
	if err != nil {
		return in, err
	}
	tx.Actor = pactius.Visitor(tx.Environment.ID, person, v.Address)
	in.Decision = Recognise(f)
	in.Session = pactius.Session{ID: pactius.SessionID(id.New()), Person: person, Agent: v.Agent, Address: v.Address,
		CreatedAt: tx.Now, SeenAt: tx.Now, AuthAt: v.AuthAt, ExpiresAt: tx.Now.Add(pactius.VisitorAbsolute)}
	switch in.Decision.Outcome {
	case OutcomeForeign, OutcomeUnconnected:
		return in, nil
	case OutcomeEnter, OutcomeLink:
		in.Session.UserID = in.Decision.User.ID
		in.Session.ExpiresAt = tx.Now.Add(pactius.SessionAbsolute)
		tx.Actor = pactius.UserActor(tx.Environment.ID, in.Session.UserID, v.Address)
		if err := enter(tx, in.Decision, person); err != nil {
			return in, err
		}
	case OutcomeBlocked, OutcomeMerged:
		err = recordVisitor(tx, pactius.SignInRefused, in.Decision.User.ID, person)
	case OutcomeUnrecognised:
		if person.Username != "" {
			err = tx.RenameRequest(person.Username, person.Identity, person.VouchedAt)
		}
		if err == nil {
			err = recordVisitor(tx, pactius.VisitorSignedIn, "", person)
		}
	}
	if err != nil {
		return in, err
	}
	if err := supersede(tx, person); err != nil {
		return in, err
	}
	in.Token = seal.NewToken()
	err = tx.InsertSession(TokenHash(in.Token), in.Session)
	switch {
	case err != nil:
		return in, err
	case in.Session.IsVisitor():
		return in, tx.TrimVisits(person.Identity, pactius.MaxVisits)
	}
	return in, tx.TrimSessions(in.Session.UserID, pactius.MaxSessions)
}

// recordVisitor records a sign-in without access, once on a day in UTC for each person and kind. Further ones succeed
// and are not recorded, so that a person without access cannot fill the log.
func recordVisitor(tx *change.Tx, kind pactius.EventKind, user pactius.UserID, person pactius.Person) error {
	n, err := tx.CountToday(tx.Now, string(kind)+" "+person.TenantID+" "+person.ObjectID)
	if err != nil || n[0] > 1 {
		return err
	}
	tx.Record(pactius.Event{Kind: kind, User: user,
		Detail: pactius.Facts{pactius.DetailName: person.Name, pactius.DetailUsername: person.Username}})
	return nil
}

// enter updates the user at a sign-in: links the identity, follows the account name, records the sign-in.
func enter(tx *change.Tx, d Decision, person pactius.Person) error {
	u := *d.User
	if d.Outcome == OutcomeLink {
		u.Identity = person.Identity
		if u.Name == u.Username { // added without a name, as the first administrator is
			u.Name = person.Name
		}
		if err := tx.UpdateUser(u); err != nil {
			return err
		}
		u.Version++
		tx.Record(pactius.Event{Kind: pactius.UserBound, User: u.ID})
		if err := settleOwn(tx, u); err != nil {
			return err
		}
	}
	taken, err := nameTakenSince(tx, person)
	outdated := u.LastSignInAt.After(person.VouchedAt) // by a sign-in in another browser
	if err == nil && !taken && !outdated {
		err = Relabel(tx, &u, person.Username, person.Name)
	}
	if err != nil {
		return err
	}
	gone := u.AccountState != pactius.AccountPresent || u.SweptOut
	if gone && person.VouchedAt.After(u.AccountStateAt) {
		if _, err := AccountBack(tx, &u); err != nil {
			return err
		}
	}
	if person.VouchedAt.After(u.LastSignInAt) { // a visitor may enter long after the sign-in
		u.LastSignInAt = person.VouchedAt
	}
	if person.Language != "" {
		u.Language = person.Language
	}
	if err := tx.UserSignedIn(u); err != nil {
		return err
	}
	tx.Record(pactius.Event{Kind: pactius.UserSignedIn, User: u.ID})
	return nil
}

// settleOwn settles the pending request of an identity that has just been linked: it is fulfilled.
func settleOwn(tx *change.Tx, u pactius.User) error {
	q, err := store.Optional(tx.PendingRequest(u.Identity))
	if err != nil || q == nil {
		return err
	}
	defer func(actor pactius.Actor) { tx.Actor = actor }(tx.Actor)
	tx.Actor = pactius.System(tx.Environment.ID, "recognised")
	return settle(tx, q, settlement{state: pactius.StateApproved, user: u.ID})
}
