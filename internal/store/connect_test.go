package store_test

import (
	"errors"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

func TestWhoseSecretEnds(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		now := db.Clock.Now()
		in := func(days int) pactius.Date { return pactius.DateOf(now.AddDate(0, 0, days)) }
		for name, c := range map[string]struct {
			end    pactius.Date
			warned int
			due    bool
		}{
			"unknown.example":            {"", 0, false},
			"in-31-days.example":         {in(31), 0, false},
			"in-30-days.example":         {in(30), 0, true},
			"in-30-days-warned.example":  {in(30), 30, false},
			"in-15-days-warned.example":  {in(15), 30, false},
			"in-14-days.example":         {in(14), 30, true},
			"in-14-days-warned.example":  {in(14), 14, false},
			"in-4-days-warned.example":   {in(4), 14, false},
			"in-3-days.example":          {in(3), 14, true},
			"in-3-days-late.example":     {in(3), 30, true},
			"in-3-days-warned.example":   {in(3), 3, false},
			"ended.example":              {in(-5), 0, true},
			"ended-warned.example":       {in(-5), 3, false},
			"in-3-days-new.example":      {in(3), 0, true},
			"ended-warned-early.example": {in(-1), 30, true},
		} {
			g := db.Ground(t, name)
			g.Update(t, func(tx *store.Tx) error {
				e, err := tx.EnvironmentRow()
				e.Connection.SecretEndsOn = c.end
				return errors.Join(err, tx.UpdateEnvironment(e), tx.SetSecretWarned(c.warned))
			})
			due, err := db.SecretEnds(t.Context(), now)
			if err != nil {
				t.Fatal(err)
			}
			found := false
			for _, env := range due {
				found = found || env == g.Env
			}
			if found != c.due {
				t.Errorf("%s: due is %v, want %v", name, found, c.due)
			}
		}
		db.Exec(t, `UPDATE environments SET tenant_id = ''`)
		if due, err := db.SecretEnds(t.Context(), now); err != nil || len(due) != 0 {
			t.Errorf("%d environments without a connection are due, %v", len(due), err)
		}
	})
}

func TestLinksForConnecting(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		now := db.Clock.Now()
		g := db.Ground(t, "nordhavn.example")
		g.Update(t, func(tx *store.Tx) error {
			return errors.Join(tx.InsertConnectLink("hash", "anna@nordhavn.example", now, now.Add(time.Hour)),
				tx.InsertConnectLink("later", "", now, now.Add(2*time.Hour)))
		})
		g.View(t, func(tx *store.Tx) error {
			l, err := tx.ConnectLink("hash")
			if want := (store.ConnectLink{CreatedAt: now, ExpiresAt: now.Add(time.Hour),
				Administrator: "anna@nordhavn.example"}); err != nil || l != want {
				t.Errorf("got %+v, %v; want %+v", l, err, want)
			}
			return nil
		})
		left := func(want int) {
			t.Helper()
			if n := db.Count(t, `SELECT COUNT(*) FROM connect_links`); n != want {
				t.Errorf("%d links are left, want %d", n, want)
			}
		}
		if err := db.Sweep(t.Context(), now.Add(time.Hour)); err != nil {
			t.Fatal(err)
		}
		left(1)
		g.Update(t, func(tx *store.Tx) error { return tx.EndConnectLinks() })
		left(0)
		g.View(t, func(tx *store.Tx) error {
			if _, err := tx.ConnectLink("later"); !errors.Is(err, store.ErrNotFound) {
				t.Errorf("a link that has ended: %v", err)
			}
			return nil
		})
	})
}
