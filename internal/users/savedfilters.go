package users

import (
	"context"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/names"
)

// FieldFilterName is the field with the name of a filter to save.
const FieldFilterName = "filter_name"

// SaveFilter keeps a filter of the list of users for the acting administrator, without its search, and returns it. A
// filter with the same name is replaced. It is a personal setting and no event.
func (r *Rules) SaveFilter(
	ctx context.Context, actor pactius.Actor, name string, f pactius.UserFilter,
) (pactius.SavedFilter, error) {
	saved := pactius.SavedFilter{Shows: f.Shows(), Unit: f.Unit, Sort: f.Sort}
	if saved.Sort == pactius.SortName {
		saved.Sort = ""
	}
	if saved == (pactius.SavedFilter{}) {
		return saved, pactius.RefuseField(FieldFilterName,
			pactius.T("Choose a status, a business unit or an order first. What you search for isn't saved."))
	}
	var err error
	if saved.Name, err = names.ParseName(FieldFilterName, name); err != nil {
		return saved, err
	}
	err = r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		if f.Unit != "" {
			if _, err := tx.TreeOf(f.Unit); err != nil {
				return err
			}
			if !tx.Rights.Administers(f.Unit) {
				return change.ErrOutside
			}
		}
		saved.User = tx.Self.ID
		kept, err := tx.SavedFilters(saved.User)
		if err != nil {
			return err
		}
		same := func(k pactius.SavedFilter) bool { return names.Fold(k.Name) == names.Fold(saved.Name) }
		if len(kept) >= pactius.MaxSavedFilters && !slices.ContainsFunc(kept, same) {
			return pactius.RefuseField(FieldFilterName,
				pactius.T("You already have %d saved filters. Remove one, then save this one.", len(kept)))
		}
		return tx.PutSavedFilter(saved)
	})
	return saved, err
}

// RemoveFilter removes a filter of the acting administrator. One that is not there is no error.
func (r *Rules) RemoveFilter(ctx context.Context, actor pactius.Actor, name string) error {
	return r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		return tx.DropSavedFilter(tx.Self.ID, name)
	})
}

// readSaved reads the actor's filters. A saved filter whose unit is gone, or no longer the actor's, shows all units.
func (l *List) readSaved(tx *change.Tx, f *pactius.UserFilter) error {
	var err error
	if l.Saved, err = tx.SavedFilters(tx.Self.ID); err != nil {
		return err
	}
	if f.Unit == "" || l.Rights.Administers(f.Unit) {
		return nil
	}
	if !slices.ContainsFunc(l.Saved, func(s pactius.SavedFilter) bool { return s.Unit == f.Unit }) {
		return change.ErrOutside
	}
	l.LostUnit, f.Unit = f.Unit, ""
	return nil
}
