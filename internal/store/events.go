package store

import (
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/id"
)

var eventTable = newTable("events", "e", func(e *pactius.Event) []column {
	return []column{
		{"id", &e.ID, useFixed},
		{"at", database.Time(&e.At), useFixed},
		{"kind", &e.Kind, useFixed},
		{"actor_kind", &e.Actor.Kind, useFixed},
		{"actor_user", &e.Actor.User, useFixed},
		{"reason", &e.Actor.Reason, useFixed},
		{"user_id", &e.User, useFixed},
		{"request_id", &e.Request, useFixed},
		{"unit_id", &e.Unit, useFixed},
		{"facts", database.JSON(&e.Facts), useFixed},
		{"detail", database.JSON(&e.Detail), useFixed},
		{"address", &e.Actor.Address, useFixed},
		{actorName, &e.Actor.Name, useComputed},
	}
})

const (
	actorName = `COALESCE(
		(SELECT a.name FROM users a WHERE a.environment_id = e.environment_id AND a.id = e.actor_user), '')`
	sqlEventDays = `SELECT kind, (at - $4) / 86400000000, COUNT(*) FROM events
		WHERE environment_id = $1 AND kind IN ($2, $3) AND id >= $6 AND at >= $4 AND at < $5 GROUP BY 1, 2`
)

// InsertEvents appends events. Only package change calls it.
func (t *Tx) InsertEvents(events ...pactius.Event) error {
	err := eventTable.insertAll(t, events)
	if err == nil {
		t.tx.AfterCommit(func() {
			for _, e := range events {
				t.store.happened(e)
			}
		})
	}
	return err
}

// LatestIdentityChange reads the newest event by which a user other than but changed the user's account name or email
// address, after but last changed the user's business units.
func (t *Tx) LatestIdentityChange(user, but pactius.UserID) (pactius.Event, error) {
	return eventTable.one(t, `e.user_id = ? AND e.user_id <> '' AND e.kind = 'user.changed' AND e.actor_kind = 'user'
		AND e.actor_user <> ? AND (e.facts LIKE '%username%' OR e.facts LIKE '%email%')
		AND e.id > COALESCE((SELECT MAX(a.id) FROM events a WHERE a.environment_id = e.environment_id
			AND a.user_id = ? AND a.user_id <> '' AND a.actor_user = ? AND a.kind = 'user.units_assigned'), '')
		ORDER BY e.id DESC LIMIT 1`, user, but, user, but)
}

// EventScope bounds which events a list may show.
type EventScope struct {
	All   bool             // the whole environment
	Units []pactius.UnitID // else: events about these units, their sub-units and the members of both
	About []pactius.UserID // and about these users
}

// Events reads one page of events, newest first. IDs are UUIDv7, so their
// order is the order of time.
func (t *Tx) Events(f pactius.EventFilter, scope EventScope) (pactius.EventPage, error) {
	var page pactius.EventPage
	b, err := eventsQuery(t.env, f, scope)
	if err != nil {
		return page, err
	}
	page.Events, err = eventTable.list(t, b)
	if limit := limitOf(f.Limit); len(page.Events) > limit {
		page.Events = page.Events[:limit]
		page.Next = cursor("", string(page.Events[limit-1].ID))
	}
	return page, err
}

func eventsQuery(env pactius.EnvironmentID, f pactius.EventFilter, scope EventScope) (*database.Query, error) {
	var b database.Query
	scope.begin(&b, env)
	b.Add(`SELECT `+eventTable.columns+` FROM events e WHERE environment_id = ?`, env)
	scope.finish(&b, env)
	if kind, group := strings.CutSuffix(string(f.Kind), "."); group {
		b.Add(` AND kind >= ? AND kind < ?`, kind+".", kind+"/") // "/" follows "." in ASCII
	} else if kind != "" {
		b.Add(` AND kind = ?`, kind)
	}
	if f.User != "" {
		b.Add(` AND (user_id = ? OR actor_user = ?`, f.User, f.User)
		for _, also := range f.Also {
			b.Add(` OR user_id = ? OR actor_user = ?`, also, also)
		}
		b.Add(`)`)
	}
	if f.Unit != "" {
		b.Add(` AND unit_id = ?`, f.Unit)
	}
	if !f.From.IsZero() {
		b.Add(` AND at >= ?`, database.Micros(f.From))
	}
	if !f.To.IsZero() {
		b.Add(` AND at < ?`, database.Micros(f.To))
	}
	if f.After != "" {
		_, id, err := parseCursor(f.After)
		if err != nil {
			return nil, err
		}
		b.Add(` AND id < ?`, id)
	}
	b.Add(` ORDER BY id DESC LIMIT ?`, limitOf(f.Limit)+1)
	return &b, nil
}

func (s EventScope) begin(b *database.Query, env pactius.EnvironmentID) {
	if !s.All {
		below(b, env, s.Units)
	}
}

func (s EventScope) finish(b *database.Query, env pactius.EnvironmentID) {
	if s.All {
		return
	}
	b.Add(` AND (unit_id IN (SELECT id FROM below)`)
	for _, user := range s.About {
		b.Add(` OR user_id = ?`, user)
	}
	b.Add(` OR user_id IN (SELECT m.user_id FROM memberships m
		WHERE m.environment_id = ? AND m.unit_id IN (SELECT id FROM below)))`, env)
}

// EventDays counts the events of two kinds on each of the 24-hour days that follow
// start.
func (t *Tx) EventDays(kinds [2]pactius.EventKind, start time.Time, days int) (map[pactius.EventKind][]int, error) {
	all := map[pactius.EventKind][]int{kinds[0]: make([]int, days), kinds[1]: make([]int, days)}
	end := start.Add(time.Duration(days) * 24 * time.Hour)
	_, err := list(t, func(r database.Scanner) (int, error) {
		var kind pactius.EventKind
		var day, n int
		err := r.Scan(&kind, &day, &n)
		if day >= 0 && day < days {
			all[kind][day] = n
		}
		return n, err
	}, sqlEventDays, t.env, kinds[0], kinds[1], database.Micros(start), database.Micros(end), id.Floor(start))
	return all, err
}
