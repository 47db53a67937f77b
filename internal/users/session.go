package users

import (
	"context"
	"errors"
	"strconv"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// Signed is a session and its user.
type Signed struct {
	Session pactius.Session
	User    pactius.User // zero for a visitor
	Due     bool         // the stored time of last use is old: call See
}

// ErrSessionOver refuses a token whose session has ended, or never was.
var ErrSessionOver = pactius.Refuse(pactius.KindNotSignedIn, pactius.T("Your session has ended. Please sign in again."))

// Session finds the session of a token and its user. Every request asks the database, so revocation, deactivation, the
// end date and a connection to another tenant take effect immediately. Within change.DB.Page the user's further reads
// start from here.
func (r *Rules) Session(ctx context.Context, env pactius.EnvironmentID, token string) (Signed, error) {
	var s Signed
	err := r.db.Read(ctx, pactius.System(env, "session"), change.RoleUser, func(tx *change.Tx) error {
		session, u, err := tx.SessionUser(TokenHash(token))
		if errors.Is(err, store.ErrNotFound) || (err == nil && session.Ended(tx.Now)) {
			return ErrSessionOver
		}
		s.Session, s.Due = session, tx.Now.Sub(session.SeenAt) >= pactius.SessionSeenStep
		if err != nil || session.IsVisitor() {
			return err
		}
		if endedByLink(tx, session, u) || !u.MayEnter(tx.Today) {
			return ErrSessionOver
		}
		s.User = u
		change.SignedIn(ctx, u)
		return nil
	})
	return s, err
}

// endedByLink reports whether a user's session is over because the account that signed in is not the user's any more,
// or is of another tenant than the connected one.
func endedByLink(tx *change.Tx, s pactius.Session, u pactius.User) bool {
	return s.Person.Identity != u.Identity || tx.Environment.Connection.CutsOff(u.Identity)
}

// See stores that a session is in use, which only postpones its idle end.
func (r *Rules) See(ctx context.Context, env pactius.EnvironmentID, token string) error {
	return r.db.Change(ctx, pactius.System(env, "session"), change.RoleUser, func(tx *change.Tx) error {
		return tx.SeeSession(TokenHash(token), tx.Now)
	})
}

// SignOut ends the session of a token, if it has not ended already.
func (r *Rules) SignOut(ctx context.Context, env pactius.EnvironmentID, token, address string) error {
	return r.db.Change(ctx, pactius.System(env, "session"), change.RoleUser, func(tx *change.Tx) error {
		hash := TokenHash(token)
		s, err := tx.Session(hash)
		if errors.Is(err, store.ErrNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		if _, err := tx.DeleteSession(hash); err != nil || s.IsVisitor() {
			return err
		}
		tx.RecordAs(pactius.UserActor(env, s.UserID, address),
			pactius.Event{Kind: pactius.UserSignedOut, User: s.UserID})
		return nil
	})
}

// EndSessions signs a user out everywhere and returns the number of sessions. Every user may do it to themselves.
func (r *Rules) EndSessions(ctx context.Context, actor pactius.Actor, id pactius.UserID) (int, error) {
	n := 0
	err := r.db.Change(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		s, err := managedOrSelf(tx, id)
		if err != nil {
			return err
		}
		if n, err = s.DeleteSessions(id); err != nil || n == 0 {
			return err
		}
		s.record(pactius.Event{Kind: pactius.UserSessionsEnded,
			Facts: pactius.Facts{pactius.FactCount: strconv.Itoa(n)}})
		return nil
	})
	return n, err
}

// OwnSessions lists the acting user's sessions that have not ended, seen last first.
func (r *Rules) OwnSessions(ctx context.Context, actor pactius.Actor) ([]pactius.Session, error) {
	var all []pactius.Session
	err := r.db.Read(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		if tx.Self.ID == "" {
			return ErrSessionOver
		}
		var err error
		all, err = tx.Sessions(tx.Self.ID, tx.Now)
		return err
	})
	return all, err
}

// EndOwnSession ends one of the acting user's sessions. It returns false for one that has ended already, and for a
// session of someone else, which stays.
func (r *Rules) EndOwnSession(ctx context.Context, actor pactius.Actor, id pactius.SessionID) (bool, error) {
	n, err := r.endOwn(ctx, actor, func(tx *change.Tx) (int, error) { return tx.DeleteSessionOf(tx.Self.ID, id) })
	return n > 0, err
}

// EndOtherSessions ends the acting user's sessions but the given one, which they are using, and returns their number.
func (r *Rules) EndOtherSessions(ctx context.Context, actor pactius.Actor, but pactius.SessionID) (int, error) {
	return r.endOwn(ctx, actor, func(tx *change.Tx) (int, error) { return tx.DeleteOtherSessions(tx.Self.ID, but) })
}

func (r *Rules) endOwn(ctx context.Context, actor pactius.Actor, end func(*change.Tx) (int, error)) (int, error) {
	n := 0
	err := r.db.Change(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		if tx.Self.ID == "" {
			return ErrSessionOver
		}
		var err error
		if n, err = end(tx); err != nil || n == 0 {
			return err
		}
		tx.Record(pactius.Event{Kind: pactius.UserSessionsEnded, User: tx.Self.ID,
			Facts: pactius.Facts{pactius.FactCount: strconv.Itoa(n)}})
		return nil
	})
	return n, err
}

// managedOrSelf is managed, except that every user may act on themselves.
func managedOrSelf(tx *change.Tx, id pactius.UserID) (subject, error) {
	if tx.Actor.Kind == pactius.ActorUser && tx.Actor.User == id {
		return subject{Tx: tx, user: tx.Self}, nil
	}
	if !tx.Rights.AdministersAny() {
		return subject{}, change.ErrNotAdministrator
	}
	return managed(tx, id)
}
