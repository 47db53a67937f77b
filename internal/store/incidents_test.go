package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

func TestIncidentsAreKeptAndSwept(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "nordhavn.example")
		start, person := db.Clock.Now(), storetest.Person("a@nordhavn.example", "A")
		incident := func(n int) pactius.Incident {
			i := pactius.Incident{Reference: fmt.Sprintf("R%d", n), At: start.Add(time.Duration(n) * time.Second),
				Kind: pactius.IncidentSignIn, Reason: "not assigned", Code: "AADSTS50105", Route: "GET /x"}
			if n%2 == 0 {
				i.Identity, i.Username, i.Name = person.Identity, person.Username, person.Name
			}
			return i
		}
		g.Update(t, func(tx *store.Tx) error {
			for n := range 10 {
				if err := tx.InsertIncident(incident(n)); err != nil {
					return err
				}
			}
			again := incident(3)
			again.Code = "another"
			return tx.InsertIncident(again)
		})
		g.View(t, func(tx *store.Tx) error {
			for _, n := range []int{3, 4} {
				got, err := tx.Incident(incident(n).Reference)
				if diff := cmp.Diff(incident(n), got); diff != "" || err != nil {
					t.Errorf("incident differs (-want +got):\n%s%v", diff, err)
				}
			}
			return nil
		})
		left := func() string { return strings.Join(db.Rows(t, `SELECT reference FROM incidents ORDER BY at`), "") }
		for _, keep := range []int{100, 10, 7} {
			g.Update(t, func(tx *store.Tx) error {
				return errors.Join(tx.TrimIncidents(pactius.FromUser, 0), tx.TrimIncidents(pactius.FromStranger, keep))
			})
		}
		if got := left(); got != "R3|R4|R5|R6|R7|R8|R9|" {
			t.Errorf("after trimming to 7 there are %s", got)
		}
		if err := db.SweepIncidents(t.Context(), start.Add(8*time.Second)); err != nil {
			t.Fatal(err)
		}
		if got := left(); got != "R9|" {
			t.Errorf("after the sweep there are %s", got)
		}
	})
}
