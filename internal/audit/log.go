package audit

import (
	"context"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// Log reads the activity log.
type Log struct{ db *change.DB }

// New makes the log.
func New(db *change.DB) *Log { return &Log{db} }

// Page is one page of events with the names of their subjects. Subjects that no longer exist are missing from Names.
type Page struct {
	pactius.EventPage
	Names Names
}

// Names maps the IDs in events to names.
type Names struct {
	Users    map[pactius.UserID]string // of merged users, that of the user they are now
	Erased   map[pactius.UserID]bool   // erased users
	Units    map[pactius.UnitID]string // paths
	Requests map[pactius.RequestID]string
}

// Events reads one page of the log, newest first. Only local administrators may.
func (l *Log) Events(ctx context.Context, actor pactius.Actor, f pactius.EventFilter) (Page, error) {
	var page Page
	err := l.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		if f.User != "" {
			merged, err := tx.MergedInto(f.User)
			if err != nil {
				return err
			}
			for _, m := range merged {
				f.Also = append(f.Also, m.ID)
			}
		}
		page, err = Read(tx, f, tx.EventScope())
		return err
	})
	return page, err
}

// Read reads one page of events within a scope. From actors who do not administer the whole environment it keeps the
// network addresses, and what belongs to requests that are not theirs to decide.
func Read(tx *change.Tx, f pactius.EventFilter, scope store.EventScope) (Page, error) {
	var page Page
	var err error
	if page.EventPage, err = tx.Events(f, scope); err != nil {
		return page, err
	}
	requests, err := decidable(tx, page.Events)
	if err != nil {
		return page, err
	}
	for i := range page.Events {
		e := &page.Events[i]
		if !tx.Rights.AdministersAll() {
			e.Actor.Address = ""
		}
		if _, may := requests[e.Request]; !may && e.Request != "" {
			e.Request = ""
			delete(e.Detail, pactius.DetailNote)
		}
	}
	page.Names, err = resolveNames(tx, page.Events)
	page.Names.Requests = requests
	return page, err
}

// decidable returns the names of the people of the events' requests, for those requests that the actor may decide.
func decidable(tx *change.Tx, events []pactius.Event) (map[pactius.RequestID]string, error) {
	var ids []pactius.RequestID
	for _, e := range events {
		ids = append(ids, e.Request)
	}
	requests, err := tx.RequestsByID(distinct(ids))
	if err != nil {
		return nil, err
	}
	var units []pactius.UnitID
	for _, q := range requests {
		units = append(units, q.Units...)
	}
	if _, err := tx.TreeOf(units...); err != nil { // of all at once: CanDecide reads what is not known
		return nil, err
	}
	names := map[pactius.RequestID]string{}
	for _, q := range requests {
		can, err := tx.CanDecide(q.Units)
		if err != nil {
			return nil, err
		}
		if can {
			names[q.ID] = q.Person.Name
		}
	}
	return names, nil
}

// distinct sorts IDs and removes duplicates and the empty one.
func distinct[ID ~string](ids []ID) []ID {
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id ID) bool { return id == "" })
}

// resolveNames finds the names of users and units in events.
func resolveNames(tx *change.Tx, events []pactius.Event) (Names, error) {
	n := Names{Users: map[pactius.UserID]string{}, Erased: map[pactius.UserID]bool{},
		Units: map[pactius.UnitID]string{}}
	var users []pactius.UserID
	var units []pactius.UnitID
	for _, e := range events {
		users = append(users, e.User, e.Actor.User, pactius.UserID(e.Facts[pactius.FactOther]))
		units = append(units, e.Unit)
		for name := range e.Facts {
			if c, ok := e.Facts.AccessChange(name); ok {
				units = append(units, c.Unit)
			}
		}
		for _, key := range []string{pactius.FactFrom, pactius.FactTo} { // of a new or moved unit
			units = append(units, pactius.UnitID(e.Facts[key]))
		}
	}
	if err := n.resolveUsers(tx, distinct(users)); err != nil {
		return n, err
	}
	units = distinct(units)
	tree, err := tx.TreeOf(units...)
	if err != nil {
		return n, err
	}
	for _, id := range units {
		if _, ok := tree.Unit(id); ok {
			n.Units[id] = tree.Path(id)
		}
	}
	return n, nil
}

// resolveUsers finds the names of users, those that were merged into others too, and which users were erased.
func (n *Names) resolveUsers(tx *change.Tx, ids []pactius.UserID) error {
	found, err := tx.UsersByID(ids)
	if err != nil {
		return err
	}
	var missing []pactius.UserID
	for _, id := range ids {
		if u, ok := found[id]; ok {
			n.Users[id] = u.Name
		} else {
			missing = append(missing, id)
		}
	}
	if len(missing) == 0 {
		return nil
	}
	pasts, err := tx.Pasts(missing)
	for id, past := range pasts {
		if past.Erased {
			n.Erased[id] = true
		} else {
			n.Users[id] = past.Name
		}
	}
	return err
}
