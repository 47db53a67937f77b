package view

import (
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
)

// EventRecord is an event in a file, with what the timeline says of it. IDs are those of pages that the reader may
// open. The names of the fields are documented in docs/operations.md and stay.
type EventRecord struct {
	ID            string   `json:"id"`
	Time          string   `json:"time"` // RFC 3339 in UTC, with microseconds
	Kind          string   `json:"kind"`
	Text          string   `json:"text"`    // in the reader's language
	Details       []string `json:"details"` // likewise
	ActorKind     string   `json:"actor_kind"`
	Actor         string   `json:"actor"`
	ActorID       string   `json:"actor_id"`
	User          string   `json:"user"`
	UserID        string   `json:"user_id"`
	RequestID     string   `json:"request_id"`
	Unit          string   `json:"unit"`
	UnitID        string   `json:"unit_id"`
	ApplicationID string   `json:"application_id"`
	Address       string   `json:"address"` // of the actor's network
}

// RecordFields are the names of the fields, in the order of EventRecord.Cells.
var RecordFields = []string{"id", "time", "kind", "text", "details", "actor_kind", "actor", "actor_id", "user",
	"user_id", "request_id", "unit", "unit_id", "application_id", "address"}

// recordTime is RFC 3339 with microseconds, as events are stored.
const recordTime = "2006-01-02T15:04:05.000000Z07:00"

// RecordOf makes the record of an event.
func RecordOf(reader language.Reader, row EventRow) EventRecord {
	e := row.Event
	r := EventRecord{ID: string(e.ID), Time: e.At.In(time.UTC).Format(recordTime), Kind: string(e.Kind),
		Text: Said(reader, EventText(row)), Details: []string{}, ActorKind: string(e.Actor.Kind),
		Actor: reader.Text(row.actorName().Text), ActorID: string(row.Names.OpenUsers[e.Actor.User]),
		UserID: string(row.Names.OpenUsers[e.User]), Address: e.Actor.Address}
	for _, line := range EventDetails(row) {
		r.Details = append(r.Details, Said(reader, line))
	}
	if e.User != "" {
		r.User = reader.Text(row.user().Text)
	}
	if row.requestPage() != "" {
		r.RequestID = string(e.Request)
	}
	if e.Unit != "" {
		r.Unit = reader.Text(row.unit(e.Unit).Text)
	}
	if row.Names.OpenUnits[e.Unit] {
		r.UnitID = string(e.Unit)
	}
	if id := pactius.ApplicationID(e.Facts[pactius.FactApplication]); row.Names.Applications[id] {
		r.ApplicationID = string(id)
	}
	return r
}

// Cells are the values of the fields.
func (r EventRecord) Cells() []string {
	return []string{r.ID, r.Time, r.Kind, r.Text, strings.Join(r.Details, "; "), r.ActorKind, r.Actor, r.ActorID,
		r.User, r.UserID, r.RequestID, r.Unit, r.UnitID, r.ApplicationID, r.Address}
}
