package store_test

import (
	"errors"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestBesideAUser finds each of the rows that few users have, of the user alone.
func TestBesideAUser(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	ground := db.Ground(t, "nord.example")
	anna := ground.User(t, "anna@nordhavn.example", "Anna Hansen")
	bo := ground.User(t, "bo@nordhavn.example", "Bo Juhl")
	now := db.Clock.Now()
	request := func(name string) pactius.AccessRequest {
		return pactius.AccessRequest{ID: pactius.RequestID(id.New()),
			Person: storetest.Person(name+"@nordhavn.example", name), CreatedAt: now, ExpiresAt: now,
			State: pactius.StatePending, Version: 1}
	}
	look := func(u pactius.User, want store.Beside) {
		t.Helper()
		ground.Update(t, func(tx *store.Tx) error {
			got, err := tx.Beside(u)
			if got != want {
				t.Errorf("beside %s there is %+v, want %+v", u.Name, got, want)
			}
			return err
		})
	}
	look(anna, store.Beside{})
	settled, proposed := request("settled"), request("proposed")
	proposed.Proposal.User = anna.ID
	ground.Update(t, func(tx *store.Tx) error {
		insert := errors.Join(tx.InsertRequest(settled), tx.InsertRequest(proposed))
		settled.State, settled.UserID = pactius.StateApproved, anna.ID
		return errors.Join(insert, tx.SettleRequest(settled, store.Undo{}),
			tx.KeepFormerUsername(anna, "anna.old@nordhavn.example", now),
			tx.KeepFormerUsername(bo, anna.Username, now), tx.InsertDouble(anna.ID, bo.ID),
			tx.InsertMerged(pactius.MergedUser{ID: "merged", User: anna.ID, Username: "an@nordhavn.example",
				At: now}, store.MergeUndo{}))
	})
	look(anna, store.Beside{Merged: true, Former: true, Owners: true, Doubles: true, Requests: true, Proposed: true})
	look(bo, store.Beside{Former: true, Doubles: true})
}
