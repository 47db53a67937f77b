package store

import (
	"context"
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

var doorSessionTable = newTable("door_sessions", "d", func(d *pactius.DoorSession) []column {
	return []column{
		{"application_id", &d.Application, useFixed},
		{"session_hash", &d.Session, useFixed},
		{"created_at", database.Time(&d.CreatedAt), useFixed},
	}
})

var signingKeyTable = newTable("signing_keys", "k", func(k *pactius.SigningKey) []column {
	return []column{
		{"id", &k.ID, useKey},
		{"public_key", &k.Public, useFixed},
		{"sealed_key", &k.Sealed, useChanging},
		{"created_at", database.Time(&k.CreatedAt), useFixed},
		{"starts_at", database.Time(&k.StartsAt), useChanging},
		{"ends_at", database.Time(&k.EndsAt), useChanging},
	}
})

const (
	// KeyStartAhead is how far ahead a signing key begins at most, with an hour for clocks that differ.
	KeyStartAhead = pactius.KeyLead + time.Hour

	// KeyEndAhead is how far ahead one ends at most that was replaced.
	KeyEndAhead = pactius.KeyLead + pactius.KeyKept + time.Hour
)

// Lines in which the door waits for what spans environments. Strangers can ask for applications that do not exist as
// often as they like, so the look at changes does not stand in line with them.
const (
	doorLine     pactius.EnvironmentID = "the door"
	strangerLine pactius.EnvironmentID = "strangers at the door"
)

const (
	lastSeq   = `SELECT c.seq FROM door_changes c WHERE c.environment_id = `
	lastFirst = ` ORDER BY c.seq DESC LIMIT 1`

	// Changes are numbered on from the last one. Where no application ever was, no session anywhere depends on them.
	// The removal of the last one does count.
	doorChangeStart = `INSERT INTO door_changes (environment_id, seq, session_hash, user_id, at)
		SELECT e.id, COALESCE((` + lastSeq + `?` + lastFirst + `), 0) + v.n, v.session_hash, v.user_id, `
	doorChangeEnd = `) v WHERE e.id = ? AND (EXISTS (SELECT 1 FROM applications a WHERE a.environment_id = ?)
		OR EXISTS (SELECT 1 FROM door_changes c WHERE c.environment_id = ?))
		RETURNING environment_id, seq, session_hash, user_id`
	sqlDoorSeq = `SELECT COALESCE((` + lastSeq + `$1` + lastFirst + `), 0)`
	doorAccess = `COALESCE((SELECT MAX(m.access) FROM unit_above b CROSS JOIN memberships m
		WHERE b.environment_id = a.environment_id AND b.unit_id = a.unit_id
		AND m.environment_id = b.environment_id AND m.user_id = u.id AND m.unit_id = b.above_id), 0)`
	// An environment is due when its newest key is old, when a key is not published any more, or when one begins or
	// ends later than any does that a right clock has made.
	sqlKeysDue = `SELECT environment_id FROM signing_keys GROUP BY environment_id
		HAVING MAX(starts_at) <= $1 OR MAX(starts_at) > $3 OR MAX(ends_at) > $4
		OR MIN(CASE WHEN ends_at > 0 THEN ends_at ELSE CAST($2 AS BIGINT) + 1 END) <= $2`
	sqlDeleteKey        = `DELETE FROM signing_keys WHERE environment_id = $1 AND id = $2`
	sqlSweepDoorChanges = `DELETE FROM door_changes WHERE at <= $1 AND seq <
		COALESCE((` + lastSeq + `door_changes.environment_id` + lastFirst + `), 0)`
	sqlTrimDoorSessions = `DELETE FROM door_sessions WHERE environment_id = $1 AND session_hash = $2
		AND application_id = $3 AND token_hash <> $4 AND token_hash NOT IN (SELECT d.token_hash FROM door_sessions d
		WHERE d.environment_id = $1 AND d.session_hash = $2 AND d.application_id = $3 AND d.token_hash <> $4
		ORDER BY d.created_at DESC, d.token_hash LIMIT $5)`
)

// affected are those whose sessions at applications a transaction makes instances look at again.
type affected struct {
	sessions, users []string
	all             bool
	born            []pactius.UserID     // users who are new in the transaction: they have no sessions
	written         []pactius.DoorChange // as numbered
}

// maxAffected is how many sessions and users a transaction names. Beyond it naming the environment is cheaper.
const maxAffected = 32

// affectsSession notes that a session of the portal has ended.
func (t *Tx) affectsSession(tokenHash string) {
	t.affected.sessions = append(t.affected.sessions, tokenHash)
}

// affectsUser notes that a user's access or identity has changed.
func (t *Tx) affectsUser(id pactius.UserID) {
	if !slices.Contains(t.affected.born, id) {
		t.affected.users = append(t.affected.users, string(id))
	}
}

// affectsAll notes that access or identity of any user of the environment may have changed.
func (t *Tx) affectsAll() { t.affected.all = true }

// writeAffected appends the changes that the transaction has caused, for all instances.
func (t *Tx) writeAffected(now time.Time) error {
	a := &t.affected
	var changes []pactius.DoorChange
	for _, user := range sortedOnce(a.users) {
		changes = append(changes, pactius.DoorChange{User: pactius.UserID(user)})
	}
	for _, hash := range sortedOnce(a.sessions) {
		changes = append(changes, pactius.DoorChange{Session: hash})
	}
	if a.all || len(changes) > maxAffected {
		changes = make([]pactius.DoorChange, 1)
	}
	if t.env == "" || len(changes) == 0 {
		return nil
	}
	var q database.Query
	q.Add(doorChangeStart+`CAST(? AS BIGINT) FROM environments e CROSS JOIN (`, t.env, database.Micros(now))
	for i, c := range changes {
		if i > 0 {
			q.Add(` UNION ALL `)
		}
		q.Add(`SELECT CAST(? AS BIGINT) AS n, CAST(? AS TEXT) AS session_hash, CAST(? AS TEXT) AS user_id`,
			i+1, c.Session, c.User)
	}
	q.Add(doorChangeEnd, t.env, t.env, t.env)
	written, err := listBy(t, scanDoorChange, &q)
	if a.written = written; err != nil || len(written) == 0 {
		return err
	}
	return t.reviewClients(changes)
}

func sortedOnce(all []string) []string {
	slices.Sort(all)
	return slices.Compact(all)
}

func scanDoorChange(r database.Scanner) (pactius.DoorChange, error) {
	var c pactius.DoorChange
	return c, r.Scan(&c.Environment, &c.Seq, &c.Session, &c.User)
}

// DoorLook is what the door needs to know about a session at an application, in one snapshot.
type DoorLook struct {
	Environment pactius.Environment
	Application pactius.Application // without origins
	SessionHash string              // of the portal's session
	Session     pactius.Session     // of the portal
	User        pactius.User
	Access      pactius.Access // effective, to the application's unit
	Memberships []pactius.Membership
	Seq         int64 // of the last change in the snapshot
}

// DoorLook finds the session of a token at an application; ErrNotFound if there is none.
func (t *Tx) DoorLook(tokenHash string, application pactius.ApplicationID) (DoorLook, error) {
	var q database.Query
	q.Add(lookColumns+` FROM door_sessions d`+lookRest+` WHERE d.environment_id = ? AND d.token_hash = ?
		AND d.application_id = ?`+lookTies, t.env, tokenHash, application)
	return t.look(&q)
}

// lookColumns is what a look reads beside a row d that ties a session of the portal to an application.
var lookColumns = `SELECT ` + environmentTable.columns + `, ` + applicationTable.columns + `, d.session_hash, ` +
	sessionTable.columns + `, ` + userTable.columns + `, ` + doorAccess + `,
	COALESCE((` + lastSeq + `d.environment_id` + lastFirst + `), 0)`

const (
	lookRest = ` CROSS JOIN sessions s CROSS JOIN users u CROSS JOIN applications a CROSS JOIN environments n`
	lookTies = ` AND s.environment_id = d.environment_id AND s.token_hash = d.session_hash
		AND u.environment_id = d.environment_id AND u.id = s.user_id
		AND a.environment_id = d.environment_id AND a.id = d.application_id AND n.id = d.environment_id`
)

// look reads what a query finds that begins with lookColumns; more are its columns beyond them.
func (t *Tx) look(q *database.Query, more ...any) (DoorLook, error) {
	look, err := oneBy(t, func(r database.Scanner) (DoorLook, error) {
		var l DoorLook
		into := append(environmentTable.into(&l.Environment), applicationTable.into(&l.Application)...)
		into = append(append(into, &l.SessionHash), sessionTable.into(&l.Session)...)
		into = append(append(into, userTable.into(&l.User)...), &l.Access, &l.Seq)
		return l, r.Scan(append(into, more...)...)
	}, q)
	if err != nil {
		return look, err
	}
	look.Memberships, err = t.Memberships(look.User.ID)
	return look, err
}

// DoorSeq is the number of the environment's last change, 0 without any.
func (t *Tx) DoorSeq() (int64, error) { return one(t, database.Value[int64], sqlDoorSeq, t.env) }

// InsertDoorSession stores a session at an application under the hash of its token. A session
// of the portal has one at each origin of the application; so many stay, and older ones end,
// whose cookies were replaced. It returns ErrInUse if the portal's session has ended meanwhile.
func (t *Tx) InsertDoorSession(tokenHash string, d pactius.DoorSession) error {
	if err := t.exec(doorSessionTable.insert(t.env, &d, column{"token_hash", &tokenHash, useKey})); err != nil {
		return err
	}
	n, err := t.tx.Exec(sqlTrimDoorSessions, t.env, d.Session, d.Application, tokenHash, pactius.MaxOrigins-1)
	if n > 0 {
		t.affectsSession(d.Session)
	}
	return err
}

// DoorSession finds a session at an application by the hash of its token; ErrNotFound if there is none.
func (t *Tx) DoorSession(tokenHash string) (pactius.DoorSession, error) {
	return doorSessionTable.one(t, `d.token_hash = ?`, tokenHash)
}

// SigningKeys reads the environment's keys, the oldest first.
func (t *Tx) SigningKeys() ([]pactius.SigningKey, error) {
	return signingKeyTable.all(t, `1 = 1 ORDER BY k.starts_at, k.id`)
}

// InsertSigningKey stores a new key.
func (t *Tx) InsertSigningKey(k pactius.SigningKey) error {
	t.affectsAll()
	return t.exec(signingKeyTable.insert(t.env, &k))
}

// UpdateSigningKey stores the times and the sealed form of a key.
func (t *Tx) UpdateSigningKey(k pactius.SigningKey) error {
	t.affectsAll()
	return t.execOne(signingKeyTable.update(t.env, &k))
}

// DeleteSigningKey removes a key that nothing needs any more.
func (t *Tx) DeleteSigningKey(id string) error {
	t.affectsAll()
	return t.run(sqlDeleteKey, t.env, id)
}

// KeysDue finds the environments whose signing keys are to be replaced or removed.
func (s *Store) KeysDue(ctx context.Context, now time.Time) ([]pactius.EnvironmentID, error) {
	old := now.Add(pactius.KeyLead - pactius.KeyLifetime)
	return database.List(ctx, s.Reader(), database.Value[pactius.EnvironmentID], sqlKeysDue, database.Micros(old),
		database.Micros(now), database.Micros(now.Add(KeyStartAhead)), database.Micros(now.Add(KeyEndAhead)))
}

// WatchDoor has fn called, too, with the changes of this instance, once they are durable. fn must be quick and safe for
// concurrent use. It must be called before the store is used.
func (s *Store) WatchDoor(fn func([]pactius.DoorChange)) {
	before := s.doorChanged
	s.doorChanged = func(changes []pactius.DoorChange) {
		before(changes)
		fn(changes)
	}
}

// DoorChanges reads the changes of environments after the given ones, in order.
func (s *Store) DoorChanges(
	ctx context.Context, after map[pactius.EnvironmentID]int64,
) ([]pactius.DoorChange, error) {
	envs := make([]pactius.EnvironmentID, 0, len(after))
	for env := range after {
		envs = append(envs, env)
	}
	var all []pactius.DoorChange
	for some := range slices.Chunk(envs, maxRows) {
		var q database.Query
		for i, env := range some {
			if i > 0 {
				q.Add(` UNION ALL `)
			}
			q.Add(`SELECT environment_id, seq, session_hash, user_id FROM door_changes
				WHERE environment_id = ? AND seq > ?`, env, after[env])
		}
		q.Add(` ORDER BY 1, 2`)
		err := s.Glance(ctx, doorLine, func(t *Tx) error {
			found, err := listBy(t, scanDoorChange, &q)
			all = append(all, found...)
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return all, nil
}

// DoorSeen is a session of the portal that is in use at an application.
type DoorSeen struct {
	Environment pactius.EnvironmentID
	Session     string // hash of the token
}

// SeeSessions notes that sessions of any environments are in use, in one transaction.
func (s *Store) SeeSessions(ctx context.Context, seen []DoorSeen, at time.Time) error {
	return s.Update(ctx, "", func(t *Tx) error {
		for some := range slices.Chunk(seen, maxRows) {
			var q database.Query
			q.Add(`UPDATE sessions SET seen_at = ? WHERE seen_at < ? AND (`, database.Micros(at), database.Micros(at))
			for i, one := range some {
				if i > 0 {
					q.Add(` OR `)
				}
				q.Add(`(environment_id = ? AND token_hash = ?)`, one.Environment, one.Session)
			}
			q.Add(`)`)
			if err := t.exec(&q); err != nil {
				return err
			}
		}
		return nil
	})
}

// SweepDoor deletes the changes that every instance has seen, but the last one of each environment, which counts on.
func (s *Store) SweepDoor(ctx context.Context, now time.Time) error {
	return s.sweep(ctx, now.Add(-pactius.DoorChangeKept), sqlSweepDoorChanges)
}
