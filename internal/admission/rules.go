package admission

import (
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/authority"
	"github.com/pactius/pactius/internal/store"
)

// Rules are the rules of admission over a store. They are safe for concurrent use.
type Rules struct {
	store *store.Store
	now   func() time.Time
}

// New makes the rules.
func New(s *store.Store, now func() time.Time) *Rules { return &Rules{store: s, now: now} }

// facts reads all that recognition looks at.
func facts(tx *store.Tx, now time.Time, p pactius.Person) (Facts, pactius.Environment, error) {
	f := Facts{Person: p}
	env, err := tx.EnvironmentRow()
	if err != nil {
		return f, env, err
	}
	f.Connection, f.Today = env.Connection, env.Today(now)
	if p.ObjectID != "" {
		if f.Bound, err = store.Optional(tx.UserByIdentity(p.Identity)); err != nil {
			return f, env, err
		}
	}
	f.Named, err = store.Optional(tx.UserByUsername(p.Username))
	return f, env, err
}

// record writes an event with the powers' actor and time.
func record(tx *store.Tx, p authority.Powers, e pactius.Event) error {
	return audit.Record(tx, p.Now, p.Actor, e)
}
