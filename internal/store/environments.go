package store

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

const environmentColumns = `id, name, host, tenant_id, client_id, sealed_secret, support_contact, language, time_zone, created_at, version,
	sealed_certificate, secret_ends_on, secret_warned, leaver_rule, leaver_bound`

const (
	sqlEnvironments      = `SELECT ` + environmentColumns + ` FROM environments ORDER BY host`
	sqlEnvironmentByHost = `SELECT ` + environmentColumns + ` FROM environments WHERE host = $1`
	sqlEnvironmentByID   = `SELECT ` + environmentColumns + ` FROM environments WHERE id = $1`
	sqlInsertEnvironment = `INSERT INTO environments (id, name, host, tenant_id, client_id, sealed_secret, support_contact, language, time_zone, created_at, version,
		sealed_certificate, secret_ends_on, secret_warned, leaver_rule, leaver_bound)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 1, $11, $12, $13, $14, $15)`
	sqlUpdateEnvironment = `UPDATE environments SET name = $3, host = $4, tenant_id = $5, client_id = $6, sealed_secret = $7,
		support_contact = $8, language = $9, time_zone = $10, sealed_certificate = $11, secret_ends_on = $12, secret_warned = $13,
		leaver_rule = $14, leaver_bound = $15, version = version + 1 WHERE id = $1 AND version = $2`
)

func scanEnvironment(r database.Scanner) (pactius.Environment, error) {
	var e pactius.Environment
	err := r.Scan(&e.ID, &e.Name, &e.Host, &e.Connection.TenantID, &e.Connection.ClientID, &e.Connection.SealedSecret,
		&e.SupportContact, &e.Language, &e.TimeZone, database.Time(&e.CreatedAt), &e.Version,
		&e.Connection.SealedCertificate, &e.Connection.SecretEndsOn, &e.Connection.SecretWarned, &e.LeaverRule, &e.LeaverBound)
	return e, err
}

// Environments lists all environments of the deployment by host.
func (s *Store) Environments(ctx context.Context) ([]pactius.Environment, error) {
	return database.List(ctx, s.Reader(), scanEnvironment, sqlEnvironments)
}

// EnvironmentByHost finds the environment that a request is for. The host is
// lower case and without port.
func (s *Store) EnvironmentByHost(ctx context.Context, host string) (pactius.Environment, error) {
	return database.One(ctx, s.Reader(), scanEnvironment, sqlEnvironmentByHost, host)
}

// EnvironmentRow reads the transaction's own environment.
func (t *Tx) EnvironmentRow(ctx context.Context) (pactius.Environment, error) {
	return database.One(ctx, t.tx, scanEnvironment, sqlEnvironmentByID, t.env)
}

// InsertEnvironment stores a new environment, which must be the transaction's.
func (t *Tx) InsertEnvironment(ctx context.Context, e pactius.Environment) error {
	_, err := t.tx.Exec(ctx, sqlInsertEnvironment, t.env, e.Name, e.Host, e.Connection.TenantID, e.Connection.ClientID,
		e.Connection.SealedSecret, e.SupportContact, e.Language, e.TimeZone, database.Micros(e.CreatedAt),
		e.Connection.SealedCertificate, e.Connection.SecretEndsOn, e.Connection.SecretWarned, e.LeaverRule, e.LeaverBound)
	return err
}

// UpdateEnvironment stores an environment that was read before; ErrStale if it
// has changed since.
func (t *Tx) UpdateEnvironment(ctx context.Context, e pactius.Environment) error {
	return t.tx.ExecOne(ctx, sqlUpdateEnvironment, t.env, e.Version, e.Name, e.Host, e.Connection.TenantID, e.Connection.ClientID,
		e.Connection.SealedSecret, e.SupportContact, e.Language, e.TimeZone,
		e.Connection.SealedCertificate, e.Connection.SecretEndsOn, e.Connection.SecretWarned, e.LeaverRule, e.LeaverBound)
}
