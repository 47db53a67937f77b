package users_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/pactius/pactius"
)

// filters are the names of an administrator's saved filters.
func (w *world) filters(t *testing.T, by pactius.User) (names []string) {
	t.Helper()
	for _, f := range w.page(t, by, pactius.UserFilter{}).Saved {
		names = append(names, f.Name+" "+f.Shows)
	}
	return names
}

func TestFiltersAreSavedForOneAdministrator(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	save := func(by pactius.User, name string, f pactius.UserFilter) error {
		_, err := w.rules.SaveFilter(t.Context(), w.Actor(by), name, f)
		return err
	}
	invited := pactius.UserFilter{Status: pactius.StatusInvited, Search: "anna"}
	for _, step := range []error{
		save(w.root, "New ones", invited), save(w.root, "  new  ONES ", pactius.UserFilter{Gone: true}),
		save(w.root, "Sales", pactius.UserFilter{Unit: w.sales, Sort: pactius.SortSeen}),
	} {
		if step != nil {
			t.Fatal(step)
		}
	}
	if got := w.filters(t, w.root); !slices.Equal(got, []string{"new ONES gone", "Sales "}) {
		t.Errorf("the filters are %v, want the last of a name, without what was searched for", got)
	}
	local := w.User(t, "local.filters@nordhavn.example", "Lis Local", grant(w.sales, pactius.AccessAdminister))
	if got := w.filters(t, local); len(got) > 0 {
		t.Errorf("another administrator sees %v", got)
	}
	if err := w.rules.RemoveFilter(t.Context(), w.Actor(local), "Sales"); err != nil || len(w.filters(t, w.root)) != 2 {
		t.Errorf("another administrator removes one: %v, %v", err, w.filters(t, w.root))
	}
	reader := w.User(t, "reader.filters@nordhavn.example", "Rie Reader", grant(w.sales, read))
	w.refused(t, "of a reader", pactius.KindForbidden, "", func() error { return save(reader, "x", invited) })
	for name, f := range map[string]pactius.UserFilter{"": invited, " \t": invited, "a\x00b": invited,
		strings.Repeat("a", 300): invited, "nothing": {}, "search": {Search: "anna"},
		"name": {Sort: pactius.SortName}} {
		w.refused(t, fmt.Sprintf("%q of %+v", name, f), pactius.KindInvalid, "[filter_name:",
			func() error { return save(w.root, name, f) })
	}
	w.refused(t, "a unit of others", pactius.KindForbidden, "", func() error {
		return save(local, "x", pactius.UserFilter{Unit: w.Root})
	})
	if err := w.rules.RemoveFilter(t.Context(), w.Actor(w.root), "SALES"); err != nil {
		t.Error(err)
	}
	for i := range pactius.MaxSavedFilters - 1 {
		if err := save(w.root, fmt.Sprint("Filter ", i), invited); err != nil {
			t.Fatal(err)
		}
	}
	w.refused(t, "one too many", pactius.KindInvalid, "You already have 20 saved filters.",
		func() error { return save(w.root, "more", invited) })
	if err := save(w.root, "FILTER 3", invited); err != nil {
		t.Errorf("one that is there, when there are no more: %v", err)
	}
}

// A saved filter may outlast the right over its unit.
func TestASavedFilterSaysThatItsUnitIsLost(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	local := w.User(t, "local.filters@nordhavn.example", "Lis Local", grant(w.sales, pactius.AccessAdminister),
		grant(w.legal, pactius.AccessAdminister))
	f := pactius.UserFilter{Unit: w.sales}
	if _, err := w.rules.SaveFilter(t.Context(), w.Actor(local), "Sales", f); err != nil {
		t.Fatal(err)
	}
	if l := w.page(t, local, f); l.LostUnit != "" || l.Unit.ID != w.sales {
		t.Errorf("while the unit is the administrator's: %q, %q", l.LostUnit, l.Unit.ID)
	}
	if _, err := w.rules.Assign(t.Context(), w.Actor(w.root), local.ID, []pactius.Grant{grant(w.sales,
		pactius.AccessNone)}); err != nil {
		t.Fatal(err)
	}
	if l := w.page(t, local, f); l.LostUnit != w.sales || l.Unit.ID != "" {
		t.Errorf("afterwards: lost %q, filtered by %q", l.LostUnit, l.Unit.ID)
	}
	empty := w.Unit(t, w.Root, "Empty")
	gone := pactius.UserFilter{Unit: empty}
	if _, err := w.rules.SaveFilter(t.Context(), w.Actor(w.root), "Empty", gone); err != nil {
		t.Fatal(err)
	}
	w.db.Exec(t, `DELETE FROM unit_above WHERE unit_id = $1`, empty)
	w.db.Exec(t, `DELETE FROM units WHERE id = $1`, empty)
	if l := w.page(t, w.root, gone); l.LostUnit != empty || len(l.Users) == 0 {
		t.Errorf("of a deleted unit: lost %q, %d users", l.LostUnit, len(l.Users))
	}
	w.refused(t, "a unit of no saved filter", pactius.KindForbidden, "", func() error {
		_, err := w.rules.Users(t.Context(), w.Actor(local), pactius.UserFilter{Unit: w.Root})
		return err
	})
}
