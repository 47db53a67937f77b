package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// requested is a company with requests, settled in another order than they were sent in.
type requested struct {
	*storetest.Ground
	db           *storetest.DB
	sales, north pactius.UnitID
}

func newRequested(t *testing.T, db *storetest.DB) *requested {
	t.Helper()
	w := &requested{Ground: db.Ground(t, "a.example"), db: db}
	w.sales = w.Unit(t, w.Root, "Sales")
	w.north = w.Unit(t, w.sales, "North")
	return w
}

// send stores a request, which is decided at that minute; 0 is pending.
func (w *requested) send(t *testing.T, n, decided int, name string, units ...pactius.UnitID) pactius.AccessRequest {
	t.Helper()
	at := storetest.Start.Add(time.Duration(n) * time.Minute)
	q := pactius.AccessRequest{ID: pactius.RequestID(id.At(at)), Units: units, CreatedAt: at,
		ExpiresAt: at.Add(time.Hour), Version: 1,
		Person: storetest.Person(fmt.Sprintf("person%04d@nordhavn.example", n), name)}
	w.Update(t, func(tx *store.Tx) error {
		if err := tx.InsertRequest(q); err != nil || decided == 0 {
			return err
		}
		q.State, q.DecidedAt = pactius.StateDeclined, storetest.Start.Add(time.Duration(decided)*time.Minute)
		return tx.SettleRequest(q, store.Undo{})
	})
	return q
}

// list reads all pages of a list.
func (w *requested) list(t *testing.T, f pactius.RequestFilter, scope store.RequestScope) []string {
	t.Helper()
	var got []string
	for more := true; more; more = f.After != "" {
		w.View(t, func(tx *store.Tx) error {
			page, err := tx.Requests(f, scope)
			for _, q := range page.Requests {
				got = append(got, q.Person.Name)
			}
			f.After = page.Next
			return err
		})
	}
	return got
}

func TestRequestsAreListedByDecisionAndSearched(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		w := newRequested(t, db)
		w.send(t, 1, 30, "Anna Hansen", w.north)
		w.send(t, 2, 20, "Søren Ovesen", w.north)
		w.send(t, 3, 20, "Bo Hansen", w.Root)
		w.send(t, 4, 10, "Zita Quist")
		w.send(t, 5, 0, "Carl Hansen", w.sales)
		w.send(t, 6, 0, "Dora Holm", w.north)
		all, sales := store.RequestScope{All: true}, store.RequestScope{Units: []pactius.UnitID{w.sales}}
		settled := func(search string) pactius.RequestFilter {
			return pactius.RequestFilter{Settled: true, Search: search}
		}
		pending := func(search string) pactius.RequestFilter {
			return pactius.RequestFilter{State: pactius.StatePending, Search: search}
		}
		tests := []struct {
			name  string
			f     pactius.RequestFilter
			scope store.RequestScope
			want  []string
		}{
			{"by decision", settled(""), all, []string{"Anna Hansen", "Bo Hansen", "Søren Ovesen", "Zita Quist"}},
			{"by decision, of a part", settled(""), sales, []string{"Anna Hansen", "Søren Ovesen"}},
			{"settled by name", settled("hansen"), all, []string{"Anna Hansen", "Bo Hansen"}},
			{"settled by name, of a part", settled("HANS an"), sales, []string{"Anna Hansen"}},
			{"by the account name", settled("person0003@nordhavn"), all, []string{"Bo Hansen"}},
			{"by another spelling", settled("soeren"), all, []string{"Søren Ovesen"}},
			{"pending by name", pending("hansen"), all, []string{"Carl Hansen"}},
			{"pending, of a part", pending("holm"), sales, []string{"Dora Holm"}},
			{"pending, of a part, by what all have", pending("nordhavn"), sales, []string{"Carl Hansen", "Dora Holm"}},
			{"pending, elsewhere", pending("hansen"), store.RequestScope{Units: []pactius.UnitID{w.north}}, nil},
			{"all by name", pactius.RequestFilter{Search: "hansen"}, all, []string{"Carl Hansen", "Bo Hansen",
				"Anna Hansen"}},
			{"none", settled("hansen xyz"), all, nil},
		}
		for _, bounds := range []store.Bounds{{}, store.TightBounds} {
			store.SetBounds(db.Store, bounds)
			for _, test := range tests {
				for _, limit := range []int{1, 2, 1000} {
					test.f.Limit = limit
					if diff := gocmp.Diff(test.want, w.list(t, test.f, test.scope)); diff != "" {
						t.Errorf("%s, %d a page, %+v (-want +got):\n%s", test.name, limit, bounds, diff)
					}
				}
			}
		}
	})
}

func TestARequestIsFoundByItsPresentName(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		w := newRequested(t, db)
		q := w.send(t, 1, 0, "Anna Hansen")
		all := store.RequestScope{All: true}
		finds := func(search string) bool {
			return slices.Contains(w.list(t, pactius.RequestFilter{Search: search}, all), "Anna Hansen")
		}
		w.Update(t, func(tx *store.Tx) error {
			return tx.RenameRequest("holm@nordhavn.example", q.Person.Identity, db.Clock.Now())
		})
		if finds("person0001") || !finds("holm") || !finds("hansen") {
			t.Error("a renamed request is not found by its present names")
		}
		w.Update(t, func(tx *store.Tx) error {
			q.State, q.DecidedAt = pactius.StateDeclined, db.Clock.Now()
			if err := tx.SettleRequest(q, store.Undo{}); err != nil {
				return err
			}
			return tx.EraseRequest(q.ID)
		})
		if n := db.Count(t, `SELECT COUNT(*) FROM request_words`); n != 0 {
			t.Errorf("an erased request leaves %d words", n)
		}
	})
}

func TestRequestsFromBeforeGetTheirWords(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		for _, host := range []string{"a.example", "b.example"} {
			g := db.Ground(t, host)
			g.Update(t, func(tx *store.Tx) error {
				for i := range 600 { // together more than a batch
					q := pactius.AccessRequest{ID: pactius.RequestID(id.New()), CreatedAt: db.Clock.Now(),
						ExpiresAt: db.Clock.Now(), Version: 1,
						Person: storetest.Person(fmt.Sprintf("person%d@xn--mnchen-3ya.example", i), "Æble Friis")}
					if err := tx.InsertRequest(q); err != nil {
						return err
					}
					q.State, q.DecidedAt = pactius.StateDeclined, db.Clock.Now()
					if i%2 > 0 {
						if err := tx.SettleRequest(q, store.Undo{}); err != nil {
							return err
						}
					}
				}
				return tx.InsertRequest(pactius.AccessRequest{ID: pactius.RequestID(id.New()),
					Person: storetest.Person("", "No Name"), CreatedAt: db.Clock.Now(), ExpiresAt: db.Clock.Now()})
			})
		}
		before := db.Dump(t)
		db.Exec(t, `DELETE FROM request_words`)
		if err := db.FillRequestWords(t.Context()); err != nil {
			t.Fatal(err)
		}
		same(t, before, db.Dump(t))
		steps, err := store.Steps()
		i := slices.IndexFunc(steps, func(s database.Step) bool { return s.Name == "0017_requests.sql" })
		if err != nil || i < 0 || steps[i].Fill == nil {
			t.Errorf("the schema step does not fill in words: %v", err)
		}
	})
}

func TestALongListOfRequestsIsWalkedInParts(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		w := newRequested(t, db)
		const n = 90
		var decided, pending []string
		for i := range n {
			name, at := fmt.Sprintf("Filler %02d", i), 0
			if i%3 > 0 {
				at = 200 - i/5 // several at a time
			}
			w.send(t, i+1, at, name, w.north)
			if at == 0 {
				pending = append(pending, name)
			}
		}
		for i := range n {
			for k := range 5 { // of those decided at the same time the latest sent comes first
				if at := i*5 + 4 - k; at < n && at%3 > 0 {
					decided = append(decided, fmt.Sprintf("Filler %02d", at))
				}
			}
		}
		store.SetBounds(db.Store, store.TightBounds)
		for _, scope := range []store.RequestScope{{All: true}, {Units: []pactius.UnitID{w.sales}}} {
			for _, search := range []string{"", "filler", "filler nordhavn"} {
				got := w.list(t, pactius.RequestFilter{Settled: true, Search: search, Limit: 7}, scope)
				if diff := gocmp.Diff(decided, got); diff != "" {
					t.Errorf("decided, %q (-want +got):\n%s", search, diff)
				}
				got = w.list(t, pactius.RequestFilter{State: pactius.StatePending, Search: search, Limit: 7}, scope)
				if diff := gocmp.Diff(pending, got); diff != "" {
					t.Errorf("pending, %q (-want +got):\n%s", search, diff)
				}
			}
		}
	})
}
