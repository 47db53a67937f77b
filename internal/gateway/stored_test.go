package gateway

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/store"
)

// TestSessionsInUseAreStored in one statement for many, and only where the stored time is old.
func TestSessionsInUseAreStored(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		b := w.browser(w.app)
		b.enter("/")
		seen := func() (at time.Time) {
			w.View(t, func(tx *store.Tx) error {
				s, err := tx.Session(applications.TokenHash(w.session))
				at = s.SeenAt
				return err
			})
			return at
		}
		b.verify()
		if w.door.store(t.Context()) {
			t.Error("stored although the time is not old")
		}
		w.db.Clock.Advance(pactius.DoorSeenStep)
		b.verify()
		b.verify()
		cut, cancel := context.WithCancel(t.Context())
		cancel()
		if w.door.store(cut) {
			t.Error("stored without a database")
		}
		if !w.door.store(t.Context()) || !seen().Equal(w.db.Clock.Now()) {
			t.Errorf("seen at %v, now %v", seen(), w.db.Clock.Now())
		}
		if w.door.store(t.Context()) {
			t.Error("stored twice")
		}
		w.db.Clock.Advance(pactius.DoorSeenStep)
		b.verify()
		w.door.flush(t.Context())
		if !seen().Equal(w.db.Clock.Now()) {
			t.Error("not stored at the end")
		}
	})
}

// TestManySessionsAreStoredInTurns and no more than a bound waits.
func TestManySessionsAreStoredInTurns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for n := range maxSeen + 10 {
		w.door.seen.note(applications.Seen{Environment: w.Env, Session: fmt.Sprint(n)})
	}
	if got := len(w.door.seen.all); got != maxSeen {
		t.Errorf("%d wait", got)
	}
	if !w.door.store(t.Context()) || len(w.door.seen.all) != maxSeen-maxStore {
		t.Errorf("%d wait after one turn", len(w.door.seen.all))
	}
}
