package retention_test

import (
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/dbtool"
	"github.com/pactius/pactius/internal/retention"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// TestSettledRequestsGoWithWhatWasTyped tells whole stories, and trims all that is old of them.
func TestSettledRequestsGoWithWhatWasTyped(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		w := newWorld(t, db)
		w.rules.Keep = retention.Keep{Requests: 100}
		people := users.New(db.Work())
		root := w.User(t, "root@nordhavn.example", "Rikke Root",
			pactius.Grant{Unit: w.Root, Access: pactius.AccessAdminister})
		w.happen(t, 0, pactius.UserAdded, root.ID)
		ask := func(name, message string) pactius.RequestID {
			t.Helper()
			q, err := people.Ask(t.Context(), pactius.Visitor(w.Env, storetest.Person(name+"@nordhavn.example", name),
				"192.0.2.7"), users.Wish{Message: message})
			if err != nil {
				t.Fatal(err)
			}
			return q.ID
		}
		if _, err := people.Approve(t.Context(), w.Actor(root), ask("anna", "secret of anna"), users.Approval{
			Grants: []pactius.Grant{{Unit: w.Root, Access: pactius.AccessRead}}, Note: "secret for anna"}); err != nil {
			t.Fatal(err)
		}
		bo := ask("bo", "secret of bo")
		if _, err := people.Decline(t.Context(), w.Actor(root), bo, "secret for bo"); err != nil {
			t.Fatal(err)
		}
		db.Exec(t, `DELETE FROM mails`) // they end on their own
		db.Clock.Advance(101 * day)
		pending := ask("carl", "young")
		events := db.Count(t, `SELECT COUNT(*) FROM events`)
		run(t, w.rules)

		dump := db.Dump(t)
		if got := dump["access_requests"]; len(got) != 1 || !strings.Contains(got[0], string(pending)) {
			t.Errorf("requests that are left: %v", got)
		}
		for table, rows := range dump {
			for _, row := range rows {
				if strings.Contains(row, "secret") || strings.Contains(row, "192.0.2.7") &&
					!strings.Contains(row, string(pending)) {
					t.Errorf("left in %s: %s", table, row)
				}
			}
		}
		if got := db.Count(t, `SELECT COUNT(*) FROM events`); got != events {
			t.Errorf("%d of %d events are left", got, events)
		}
		check(t, db)

		w.rules.Keep = retention.Keep{Events: 100, Requests: 100}
		db.Clock.Advance(10 * day)
		run(t, w.rules)
		if got := db.Count(t, `SELECT COUNT(*) FROM events`); got >= events {
			t.Errorf("%d of %d events are left", got, events)
		}
		check(t, db)
	})
}

// TestCheckKnowsOfTrimmedEvents: requests may stay longer than the events that tell of them.
func TestCheckKnowsOfTrimmedEvents(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		w := newWorld(t, db)
		people := users.New(db.Work())
		root := w.User(t, "root@nordhavn.example", "Rikke Root",
			pactius.Grant{Unit: w.Root, Access: pactius.AccessAdminister})
		w.happen(t, 0, pactius.UserAdded, root.ID)
		q, err := people.Ask(t.Context(), pactius.Visitor(w.Env, storetest.Person("anna@nordhavn.example", "Anna"), ""),
			users.Wish{})
		if err != nil {
			t.Fatal(err)
		}
		d, err := people.Approve(t.Context(), w.Actor(root), q.ID, users.Approval{
			Grants: []pactius.Grant{{Unit: w.Root, Access: pactius.AccessRead}}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := people.Delete(t.Context(), w.Actor(root), d.User.ID, 0); err != nil {
			t.Fatal(err)
		}
		db.Exec(t, `DELETE FROM mails`)
		db.Clock.Advance(102 * day)
		run(t, w.rules)
		if got := w.left(t); len(got) != 1 {
			t.Errorf("left: %v, want that of the user who is here", got)
		}
		check(t, db)
	})
}

// check fails the test for every flaw of the database.
func check(t *testing.T, db *storetest.DB) {
	t.Helper()
	flaws, err := dbtool.Check(t.Context(), db.URL, dbtool.Options{Now: db.Clock.Now})
	for _, f := range flaws {
		if !f.Warning {
			t.Errorf("Check: %+v", f)
		}
	}
	if err != nil {
		t.Error(err)
	}
}
