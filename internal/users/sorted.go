package users

import (
	"slices"
	"strconv"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// statusOrder is the way of a user through PACTIUS.
var statusOrder = []pactius.Status{
	pactius.StatusInvited, pactius.StatusActive, pactius.StatusEnded, pactius.StatusDeactivated,
}

// read reads the page of the list in the order asked for. The store sorts by what its indexes have; by status and by
// unit a list of at most pactius.MaxCount users is sorted here.
func (l *List) read(tx *change.Tx, f pactius.UserFilter) error {
	var err error
	if f.Sort != pactius.SortStatus && f.Sort != pactius.SortUnit {
		l.UserPage, err = tx.Users(f, tx.UserScope())
		return err
	}
	all, err := tx.UsersToSort(f, tx.UserScope())
	if err != nil {
		return err
	}
	if all.Page != nil {
		l.UserPage, l.Unsorted = *all.Page, true
		return nil
	}
	if f.Sort == pactius.SortUnit {
		err = l.rankByUnit(tx, all.Users)
	} else {
		err = l.rankByStatus(tx, all.Users)
	}
	if err != nil {
		return err
	}
	l.UserPage, err = tx.Sorted(all, f)
	return err
}

func (l *List) rankByStatus(tx *change.Tx, all []store.Listed) error {
	status, err := tx.StatusOf(all, l.Today)
	for i, u := range all {
		all[i].Rank = strconv.Itoa(slices.Index(statusOrder, status[u.ID]))
	}
	return err
}

// rankByUnit ranks users by the path of the unit that their row shows, the first in natural order of those of
// Memberships. Users without units are last.
func (l *List) rankByUnit(tx *change.Tx, all []store.Listed) error {
	ids := make([]pactius.UserID, len(all))
	for i, u := range all {
		ids[i] = u.ID
	}
	var err error
	if l.Memberships, err = tx.FirstMemberships(ids, shownMemberships); err != nil {
		return err
	}
	var units []pactius.UnitID
	for _, m := range l.Memberships {
		units = append(units, change.UnitIDs(m)...)
	}
	if l.Tree, err = tx.TreeOf(units...); err != nil {
		return err
	}
	const placed, without = "0", "1"
	keys := make(map[pactius.UnitID]string, len(units))
	for _, id := range units {
		if _, ok := keys[id]; !ok {
			keys[id] = placed + names.OrderKey(l.Tree.Path(id))
		}
	}
	for i, u := range all {
		all[i].Rank = without
		for _, m := range l.Memberships[u.ID] {
			all[i].Rank = min(all[i].Rank, keys[m.UnitID])
		}
	}
	return nil
}
