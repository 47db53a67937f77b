package store

import (
	"context"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

var incidentTable = newTable("incidents", "i", func(i *pactius.Incident) []column {
	return []column{
		{"reference", &i.Reference, useKey},
		{"at", database.Time(&i.At), useFixed},
		{"kind", &i.Kind, useFixed},
		{"reason", &i.Reason, useFixed},
		{"code", &i.Code, useFixed},
		{"tid", &i.TenantID, useFixed},
		{"oid", &i.ObjectID, useFixed},
		{"username", &i.Username, useFixed},
		{"name", &i.Name, useFixed},
		{"route", &i.Route, useFixed},
	}
})

const (
	sqlIncidentsSince = `SELECT COUNT(*), COALESCE(SUM(CASE oid WHEN '' THEN 0 ELSE 1 END), 0) FROM incidents
		WHERE environment_id = $1 AND at > $2`
	// This also removes incidents of the same moment as the newest one too many.
	sqlTrimIncidents = `DELETE FROM incidents WHERE environment_id = $1 AND at <=
		(SELECT at FROM incidents WHERE environment_id = $1 ORDER BY at DESC LIMIT 1 OFFSET $2)`
	sqlSweepIncidents = `DELETE FROM incidents WHERE at <= $1`
)

// InsertIncident keeps an incident. If there is one with the reference already,
// that one stays.
func (t *Tx) InsertIncident(i pactius.Incident) error {
	q := incidentTable.insert(t.env, &i)
	q.Add(` ON CONFLICT (environment_id, reference) DO NOTHING`)
	return t.exec(q)
}

// Incident finds an incident by its reference.
func (t *Tx) Incident(reference string) (pactius.Incident, error) {
	return incidentTable.one(t, `i.reference = ?`, reference)
}

// IncidentsSince counts the incidents after a time: all, and those of people that
// Microsoft had vouched for.
func (t *Tx) IncidentsSince(after time.Time) (all, vouched int, err error) {
	n, err := one(t, func(r database.Scanner) ([2]int, error) {
		var both [2]int
		return both, r.Scan(&both[0], &both[1])
	}, sqlIncidentsSince, t.env, database.Micros(after))
	return n[0], n[1], err
}

// TrimIncidents keeps so many of the newest incidents, or a few less.
func (t *Tx) TrimIncidents(keep int) error {
	return t.run(sqlTrimIncidents, t.env, keep)
}

// SweepIncidents deletes the incidents of all environments until a time.
func (s *Store) SweepIncidents(ctx context.Context, until time.Time) error {
	return s.sweep(ctx, until, sqlSweepIncidents)
}
