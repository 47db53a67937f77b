package users

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// A merge ends a duplicate: the kept user gets what the other one has, and the other's ID leads to the kept user. Of
// the two Microsoft 365 accounts one goes on working, with its account name; the other one is not recognised any more.

// MergeAccount says whose Microsoft 365 account and account name a merged user has.
type MergeAccount string

// The choices.
const (
	AccountByDefault MergeAccount = ""      // the one that can sign in, or signed in last
	AccountOfKept    MergeAccount = "kept"  // the kept user's
	AccountOfOther   MergeAccount = "other" // the other user's
)

// Merge is a merge to be planned or done.
type Merge struct {
	Kept, Other pactius.UserID
	Account     MergeAccount
	Seen        string // MergePlan.Seen that the actor decided by; "" does not check it
}

// MergePlan is what a merge does.
type MergePlan struct {
	Kept, Other   pactius.User   // before the merge
	Result        pactius.User   // the kept user afterwards
	Status        pactius.Status // of Result
	OtherStatus   pactius.Status // of Other
	Account       MergeAccount   // of the result: AccountOfKept or AccountOfOther
	CanChoose     bool           // the other account could be chosen as well
	Gains         []pactius.Grant
	Before, After []pactius.Membership // of the kept user
	Requests      int                  // that led to the other user
	Sessions      int                  // that end
	Tree          *pactius.Tree        // of After
	Seen          string               // changes with both users

	other []pactius.Membership
}

// Wins returns the user whose Microsoft 365 account and account name the result has.
func (p MergePlan) Wins() pactius.User {
	if p.Account == AccountOfOther {
		return p.Other
	}
	return p.Kept
}

// Loses is the user whose Microsoft 365 account and account name are given up.
func (p MergePlan) Loses() pactius.User {
	if p.Account == AccountOfOther {
		return p.Kept
	}
	return p.Other
}

// PlanMerge tells what a merge would do, or refuses it.
func (r *Rules) PlanMerge(ctx context.Context, actor pactius.Actor, m Merge) (MergePlan, error) {
	var p MergePlan
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		p, err = planMerge(tx, m)
		return err
	})
	return p, err
}

// Merge merges a user into another. Unmerge takes it back.
func (r *Rules) Merge(ctx context.Context, actor pactius.Actor, m Merge) (MergePlan, error) {
	var p MergePlan
	err := r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		if p, err = planMerge(tx, m); err != nil {
			return err
		}
		return p.carryOut(tx)
	})
	return p, err
}

func planMerge(tx *change.Tx, m Merge) (MergePlan, error) {
	var p MergePlan
	if m.Kept == m.Other {
		return p, errMergeSelf
	}
	kept, err := identified(tx, m.Kept)
	if err != nil {
		return p, err
	}
	other, err := identified(tx, m.Other)
	if err != nil {
		return p, err
	}
	p.Kept, p.Other, p.Before, p.other = kept.user, other.user, kept.memberships, other.memberships
	p.Seen = fmt.Sprintf("%d.%d.%d.%d", p.Kept.Version, p.Other.Version, pactius.AccessVersion(p.Kept, p.Before),
		pactius.AccessVersion(p.Other, p.other))
	switch {
	case m.Seen != "" && m.Seen != p.Seen:
		return p, errMergeStale
	case tx.Actor.Kind == pactius.ActorUser && p.Other.ID == tx.Self.ID:
		return p, errMergeOwn
	}
	if err := p.choose(tx, m.Account); err != nil {
		return p, err
	}
	p.result()
	p.Status, p.OtherStatus = p.Result.Status(tx.Today), p.Other.Status(tx.Today)
	if !p.Result.MayEnter(tx.Today) && p.Other.MayEnter(tx.Today) {
		return p, pactius.Refuse(pactius.KindConflict, pactius.T("%s is deactivated or past the end date, and %s "+
			"isn't. Keep the other user, or reactivate this one first.", p.Kept.Username, p.Other.Username))
	}
	if err := p.gains(tx); err != nil {
		return p, err
	}
	if lasts := p.Result.DeactivatedAt.IsZero() && p.Result.EndsOn == "" && !p.Result.AccountState.Gone(); !lasts {
		if err := tx.KeepAnyRoot(p.After, p.Kept.ID, p.Other.ID); err != nil {
			return p, err
		}
	}
	return p, p.count(tx)
}

// identified reads a user that the actor may change as a person, with account name and Microsoft 365 account: a merge
// decides who the user is.
func identified(tx *change.Tx, id pactius.UserID) (subject, error) {
	s, err := managed(tx, id)
	if err == nil {
		err = s.checkIdentify()
	}
	return s, err
}

// Ranks of a user's Microsoft 365 account.
const (
	rankUseless  = iota // linked to an account that cannot sign in
	rankUnlinked        // recognised by the account name at the first sign-in
	rankLinked
)

// choose decides whose account works after the merge. An account that cannot sign in does not win over one that can.
func (p *MergePlan) choose(tx *change.Tx, wanted MergeAccount) error {
	rank := func(u pactius.User) int {
		switch {
		case u.Identity.IsZero():
			return rankUnlinked
		case u.AccountState.Gone() || tx.Environment.Connection.CutsOff(u.Identity):
			return rankUseless
		}
		return rankLinked
	}
	kept, other := rank(p.Kept), rank(p.Other)
	p.CanChoose, p.Account = kept == other, AccountOfKept
	if other > kept || other == kept && p.Other.LastSignInAt.After(p.Kept.LastSignInAt) {
		p.Account = AccountOfOther
	}
	switch {
	case wanted != AccountByDefault && wanted != AccountOfKept && wanted != AccountOfOther:
		return pactius.RefuseField("account", pactius.T("Choose one of the two Microsoft 365 accounts."))
	case wanted == AccountByDefault || wanted == p.Account:
	case p.CanChoose:
		p.Account = wanted
	default:
		return pactius.RefuseField("account", pactius.T("Only the Microsoft 365 account %s can sign in. "+
			"Choose that one.", p.Wins().Username))
	}
	return nil
}

// result computes the kept user after the merge. Name, end date and status stay; email and deactivation follow the
// account where they belong to one that is given up.
func (p *MergePlan) result() {
	u, other := p.Kept, p.Other
	if p.Account == AccountOfOther {
		if u.Email == "" || names.Key(u.Email) == names.Key(u.Username) {
			u.Email = other.Email
		}
		u.Username, u.Identity = other.Username, other.Identity
		u.AccountState, u.AccountStateAt = other.AccountState, other.AccountStateAt
		if u.SweptOut && !u.AccountState.Gone() { // because of the account that is given up
			u.SweptOut, u.DeactivatedAt = false, time.Time{}
		}
	}
	u.Language = cmp.Or(u.Language, other.Language)
	u.FirstSignInAt, u.LastSignInAt = earliest(u.FirstSignInAt, other.FirstSignInAt), latest(u.LastSignInAt,
		other.LastSignInAt)
	if u.Identity.IsZero() { // invited again
		u.FirstSignInAt, u.LastSignInAt = time.Time{}, time.Time{}
	}
	p.Result = u
}

// earliest returns the earlier of two times; a zero time does not count.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// gains computes the access afterwards - of both, the higher - and makes sure that all that is new is the actor's to
// give.
func (p *MergePlan) gains(tx *change.Tx) error {
	after := accessOf(p.Before)
	for _, m := range p.other {
		if m.Access > after[m.UnitID] {
			after[m.UnitID] = m.Access
			p.Gains = append(p.Gains, pactius.Grant{Unit: m.UnitID, Access: m.Access})
		}
	}
	if len(after) > pactius.MaxGrants {
		return errTooManyUnits
	}
	for unit, access := range after {
		p.After = append(p.After, pactius.Membership{UserID: p.Kept.ID, UnitID: unit, Access: access})
	}
	slices.SortFunc(p.After, func(a, b pactius.Membership) int { return cmp.Compare(a.UnitID, b.UnitID) })
	var err error
	if p.Tree, err = tx.TreeOf(change.UnitIDs(p.After)...); err != nil {
		return err
	}
	for _, g := range p.Gains {
		if !tx.Rights.Administers(g.Unit) {
			return pactius.Refuse(pactius.KindForbidden, pactius.T("%s has access to business units you don't "+
				"administer, so you can't give it to %s. Ask an administrator of the whole company.",
				p.Other.Name, p.Kept.Name))
		}
	}
	return nil
}

// count reads what else the merge changes. A pending request of one of the accounts must be decided before.
func (p *MergePlan) count(tx *change.Tx) error {
	ending := []pactius.UserID{p.Other.ID}
	if p.Account == AccountOfOther {
		ending = append(ending, p.Kept.ID)
	}
	for _, id := range ending {
		sessions, err := tx.Sessions(id, tx.Now)
		if err != nil {
			return err
		}
		p.Sessions += len(sessions)
	}
	for _, u := range []pactius.User{p.Kept, p.Other} {
		if u.Identity.IsZero() {
			continue
		}
		q, err := store.Optional(tx.PendingRequest(u.Identity))
		if err != nil {
			return err
		}
		if q != nil {
			return pactius.Refuse(pactius.KindConflict,
				pactius.T("%s has a pending access request. Approve or decline it first.", u.Username))
		}
	}
	requests, err := tx.RequestsOfUser(p.Other.ID)
	p.Requests = len(requests)
	return err
}

func (p *MergePlan) carryOut(tx *change.Tx) error {
	undo := store.MergeUndo{Version: p.Kept.Version + 1}
	var err error
	if undo.Kept, err = tx.Snapshot(p.Kept.ID); err != nil {
		return err
	}
	if undo.Other, err = tx.Snapshot(p.Other.ID); err != nil {
		return err
	}
	if err := tx.LeadMerged(undo.Other.Merged, p.Kept.ID); err != nil {
		return err
	}
	if err := tx.DeleteUser(p.Other); err != nil {
		return err
	}
	if p.Account == AccountOfOther {
		if _, err := tx.DeleteSessions(p.Kept.ID); err != nil {
			return err
		}
		if err := tx.DropFindings([]pactius.UserID{p.Kept.ID}); err != nil { // about the account before
			return err
		}
	}
	if err := tx.UpdateUser(p.Result); err != nil {
		return err
	}
	loses := p.Loses()
	if err := tx.AdoptFormer(p.Result, undo.Other.Former, loses.Username, tx.Now); err != nil {
		return err
	}
	if len(p.Gains) > 0 {
		if err := tx.SetMemberships(p.Kept.ID, p.Gains, tx.Now); err != nil {
			return err
		}
		tx.Record(pactius.Event{Kind: pactius.UserUnitsAssigned, User: p.Kept.ID,
			Facts: pactius.AccessFacts(accessOf(p.Before), accessOf(p.After))})
	}
	err = tx.InsertMerged(pactius.MergedUser{ID: p.Other.ID, User: p.Kept.ID, Username: loses.Username,
		Identity: loses.Identity, At: tx.Now}, undo)
	if err != nil {
		return err
	}
	p.Result.Version++
	recordMerge(tx, pactius.UserMerged, p.Kept, p.Other) // the last one: see Unmerge
	return nil
}

func recordMerge(tx *change.Tx, kind pactius.EventKind, kept, other pactius.User) {
	tx.Record(pactius.Event{Kind: kind, User: kept.ID, Facts: pactius.Facts{pactius.FactOther: string(other.ID)},
		Detail: pactius.Facts{pactius.DetailName: kept.Name, pactius.DetailOtherName: other.Name,
			pactius.DetailOtherUsername: other.Username}})
}

// Refusals of Merge and Unmerge.
var (
	errMergeSelf = pactius.Refuse(pactius.KindInvalid,
		pactius.T("This is the same user. Choose the other user to merge into this one."))
	errMergeOwn = pactius.Refuse(pactius.KindConflict, pactius.T("You can't merge your own user into another one. "+
		"Merge the other one into yours, or ask another administrator."))
	errMergeStale = pactius.Refuse(pactius.KindConflict, pactius.T("One of the users has changed since you opened "+
		"this page, so nothing was merged. Check what will happen and confirm again."))
	errNotMerged = pactius.Refuse(pactius.KindConflict,
		pactius.T("No other user was merged into this one, so there's nothing to undo."))
	errUnmergeLate = pactius.Refuse(pactius.KindConflict, pactius.T("This merge can no longer be undone. Add the "+
		"other person as a new user instead."))
	errUnmergeUsed = pactius.Refuse(pactius.KindConflict, pactius.T("This merge can no longer be undone, because the "+
		"user has changed since. Add the other person as a new user instead."))
)
