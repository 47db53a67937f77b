package invent_test

import (
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/bench/invent"
	"github.com/pactius/pactius/internal/dbtool"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

var end = time.Date(2026, 7, 1, 8, 0, 0, 0, time.UTC)

// fill fills a database with a small company.
func fill(t *testing.T, db *storetest.DB, seed uint64, users int) invent.Company {
	t.Helper()
	var c invent.Company
	o := invent.Options{Seed: seed, Users: users, Now: end, Host: "localhost"}
	err := invent.Fast(t.Context(), db.Store, func(string, int) {}, func() (err error) {
		c, err = invent.Make(t.Context(), db.Store, o)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func TestACompanyComesFromItsSeed(t *testing.T) {
	t.Parallel()
	one, again, other := storetest.On(t, "sqlite"), storetest.On(t, "sqlite"), storetest.On(t, "sqlite")
	companies := []invent.Company{fill(t, one, 1, 300), fill(t, again, 1, 300), fill(t, other, 2, 300)}
	if diff := cmp.Diff(companies[0], companies[1]); diff != "" {
		t.Errorf("the same seed gave another company: %s", diff)
	}
	rows := func(db *storetest.DB) map[string][]string {
		all := db.Dump(t)
		delete(all, "schema_steps") // which say when the schema was made
		return all
	}
	if diff := cmp.Diff(rows(one), rows(again)); diff != "" {
		t.Errorf("the same seed gave other rows: %s", diff)
	}
	if cmp.Equal(rows(one)["users"], rows(other)["users"]) {
		t.Error("another seed gave the same users")
	}
}

// TestACompanyIsSound has the database checked, and looks for what the measurements rely on.
func TestACompanyIsSound(t *testing.T) {
	t.Parallel()
	db := storetest.On(t, "sqlite")
	indexes := `SELECT COUNT(*) FROM sqlite_master WHERE type = 'index'`
	before := db.Count(t, indexes)
	c := fill(t, db, 1, 3000)
	if after := db.Count(t, indexes); after != before {
		t.Errorf("%d indexes, %d before", after, before)
	}
	flaws, err := dbtool.Check(t.Context(), db.URL, dbtool.Options{Now: func() time.Time { return end }})
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range flaws {
		t.Errorf("check: %v", f)
	}
	for query, want := range map[string]int{
		`SELECT COUNT(*) FROM users`:                                                                     3000,
		`SELECT COUNT(*) FROM events`:                                                                    5 * 3000,
		`SELECT COUNT(*) FROM units`:                                                                     60,
		`SELECT COUNT(*) FROM access_requests WHERE state = 'pending'`:                                   3000 / 500,
		`SELECT COUNT(*) FROM users WHERE name = 'Zebulon Quistgaard'`:                                   1,
		`SELECT COUNT(*) FROM events WHERE at > ` + micros(end):                                          0,
		`SELECT COUNT(*) FROM users WHERE created_at > ` + micros(end):                                   0,
		`SELECT COUNT(DISTINCT kind) / 10 FROM events`:                                                   1,
		`SELECT COUNT(*) FROM (SELECT 1 FROM events GROUP BY user_id HAVING COUNT(*) > 60 LIMIT 3) many`: 3,
	} {
		if got := db.Count(t, query); got != want {
			t.Errorf("%s: %d, want %d", query, got, want)
		}
	}
	var tree *pactius.Tree
	err = db.View(t.Context(), c.Environment, func(tx *store.Tx) error {
		tree, err = tx.Tree()
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	below := 0
	tree.Walk(c.Region, func(pactius.Unit, int) bool { below++; return true })
	if below != c.Units/10 {
		t.Errorf("%d units in the local administrator's region, want a tenth of %d", below, c.Units)
	}
	if got := len(tree.Children(c.Wide)); got != c.Units/10 {
		t.Errorf("%d units in the wide department, want a tenth of %d", got, c.Units)
	}
	if below := tree.Children(c.LeafUnit); len(below) > 0 {
		t.Errorf("the leaf has %d units below", len(below))
	}
	height := 0
	tree.Walk(c.RootUnit, func(_ pactius.Unit, depth int) bool { height = max(height, depth); return true })
	if height != pactius.MaxDepth-1 {
		t.Errorf("the tree has %d levels, want %d below the root", height, pactius.MaxDepth-1)
	}
}

func micros(t time.Time) string { return strconv.FormatInt(t.UnixMicro(), 10) }
