package users

import (
	"context"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/nearmiss"
	"github.com/pactius/pactius/internal/store"
)

// RequestPage is one page of access requests with the paths of their units.
type RequestPage struct {
	pactius.RequestPage
	Paths map[pactius.UnitID]string
	Alike map[pactius.RequestID]bool // of RequestsAlike: pending ones whose person is probably an invited user
}

// Requests lists the requests that are the actor's to decide: pending ones oldest first, others newest first.
func (r *Rules) Requests(ctx context.Context, actor pactius.Actor, f pactius.RequestFilter) (RequestPage, error) {
	return r.requests(ctx, actor, f, func(*change.Tx, *RequestPage) error { return nil })
}

// RequestsAlike is Requests that tells which pending ones are probably from an invited user.
func (r *Rules) RequestsAlike(ctx context.Context, actor pactius.Actor, f pactius.RequestFilter) (RequestPage, error) {
	return r.requests(ctx, actor, f, func(tx *change.Tx, page *RequestPage) error {
		var err error
		page.Alike, err = alikeOf(tx, page.Requests)
		return err
	})
}

func (r *Rules) requests(ctx context.Context, actor pactius.Actor, f pactius.RequestFilter,
	then func(*change.Tx, *RequestPage) error,
) (RequestPage, error) {
	page := RequestPage{Paths: map[pactius.UnitID]string{}}
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		if page.RequestPage, err = tx.Requests(f, tx.RequestScope()); err != nil {
			return err
		}
		var units []pactius.UnitID
		for _, q := range page.Requests {
			units = append(units, q.Units...)
		}
		tree, err := tx.TreeOf(units...)
		if err != nil {
			return err
		}
		for _, u := range units {
			page.Paths[u] = tree.Path(u)
		}
		if err := then(tx, &page); err != nil {
			return err
		}
		return page.fillProfiles(tx)
	})
	return page, err
}

// alikeOf tells which pending requests are probably from an invited user, as their own pages find it with a few more
// candidates.
func alikeOf(tx *change.Tx, requests []pactius.AccessRequest) (map[pactius.RequestID]bool, error) {
	waiting := slices.DeleteFunc(slices.Clone(requests), func(q pactius.AccessRequest) bool {
		return q.State != pactius.StatePending || q.FromUser()
	})
	if len(waiting) == 0 {
		return nil, nil
	}
	looks, asked := make([]nearmiss.Lookup, len(waiting)), make([]nearmiss.Person, len(waiting))
	for i, q := range waiting {
		asked[i] = nearmiss.OfPerson(q.Person)
		looks[i] = nearmiss.Probes(asked[i])
	}
	found, err := tx.InvitedLikeAny(looks)
	if err != nil || !slices.ContainsFunc(found, func(u []pactius.User) bool { return len(u) > 0 }) {
		return nil, err
	}
	people, words := make([][]nearmiss.Person, len(waiting)), []string(nil)
	for i, users := range found {
		for _, u := range users {
			if u.MayEnter(tx.Today) {
				people[i] = append(people[i], nearmiss.OfUser(u))
			}
		}
		words = append(words, nearmiss.Wanted(asked[i], people[i])...)
	}
	common, err := tx.Commonness(nil)
	if err != nil {
		return nil, err
	}
	if common.Words, err = tx.CommonWords(words); err != nil {
		return nil, err
	}
	alike := map[pactius.RequestID]bool{}
	for i, q := range waiting {
		alike[q.ID] = len(nearmiss.Rank(asked[i], people[i], common)) > 0
	}
	return alike, nil
}

// RequestView is one request with all that deciding it needs. Existing, TakenOver and Proposed have only an account
// name where the actor may not see them.
type RequestView struct {
	Request     pactius.AccessRequest
	Tree        *pactius.Tree           // the requested units with everything above
	Rights      pactius.Rights          // the actor's
	Own         bool                    // the actor's own request
	More        bool                    // the request is from a user who asked for more access, Existing while pending
	Seen        bool                    // the actor may see that user
	Memberships []pactius.Membership    // of that user, if seen
	Barred      bool                    // that user, if seen, is deactivated or past the end date
	Decision    Decision                // of a pending one: the outcome of a sign-in now
	Existing    *pactius.User           // the user that approving links; by name, if the directory confirms it
	OutOfDate   bool                    // Existing is linked to another account and has proved to have the name since
	TakenOver   *pactius.User           // the user with the account name, linked to another account
	Former      []FormerOwner           // users who had the account name before
	Similar     []Similar               // invited users who are probably this person, best first
	Hidden      int                     // number of such users that the actor may not see
	Proposed    *pactius.User           // the user that an approver takes the person for, until it is confirmed
	ProposedBy  string                  // name of that approver
	CanConfirm  bool                    // the actor may confirm it
	NeedConfirm map[pactius.UserID]bool // users of these that others must confirm
	Result      *pactius.User           // the user it led to, if the actor may see that user
	Manager     *pactius.User           // of the person, if that is a user that the actor may see
	Given       []pactius.Grant         // access that the approval gave Result
	CanTakeBack bool
	SignedIn    bool // by the approval, which can be undone: that signs the person out

	Keeps map[pactius.UserID][]pactius.Membership // the first few of Existing and Similar
}

// Request shows one request that is the actor's to decide.
func (r *Rules) Request(ctx context.Context, actor pactius.Actor, id pactius.RequestID) (RequestView, error) {
	var v RequestView
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		if v.Request, err = decidable(tx, id); err != nil {
			return err
		}
		if v.Tree, err = tx.TreeOf(v.Request.Units...); err != nil {
			return err
		}
		v.Rights, v.Own = tx.Rights, own(tx, v.Request)
		if v.More, err = gaveMore(tx, v.Request); err != nil {
			return err
		}
		if v.Request.State == pactius.StatePending && v.More {
			return v.sender(tx)
		}
		if v.Request.State == pactius.StatePending {
			return v.match(tx)
		}
		if v.Request.UserID != "" {
			if v.Result, err = store.Optional(followed(tx, v.Request.UserID)); err != nil {
				return err
			}
		}
		if v.Result != nil && !v.Own {
			undo, u, err := takeable(tx, v.Request)
			v.CanTakeBack = err == nil
			v.SignedIn = v.CanTakeBack && signedIn(u, undo)
		}
		if err := v.result(tx); err != nil {
			return err
		}
		return v.fillProfiles(tx)
	})
	return v, err
}

// result reads what the approval gave; the user and the access only where the actor may see the user.
func (v *RequestView) result(tx *change.Tx) error {
	if v.Result == nil {
		return nil
	}
	sees, err := tx.Sees(*v.Result)
	if err != nil || !sees {
		v.Result = nil
		return err
	}
	undo, err := tx.RequestUndo(v.Request.ID)
	if err != nil {
		return err
	}
	v.Given, v.Tree, err = givenBy(tx, undo)
	return err
}

// sender reads the user who sent a pending request, and what that user has now.
func (v *RequestView) sender(tx *change.Tx) error {
	u, err := followed(tx, v.Request.UserID)
	if err != nil {
		return err
	}
	v.Existing = &u
	if v.Seen, err = tx.Sees(u); err != nil {
		return err
	}
	if !v.Seen {
		v.Existing = &pactius.User{Username: v.Request.Person.Username}
		return v.fillProfiles(tx)
	}
	v.Barred = !u.MayEnter(tx.Today)
	if v.Memberships, err = tx.Memberships(u.ID); err != nil {
		return err
	}
	if v.Tree, err = tx.TreeOf(change.UnitIDs(v.Memberships)...); err != nil {
		return err
	}
	return v.fillProfiles(tx)
}

// match finds the users that the person of a pending request may be.
func (v *RequestView) match(tx *change.Tx) error {
	e := entryOf(v.Request, nil)
	named, err := tx.UsersNamed(e.identity, e.username.Shown)
	if err != nil {
		return err
	}
	if v.Decision, err = discreet(tx, evidenceOf(tx, v.Request.Person, named)); err != nil {
		return err
	}
	if v.Existing, v.TakenOver, err = among(tx, e, named); err != nil {
		return err
	}
	v.OutOfDate = v.Existing != nil && !v.Existing.Identity.IsZero() && v.Existing.Identity != e.identity
	if err := v.proposal(tx); err != nil {
		return err
	}
	if v.Former, err = formerOwners(tx, e.username.Shown); err != nil {
		return err
	}
	if v.Existing == nil {
		if v.Similar, v.Hidden, err = similarInvited(tx, v.Request.Person); err != nil {
			return err
		}
	}
	if err := v.keeps(tx); err != nil {
		return err
	}
	if err := v.confirmations(tx); err != nil {
		return err
	}
	for _, u := range []**pactius.User{&v.Existing, &v.TakenOver, &v.Proposed} {
		if *u == nil {
			continue
		}
		sees, err := tx.Sees(**u)
		if err != nil {
			return err
		}
		if !sees { // the decision has the user too, as far as the actor may know
			*u = &pactius.User{Username: (*u).Username}
		}
	}
	return v.fillProfiles(tx)
}

// keptShown is how many business units of a similar user the page may name.
const keptShown = 3

// keeps reads what the users who are or may be the person have, which the person has after the answer "same person".
func (v *RequestView) keeps(tx *change.Tx) error {
	var ids []pactius.UserID
	if v.Existing != nil {
		ids = append(ids, v.Existing.ID)
	}
	for _, s := range v.Similar {
		ids = append(ids, s.User.ID)
	}
	if len(ids) == 0 {
		return nil
	}
	var err error
	if v.Keeps, err = tx.FirstMemberships(ids, keptShown); err != nil {
		return err
	}
	units := slices.Clone(v.Request.Units)
	for _, m := range v.Keeps {
		units = append(units, change.UnitIDs(m)...)
	}
	v.Tree, err = tx.TreeOf(units...)
	return err
}

// proposal reads the user that an approver takes the person for.
func (v *RequestView) proposal(tx *change.Tx) error {
	p := v.Request.Proposal
	if p.User == "" {
		return nil
	}
	known, err := tx.UsersByID([]pactius.UserID{p.User, p.By})
	if u, ok := known[p.User]; ok && err == nil {
		v.Proposed, v.ProposedBy = &u, known[p.By].Name
		v.CanConfirm, err = manages(tx, u.ID)
	}
	return err
}

// confirmations finds the users that the actor may not change: that it is the same person must be confirmed.
func (v *RequestView) confirmations(tx *change.Tx) error {
	v.NeedConfirm = map[pactius.UserID]bool{}
	if tx.Rights.AdministersAll() {
		return nil
	}
	candidates := []*pactius.User{v.Existing, v.TakenOver}
	for _, s := range v.Similar {
		candidates = append(candidates, s.User)
	}
	var ids []pactius.UserID
	for _, u := range candidates {
		if u != nil {
			ids = append(ids, u.ID)
		}
	}
	may, err := managesEach(tx, ids)
	for _, id := range ids {
		v.NeedConfirm[id] = !may[id]
	}
	return err
}
