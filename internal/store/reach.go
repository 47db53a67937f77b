package store

import (
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

const (
	// reachable are the units that a user has access to, each with the access from every membership on it or above, and
	// those above the memberships.
	reachable = `SELECT b.unit_id AS id, m.access FROM memberships m CROSS JOIN unit_above b
		WHERE m.environment_id = ? AND m.user_id = ? AND b.environment_id = m.environment_id AND b.above_id = m.unit_id
		UNION ALL SELECT b.above_id, 0 FROM memberships m CROSS JOIN unit_above b
		WHERE m.environment_id = ? AND m.user_id = ? AND b.environment_id = m.environment_id AND b.unit_id = m.unit_id`
	lastChangeAt = `COALESCE((SELECT c.at FROM door_changes c WHERE c.environment_id = a.environment_id` +
		lastFirst + `), 0)`
)

// ReachedUnit is a unit with the access that a user has to it.
type ReachedUnit struct {
	Unit   pactius.Unit
	Access pactius.Access // effective; none to a unit that only stands above others
}

// Reach reads the units that a user has access to, archived ones too, and all units above them. Siblings are in natural
// order. The cost grows with the units that are read, not with those of the environment.
func (t *Tx) Reach(user pactius.UserID) ([]ReachedUnit, error) {
	return within(t, func() ([]ReachedUnit, error) {
		var q database.Query
		q.Add(`SELECT `+unitTable.columns+`, found.access FROM
			(SELECT part.id, MAX(part.access) AS access FROM (`+reachable+`) part GROUP BY part.id) found
			CROSS JOIN units u WHERE u.environment_id = ? AND u.id = found.id ORDER BY u.order_key, u.id`,
			t.env, user, t.env, user, t.env)
		return listBy(t, func(r database.Scanner) (ReachedUnit, error) {
			var u ReachedUnit
			return u, r.Scan(append(unitTable.into(&u.Unit), &u.Access)...)
		}, &q)
	})
}

// Bearer is what is known of a user who acts through an application, in one snapshot.
type Bearer struct {
	Environment pactius.Environment
	Application pactius.Application // without origins
	User        pactius.User
	Access      pactius.Access // effective, to the application's unit
	Seq         int64          // of the last change in the snapshot
	ChangedAt   time.Time      // when that was
}

// Bearer reads a user and an application; ErrNotFound if there is not both.
func (t *Tx) Bearer(user pactius.UserID, application pactius.ApplicationID) (Bearer, error) {
	var q database.Query
	q.Add(`SELECT `+environmentTable.columns+`, `+applicationTable.columns+`, `+userTable.columns+`, `+doorAccess+`,
		COALESCE((`+lastSeq+`a.environment_id`+lastFirst+`), 0), `+lastChangeAt+`
		FROM applications a CROSS JOIN users u CROSS JOIN environments n
		WHERE a.environment_id = ? AND a.id = ? AND u.environment_id = a.environment_id AND u.id = ?
		AND n.id = a.environment_id`, t.env, application, user)
	return oneBy(t, func(r database.Scanner) (Bearer, error) {
		var b Bearer
		into := append(environmentTable.into(&b.Environment), applicationTable.into(&b.Application)...)
		into = append(append(into, userTable.into(&b.User)...), &b.Access, &b.Seq, database.Time(&b.ChangedAt))
		return b, r.Scan(into...)
	}, &q)
}
