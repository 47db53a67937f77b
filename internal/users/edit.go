package users

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/names"
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
	err = r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		s, err := manage(tx, id)
		if err != nil {
			return err
		}
		if err := checkVersion(version, s.user.Version); err != nil {
			return err
		}
		e, err = s.edit(clean)
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

func (s subject) edit(up pactius.UserUpdate) (Edited, error) {
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
		if err := s.checkEnd(*up.EndsOn); err != nil {
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
	if err := s.UpdateUser(u); err != nil {
		return Edited{}, nameTaken(s.Tx, u.Username, err)
	}
	u.Version++
	detail := pactius.Facts{pactius.DetailUsername: u.Username, pactius.DetailName: u.Name}
	if u.Username != s.user.Username {
		detail[pactius.DetailUsernameFrom] = s.user.Username
	}
	s.recordUser(pactius.Event{Kind: pactius.UserChanged,
		Facts: pactius.Facts{pactius.FactFields: strings.Join(changed, ",")}, Detail: detail})
	settled, err := s.settleRenamed(&u)
	return Edited{User: u, Settled: settled}, err
}

// canRename reports whether the account name is still ours to correct.
func canRename(u pactius.User) bool { return u.FirstSignInAt.IsZero() && u.Identity.IsZero() }

// settleRenamed settles the request that waits under a corrected account name.
func (s subject) settleRenamed(u *pactius.User) (*pactius.AccessRequest, error) {
	if u.Username == s.user.Username {
		return nil, nil
	}
	return settleNamed(s.Tx, u)
}

// checkEnd makes sure that an end date can be set.
func (s subject) checkEnd(end pactius.Date) error {
	if end == "" {
		return nil
	}
	if end < s.Today {
		return pactius.RefuseField("ends_on", pactius.T("This day is over. Choose today or a later day, or deactivate the user."))
	}
	return s.keepRoot()
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
				grants = append(grants, pactius.Grant{Unit: m.UnitID, Access: pactius.AccessNone})
			}
		}
		return grants, nil
	})
}

// ErrUnitsChanged refuses a choice of business units that was made from others
// than the user has now.
var ErrUnitsChanged = pactius.Refuse(pactius.KindConflict, pactius.T("Somebody has changed these business units since you opened them. Your choice is still below; compare it with the user's page before you save."))

// assign changes the user's access to what choose says, which it asks about
// the user as they are in the transaction.
func (r *Rules) assign(ctx context.Context, actor pactius.Actor, id pactius.UserID, choose func(subject) ([]pactius.Grant, error)) (pactius.User, error) {
	var u pactius.User
	err := r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		s, err := see(tx, id)
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
		if err := s.checkAssign(before, changes); err != nil {
			return err
		}
		if err := s.SetMemberships(id, changes, s.Now); err != nil {
			return err
		}
		s.recordUser(pactius.Event{Kind: pactius.UserUnitsAssigned, Facts: pactius.AccessFacts(before, after)})
		u, err = s.User(id)
		if err != nil {
			return err
		}
		return s.tellAssigned()
	})
	return u, err
}

// checkAssign makes sure that the units are the actor's to give and to take,
// that the user does not get too many, and that the root keeps an administrator.
func (s subject) checkAssign(before map[pactius.UnitID]pactius.Access, changes []pactius.Grant) error {
	var given []pactius.Grant
	var taken []pactius.UnitID
	root, err := s.Root()
	if err != nil {
		return err
	}
	n := len(before)
	for _, g := range changes {
		switch {
		case g.Access == pactius.AccessNone:
			taken = append(taken, g.Unit)
			n--
		case before[g.Unit] == pactius.AccessNone:
			n++
			fallthrough
		default:
			given = append(given, g)
		}
		if g.Unit == root.ID && before[g.Unit] == pactius.AccessAdminister {
			if err := s.keepRoot(); err != nil {
				return err
			}
		}
	}
	if n > pactius.MaxGrants {
		return errTooManyUnits
	}
	if _, err := grantedTree(s.Tx, given); err != nil {
		return err
	}
	for _, unit := range taken {
		if !s.Rights.Administers(unit) {
			return change.ErrOutside
		}
	}
	return nil
}

// tellAssigned mails somebody who waited for business units since the approval.
func (s subject) tellAssigned() error {
	if s.user.UnitCount > 0 || s.user.CreatedBy != pactius.ByRequest {
		return nil
	}
	units, err := unitAccess(s.Tx, s.user.ID)
	if err != nil || len(units) == 0 {
		return err
	}
	s.Mail(change.ToUser(s.user), mail.AccessAssigned{By: signer(s.Actor), Units: units})
	return nil
}

// Deactivate switches a user off and ends all sessions at once. A user who is
// off already stays off.
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
		s.recordUser(pactius.Event{Kind: pactius.UserDeactivated})
		return nil
	})
}

// Reactivate switches a user on again; an end date that is over is removed, so
// that the person really gets in.
func (r *Rules) Reactivate(ctx context.Context, actor pactius.Actor, id pactius.UserID) (pactius.User, error) {
	return r.manage(ctx, actor, id, func(s *subject) error {
		if s.user.MayEnter(s.Today) {
			return nil
		}
		s.user.DeactivatedAt, s.user.SweptOut = time.Time{}, false // a person decides from here on
		if s.user.EndsOn != "" && s.user.EndsOn < s.Today {
			s.user.EndsOn = ""
		}
		if err := s.UpdateUser(s.user); err != nil {
			return err
		}
		s.user.Version++
		s.recordUser(pactius.Event{Kind: pactius.UserReactivated})
		return nil
	})
}

// EndSessions signs a user out everywhere and counts the sessions. Everybody
// may do it to themselves.
func (r *Rules) EndSessions(ctx context.Context, actor pactius.Actor, id pactius.UserID) (int, error) {
	n := 0
	err := r.db.Change(ctx, actor, change.RoleUser, func(tx *change.Tx) error {
		s, err := manageOrSelf(tx, id)
		if err != nil {
			return err
		}
		if n, err = s.DeleteSessions(id); err != nil || n == 0 {
			return err
		}
		s.recordUser(pactius.Event{Kind: pactius.UserSessionsEnded, Facts: pactius.Facts{pactius.FactCount: strconv.Itoa(n)}})
		return nil
	})
	return n, err
}

// manageOrSelf is manage, except that every user may act on themselves.
func manageOrSelf(tx *change.Tx, id pactius.UserID) (subject, error) {
	if tx.Actor.Kind == pactius.ActorUser && tx.Actor.User == id {
		return subject{Tx: tx, user: tx.Self}, nil
	}
	if !tx.Rights.AdministersAny() {
		return subject{}, change.ErrNotAdministrator
	}
	return manage(tx, id)
}

// manage runs a change of a user that the actor manages.
func (r *Rules) manage(ctx context.Context, actor pactius.Actor, id pactius.UserID, fn func(*subject) error) (pactius.User, error) {
	var u pactius.User
	err := r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		s, err := manage(tx, id)
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
