package users

import (
	"context"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
)

// Deactivate denies a user access and ends all sessions.
func (r *Rules) Deactivate(ctx context.Context, actor pactius.Actor, id pactius.UserID) (pactius.User, error) {
	return r.manage(ctx, actor, id, func(s *subject) error {
		if !s.user.DeactivatedAt.IsZero() {
			return nil
		}
		if err := s.keepRoot(); err != nil {
			return err
		}
		s.user.DeactivatedAt = s.Now
		if err := s.UpdateUser(s.user); err != nil {
			return err
		}
		s.user.Version++
		if _, err := s.DeleteSessions(id); err != nil {
			return err
		}
		s.record(pactius.Event{Kind: pactius.UserDeactivated})
		return nil
	})
}

// Reactivate gives a user access again; it removes an end date that is over.
func (r *Rules) Reactivate(ctx context.Context, actor pactius.Actor, id pactius.UserID) (pactius.User, error) {
	return r.manage(ctx, actor, id, func(s *subject) error {
		if s.user.MayEnter(s.Today) {
			return nil
		}
		s.user.DeactivatedAt, s.user.SweptOut = time.Time{}, false // a person has decided
		if s.user.EndsOn != "" && s.user.EndsOn < s.Today {
			s.user.EndsOn = ""
		}
		if err := s.UpdateUser(s.user); err != nil {
			return err
		}
		s.user.Version++
		s.record(pactius.Event{Kind: pactius.UserReactivated})
		return nil
	})
}

// manage changes a user that the actor may change as a person.
func (r *Rules) manage(ctx context.Context, actor pactius.Actor, id pactius.UserID,
	fn func(*subject) error) (pactius.User, error) {
	var u pactius.User
	err := r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		s, err := managed(tx, id)
		if err != nil {
			return err
		}
		if err := fn(&s); err != nil {
			return err
		}
		u = s.user
		return nil
	})
	return u, err
}
