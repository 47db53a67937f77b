package store

import (
	"context"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

// Backlog is the work in the background that an environment has before it, for doctor.
type Backlog struct {
	Mails   Due // that wait to be sent
	Dead    int // emails that were given up
	Clients Due // sessions at clients that have ended, which their clients are to be told; Since is the first end
	Sweep   Sweep
	Profile time.Time // the latest time at which a profile is due; zero where there is none
}

// Due is what waits for its time.
type Due struct {
	Count       int
	Since       time.Time // of the oldest
	First, Last time.Time // at which one is due
}

const (
	sqlBacklogMails = `SELECT environment_id, COUNT(*), MIN(created_at), MIN(next_at), MAX(next_at) FROM mails
		WHERE state = 'waiting' GROUP BY environment_id`
	sqlBacklogDead    = `SELECT environment_id, COUNT(*) FROM mails WHERE state = 'dead' GROUP BY environment_id`
	sqlBacklogClients = `SELECT environment_id, COUNT(*), MIN(ended_at), MIN(next_at), MAX(next_at) FROM client_sessions
		WHERE ended_at > 0 GROUP BY environment_id`
	sqlBacklogProfiles = `SELECT n.id, COALESCE((SELECT MAX(p.due_at) FROM profiles p WHERE p.environment_id = n.id
		AND p.tid = n.tenant_id), 0) FROM environments n WHERE n.tenant_id <> ''`
	sqlBacklogSweeps = `SELECT environment_id, lease, due_at, finished_at, held_at, trouble, trouble_at FROM sweeps`

	sqlRootAdministrators = `SELECT m.environment_id, u.name, u.username, u.email FROM units r
		JOIN memberships m ON m.environment_id = r.environment_id AND m.unit_id = r.id AND m.access = 3
		JOIN users u ON u.environment_id = m.environment_id AND u.id = m.user_id
		WHERE r.parent_id IS NULL AND u.account_state NOT IN ('disabled', 'deleted') AND u.deactivated_at = 0
		AND (u.ends_on = '' OR u.ends_on >= $1) AND ` + linkCounts + `
		ORDER BY m.environment_id, u.name_key, u.id`
)

// Backlogs reads the backlogs of all environments that have one.
func (s *Store) Backlogs(ctx context.Context) (map[pactius.EnvironmentID]*Backlog, error) {
	all := map[pactius.EnvironmentID]*Backlog{}
	each := func(query string, into func(*Backlog) []any) error {
		_, err := database.List(ctx, s.Reader(), func(r database.Scanner) (bool, error) {
			var env pactius.EnvironmentID
			var b Backlog
			if err := r.Scan(append([]any{&env}, into(&b)...)...); err != nil {
				return false, err
			}
			if all[env] == nil {
				all[env] = &Backlog{}
			}
			all[env].add(b)
			return true, nil
		}, query)
		return err
	}
	due := func(d *Due) []any {
		return []any{&d.Count, database.Time(&d.Since), database.Time(&d.First), database.Time(&d.Last)}
	}
	for _, one := range []struct {
		query string
		into  func(*Backlog) []any
	}{
		{sqlBacklogMails, func(b *Backlog) []any { return due(&b.Mails) }},
		{sqlBacklogDead, func(b *Backlog) []any { return []any{&b.Dead} }},
		{sqlBacklogClients, func(b *Backlog) []any { return due(&b.Clients) }},
		{sqlBacklogProfiles, func(b *Backlog) []any { return []any{database.Time(&b.Profile)} }},
		{sqlBacklogSweeps, func(b *Backlog) []any {
			w := &b.Sweep
			return []any{&w.Lease, database.Time(&w.DueAt), database.Time(&w.FinishedAt), database.Time(&w.HeldAt),
				&w.Trouble, database.Time(&w.TroubleAt)}
		}},
	} {
		if err := each(one.query, one.into); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// add takes over what another backlog has.
func (b *Backlog) add(o Backlog) {
	switch {
	case o.Mails.Count > 0:
		b.Mails = o.Mails
	case o.Dead > 0:
		b.Dead = o.Dead
	case o.Clients.Count > 0:
		b.Clients = o.Clients
	case !o.Profile.IsZero():
		b.Profile = o.Profile
	case !o.Sweep.DueAt.IsZero():
		b.Sweep = o.Sweep
	}
}

// RootAdministrators reads, for each environment, the administrators of the whole company who can sign in on a day,
// with their names and addresses only.
func (s *Store) RootAdministrators(ctx context.Context, today pactius.Date) (
	map[pactius.EnvironmentID][]pactius.User, error,
) {
	all := map[pactius.EnvironmentID][]pactius.User{}
	_, err := database.List(ctx, s.Reader(), func(r database.Scanner) (bool, error) {
		var env pactius.EnvironmentID
		var u pactius.User
		err := r.Scan(&env, &u.Name, &u.Username, &u.Email)
		all[env] = append(all[env], u)
		return true, err
	}, sqlRootAdministrators, today)
	return all, err
}
