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

// crowd is an environment with more users than the tight bounds of lists allow for, and what a test knows of them.
type crowd struct {
	*storetest.Ground
	users []pactius.User
	words map[pactius.UserID][]string // every word of a user, in every spelling
	order map[pactius.UserID]string   // the key of the name
	in    map[pactius.UserID][]pactius.UnitID
	above map[pactius.UnitID]pactius.UnitID
	units []pactius.UnitID
	today pactius.Date
}

const crowdSize = 400

var (
	firstNames = []string{"Anna", "Søren", "Åse", "Mærke", "Jürgen", "Łukasz", "Zoë", "Ida-Marie", "Bo", "Ægir"}
	lastNames  = []string{"Hansen", "Sørensen", "Ångstrøm", "O'Neill", "Møller", "Nordh",
		"Straße", "李", "Çelik"}
)

func gather(t *testing.T, db *storetest.DB) *crowd {
	t.Helper()
	c := &crowd{Ground: db.Ground(t, "crowd.example"),
		words: map[pactius.UserID][]string{}, order: map[pactius.UserID]string{},
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
			c.order[u.ID] = names.OrderKey(u.Name)
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
			return cmp.Or(cmp.Compare(c.order[a.ID], c.order[b.ID]), cmp.Compare(a.ID, b.ID))
		}
	})
	var ids []pactius.UserID
	for _, u := range all {
		ids = append(ids, u.ID)
	}
	return ids
}

// turn reads all pages of a list.
func (c *crowd) turn(
	t storetest.TB, f pactius.UserFilter, scope store.UserScope,
) (ids []pactius.UserID, total int, more bool) {
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
		if f.After == "" {
			total, more = page.Total, page.More
		}
		if page.Next == "" {
			return ids, total, more
		}
		if len(page.Users) != f.Limit && !page.Cut {
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
		db.SetPatience(time.Hour) // the test compares results, not times
		search := rapid.SampledFrom([]string{"", "", "nordhavn", "NORDHAVN exa", "søren", "SOEREN", "soren", "sø",
			"Åse", "aase", "hans anna", "user0", "user0123",
			"nordhavn user1", "user0299 example", "o'neill", "neill", "strasse", "straße", "李", "zoe", "ida-m",
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
				Limit: rapid.SampledFrom([]int{7, 50, 1000}).Draw(r, "limit"),
			}
			if rapid.Bool().Draw(r, "by unit") {
				f.Unit = rapid.SampledFrom(append(c.units, c.Root)).Draw(r, "unit")
			}
			scope := store.UserScope{All: rapid.Bool().Draw(r, "all"), Today: c.today}
			if !scope.All {
				scope.Units = rapid.SliceOfNDistinct(rapid.SampledFrom(c.units), 0, 3, rapid.ID).Draw(r, "scope")
			}
			store.SetBounds(db.Store, rapid.SampledFrom([]store.Bounds{{}, store.TightBounds}).Draw(r, "bounds"))
			want := c.expect(f, scope)
			got, total, more := c.turn(r, f, scope)
			if diff := gocmp.Diff(want, got); diff != "" {
				r.Fatalf("%d users, want %d (-want +got):\n%s", len(got), len(want), diff)
			}
			if total > len(want) || !more && total < len(want) {
				r.Fatalf("total %d, more %v of %d", total, more, len(want))
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
				_, err := tx.Requests(pactius.RequestFilter{After: after}, store.RequestScope{All: true})
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
				if err := tx.InsertEvents(pactius.Event{ID: pactius.EventID(id.At(db.Clock.Now())), At: db.Clock.Now(),
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
						page, err := tx.Requests(f, test.scope)
						for _, q := range page.Requests {
							got = append(got, string(q.ID))
						}
						f.After = page.Next
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

func TestEventsAreCountedByDay(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := db.Ground(t, "a.example")
		g.Update(t, func(tx *store.Tx) error {
			var errs []error
			for _, day := range []pactius.Date{"2026-02-27", "2026-02-28", "2026-03-01", "2026-03-01", "2026-03-02",
				"2026-03-03"} {
				errs = append(errs, tx.CountEvents(day, pactius.UserSignedIn, 2))
			}
			return errors.Join(append(errs, tx.CountEvents("2026-03-02", pactius.RequestSent, 1))...)
		})
		g.View(t, func(tx *store.Tx) error {
			got, err := tx.EventDays("2026-03-02", 3)
			want := map[pactius.EventKind][]int{pactius.UserSignedIn: {2, 4, 2}, pactius.RequestSent: {0, 0, 1}}
			if diff := gocmp.Diff(want, got); diff != "" {
				t.Errorf("days (-want +got):\n%s", diff)
			}
			return err
		})
	})
}
