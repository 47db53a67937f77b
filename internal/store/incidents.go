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
		{"source", &i.Source, useFixed},
	}
})

const (
	// This also removes incidents of the same moment as the newest one too many.
	sqlTrimIncidents = `DELETE FROM incidents WHERE environment_id = $1 AND source = $2 AND at <=
		(SELECT at FROM incidents WHERE environment_id = $1 AND source = $2 ORDER BY at DESC LIMIT 1 OFFSET $3)`
	sqlSweepIncidents = `DELETE FROM incidents WHERE (environment_id, reference) IN (SELECT environment_id, reference
		FROM incidents WHERE at <= $1 ORDER BY at LIMIT ` + sweepBatch + `)`
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

// TrimIncidents keeps so many of the newest incidents of a source, or a few less.
func (t *Tx) TrimIncidents(source pactius.IncidentSource, keep int) error {
	return t.run(sqlTrimIncidents, t.env, source, keep)
}

// SweepIncidents deletes incidents of all environments until a time, at most sweepBatch.
func (s *Store) SweepIncidents(ctx context.Context, until time.Time) error {
	return s.sweep(ctx, until, sqlSweepIncidents)
}
