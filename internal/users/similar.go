package users

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/nearmiss"
)

// Similar is somebody who is probably the same person: a user, or the person of
// a pending request.
type Similar struct {
	User    *pactius.User
	Request *pactius.AccessRequest
	Score   int            // 0 to 100
	Reasons []pactius.Text // what speaks for it, the strongest first
}

// SimilarError says that somebody to be added is probably here already. The
// person at the screen looks at them and confirms.
type SimilarError struct {
	Similar []Similar // those the actor may see, best first
	Hidden  int       // those the actor may not see
}

// Error says it in English.
func (e *SimilarError) Error() string { return e.Unwrap().Error() }

// Unwrap gives the refusal as every surface understands it.
func (e *SimilarError) Unwrap() error {
	if len(e.Similar) == 0 {
		return pactius.Refuse(pactius.KindConflict, pactius.T("Somebody very similar is here already, in business units you do not administer. Ask an administrator of the whole company, or confirm that this is another person."))
	}
	return pactius.Refuse(pactius.KindConflict, pactius.T("Somebody very similar is here already. Look whether it is the same person, or confirm that it is another."))
}

// asError gives nil as no error at all.
func (e *SimilarError) asError() error {
	if e == nil {
		return nil
	}
	return e
}

// similarInvited finds the invited users who are probably a person that is not
// recognised; the second result counts those the actor may not see.
func similarInvited(tx *change.Tx, person pactius.Person) ([]Similar, int, error) {
	likely, err := likelyInvited(tx, person)
	if err != nil {
		return nil, 0, err
	}
	return seen(tx, likely)
}

// likelyInvited is similarInvited whatever the actor may see.
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

// similarToNew finds the users and the people of pending requests who are
// probably somebody to be added; nil for nobody. An account that the directory
// told is nobody who has another.
func similarToNew(tx *change.Tx, e entry) (*SimilarError, error) {
	asked := nearmiss.Person{Username: e.username.Shown, Name: e.name, Email: e.email}
	probes := nearmiss.Probes(asked)
	users, err := tx.SimilarUsers(probes)
	if err != nil {
		return nil, err
	}
	var candidates []Similar
	for _, u := range users {
		if e.identity.IsZero() || u.Identity.IsZero() {
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
	likely, err := rank(tx, asked, candidates)
	if err != nil || len(likely) == 0 {
		return nil, err
	}
	var found SimilarError
	found.Similar, found.Hidden, err = seen(tx, likely)
	return &found, err
}

// requestsLike finds waiting requests that share a key with a person, without
// those of a tenant of before, which lead nowhere.
func requestsLike(tx *change.Tx, probes nearmiss.Lookup) ([]Similar, error) {
	requests, err := tx.SimilarRequests(probes)
	var found []Similar
	for _, q := range requests {
		if !elsewhere(tx, q.Person.Identity) {
			found = append(found, Similar{Request: &q})
		}
	}
	return found, err
}

// rank keeps the likely ones of the candidates, best first.
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

// seen leaves out those whom the actor may not see, and counts them.
func seen(tx *change.Tx, likely []Similar) ([]Similar, int, error) {
	if tx.Rights.AdministersAll() {
		return likely, 0, nil
	}
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
	var mine []Similar
	for _, s := range likely {
		may := s.User != nil && sees[s.User.ID]
		if s.Request != nil {
			if may, err = tx.CanDecide(s.Request.Units); err != nil {
				return nil, 0, err
			}
		}
		if may {
			mine = append(mine, s)
		}
	}
	return mine, len(likely) - len(mine), nil
}

// Around is who may be the same person as an invited user.
type Around struct {
	Waiting []Similar     // people of pending requests, best first
	Seen    []FormerOwner // users who have signed in with the account name
}

// lookAround finds who may be the same person as somebody who was invited and
// has no identity yet; of others, nobody.
func lookAround(tx *change.Tx, u pactius.User) (Around, error) {
	var a Around
	if !u.Identity.IsZero() || !u.MayEnter(tx.Today) {
		return a, nil
	}
	former, err := formerOwners(tx, u.Username)
	if err != nil {
		return a, err
	}
	for _, f := range former {
		if f.Until.After(u.CreatedAt) { // before, it was a name that had become free
			a.Seen = append(a.Seen, f)
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
	a.Waiting, _, err = seen(tx, likely)
	return a, err
}
