package people

import (
	"context"
	"errors"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/authority"
	"github.com/pactius/pactius/internal/store"
)

// Signed is who a session belongs to and what they may do.
type Signed struct {
	Session pactius.Session
	User    pactius.User   // zero for a visitor
	Rights  pactius.Rights // on the user's own units and the root
	Waiting int            // access requests that wait for them, at most pactius.MaxCount+1
}

// ErrSessionOver refuses a token whose session has ended, or never was.
var ErrSessionOver = pactius.Refuse(pactius.NotSignedIn, pactius.T("Your session has ended. Please sign in again."))

// Session finds who a session token belongs to. Revocation, deactivation, the
// end date and a connection to another tenant count at once: every request asks
// the database.
func (r *Rules) Session(ctx context.Context, env pactius.EnvironmentID, token string) (Signed, error) {
	var s Signed
	now := r.now()
	hash := admission.TokenHash(token)
	err := r.store.View(ctx, env, func(tx *store.Tx) error {
		var err error
		s.Session, err = tx.Session(hash)
		if errors.Is(err, store.ErrNotFound) || (err == nil && s.Session.Ended(now)) {
			return ErrSessionOver
		}
		if err != nil || s.Session.IsVisitor() {
			return err
		}
		p, err := authority.Of(tx, now, pactius.UserActor(env, s.Session.UserID, ""))
		if err != nil {
			return err
		}
		if tenant := p.Environment.Connection.TenantID; tenant != "" && tenant != s.Session.Person.TenantID {
			return ErrSessionOver // whom the tenant of before vouched for is not this one's
		}
		s.User, s.Rights = p.User, p.Rights
		if p.Rights.AdministersAny() {
			s.Waiting, err = tx.CountRequests(p.Requests())
		}
		return err
	})
	if err != nil || now.Sub(s.Session.SeenAt) < pactius.SessionSeenStep {
		return s, err
	}
	return s, r.store.Update(ctx, env, func(tx *store.Tx) error { return tx.SeeSession(hash, now) })
}

// SignOut ends the session of a token; one that has ended already is fine.
func (r *Rules) SignOut(ctx context.Context, env pactius.EnvironmentID, token, address string) error {
	return r.store.Update(ctx, env, func(tx *store.Tx) error {
		hash := admission.TokenHash(token)
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
		return audit.Record(tx, r.now(), pactius.UserActor(env, s.UserID, address), pactius.Event{Kind: pactius.UserSignedOut, User: s.UserID})
	})
}

// SetLanguage keeps the language that the acting user has chosen.
func (r *Rules) SetLanguage(ctx context.Context, actor pactius.Actor, language string) error {
	return r.store.Update(ctx, actor.Environment, func(tx *store.Tx) error {
		p, err := authority.Of(tx, r.now(), actor)
		if err != nil || p.User.Language == language {
			return err
		}
		return tx.SetUserLanguage(p.User.ID, language)
	})
}
