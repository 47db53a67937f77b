package audit

import (
	"context"
	"slices"
	"time"

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
	Unit  pactius.Unit // that the page is filtered by
	Path  string       // of Unit

	Before    time.Time // on the last page: most events of before are no longer here; zero if all are
	Discarded bool      // nor in the archive
}

// Names maps the IDs in events to names, and tells which of them the reader may open.
type Names struct {
	Users        map[pactius.UserID]string         // of merged users, that of the user they are now
	Erased       map[pactius.UserID]bool           // erased users
	Units        map[pactius.UnitID]string         // paths
	Requests     map[pactius.RequestID]string      // those that the reader may open
	Applications map[pactius.ApplicationID]bool    // likewise
	OpenUsers    map[pactius.UserID]pactius.UserID // likewise; of merged users, the user they are now
	OpenUnits    map[pactius.UnitID]bool           // likewise
}

// Events reads one page of the log, newest first. Only local administrators may, and only about units they administer.
func (l *Log) Events(ctx context.Context, actor pactius.Actor, f pactius.EventFilter) (Page, error) {
	var page Page
	err := l.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		var err error
		page, err = events(tx, f)
		return err
	})
	return page, err
}

func events(tx *change.Tx, f pactius.EventFilter) (Page, error) {
	scope := tx.EventScope()
	unit, err := filteredUnit(tx, f.Unit)
	if err != nil {
		return Page{}, err
	}
	if f.User != "" {
		merged, err := tx.MergedInto(f.User)
		if err != nil {
			return Page{}, err
		}
		for _, m := range merged {
			f.Also = append(f.Also, m.ID)
		}
		seen, err := tx.SeesEach([]pactius.UserID{f.User})
		if err != nil {
			return Page{}, err
		}
		if seen[f.User] { // as on the user's page
			scope.About = append(slices.Clone(f.Also), f.User)
		}
	}
	page, err := Read(tx, f, scope)
	if unit.ID != "" {
		page.Unit = unit
		tree, _ := tx.TreeOf(unit.ID) // known
		page.Path = tree.Path(unit.ID)
	}
	if err == nil && page.Next == "" { // the end of the log, as far as it is here
		var kept store.Retention
		if kept, err = tx.Retention(); f.From.IsZero() || f.From.Before(kept.EventsBefore) {
			page.Before, page.Discarded = kept.EventsBefore, kept.EventsDiscarded
		}
	}
	return page, err
}

// ErrNoUnit refuses to filter by a unit that does not exist any more.
var ErrNoUnit = pactius.RefuseField("unit",
	pactius.T("This business unit no longer exists. Choose another one, or show everything."))

// filteredUnit returns the unit that a list is filtered by; it refuses one that the actor does not administer.
func filteredUnit(tx *change.Tx, id pactius.UnitID) (pactius.Unit, error) {
	if id == "" {
		return pactius.Unit{}, nil
	}
	tree, err := tx.TreeOf(id)
	if err != nil {
		return pactius.Unit{}, err
	}
	unit, ok := tree.Unit(id)
	switch {
	case !ok:
		return unit, ErrNoUnit
	case !tx.Rights.AdministersAll() && !tx.Rights.Administers(id):
		return unit, change.ErrOutside
	}
	return unit, nil
}

// Export is a file of events that is about to be sent.
type Export struct {
	Filter pactius.EventFilter
	Format string // "csv" or "ndjson"
	Days   string // of Filter, as FROM/TO (ISO 8601) with both days included; "" is all
}

// Export records that the actor exports events, and refuses those who may not read them.
func (l *Log) Export(ctx context.Context, actor pactius.Actor, x Export) error {
	return l.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		if _, err := filteredUnit(tx, x.Filter.Unit); err != nil {
			return err
		}
		facts := pactius.Facts{pactius.FactFormat: x.Format}
		for name, value := range map[string]string{pactius.FactKind: string(x.Filter.Kind), pactius.FactDays: x.Days,
			pactius.FactOther: string(x.Filter.User)} {
			if value != "" {
				facts[name] = value
			}
		}
		tx.Record(pactius.Event{Kind: pactius.ActivityExported, Unit: x.Filter.Unit, Facts: facts})
		return nil
	})
}

// Read reads one page of events within a scope. From actors who do not administer the whole environment it keeps the
// network addresses, and what belongs to requests that are not theirs to decide.
func Read(tx *change.Tx, f pactius.EventFilter, scope store.EventScope) (Page, error) {
	var page Page
	var err error
	if page.EventPage, err = tx.Events(f, scope); err != nil {
		return page, err
	}
	if page.Names, err = NamesOf(tx, page.Events); err != nil {
		return page, err
	}
	for i := range page.Events {
		e := &page.Events[i]
		if !tx.Rights.AdministersAll() {
			e.Actor.Address = ""
		}
		if _, may := page.Names.Requests[e.Request]; !may && e.Request != "" {
			e.Request = ""
			delete(e.Detail, pactius.DetailNote)
		}
	}
	return page, nil
}

// distinct sorts IDs and removes duplicates and the empty one.
func distinct[ID ~string](ids []ID) []ID {
	slices.Sort(ids)
	return slices.DeleteFunc(slices.Compact(ids), func(id ID) bool { return id == "" })
}
