package admission

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/authority"
	"github.com/pactius/pactius/internal/store"
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
		return pactius.Refuse(pactius.Conflict, pactius.T("Somebody very similar is here already, in business units you do not administer. Ask an administrator of the whole company, or confirm that this is another person."))
	}
	return pactius.Refuse(pactius.Conflict, pactius.T("Somebody very similar is here already. Look whether it is the same person, or confirm that it is another."))
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
func similarInvited(ctx context.Context, tx *store.Tx, p authority.Powers, person pactius.Person) ([]Similar, int, error) {
	return nil, 0, nil
}

// similarToNew finds the users and the people of pending requests who are
// probably somebody to be added.
func similarToNew(ctx context.Context, tx *store.Tx, p authority.Powers, e entry) (*SimilarError, error) {
	return nil, nil
}
