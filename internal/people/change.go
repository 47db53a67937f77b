package people

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
	"github.com/pactius/pactius/internal/authority"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/outbox"
	"github.com/pactius/pactius/internal/store"
)

// Edited is the result of a change of master data.
type Edited struct {
	User    pactius.User
	Settled *pactius.AccessRequest // the new account name had asked for access: that request is approved by it
}

// Edit changes a user's master data; version is the one the form was made
// from, 0 does not ask. The account name can change only while the user has
// never signed in; when the corrected name is one that asks for access, that
// request is settled by it.
func (r *Rules) Edit(ctx context.Context, actor pactius.Actor, id pactius.UserID, version int, up pactius.UserUpdate) (Edited, error) {
	var e Edited
	clean, err := checkUpdate(up)
	if err != nil {
		return e, err
	}
	err = r.store.Update(ctx, actor.Environment, func(tx *store.Tx) error {
		s, err := r.manage(tx, actor, id)
		if err != nil {
			return err
		}
		if err := fresh(version, s.user.Version); err != nil {
			return err
		}
		e, err = s.edit(tx, clean)
		return err
	})
	return e, err
}

// checkUpdate checks what was typed, all fields at once.
func checkUpdate(up pactius.UserUpdate) (pactius.UserUpdate, error) {
	var wrong pactius.Fields
	check := func(value **string, parse func(string) (string, error)) {
		if *value == nil {
			return
		}
		clean, err := parse(**value)
		wrong.Collect(err)
		*value = &clean
	}
	check(&up.Username, func(s string) (string, error) {
		n, err := names.ParseAccountName(s)
		return n.Shown, err
	})
	check(&up.Name, func(s string) (string, error) { return names.ParseName("name", s) })
	check(&up.Email, func(s string) (string, error) { return names.ParseEmail("email", s) })
	if up.EndsOn != nil {
		_, err := pactius.ParseDate("ends_on", string(*up.EndsOn))
		wrong.Collect(err)
	}
	return up, wrong.Err()
}

func (s subject) edit(tx *store.Tx, up pactius.UserUpdate) (Edited, error) {
	u := s.user
	var changed []string
	set := func(field string, to *string, value *string) {
		if value != nil && *to != *value {
			*to = *value
			changed = append(changed, field)
		}
	}
	set("username", &u.Username, up.Username)
	set("name", &u.Name, up.Name)
	set("email", &u.Email, up.Email)
	if up.EndsOn != nil && u.EndsOn != *up.EndsOn {
		if err := s.checkEnd(tx, *up.EndsOn); err != nil {
			return Edited{}, err
		}
		u.EndsOn = *up.EndsOn
		changed = append(changed, "ends_on")
	}
	if len(changed) == 0 {
		return Edited{User: u}, nil
	}
	if u.Username != s.user.Username && !canRename(s.user) {
		return Edited{}, pactius.RefuseField("username", pactius.T("The account name follows Microsoft 365 once the person is bound to an account. Change it there."))
	}
	if err := tx.UpdateUser(u); err != nil {
		return Edited{}, admission.NameTaken(tx, s.Powers, u.Username, err)
	}
	u.Version++
	detail := pactius.Facts{pactius.DetailUsername: u.Username, pactius.DetailName: u.Name}
	if u.Username != s.user.Username {
		detail[pactius.DetailUsernameFrom] = s.user.Username
	}
	if err := s.record(tx, pactius.Event{Kind: pactius.UserChanged,
		Facts: pactius.Facts{pactius.FactFields: strings.Join(changed, ",")}, Detail: detail}); err != nil {
		return Edited{}, err
	}
	settled, err := s.settleRenamed(tx, &u)
	return Edited{User: u, Settled: settled}, err
}

// canRename reports whether the account name is still ours to correct.
func canRename(u pactius.User) bool { return u.FirstSignInAt.IsZero() && u.Identity.IsZero() }

// settleRenamed settles the request that waits under a corrected account name.
func (s subject) settleRenamed(tx *store.Tx, u *pactius.User) (*pactius.AccessRequest, error) {
	if u.Username == s.user.Username {
		return nil, nil
	}
	return admission.SettleNamed(tx, s.Powers, u)
}

// checkEnd makes sure that an end date can be set.
func (s subject) checkEnd(tx *store.Tx, end pactius.Date) error {
	if end == "" {
		return nil
	}
	if end < s.Today {
		return pactius.RefuseField("ends_on", pactius.T("This day is over. Choose today or a later day, or deactivate the user."))
	}
	return s.keepsRoot(tx)
}

// Assign changes the user's access to the units named; units not named stay
// as they are. Somebody who was approved without business units is told that
// they have some now.
func (r *Rules) Assign(ctx context.Context, actor pactius.Actor, id pactius.UserID, grants []pactius.Grant) (pactius.User, error) {
	return r.assign(ctx, actor, id, func(subject) ([]pactius.Grant, error) { return grants, nil })
}

// Replace gives the user exactly the chosen access among the units that are
// the actor's to give; other units stay as they are. version is
// pactius.AccessVersion of what the choice was made from, 0 does not ask.
func (r *Rules) Replace(ctx context.Context, actor pactius.Actor, id pactius.UserID, version int, chosen []pactius.Grant) (pactius.User, error) {
	return r.assign(ctx, actor, id, func(s subject) ([]pactius.Grant, error) {
		if version != 0 && version != pactius.AccessVersion(s.memberships) {
			return nil, ErrUnitsChanged
		}
		grants := slices.Clone(chosen)
		for _, m := range s.memberships {
			named := slices.ContainsFunc(chosen, func(g pactius.Grant) bool { return g.Unit == m.UnitID })
			if !named && s.Rights.Administers(m.UnitID) {
				grants = append(grants, pactius.Grant{Unit: m.UnitID, Access: pactius.NoAccess})
			}
		}
		return grants, nil
	})
}

// ErrUnitsChanged refuses a choice of business units that was made from others
// than the user has now.
var ErrUnitsChanged = pactius.Refuse(pactius.Conflict, pactius.T("Somebody has changed these business units since you opened them. Your choice is still below; compare it with the user's page before you save."))

// assign changes the user's access to what choose says, which it asks about
// the user as they are in the transaction.
func (r *Rules) assign(ctx context.Context, actor pactius.Actor, id pactius.UserID, choose func(subject) ([]pactius.Grant, error)) (pactius.User, error) {
	var u pactius.User
	err := r.store.Update(ctx, actor.Environment, func(tx *store.Tx) error {
		s, err := r.read(tx, actor, id)
		if err != nil {
			return err
		}
		grants, err := choose(s)
		if err != nil {
			return err
		}
		before, after := map[pactius.UnitID]pactius.Access{}, map[pactius.UnitID]pactius.Access{}
		for _, m := range s.memberships {
			before[m.UnitID] = m.Access
		}
		var changes []pactius.Grant
		for _, g := range grants {
			if before[g.Unit] != g.Access {
				changes = append(changes, g)
				after[g.Unit] = g.Access
			}
		}
		if len(changes) == 0 {
			u = s.user
			return nil
		}
		if err := s.checkAssign(tx, before, changes); err != nil {
			return err
		}
		if err := tx.SetMemberships(id, changes, s.Now); err != nil {
			return err
		}
		if err := s.record(tx, pactius.Event{Kind: pactius.UserUnitsAssigned, Facts: pactius.AccessFacts(before, after)}); err != nil {
			return err
		}
		u, err = tx.User(id)
		if err != nil {
			return err
		}
		return s.tellAssigned(tx)
	})
	return u, err
}

// checkAssign makes sure that the units are the actor's to give and to take,
// that the user does not get too many, and that the root keeps an administrator.
func (s subject) checkAssign(tx *store.Tx, before map[pactius.UnitID]pactius.Access, changes []pactius.Grant) error {
	var given []pactius.Grant
	var taken []pactius.UnitID
	root, err := tx.Root()
	if err != nil {
		return err
	}
	n := len(before)
	for _, g := range changes {
		switch {
		case g.Access == pactius.NoAccess:
			taken = append(taken, g.Unit)
			n--
		case before[g.Unit] == pactius.NoAccess:
			n++
			fallthrough
		default:
			given = append(given, g)
		}
		if g.Unit == root.ID && before[g.Unit] == pactius.Administer {
			if err := s.keepsRoot(tx); err != nil {
				return err
			}
		}
	}
	if n > pactius.MaxGrants {
		return admission.ErrTooManyUnits
	}
	if err := admission.CheckGrants(tx, s.Powers, given); err != nil {
		return err
	}
	p, err := authority.Of(tx, s.Now, s.Actor, taken...)
	if err != nil {
		return err
	}
	for _, unit := range taken {
		if !p.Rights.Administers(unit) {
			return authority.ErrOutside
		}
	}
	return nil
}

// tellAssigned mails somebody who waited for business units since the approval.
func (s subject) tellAssigned(tx *store.Tx) error {
	if s.user.UnitCount > 0 || s.user.CreatedBy != pactius.ByRequest {
		return nil
	}
	units, err := admission.UnitAccess(tx, s.user.ID)
	if err != nil || len(units) == 0 {
		return err
	}
	return outbox.Put(tx, s.Now, outbox.User(s.user), mail.AccessAssigned{By: admission.Signer(s.Actor), Units: units})
}

// Deactivate switches a user off and ends all sessions at once. A user who is
// off already stays off.
func (r *Rules) Deactivate(ctx context.Context, actor pactius.Actor, id pactius.UserID) (pactius.User, error) {
	return r.change(ctx, actor, id, func(tx *store.Tx, s *subject) error {
		if !s.user.DeactivatedAt.IsZero() {
			return nil
		}
		if err := s.keepsRoot(tx); err != nil {
			return err
		}
		s.user.DeactivatedAt = s.Now
		if err := tx.UpdateUser(s.user); err != nil {
			return err
		}
		if _, err := tx.DeleteSessions(id); err != nil {
			return err
		}
		return s.record(tx, pactius.Event{Kind: pactius.UserDeactivated})
	})
}

// Reactivate switches a user on again; an end date that is over is removed, so
// that the person really gets in.
func (r *Rules) Reactivate(ctx context.Context, actor pactius.Actor, id pactius.UserID) (pactius.User, error) {
	return r.change(ctx, actor, id, func(tx *store.Tx, s *subject) error {
		if s.user.MayEnter(s.Today) {
			return nil
		}
		s.user.DeactivatedAt, s.user.SweptOut = time.Time{}, false // a person decides from here on
		if s.user.EndsOn != "" && s.user.EndsOn < s.Today {
			s.user.EndsOn = ""
		}
		if err := tx.UpdateUser(s.user); err != nil {
			return err
		}
		return s.record(tx, pactius.Event{Kind: pactius.UserReactivated})
	})
}

// EndSessions signs a user out everywhere and counts the sessions. Everybody
// may do it to themselves.
func (r *Rules) EndSessions(ctx context.Context, actor pactius.Actor, id pactius.UserID) (int, error) {
	n := 0
	err := r.store.Update(ctx, actor.Environment, func(tx *store.Tx) error {
		s, err := r.manageOrSelf(tx, actor, id)
		if err != nil {
			return err
		}
		if n, err = tx.DeleteSessions(id); err != nil || n == 0 {
			return err
		}
		return s.record(tx, pactius.Event{Kind: pactius.UserSessionsEnded, Facts: pactius.Facts{pactius.FactCount: strconv.Itoa(n)}})
	})
	return n, err
}

// manageOrSelf is manage, except that everybody may act on themselves.
func (r *Rules) manageOrSelf(tx *store.Tx, actor pactius.Actor, id pactius.UserID) (subject, error) {
	if actor.Kind != pactius.ActorUser || actor.User != id {
		return r.manage(tx, actor, id)
	}
	p, err := authority.Of(tx, r.now(), actor)
	return subject{Powers: p, user: p.User}, err
}

// change runs a change on a user the actor manages.
func (r *Rules) change(ctx context.Context, actor pactius.Actor, id pactius.UserID, fn func(*store.Tx, *subject) error) (pactius.User, error) {
	var u pactius.User
	err := r.store.Update(ctx, actor.Environment, func(tx *store.Tx) error {
		s, err := r.manage(tx, actor, id)
		if err != nil {
			return err
		}
		if err := fn(tx, &s); err != nil {
			return err
		}
		u, err = tx.User(id)
		return err
	})
	return u, err
}
