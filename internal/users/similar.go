package users

import (
	"cmp"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/nearmiss"
)

// Similar is a user, or the person of a pending request, who is probably the same person as another.
type Similar struct {
	User    *pactius.User
	Request *pactius.AccessRequest
	Score   int            // 0 to 100
	Reasons []pactius.Text // the strongest first
}

// SimilarError refuses to add or rename a user who probably exists already, until the actor confirms it.
type SimilarError struct {
	Similar []Similar // visible to the actor, best first
	Hidden  int       // number of those that the actor may not see
}

// Error returns the refusal in English.
func (e *SimilarError) Error() string { return e.Unwrap().Error() }

// Unwrap returns the refusal as every surface shows it.
func (e *SimilarError) Unwrap() error {
	if len(e.Similar) == 0 {
		return pactius.Refuse(pactius.KindConflict,
			pactius.T("Someone very similar is already in business units you don't administer. Ask an administrator "+
				"of the whole company, or confirm that this is someone else."))
	}
	return pactius.Refuse(pactius.KindConflict,
		pactius.T("Someone very similar is already here. Check whether it's the same person, or confirm that it's "+
			"someone else."))
}

// similarInvited finds the invited users who are probably an unrecognised person. It returns those that the actor may
// see, and the number of the others.
func similarInvited(tx *change.Tx, person pactius.Person) ([]Similar, int, error) {
	likely, err := likelyInvited(tx, person)
	if err != nil {
		return nil, 0, err
	}
	return visibleOf(tx, likely)
}

// likelyInvited is similarInvited without regard to the actor.
func likelyInvited(tx *change.Tx, person pactius.Person) ([]Similar, error) {
	asked := nearmiss.OfPerson(person)
	users, err := tx.SimilarInvited(nearmiss.Probes(asked))
	if err != nil {
		return nil, err
	}
	var candidates []Similar
	for _, u := range users {
		if u.MayEnter(tx.Today) {
			candidates = append(candidates, Similar{User: &u})
		}
	}
	return rank(tx, asked, candidates)
}

// checkSimilar refuses a person to be added or renamed who is probably a user already, or has a pending request.
func checkSimilar(tx *change.Tx, e *entry, self pactius.UserID) error {
	likely, err := likelyNew(tx, *e, self)
	if err != nil {
		return err
	}
	return e.weigh(tx, likely)
}

// weigh refuses an entry that is probably one of these, with a *SimilarError, unless it says to go on despite that; it
// then notes the users in the entry.
func (e *entry) weigh(tx *change.Tx, likely []Similar) error {
	if len(likely) == 0 {
		return nil
	}
	if !e.despite {
		found, err := toldOf(tx, likely)
		return cmp.Or(err, error(found))
	}
	for _, s := range likely {
		if s.User != nil {
			e.doubles = append(e.doubles, s.User.ID)
		}
	}
	return nil
}

// similarToNew returns what checkSimilar refuses, nil for nothing.
func similarToNew(tx *change.Tx, e entry, self pactius.UserID) (*SimilarError, error) {
	likely, err := likelyNew(tx, e, self)
	if err != nil || len(likely) == 0 {
		return nil, err
	}
	return toldOf(tx, likely)
}

// toldOf makes a refusal of what the actor may see.
func toldOf(tx *change.Tx, likely []Similar) (*SimilarError, error) {
	var found SimilarError
	var err error
	found.Similar, found.Hidden, err = visibleOf(tx, likely)
	return &found, err
}

// likelyNew finds the users and the people of pending requests who are probably a person to be added or renamed, best
// first. self is the user to be renamed. A person with a known identity is not a user with another.
func likelyNew(tx *change.Tx, e entry, self pactius.UserID) ([]Similar, error) {
	asked := nearmiss.Person{Username: e.username.Shown, Name: e.name, Email: e.email}
	probes := nearmiss.Probes(asked)
	users, err := tx.SimilarUsers(probes)
	if err != nil {
		return nil, err
	}
	var candidates []Similar
	for _, u := range users {
		if u.ID != self && (e.identity.IsZero() || u.Identity.IsZero()) {
			candidates = append(candidates, Similar{User: &u})
		}
	}
	if e.identity.IsZero() {
		requests, err := requestsLike(tx, probes)
		if err != nil {
			return nil, err
		}
		candidates = append(candidates, requests...)
	}
	return rank(tx, asked, candidates)
}

// requestsLike finds pending requests that share a blocking key with a person, without those of an earlier tenant,
// which cannot be approved.
func requestsLike(tx *change.Tx, probes nearmiss.Lookup) ([]Similar, error) {
	requests, err := tx.SimilarRequests(probes)
	var found []Similar
	for _, q := range requests {
		if !tx.Environment.Connection.CutsOff(q.Person.Identity) {
			found = append(found, Similar{Request: &q})
		}
	}
	return found, err
}

// rank returns the likely candidates, best first.
func rank(tx *change.Tx, asked nearmiss.Person, candidates []Similar) ([]Similar, error) {
	if len(candidates) == 0 {
		return nil, nil
	}
	people := make([]nearmiss.Person, len(candidates))
	for i, c := range candidates {
		if c.User != nil {
			people[i] = nearmiss.OfUser(*c.User)
		} else {
			people[i] = nearmiss.OfPerson(c.Request.Person)
		}
	}
	common, err := tx.Commonness(nearmiss.Wanted(asked, people))
	if err != nil {
		return nil, err
	}
	matches := nearmiss.Rank(asked, people, common)
	likely := make([]Similar, len(matches))
	for i, m := range matches {
		likely[i] = candidates[m.Index]
		likely[i].Score, likely[i].Reasons = m.Score, m.Reasons
	}
	return likely, nil
}

// visibleOf returns those that the actor may see, and the number of the others.
func visibleOf(tx *change.Tx, likely []Similar) ([]Similar, int, error) {
	var ids []pactius.UserID
	for _, s := range likely {
		if s.User != nil {
			ids = append(ids, s.User.ID)
		}
	}
	sees, err := tx.SeesEach(ids)
	if err != nil {
		return nil, 0, err
	}
	var shown []Similar
	for _, s := range likely {
		may := s.User != nil && sees[s.User.ID]
		if s.Request != nil {
			if may, err = tx.CanDecide(s.Request.Units); err != nil {
				return nil, 0, err
			}
		}
		if may {
			shown = append(shown, s)
		}
	}
	return shown, len(likely) - len(shown), nil
}

// Around lists people who may be the same as an invited user.
type Around struct {
	Waiting []Similar     // people of pending requests, best first
	Seen    []FormerOwner // users who have signed in with the account name
}

// lookAround finds people who may be the same as an invited user; for other users it returns none. owners says whether
// anyone had the account name before.
func lookAround(tx *change.Tx, u pactius.User, owners bool) (Around, error) {
	var a Around
	if !u.Identity.IsZero() || !u.MayEnter(tx.Today) {
		return a, nil
	}
	if owners {
		former, err := formerOwners(tx, u.Username)
		if err != nil {
			return a, err
		}
		for _, f := range former {
			if f.Until.After(u.CreatedAt) { // else the name was free when the user was added
				a.Seen = append(a.Seen, f)
			}
		}
	}
	asked := nearmiss.OfUser(u)
	candidates, err := requestsLike(tx, nearmiss.Probes(asked))
	if err != nil {
		return a, err
	}
	likely, err := rank(tx, asked, candidates)
	if err != nil {
		return a, err
	}
	a.Waiting, _, err = visibleOf(tx, likely)
	return a, err
}

// doublesOf returns the users that the actor may see and that were created although they may be the same person as a
// user, or the other way round.
func doublesOf(tx *change.Tx, user pactius.UserID) ([]pactius.User, error) {
	doubles, err := tx.Doubles(user)
	if err != nil || len(doubles) == 0 {
		return nil, err
	}
	ids := make([]pactius.UserID, len(doubles))
	for i, u := range doubles {
		ids[i] = u.ID
	}
	sees, err := tx.SeesEach(ids)
	return slices.DeleteFunc(doubles, func(u pactius.User) bool { return !sees[u.ID] }), err
}
