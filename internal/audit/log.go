package audit

import (
	"context"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
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
	Users    map[pactius.UserID]string
	Units    map[pactius.UnitID]string // paths
	Requests map[pactius.RequestID]string
}

// Events reads one page of the log, newest first. Only local administrators may.
func (l *Log) Events(ctx context.Context, actor pactius.Actor, f pactius.EventFilter) (Page, error) {
	var page Page
	err := l.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		if page.EventPage, err = tx.Events(f, tx.EventScope()); err != nil {
			return err
		}
		page.Names, err = ResolveNames(tx, page.Events)
		return err
	})
	return page, err
}

// distinct sorts IDs and removes duplicates and the empty one.
func distinct[ID ~string](ids []ID) []ID {
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id ID) bool { return id == "" })
}

// ResolveNames finds the names of the subjects of events.
func ResolveNames(tx *change.Tx, events []pactius.Event) (Names, error) {
	n := Names{Users: map[pactius.UserID]string{}, Units: map[pactius.UnitID]string{},
		Requests: map[pactius.RequestID]string{}}
	var users []pactius.UserID
	var units []pactius.UnitID
	var requests []pactius.RequestID
	for _, e := range events {
		users = append(users, e.User, e.Actor.User)
		units = append(units, e.Unit)
		for name := range e.Facts {
			if c, ok := e.Facts.AccessChange(name); ok {
				units = append(units, c.Unit)
			}
		}
		for _, key := range []string{pactius.FactFrom, pactius.FactTo} { // of a new or moved unit
			units = append(units, pactius.UnitID(e.Facts[key]))
		}
		requests = append(requests, e.Request)
	}
	found, err := tx.UsersByID(distinct(users))
	if err != nil {
		return n, err
	}
	for id, u := range found {
		n.Users[id] = u.Name
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
	for _, id := range distinct(requests) {
		if q, err := tx.Request(id); err == nil {
			n.Requests[id] = q.Person.Name
		}
	}
	return n, nil
}
