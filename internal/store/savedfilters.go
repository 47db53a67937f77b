package store

import (
	"cmp"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
)

var savedFilterTable = newTable("saved_filters", "s", func(f *pactius.SavedFilter) []column {
	return []column{
		{"user_id", &f.User, useKey},
		{"name_key", derived(func() any { return names.Fold(f.Name) }), useOnce},
		{"name", &f.Name, useFixed},
		{"shows", &f.Shows, useFixed},
		{"unit_id", &f.Unit, useFixed},
		{"sort", &f.Sort, useFixed},
	}
})

const sqlDropSavedFilter = `DELETE FROM saved_filters WHERE environment_id = $1 AND user_id = $2 AND name_key = $3`

// SavedFilters lists the filters that a user keeps, by name, at most pactius.MaxSavedFilters.
func (t *Tx) SavedFilters(user pactius.UserID) ([]pactius.SavedFilter, error) {
	all, err := savedFilterTable.all(t, `s.user_id = ? LIMIT ?`, user, pactius.MaxSavedFilters)
	slices.SortFunc(all, func(a, b pactius.SavedFilter) int {
		return cmp.Compare(names.OrderKey(a.Name), names.OrderKey(b.Name))
	})
	return all, err
}

// PutSavedFilter stores a filter, in place of the user's with the same name.
func (t *Tx) PutSavedFilter(f pactius.SavedFilter) error {
	q := savedFilterTable.insert(t.env, &f)
	q.Add(` ON CONFLICT (environment_id, user_id, name_key)
		DO UPDATE SET name = excluded.name, shows = excluded.shows, unit_id = excluded.unit_id, sort = excluded.sort`)
	return t.exec(q)
}

// DropSavedFilter removes a user's filter of a name, if there is one.
func (t *Tx) DropSavedFilter(user pactius.UserID, name string) error {
	return t.run(sqlDropSavedFilter, t.env, user, names.Fold(name))
}
