package store

import (
	"context"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

const (
	incidentColumns   = `reference, at, kind, reason, code, tid, oid, username, name, route`
	sqlInsertIncident = `INSERT INTO incidents (environment_id, ` + incidentColumns + `) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
		ON CONFLICT (environment_id, reference) DO NOTHING`
	sqlIncident       = `SELECT ` + incidentColumns + ` FROM incidents WHERE environment_id = $1 AND reference = $2`
	sqlIncidentsSince = `SELECT COUNT(*), COALESCE(SUM(CASE oid WHEN '' THEN 0 ELSE 1 END), 0) FROM incidents WHERE environment_id = $1 AND at > $2`
	// Those of the same moment as the newest one too many go with it.
	sqlTrimIncidents = `DELETE FROM incidents WHERE environment_id = $1 AND at <=
		(SELECT at FROM incidents WHERE environment_id = $1 ORDER BY at DESC LIMIT 1 OFFSET $2)`
	sqlSweepIncidents = `DELETE FROM incidents WHERE at <= $1`
)

// InsertIncident keeps an incident. Of a reference that is there already the
// first one stays.
func (t *Tx) InsertIncident(ctx context.Context, i pactius.Incident) error {
	_, err := t.tx.Exec(ctx, sqlInsertIncident, t.env, i.Reference, database.Micros(i.At), i.Kind, i.Reason, i.Code, i.TenantID, i.ObjectID, i.Username, i.Name, i.Route)
	return err
}

// Incident finds an incident by its reference.
func (t *Tx) Incident(ctx context.Context, reference string) (pactius.Incident, error) {
	return database.One(ctx, t.tx, func(r database.Scanner) (pactius.Incident, error) {
		var i pactius.Incident
		return i, r.Scan(&i.Reference, database.Time(&i.At), &i.Kind, &i.Reason, &i.Code, &i.TenantID, &i.ObjectID, &i.Username, &i.Name, &i.Route)
	}, sqlIncident, t.env, reference)
}

// IncidentsSince counts the incidents after a time: all, and those of somebody
// Microsoft had vouched for.
func (t *Tx) IncidentsSince(ctx context.Context, after time.Time) (all, vouched int, err error) {
	n, err := database.One(ctx, t.tx, func(r database.Scanner) ([2]int, error) {
		var both [2]int
		return both, r.Scan(&both[0], &both[1])
	}, sqlIncidentsSince, t.env, database.Micros(after))
	return n[0], n[1], err
}

// TrimIncidents keeps so many of the newest incidents, or a few less.
func (t *Tx) TrimIncidents(ctx context.Context, keep int) error {
	_, err := t.tx.Exec(ctx, sqlTrimIncidents, t.env, keep)
	return err
}

// SweepIncidents forgets incidents until a time, in all environments.
func (s *Store) SweepIncidents(ctx context.Context, until time.Time) error {
	return s.Update(ctx, "", func(tx *Tx) error {
		_, err := tx.tx.Exec(ctx, sqlSweepIncidents, database.Micros(until))
		return err
	})
}
