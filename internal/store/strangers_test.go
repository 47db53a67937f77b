package store_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestStrangersDoNotStandBeforeApplications fills the line of those who ask for applications that do not exist.
func TestStrangersDoNotStandBeforeApplications(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		m := mark(t, db, "alpha")
		find := func() error {
			_, err := db.EnvironmentOfApplication(t.Context(), m.app.ID)
			_, _, errAt := db.ApplicationAt(t.Context(), m.app.Origins[0])
			return errors.Join(err, errAt)
		}
		if err := find(); err != nil {
			t.Fatal(err)
		}
		const crowd = 300 // more than places and waiting together
		refused, leave := make(chan error, crowd), make(chan struct{})
		var strangers sync.WaitGroup
		for range crowd {
			strangers.Go(func() {
				err := db.Glance(t.Context(), store.StrangerLine, func(*store.Tx) error { <-leave; return nil })
				if err != nil {
					refused <- err
				}
			})
		}
		defer strangers.Wait()
		defer close(leave)
		if err := <-refused; pactius.KindOf(err) != pactius.KindUnavailable {
			t.Fatal(err)
		}
		if _, _, err := db.ApplicationAt(t.Context(), "https://no.example"); err == nil ||
			pactius.KindOf(err) != pactius.KindUnavailable {
			t.Errorf("one more stranger: %v", err)
		}
		if err := find(); err != nil {
			t.Errorf("an application that was found before: %v", err)
		}
	})
}
