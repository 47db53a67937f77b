package users_test

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"

	gocmp "github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/users"
)

// crowded is a list with all statuses, with users of several units and of none.
func crowded(t *testing.T) *office {
	t.Helper()
	w := newOffice(t)
	for i := range 12 {
		unit := w.Unit(t, w.sales, fmt.Sprintf("Team %d", i))
		u := w.Invite(t, fmt.Sprintf("team%d@nordhavn.example", i), fmt.Sprintf("Name %d", i%5), grant(unit, read))
		switch i % 4 {
		case 1:
			u.EndsOn = "2020-01-01"
		case 2:
			u.DeactivatedAt = w.db.Clock.Now()
		}
		w.Update(t, func(tx *store.Tx) error { return tx.UpdateUser(u) })
	}
	w.Invite(t, "nowhere@nordhavn.example", "Nora Nowhere")
	return w
}

// page reads one page of the list.
func (w *world) page(t *testing.T, by pactius.User, f pactius.UserFilter) users.List {
	t.Helper()
	l, err := w.rules.Users(context.Background(), w.Actor(by), f)
	if err != nil {
		t.Fatalf("%+v: %v", f, err)
	}
	return l
}

// turn reads all pages of the list.
func (w *world) turn(t *testing.T, by pactius.User, f pactius.UserFilter) (ids []pactius.UserID) {
	t.Helper()
	for {
		l := w.page(t, by, f)
		for _, u := range l.Users {
			ids = append(ids, u.ID)
		}
		if f.After = l.Next; f.After == "" {
			return ids
		}
	}
}

// sortedPlainly sorts a whole list as its rows show it.
func sortedPlainly(l users.List, by pactius.UserSort) (ids []pactius.UserID) {
	path := func(u pactius.User) string {
		first := "\xff" // without units
		for _, m := range l.Memberships[u.ID] {
			first = min(first, names.OrderKey(l.Tree.Path(m.UnitID)))
		}
		return first
	}
	order := []pactius.Status{"invited", "active", "ended", "deactivated"}
	all := slices.Clone(l.Users)
	slices.SortStableFunc(all, func(a, b pactius.User) int { // by name before
		if by == pactius.SortUnit {
			return strings.Compare(path(a), path(b))
		}
		return cmp.Compare(slices.Index(order, a.Status(l.Today)), slices.Index(order, b.Status(l.Today)))
	})
	for _, u := range all {
		ids = append(ids, u.ID)
	}
	return ids
}

func TestTheListIsSortedByStatusAndUnit(t *testing.T) {
	t.Parallel()
	w := crowded(t)
	for _, by := range []pactius.User{w.root, w.local} {
		for _, f := range []pactius.UserFilter{{}, {Search: "name"}, {Search: "nordhavn example"}, {Unit: w.sales},
			{Status: pactius.StatusInvited}, {Status: pactius.StatusEnded}, {Unassigned: true}, {Search: "nothing"}} {
			f.Limit = pactius.MaxPageSize
			whole := w.page(t, by, f)
			for _, sort := range []pactius.UserSort{pactius.SortStatus, pactius.SortUnit} {
				for _, f.Limit = range []int{1, 4, pactius.MaxPageSize} {
					f.Sort = sort
					if diff := gocmp.Diff(sortedPlainly(whole, sort), w.turn(t, by, f)); diff != "" {
						t.Errorf("%s, %+v (-want +got):\n%s", by.Name, f, diff)
					}
				}
				if l := w.page(t, by, f); l.Total != len(whole.Users) || l.More || l.Unsorted {
					t.Errorf("%+v: total %d, more %v, unsorted %v", f, l.Total, l.More, l.Unsorted)
				}
			}
			f.Sort = ""
		}
	}
}

func TestARowThatChangedBetweenPagesLosesNoOther(t *testing.T) {
	t.Parallel()
	w := crowded(t)
	f := pactius.UserFilter{Sort: pactius.SortStatus, Limit: 3}
	all := w.turn(t, w.root, f)
	first := w.page(t, w.root, f)
	last := first.Users[2]
	last.DeactivatedAt = w.db.Clock.Now()
	w.Update(t, func(tx *store.Tx) error { return tx.UpdateUser(last) })
	f.After = first.Next
	rest := w.turn(t, w.root, f)
	for _, u := range all[3:] {
		if !slices.Contains(rest, u) {
			t.Errorf("%s is on no page", u)
		}
	}
}

func TestALongListIsByNameAndSaysSo(t *testing.T) {
	t.Parallel()
	w := crowded(t)
	add := func(n int) {
		w.Update(t, func(tx *store.Tx) error {
			for range n {
				u := pactius.User{ID: pactius.UserID(id.New()), CreatedAt: w.db.Clock.Now(), CreatedBy: pactius.ByAdd,
					Name: "Many"}
				u.Username = string(u.ID) + "@nordhavn.example"
				if err := tx.InsertUser(u, ""); err != nil {
					return err
				}
			}
			return nil
		})
	}
	add(pactius.MaxCount - len(w.turn(t, w.root, pactius.UserFilter{})))
	f := pactius.UserFilter{Sort: pactius.SortStatus}
	full := w.page(t, w.root, f)
	if full.Unsorted || full.Total != pactius.MaxCount || full.More {
		t.Fatalf("%d users: unsorted %v, more %v", full.Total, full.Unsorted, full.More)
	}
	add(1)
	if l := w.page(t, w.root, f); !l.Unsorted || len(l.Users) != pactius.PageSize {
		t.Errorf("%d rows of one user more, unsorted %v", len(l.Users), l.Unsorted)
	}
	byName := w.turn(t, w.root, pactius.UserFilter{})
	if diff := gocmp.Diff(byName, w.turn(t, w.root, f)); diff != "" {
		t.Errorf("the pages of a long list (-want +got):\n%s", diff)
	}
	if l := w.page(t, w.root, pactius.UserFilter{Sort: pactius.SortUnit, Unit: w.sales}); l.Unsorted {
		t.Error("a filtered list is not sorted")
	}
	for name, f := range map[string]pactius.UserFilter{
		"a list that has grown":      {Sort: pactius.SortStatus, After: full.Next},
		"the cursor of another sort": {Sort: pactius.SortUnit, Unit: w.sales, After: full.Next},
		"the same by name":           {After: full.Next},
		"the same by date":           {Sort: pactius.SortNewest, After: full.Next},
		"damaged":                    {Sort: pactius.SortUnit, After: "!"},
	} {
		w.refused(t, name, pactius.KindInvalid, "Start again from the first page.", func() error {
			_, err := w.rules.Users(context.Background(), w.Actor(w.root), f)
			return err
		})
	}
}
