package store_test

import (
	"errors"
	"slices"
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
		m.app.Upstream = "http://127.0.0.1:8090"
		m.Update(t, func(tx *store.Tx) error { return tx.UpdateApplication(m.app) })
		find := func() error {
			_, err := db.EnvironmentOfApplication(t.Context(), m.app.ID)
			_, _, errAt := db.ApplicationAt(t.Context(), m.app.Origins[0])
			_, errProxied := db.ProxiedAt(t.Context(), m.app.Origins[0].Hostname())
			return errors.Join(err, errAt, errProxied)
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
		// A host that is spelled like an application's ID does not push it among strangers.
		if _, err := db.ProxiedAt(t.Context(), string(m.app.ID)); pactius.KindOf(err) != pactius.KindUnavailable {
			t.Errorf("a stranger's host: %v", err)
		}
		if err := find(); err != nil {
			t.Errorf("an application that was found before: %v", err)
		}
	})
}

// TestHostsOfProxiedApplications are found where PACTIUS itself is the proxy, in whatever environment.
func TestHostsOfProxiedApplications(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		a, b := mark(t, db, "alpha"), mark(t, db, "beta")
		a.app.Upstream = "http://127.0.0.1:8090"
		a.app.Origins = append(a.app.Origins, a.app.Origins[0]+":8443", "https://z.example")
		a.Update(t, func(tx *store.Tx) error { return tx.UpdateApplication(a.app) })
		host := a.app.Origins[0].Hostname()
		found, err := db.ProxiedAt(t.Context(), host)
		slices.Sort(found)
		if err != nil || !slices.Equal(found, a.app.Origins[:2]) {
			t.Errorf("%v, %v", found, err)
		}
		for _, other := range []string{b.app.Origins[0].Hostname(), "no.example", "", host + ":8443", "%"} {
			if found, err := db.ProxiedAt(t.Context(), other); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("%s: %v, %v", other, found, err)
			}
		}
		again, ran := watched(t, db)
		if _, err := again.ProxiedAt(t.Context(), host); err != nil {
			t.Fatal(err)
		}
		for _, one := range *ran {
			for _, line := range explain(t, db, one) {
				if table := scannedTable(line); table != "" {
					t.Errorf("reads all of %s", table)
				}
			}
		}
	})
}
