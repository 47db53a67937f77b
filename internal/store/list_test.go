package store_test

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"

	gocmp "github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// crowd is an environment with more users than the sample by which the store
// tells common words from rare ones, and what a test knows of them.
type crowd struct {
	*storetest.Ground
	users []pactius.User
	words map[pactius.UserID][]string // every word of a user, in every spelling
	fold  map[pactius.UserID]string   // the folded name
	in    map[pactius.UserID][]pactius.UnitID
	above map[pactius.UnitID]pactius.UnitID
	units []pactius.UnitID
	today pactius.Date
}

const crowdSize = 2300

var (
	firstNames = []string{"Anna", "Søren", "Åse", "Mærke", "Jürgen", "Łukasz", "Zoë", "Ida-Marie", "Bo", "Ægir"}
	lastNames  = []string{"Hansen", "Sørensen", "Ångstrøm", "O'Neill", "Møller", "Nordh",
		"Straße", "李", "Çelik"}
)

func gather(t *testing.T, db *storetest.DB) *crowd {
	t.Helper()
	c := &crowd{Ground: db.Ground(t, "crowd.example"),
		words: map[pactius.UserID][]string{}, fold: map[pactius.UserID]string{},
		in: map[pactius.UserID][]pactius.UnitID{}, above: map[pactius.UnitID]pactius.UnitID{}, today: "2026-03-02"}
	for i := range 12 {
		parent := c.Root
		if i >= 4 {
			parent = c.units[i-4]
		}
		u := c.Unit(t, parent, fmt.Sprintf("Unit %d", i))
		c.units, c.above[u] = append(c.units, u), parent
	}
	now := db.Clock.Now()
	c.Update(t, func(tx *store.Tx) error {
		for i := range crowdSize {
			u := pactius.User{ID: newUser(), Username: fmt.Sprintf("user%04d@nordhavn.example", i),
				CreatedAt: now.Add(time.Duration(i/7) * time.Second),
				CreatedBy: pactius.ByAdd, Name: firstNames[i%len(firstNames)] + " " + lastNames[i/3%len(lastNames)]}
			if i%11 == 0 {
				u.EndsOn = pactius.Date(fmt.Sprintf("2026-03-%02d", 1+i%5))
			}
			if err := tx.InsertUser(u, ""); err != nil {
				return err
			}
			var grants []pactius.Grant
			for j := range i % 3 {
				unit := c.units[(i/5+j*5)%len(c.units)]
				if !slices.Contains(c.in[u.ID], unit) {
					c.in[u.ID] = append(c.in[u.ID], unit)
					grants = append(grants, pactius.Grant{Unit: unit, Access: pactius.Access(1 + i%3)})
				}
			}
			if err := tx.SetMemberships(u.ID, grants, now); err != nil {
				return err
			}
			u.UnitCount, u.Version = len(grants), 1
			if i%4 != 0 {
				u.LastSignInAt = now.Add(time.Duration(i%97) * time.Minute)
				u.FirstSignInAt = u.LastSignInAt
				if err := tx.UserSignedIn(u); err != nil {
					return err
				}
			}
			if i%13 == 0 {
				u.DeactivatedAt = now
				if err := tx.UpdateUser(u); err != nil {
					return err
				}
				u.Version++
			}
			c.users = append(c.users, u)
			c.fold[u.ID] = names.Fold(u.Name)
			c.words[u.ID] = cut(strings.Join(names.Spellings(u.Name+" "+u.Username+" "+u.Email), " "))
		}
		return nil
	})
	return c
}

func cut(folded string) []string {
	return strings.FieldsFunc(folded, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) })
}

// found reports whether every searched word begins a word of the user.
func (c *crowd) found(user pactius.UserID, searched []string) bool {
	for _, word := range searched {
		if !slices.ContainsFunc(c.words[user], func(w string) bool { return strings.HasPrefix(w, word) }) {
			return false
		}
	}
	return true
}

func (c *crowd) within(user pactius.UserID, units []pactius.UnitID) bool {
	for _, u := range c.in[user] {
		for at, ok := u, true; ok; at, ok = c.above[at] {
			if slices.Contains(units, at) {
				return true
			}
		}
	}
	return false
}

// expect filters and sorts in the plainest way there is.
func (c *crowd) expect(f pactius.UserFilter, scope store.UserScope) []pactius.UserID {
	var all []pactius.User
	searched := cut(names.Fold(f.Search))
	for _, u := range c.users {
		fits := c.found(u.ID, searched) && (f.Status == "" || u.Status(c.today) == f.Status)
		if f.Unassigned {
			fits = fits && u.UnitCount == 0 && u.DeactivatedAt.IsZero()
		}
		switch {
		case f.Unit != "":
			fits = fits && c.within(u.ID, []pactius.UnitID{f.Unit})
		case !scope.All:
			fits = fits && (u.UnitCount == 0 || c.within(u.ID, scope.Units))
		}
		if fits {
			all = append(all, u)
		}
	}
	slices.SortFunc(all, func(a, b pactius.User) int {
		switch f.Sort {
		case pactius.SortNewest:
			return cmp.Or(b.CreatedAt.Compare(a.CreatedAt), cmp.Compare(b.ID, a.ID))
		case pactius.SortSeen:
			return cmp.Or(b.LastSignInAt.Compare(a.LastSignInAt), cmp.Compare(b.ID, a.ID))
		default:
			return cmp.Or(cmp.Compare(c.fold[a.ID], c.fold[b.ID]), cmp.Compare(a.ID, b.ID))
		}
	})
	var ids []pactius.UserID
	for _, u := range all {
		ids = append(ids, u.ID)
	}
	return ids
}

// turn reads all pages of a list.
func (c *crowd) turn(t storetest.TB, f pactius.UserFilter, scope store.UserScope) (ids []pactius.UserID, total int) {
	t.Helper()
	for {
		var page pactius.UserPage
		c.View(t, func(tx *store.Tx) (err error) {
			page, err = tx.Users(f, scope)
			return err
		})
		for _, u := range page.Users {
			ids = append(ids, u.ID)
		}
		if total = page.Total; page.Next == "" {
			return ids, total
		}
		if len(page.Users) != f.Limit {
			t.Fatalf("a page before the last has %d rows, want %d", len(page.Users), f.Limit)
		}
		f.After = page.Next
	}
}

// TestListsAgreeWithThePlainestWay compares what the store finds - by rare
// words, by common words, in subtrees, in pages - with a loop over all users.
func TestListsAgreeWithThePlainestWay(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := gather(t, db)
		search := rapid.SampledFrom([]string{"", "", "nordhavn", "NORDHAVN exa", "søren", "SOEREN", "soren", "sø",
			"Åse", "aase", "hans anna", "user0", "user0123",
			"nordhavn user1", "user2299 example", "o'neill", "neill", "strasse", "straße", "李", "zoe", "ida-m",
			"lukasz", "nobody", "  ", "@", "nordh", "example nordhavn anna møl"})
		rapid.Check(t, func(r *rapid.T) {
			f := pactius.UserFilter{
				Search: search.Draw(r, "search"),
				Status: rapid.SampledFrom([]pactius.Status{"", "", pactius.StatusInvited, pactius.StatusActive,
					pactius.StatusEnded,
					pactius.StatusDeactivated}).Draw(r, "status"),
				Unassigned: rapid.IntRange(0, 4).Draw(r, "unassigned") == 0,
				Sort: rapid.SampledFrom([]pactius.UserSort{"", pactius.SortName, pactius.SortNewest,
					pactius.SortSeen, "sideways"}).Draw(r, "sort"),
				Limit: rapid.SampledFrom([]int{120, 333, 1000}).Draw(r, "limit"),
			}
			if rapid.Bool().Draw(r, "by unit") {
				f.Unit = rapid.SampledFrom(append(c.units, c.Root)).Draw(r, "unit")
			}
			scope := store.UserScope{All: rapid.Bool().Draw(r, "all"), Today: c.today}
			if !scope.All {
				scope.Units = rapid.SliceOfNDistinct(rapid.SampledFrom(c.units), 0, 3, rapid.ID).Draw(r, "scope")
			}
			want := c.expect(f, scope)
			got, total := c.turn(r, f, scope)
			if diff := gocmp.Diff(want, got); diff != "" {
				r.Fatalf("%d users, want %d (-want +got):\n%s", len(got), len(want), diff)
			}
			if want := min(len(want), pactius.MaxCount+1); total != want {
				r.Fatalf("total %d, want %d", total, want)
			}
		})
	})
}

func TestDamagedCursorsAreRefused(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		for i := range 3 {
			g.User(t, fmt.Sprintf("u%d@nordhavn.example", i), "X")
		}
		var page pactius.UserPage
		g.View(t, func(tx *store.Tx) (err error) {
			page, err = tx.Users(pactius.UserFilter{Limit: 1}, store.UserScope{All: true})
			return err
		})
		lists := map[string]func(*store.Tx, string) error{
			"users by name": func(tx *store.Tx, after string) error {
				_, err := tx.Users(pactius.UserFilter{After: after}, store.UserScope{All: true})
				return err
			},
			"users by date": func(tx *store.Tx, after string) error {
				_, err := tx.Users(pactius.UserFilter{After: after, Sort: pactius.SortNewest},
					store.UserScope{All: true})
				return err
			},
			"requests": func(tx *store.Tx, after string) error {
				_, _, err := tx.Requests(pactius.RequestFilter{After: after}, store.RequestScope{All: true})
				return err
			},
			"events": func(tx *store.Tx, after string) error {
				_, err := tx.Events(pactius.EventFilter{After: after}, store.EventScope{All: true})
				return err
			},
		}
		for name, list := range lists {
			for _, after := range []string{"!", "AAAA", "bm90IG91cnM", strings.Repeat("A", 100_000), "\x00", "AABhAGI",
				page.Next + page.Next, page.Next[:len(page.Next)/3]} {
				err := db.View(t.Context(), g.Env, func(tx *store.Tx) error { return list(tx, after) })
				if pactius.KindOf(err) != pactius.KindInvalid {
					t.Errorf("%s after %.20q: %v, want Invalid", name, after, err)
				}
			}
		}
		err := db.View(t.Context(), g.Env,
			func(tx *store.Tx) error { return lists["users by date"](tx, page.Next) })
		if pactius.KindOf(err) != pactius.KindInvalid {
			t.Errorf("the cursor of another order: %v, want Invalid", err)
		}
	})
}

func FuzzCursor(f *testing.F) {
	f.Add("")
	f.Add("bmFtZQBpZA")
	db := storetest.New(f)
	g := db.Ground(f, "a.example")
	g.User(f, "anna@nordhavn.example", "Anna")
	f.Fuzz(func(t *testing.T, after string) {
		err := db.View(t.Context(), g.Env, func(tx *store.Tx) error {
			_, err := tx.Users(pactius.UserFilter{After: after, Search: after, Sort: pactius.SortSeen},
				store.UserScope{All: true})
			return err
		})
		if err != nil && pactius.KindOf(err) != pactius.KindInvalid {
			t.Errorf("%q: %v", after, err)
		}
	})
}

func TestSearchTermsFromHell(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		long := g.User(t, "w@nordhavn.example", "Donaudampfschifffahrtsgesellschaftskapitän Müller")
		for search, want := range map[string]int{
			"donaudampfschifffahrtsgesellschaftskapitän": 1, "donaudampfschifffahrtsgesellschaftskapitan": 1,
			"muller": 1, "mul": 1,
			"%": 1, "_": 1, "' OR 1=1 --": 0, "\x00": 1, "\xff\xfe": 1, strings.Repeat("a ", 10_000): 0,
			strings.Repeat("x", 100_000): 0, "\U0010FFFF": 1,
		} {
			var page pactius.UserPage
			g.View(t, func(tx *store.Tx) (err error) {
				page, err = tx.Users(pactius.UserFilter{Search: search}, store.UserScope{All: true})
				return err
			})
			if len(page.Users) != want {
				t.Errorf("%.40q finds %d users, want %d", search, len(page.Users), want)
			}
		}
		long.Name = "Bo"
		g.Update(t, func(tx *store.Tx) error { return tx.UpdateUser(long) })
		if n := db.Count(t, `SELECT COUNT(*) FROM user_words WHERE word LIKE 'm%'`); n != 0 {
			t.Error("the words of the old name still find the user")
		}
	})
}

func TestPagesOfRequestsAndEventsAreComplete(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		sales := g.Unit(t, g.Root, "Sales")
		north := g.Unit(t, sales, "North")
		legal := g.Unit(t, g.Root, "Legal")
		wishes := [][]pactius.UnitID{nil, {north}, {legal}, {sales, legal}}
		var pending, settled, inSales []string
		const n = 60
		g.Update(t, func(tx *store.Tx) error {
			for i := range n {
				q := pactius.AccessRequest{ID: pactius.RequestID(id.New()),
					Person: storetest.Person(fmt.Sprintf("p%d@nordhavn.example", i), "P"),
					Units:  wishes[i%4], CreatedAt: db.Clock.Now(), State: pactius.StatePending, Version: 1}
				if err := tx.InsertRequest(q); err != nil {
					return err
				}
				if i%4 == 1 || i%4 == 3 {
					inSales = append(inSales, string(q.ID))
				}
				if i%3 == 0 {
					q.State = pactius.StateDeclined
					settled = append(settled, string(q.ID))
					if err := tx.SettleRequest(q, store.Undo{}); err != nil {
						return err
					}
				} else {
					pending = append(pending, string(q.ID))
				}
				kind := pactius.UserAdded
				if i%2 == 0 {
					kind = pactius.RequestSent
				}
				if err := tx.InsertEvents(pactius.Event{ID: pactius.EventID(id.New()), At: db.Clock.Now(),
					Kind: kind, Unit: north}); err != nil {
					return err
				}
			}
			return nil
		})
		slices.Reverse(settled)
		slices.Reverse(inSales)
		tests := []struct {
			name  string
			f     pactius.RequestFilter
			scope store.RequestScope
			want  []string
		}{
			{"pending, oldest first", pactius.RequestFilter{State: pactius.StatePending}, store.RequestScope{All: true},
				pending},
			{"declined, newest first", pactius.RequestFilter{State: pactius.StateDeclined},
				store.RequestScope{All: true},
				settled},
			{"wishes at or beneath a unit, each once", pactius.RequestFilter{},
				store.RequestScope{Units: []pactius.UnitID{sales, north}}, inSales},
			{"of nobody's units", pactius.RequestFilter{}, store.RequestScope{}, nil},
		}
		for _, test := range tests {
			for _, limit := range []int{1, 7, 1000} {
				var got []string
				f := test.f
				f.Limit = limit
				for more := true; more; more = f.After != "" {
					g.View(t, func(tx *store.Tx) error {
						page, next, err := tx.Requests(f, test.scope)
						for _, q := range page {
							got = append(got, string(q.ID))
						}
						f.After = next
						return err
					})
				}
				if diff := gocmp.Diff(test.want, got); diff != "" {
					t.Errorf("%s, %d a page (-want +got):\n%s", test.name, limit, diff)
				}
			}
		}
		for kind, want := range map[pactius.EventKind]int{"": n, pactius.UserAdded: n / 2, "user.": n / 2,
			"request.": n / 2, "use.": 0, "unit.": 0} {
			seen := map[pactius.EventID]bool{}
			f := pactius.EventFilter{Kind: kind, Limit: 7}
			for more := true; more; more = f.After != "" {
				g.View(t, func(tx *store.Tx) error {
					page, err := tx.Events(f, store.EventScope{Units: []pactius.UnitID{sales}})
					for _, e := range page.Events {
						if seen[e.ID] {
							t.Errorf("event %s stands on two pages", e.ID)
						}
						seen[e.ID] = true
					}
					f.After = page.Next
					return err
				})
			}
			if len(seen) != want {
				t.Errorf("kind %q gives %d events, want %d", kind, len(seen), want)
			}
		}
	})
}

func TestCountsOfDays(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		start := db.Clock.Now()
		g.Update(t, func(tx *store.Tx) error {
			var errs []error
			for _, after := range []time.Duration{-time.Second, 0, 23*time.Hour + 59*time.Minute, 24 * time.Hour,
				71 * time.Hour, 72 * time.Hour} {
				errs = append(errs, tx.InsertEvents(
					pactius.Event{ID: pactius.EventID(id.New()), At: start.Add(after), Kind: pactius.UserSignedIn}))
			}
			return errors.Join(append(errs,
				tx.InsertEvents(pactius.Event{ID: pactius.EventID(id.New()), At: start,
					Kind: pactius.UserSignedOut}))...)
		})
		g.View(t, func(tx *store.Tx) error {
			kinds := [2]pactius.EventKind{pactius.UserSignedIn, pactius.UserSignedOut}
			got, err := tx.EventDays(kinds, start, 3)
			want := map[pactius.EventKind][]int{kinds[0]: {2, 1, 1}, kinds[1]: {1, 0, 0}}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("days (-want +got):\n%s", diff)
			}
			return err
		})
	})
}

// TestListsAreAnsweredByIndexes reads the engine's plans: no list may look at
// every row of a table that grows with the company.
func TestListsAreAnsweredByIndexes(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	c := gather(t, db)
	all, some := store.UserScope{All: true, Today: c.today}, store.UserScope{Units: c.units[:2], Today: c.today}
	user := c.users[0].ID
	users := func(f pactius.UserFilter, scope store.UserScope) func(*store.Tx) ([]string, error) {
		return func(tx *store.Tx) ([]string, error) { return store.PlanUsers(tx, f, scope) }
	}
	requests := func(
		f pactius.RequestFilter, scope store.RequestScope,
	) func(*store.Tx) ([]string, error) {
		return func(tx *store.Tx) ([]string, error) {
			return store.PlanRequests(tx, f, scope)
		}
	}
	events := func(f pactius.EventFilter, scope store.EventScope) func(*store.Tx) ([]string, error) {
		return func(tx *store.Tx) ([]string, error) { return store.PlanEvents(tx, f, scope) }
	}
	tests := []struct {
		name string
		plan func(*store.Tx) ([]string, error)
		sort bool // the matches are few and may be sorted
	}{
		{"users by name", users(pactius.UserFilter{}, all), false},
		{"users by name, a later page", users(pactius.UserFilter{After: "YQBi"}, all), false},
		{"users seen last", users(pactius.UserFilter{Sort: pactius.SortSeen}, all), false},
		{"users, newest", users(pactius.UserFilter{Sort: pactius.SortNewest}, all), false},
		{"invited users", users(pactius.UserFilter{Status: pactius.StatusInvited}, all), false},
		{"deactivated users", users(pactius.UserFilter{Status: pactius.StatusDeactivated}, all), false},
		{"users who are gone", users(pactius.UserFilter{Gone: true}, all), false},
		{"unassigned users", users(pactius.UserFilter{Unassigned: true}, all), false},
		{"users by a common word", users(pactius.UserFilter{Search: "nordhavn"}, all), false},
		{"users by a rare word", users(pactius.UserFilter{Search: "user0042"}, all), true},
		{"users by both", users(pactius.UserFilter{Search: "nordhavn user0042"}, all), true},
		{"users of a unit", users(pactius.UserFilter{Unit: c.units[0]}, all), true},
		{"users a local administrator sees", users(pactius.UserFilter{}, some), false},
		{"pending requests", requests(pactius.RequestFilter{State: pactius.StatePending},
			store.RequestScope{All: true}),
			false},
		{"all requests", requests(pactius.RequestFilter{}, store.RequestScope{All: true}), false},
		{"requests of units", requests(pactius.RequestFilter{State: pactius.StatePending},
			store.RequestScope{Units: c.units[:1]}), true},
		{"events", events(pactius.EventFilter{}, store.EventScope{All: true}), false},
		{"events of a kind", events(pactius.EventFilter{Kind: pactius.UserAdded}, store.EventScope{All: true}), false},
		{"events of a user", events(pactius.EventFilter{User: user}, store.EventScope{All: true}), true},
		{"events of units", events(pactius.EventFilter{}, store.EventScope{Units: c.units[:1]}), true},
	}
	big := []string{"u", "r", "e", "m", "w", "users", "user_words", "memberships", "access_requests", "request_units",
		"events", "mails", "sessions"}
	for _, test := range tests {
		c.View(t, func(tx *store.Tx) error {
			lines, err := test.plan(tx)
			for _, line := range lines {
				verb, rest, _ := strings.Cut(line, " ")
				table, _, _ := strings.Cut(rest, " ")
				if verb == "SCAN" && slices.Contains(big, table) {
					t.Errorf("%s: %s\n%s", test.name, line, strings.Join(lines, "\n"))
				}
				if strings.Contains(line, "TEMP B-TREE FOR") && !test.sort {
					t.Errorf("%s sorts all matches: %s\n%s", test.name, line, strings.Join(lines, "\n"))
				}
			}
			return err
		})
	}
	for name, text := range statements(t, db) {
		if strings.Contains(text, "SAVEPOINT") {
			continue // it has no plan
		}
		c.View(t, func(tx *store.Tx) error {
			lines, err := store.Plan(tx, text)
			for _, line := range lines {
				if verb, rest, _ := strings.Cut(line, " "); verb == "SCAN" &&
					slices.Contains(big, strings.Fields(rest)[0]) && !strings.Contains(line, "INDEX") {
					t.Errorf("%s: %s", name, line)
				}
			}
			return err
		})
	}
}
