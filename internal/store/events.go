package store

import (
	"context"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
)

const (
	eventColumns = `id, at, kind, actor_kind, actor_user, reason, user_id, request_id, unit_id, facts, detail, address,
	COALESCE((SELECT a.name FROM users a WHERE a.environment_id = e.environment_id AND a.id = e.actor_user), '')`
	sqlInsertEvent = `INSERT INTO events (environment_id, id, at, kind, actor_kind, actor_user, reason, user_id, request_id, unit_id, facts, detail, address)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)`
	sqlEventDays = `SELECT (at - $3) / 86400000000, COUNT(*) FROM events WHERE environment_id = $1 AND kind = $2 AND id >= $5 AND at >= $3 AND at < $4 GROUP BY 1`
)

func scanEvent(r scanner) (pactius.Event, error) {
	var e pactius.Event
	err := r.Scan(&e.ID, stamp{&e.At}, &e.Kind, &e.Actor.Kind, &e.Actor.User, &e.Actor.Reason, &e.User, &e.Request, &e.Unit,
		jsonText{&e.Facts}, jsonText{&e.Detail}, &e.Actor.Address, &e.Actor.Name)
	return e, err
}

// InsertEvent appends an event. Only package audit calls it.
func (t *Tx) InsertEvent(ctx context.Context, e pactius.Event) error {
	facts, err := asJSON(e.Facts)
	if err != nil {
		return err
	}
	detail, err := asJSON(e.Detail)
	if err != nil {
		return err
	}
	_, err = t.exec(ctx, sqlInsertEvent, t.env, e.ID, micros(e.At), e.Kind, e.Actor.Kind, e.Actor.User, e.Actor.Reason,
		e.User, e.Request, e.Unit, facts, detail, e.Actor.Address)
	if err == nil {
		t.events = append(t.events, e)
	}
	return err
}

// EventScope bounds which events a list may show.
type EventScope struct {
	All   bool             // the whole environment
	Units []pactius.UnitID // else: events about members of these units and beneath, and about the units
	About pactius.UserID   // and about this user; "" is nobody
}

// Events reads one page of events, newest first. IDs are UUIDv7, so their
// order is the order of time.
func (t *Tx) Events(ctx context.Context, f pactius.EventFilter, scope EventScope) (pactius.EventPage, error) {
	var page pactius.EventPage
	b, err := eventsQuery(t.env, f, scope)
	if err != nil {
		return page, err
	}
	page.Events, err = list(ctx, t, scanEvent, b.text.String(), b.args...)
	if limit := limitOf(f.Limit); len(page.Events) > limit {
		page.Events = page.Events[:limit]
		page.Next = cursor("", string(page.Events[limit-1].ID))
	}
	return page, err
}

func eventsQuery(env pactius.EnvironmentID, f pactius.EventFilter, scope EventScope) (*builder, error) {
	var b builder
	scope.begin(&b, env)
	b.add(`SELECT `+eventColumns+` FROM events e WHERE environment_id = ?`, env)
	scope.finish(&b, env)
	if kind, group := strings.CutSuffix(string(f.Kind), "."); group {
		b.add(` AND kind >= ? AND kind < ?`, kind+".", kind+"/") // "/" follows "." in ASCII
	} else if kind != "" {
		b.add(` AND kind = ?`, kind)
	}
	if f.User != "" {
		b.add(` AND (user_id = ? OR actor_user = ?)`, f.User, f.User)
	}
	if f.Unit != "" {
		b.add(` AND unit_id = ?`, f.Unit)
	}
	if !f.From.IsZero() {
		b.add(` AND at >= ?`, micros(f.From))
	}
	if !f.To.IsZero() {
		b.add(` AND at < ?`, micros(f.To))
	}
	if f.After != "" {
		_, id, err := parseCursor(f.After)
		if err != nil {
			return nil, err
		}
		b.add(` AND id < ?`, id)
	}
	b.add(` ORDER BY id DESC LIMIT ?`, limitOf(f.Limit)+1)
	return &b, nil
}

func (s EventScope) begin(b *builder, env pactius.EnvironmentID) {
	if !s.All {
		below(b, env, s.Units)
	}
}

func (s EventScope) finish(b *builder, env pactius.EnvironmentID) {
	if s.All {
		return
	}
	b.add(` AND (unit_id IN (SELECT id FROM below)`)
	if s.About != "" {
		b.add(` OR user_id = ?`, s.About)
	}
	b.add(` OR user_id IN (SELECT m.user_id FROM memberships m WHERE m.environment_id = ? AND m.unit_id IN (SELECT id FROM below)))`, env)
}

// EventDays counts the events of a kind on each of the 24-hour days that
// follow start.
func (t *Tx) EventDays(ctx context.Context, kind pactius.EventKind, start time.Time, days int) ([]int, error) {
	type row struct{ day, n int }
	rows, err := list(ctx, t, func(r scanner) (row, error) {
		var v row
		return v, r.Scan(&v.day, &v.n)
	}, sqlEventDays, t.env, kind, micros(start), micros(start.Add(time.Duration(days)*24*time.Hour)), id.Floor(start))
	counts := make([]int, days)
	for _, r := range rows {
		if r.day >= 0 && r.day < days {
			counts[r.day] = r.n
		}
	}
	return counts, err
}
