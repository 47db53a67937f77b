package users

import (
	"context"
	"errors"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// Signed is who a session belongs to and what they may do.
type Signed struct {
	Session pactius.Session
	User    pactius.User // zero for a visitor
	Due     bool         // the session was seen long enough ago to note it again
}

// ErrSessionOver refuses a token whose session has ended, or never was.
var ErrSessionOver = pactius.Refuse(pactius.KindNotSignedIn, pactius.T("Your session has ended. Please sign in again."))

// Session finds the session of a token and its user. Revocation, deactivation, the
// end date and a connection to another tenant count immediately: every request asks
// the database. Within change.DB.Page the user's further reads start from here. Due
// reports that See is to be called.
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
		tenant := tx.Environment.Connection.TenantID
		if tenant != "" && tenant != session.Person.TenantID {
			return ErrSessionOver // another tenant vouched for the person, before the environment moved
		}
		if !u.MayEnter(tx.Today) {
			return ErrSessionOver
		}
		s.User = u
		change.SignedIn(ctx, u)
		return nil
	})
	return s, err
}

// Menu is what the frame around a user's pages depends on.
type Menu struct {
	Administrator     bool // of any business unit
	RootAdministrator bool
	Waiting           int // access requests that the user can decide, at most pactius.MaxCount+1
}

// Menu tells what the frame around the acting user's pages depends on.
func (r *Rules) Menu(ctx context.Context, actor pactius.Actor) (Menu, error) {
	var m Menu
	err := r.db.Read(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		m = Menu{Administrator: tx.Rights.AdministersAny(), RootAdministrator: tx.Rights.AdministersAll()}
		if !m.Administrator {
			return nil
		}
		var err error
		m.Waiting, err = tx.CountRequests(tx.RequestScope())
		return err
	})
	return m, err
}

// See notes that a session is in use. Nothing but its idle end depends on it.
func (r *Rules) See(ctx context.Context, env pactius.EnvironmentID, token string) error {
	return r.db.Change(ctx, pactius.System(env, "session"), change.RoleUser, func(tx *change.Tx) error {
		return tx.SeeSession(TokenHash(token), tx.Now)
	})
}

// SignOut ends the session of a token; one that has ended already is fine.
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
		tx.RecordAs(pactius.UserActor(env, s.UserID, address), pactius.Event{Kind: pactius.UserSignedOut, User: s.UserID})
		return nil
	})
}

// SetLanguage keeps the language that the acting user has chosen.
func (r *Rules) SetLanguage(ctx context.Context, actor pactius.Actor, language string) error {
	return r.db.Change(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		if tx.Self.Language == language {
			return nil
		}
		return tx.SetUserLanguage(tx.Self.ID, language)
	})
}
