package store

import (
	"context"
	"errors"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

var environmentTable = wholeTable("environments", "n", func(e *pactius.Environment) []column {
	return []column{
		{"id", &e.ID, useRead}, // written as the scope
		{"name", &e.Name, useChanging},
		{"host", &e.Host, useChanging},
		{"tenant_id", &e.Connection.TenantID, useChanging},
		{"client_id", &e.Connection.ClientID, useChanging},
		{"sealed_secret", &e.Connection.SealedSecret, useChanging},
		{"support_contact", &e.SupportContact, useChanging},
		{"language", &e.Language, useChanging},
		{"time_zone", &e.TimeZone, useChanging},
		{"created_at", database.Time(&e.CreatedAt), useFixed},
		{"version", &e.Version, useVersion},
		{"sealed_certificate", &e.Connection.SealedCertificate, useChanging},
		{"secret_ends_on", &e.Connection.SecretEndsOn, useChanging},
		{"secret_warned", &e.Connection.SecretWarned, useChanging},
		{"leaver_rule", &e.LeaverRule, useChanging},
		{"leaver_bound", &e.LeaverBound, useChanging},
		{"accent", &e.Brand.Accent, useChanging},
		{"welcome", &e.Brand.Welcome, useChanging},
		{"logo_hash", &e.Brand.Logo.Hash, useChanging},
		{"logo_width", &e.Brand.Logo.Width, useChanging},
		{"logo_height", &e.Brand.Logo.Height, useChanging},
	}
})

// wholeTable makes the table whose rows are the environments themselves.
func wholeTable[T any](name, alias string, bind func(*T) []column) *table[T] {
	tb := newTable(name, alias, bind)
	tb.scope = "id"
	return tb
}

// Environments lists all environments of the deployment by host.
func (s *Store) Environments(ctx context.Context) ([]pactius.Environment, error) {
	return database.List(ctx, s.Reader(), environmentTable.scan,
		`SELECT `+environmentTable.columns+` FROM environments n ORDER BY n.host`)
}

// AnyEnvironment reports whether the deployment has an environment.
func (s *Store) AnyEnvironment(ctx context.Context) (bool, error) {
	n, err := database.One(ctx, s.Reader(), database.Value[int], sqlAnyEnvironment)
	return n > 0, err
}

const sqlAnyEnvironment = `SELECT COUNT(*) FROM (SELECT 1 FROM environments LIMIT 1) one`

// EnvironmentByHost finds the environment that a request is for. The host is
// lower case and without port.
func (s *Store) EnvironmentByHost(ctx context.Context, host string) (pactius.Environment, error) {
	var e pactius.Environment
	err := s.GlanceHost(ctx, host, func(_ *Tx, found pactius.Environment) error { e = found; return nil })
	return e, err
}

// EnvironmentRow reads the transaction's own environment.
func (t *Tx) EnvironmentRow() (pactius.Environment, error) {
	return environmentTable.one(t, "")
}

// InsertEnvironment stores a new environment, which must be the transaction's.
func (t *Tx) InsertEnvironment(e pactius.Environment) error {
	return t.exec(environmentTable.insert(t.env, &e))
}

// UpdateEnvironment stores an environment that was read before; ErrStale if it
// has changed since.
func (t *Tx) UpdateEnvironment(e pactius.Environment) error {
	t.affectsAll()
	return t.execOne(environmentTable.update(t.env, &e))
}

// Acting reads the transaction's own environment and the user who acts in it; the
// zero User if there is none.
func (t *Tx) Acting(user pactius.UserID) (pactius.Environment, pactius.User, error) {
	var q database.Query
	q.Add(`SELECT `+environmentTable.columns+`, `+userTable.columns+` FROM environments n
		JOIN users u ON u.environment_id = n.id WHERE n.id = ? AND u.id = ?`, t.env, user)
	var u pactius.User
	e, err := one(t, func(r database.Scanner) (pactius.Environment, error) {
		var e pactius.Environment
		return e, r.Scan(append(environmentTable.into(&e), userTable.into(&u)...)...)
	}, q.Text(), q.Args()...)
	if errors.Is(err, ErrNotFound) {
		e, err = t.EnvironmentRow()
	}
	return e, u, err
}

// ViewHost is View of the environment that has a host name, which is read in the
// same snapshot. The host is lower case and without port.
func (s *Store) ViewHost(ctx context.Context, host string, fn func(*Tx, pactius.Environment) error) error {
	return s.viewHost(ctx, s.View, host, fn)
}

// GlanceHost is ViewHost for what finds a few rows by their keys.
func (s *Store) GlanceHost(ctx context.Context, host string, fn func(*Tx, pactius.Environment) error) error {
	return s.viewHost(ctx, s.Glance, host, fn)
}

// unknownHosts is the line in which requests wait whose host was not found before. Real hosts leave it with their first
// request; those that anyone can make up stay.
const unknownHosts pactius.EnvironmentID = "unknown hosts"

func (s *Store) viewHost(
	ctx context.Context, view func(context.Context, pactius.EnvironmentID, func(*Tx) error) error, host string,
	fn func(*Tx, pactius.Environment) error,
) error {
	line := unknownHosts
	if env, known := s.hosts.Load(host); known {
		line = env.(pactius.EnvironmentID)
	}
	return view(ctx, line, func(t *Tx) error {
		e, err := one(t, environmentTable.scan,
			`SELECT `+environmentTable.columns+` FROM environments n WHERE n.host = $1`, host)
		if err != nil {
			s.hosts.Delete(host)
			return err
		}
		if e.ID != line {
			s.hosts.Store(host, e.ID)
		}
		t.env = e.ID
		return fn(t, e)
	})
}
