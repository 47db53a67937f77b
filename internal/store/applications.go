package store

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/names"
)

var applicationTable = newTable("applications", "a", func(a *pactius.Application) []column {
	c := &a.Client
	return []column{
		{"id", &a.ID, useKey},
		{"name", &a.Name, useChanging},
		{"name_key", derived(func() any { return names.Fold(a.Name) }), useWritten},
		{"icon", &a.Icon, useChanging},
		{"unit_id", &a.Unit, useChanging},
		{"access", &a.Access, useChanging},
		{"preflight", database.Bool(&a.Preflight), useChanging},
		{"client_kind", &c.Kind, useChanging},
		{"redirect_uris", database.Lines(&c.RedirectURIs), useChanging},
		{"return_uris", database.Lines(&c.ReturnURIs), useChanging},
		{"back_channel", &c.BackChannel, useChanging},
		{"groups_claim", database.Bool(&c.Groups), useChanging},
		{"secret_hash", &c.SecretHash, useChanging},
		{"old_secret_hash", &c.OldSecretHash, useChanging},
		{"old_secret_until", database.Time(&c.OldSecretUntil), useChanging},
		{"upstream", &a.Upstream, useChanging},
		{"created_at", database.Time(&a.CreatedAt), useFixed},
		{"version", &a.Version, useVersion},
	}
})

const (
	sqlInsertOrigin = `INSERT INTO application_origins (environment_id, application_id, origin, host)
		VALUES ($1, $2, $3, $4)`
	sqlDeleteOrigins     = `DELETE FROM application_origins WHERE environment_id = $1 AND application_id = $2`
	sqlDeleteApplication = `DELETE FROM applications WHERE environment_id = $1 AND id = $2 AND version = $3`
	sqlUnitApplications  = `SELECT COUNT(*) FROM applications WHERE environment_id = $1 AND unit_id = $2`
	sqlApplicationHome   = `SELECT environment_id FROM applications WHERE id = $1`
	sqlOriginHome        = `SELECT environment_id, application_id FROM application_origins WHERE origin = $1`
	sqlOriginHost        = `SELECT COUNT(*) FROM application_origins WHERE host = $1 AND environment_id <> $2`
	sqlEnvironmentHost   = `SELECT COUNT(*) FROM environments WHERE host = $1`
)

// sqlApplications has a row for each origin.
var sqlApplications = `SELECT ` + applicationTable.columns + `, o.origin FROM applications a
		LEFT JOIN application_origins o ON o.environment_id = a.environment_id AND o.application_id = a.id
		WHERE a.environment_id = ?`

// Applications lists the environment's applications by name.
func (t *Tx) Applications() ([]pactius.Application, error) {
	var q database.Query
	q.Add(sqlApplications+` ORDER BY a.id, o.origin`, t.env)
	all, err := t.applications(&q)
	slices.SortStableFunc(all, func(a, b pactius.Application) int {
		return cmp.Compare(names.OrderKey(a.Name), names.OrderKey(b.Name))
	})
	return all, err
}

// Application reads an application.
func (t *Tx) Application(id pactius.ApplicationID) (pactius.Application, error) {
	var q database.Query
	q.Add(sqlApplications+` AND a.id = ? ORDER BY o.origin`, t.env, id)
	all, err := t.applications(&q)
	if err == nil && len(all) == 0 {
		err = ErrNotFound
	}
	if err != nil {
		return pactius.Application{}, err
	}
	return all[0], nil
}

// applications gathers the origins of each application; its rows follow one another.
func (t *Tx) applications(q *database.Query) ([]pactius.Application, error) {
	var all []pactius.Application
	_, err := listBy(t, func(r database.Scanner) (pactius.ApplicationID, error) {
		var a pactius.Application
		var o pactius.Origin
		err := r.Scan(append(applicationTable.into(&a), database.Null(&o))...)
		if n := len(all); n == 0 || all[n-1].ID != a.ID {
			all = append(all, a)
		}
		if last := &all[len(all)-1]; o != "" {
			last.Origins = append(last.Origins, o)
		}
		return a.ID, err
	}, q)
	return all, err
}

// CountUnitApplications counts the applications that require access to a unit.
func (t *Tx) CountUnitApplications(id pactius.UnitID) (int, error) {
	return one(t, database.Value[int], sqlUnitApplications, t.env, id)
}

// InsertApplication stores a new application; ErrTaken if another one has the name or
// one of the origins.
func (t *Tx) InsertApplication(a pactius.Application) error {
	if err := t.exec(applicationTable.insert(t.env, &a)); err != nil {
		return err
	}
	return t.insertOrigins(a)
}

// UpdateApplication stores an application that was read before; ErrStale if it has
// changed since, ErrTaken if another one has the name or one of the origins.
func (t *Tx) UpdateApplication(a pactius.Application) error {
	if err := t.execOne(applicationTable.update(t.env, &a)); err != nil {
		return err
	}
	if err := t.run(sqlDeleteOrigins, t.env, a.ID); err != nil {
		return err
	}
	return t.insertOrigins(a)
}

func (t *Tx) insertOrigins(a pactius.Application) error {
	t.affectsAll()
	for _, o := range a.Origins {
		if err := t.run(sqlInsertOrigin, t.env, a.ID, o, o.Hostname()); err != nil {
			return err
		}
	}
	return nil
}

// DeleteApplication removes an application with all sessions there; ErrStale if it has
// changed since it was read.
func (t *Tx) DeleteApplication(a pactius.Application) error {
	t.affectsAll()
	return t.tx.ExecOne(sqlDeleteApplication, t.env, a.ID, a.Version)
}

// HostOfApplication reports whether a host, without port, is that of an application of any environment, or, with
// elsewhere, of any other environment.
func (t *Tx) HostOfApplication(host string, elsewhere bool) (bool, error) {
	but := t.env
	if !elsewhere {
		but = ""
	}
	n, err := one(t, database.Value[int], sqlOriginHost, host, but)
	return n > 0, err
}

// HostOfEnvironment reports whether a host, without port, is that of any environment.
func (t *Tx) HostOfEnvironment(host string) (bool, error) {
	n, err := one(t, database.Value[int], sqlEnvironmentHost, host)
	return n > 0, err
}

// EnvironmentOfApplication finds the environment of an application; ErrNotFound if there is none.
func (s *Store) EnvironmentOfApplication(
	ctx context.Context, id pactius.ApplicationID,
) (env pactius.EnvironmentID, err error) {
	err = s.atDoor(ctx, string(id), func(t *Tx) (pactius.EnvironmentID, error) {
		env, err = one(t, database.Value[pactius.EnvironmentID], sqlApplicationHome, id)
		return env, err
	})
	return env, err
}

// ApplicationAt finds the application that has an origin, and its environment; ErrNotFound if there is none.
func (s *Store) ApplicationAt(
	ctx context.Context, o pactius.Origin,
) (env pactius.EnvironmentID, id pactius.ApplicationID, err error) {
	err = s.atDoor(ctx, string(o), func(t *Tx) (pactius.EnvironmentID, error) {
		_, err := one(t, func(r database.Scanner) (struct{}, error) {
			return struct{}{}, r.Scan(&env, &id)
		}, sqlOriginHome, o)
		return env, err
	})
	return env, id, err
}

// atDoor looks for the environment of an application by its ID or one of its origins. One that was found before waits
// in the line of its environment, as hosts do: strangers can ask for others as often as they like.
func (s *Store) atDoor(
	ctx context.Context, name string, find func(*Tx) (pactius.EnvironmentID, error),
) error {
	line := strangerLine
	if env, known := s.atDoors.Load(name); known {
		line = env.(pactius.EnvironmentID)
	}
	return s.Glance(ctx, line, func(t *Tx) error {
		env, err := find(t)
		switch {
		case errors.Is(err, ErrNotFound):
			s.atDoors.Delete(name)
		case err == nil && env != line:
			s.atDoors.Store(name, env)
		}
		return err
	})
}
