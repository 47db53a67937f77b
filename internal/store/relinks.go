package store

import (
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

// Relink is what a user was before and after a relink, to undo it and to erase the
// person later. It stays until the user is deleted.
type Relink struct {
	User      pactius.UserID
	Before    pactius.Identity
	Username  string // before
	Name      string // before
	After     pactius.Identity
	At        time.Time
	ExpiresAt time.Time // it can be undone until then
}

var relinkTable = newTable("relinks", "k", func(k *Relink) []column {
	return []column{
		{"user_id", &k.User, useKey},
		{"tid", &k.Before.TenantID, useFixed},
		{"oid", &k.Before.ObjectID, useFixed},
		{"username", &k.Username, useFixed},
		{"name", &k.Name, useFixed},
		{"new_tid", &k.After.TenantID, useFixed},
		{"new_oid", &k.After.ObjectID, useFixed},
		{"at", database.Time(&k.At), useFixed},
		{"expires_at", database.Time(&k.ExpiresAt), useFixed},
	}
})

const (
	sqlLinkedElsewhere = `SELECT COUNT(*) FROM users
		WHERE environment_id = $1 AND oid <> '' AND tid <> $2 AND $3 IN ('', tid)`
	sqlCutOff = `SELECT COUNT(*) FROM users u WHERE u.environment_id = $1 AND u.deactivated_at = 0 AND NOT ` +
		linkCounts
	sqlDropRelink   = `DELETE FROM relinks WHERE environment_id = $1 AND user_id = $2`
	sqlCountRelinks = `SELECT COUNT(*) FROM relinks WHERE environment_id = $1 AND expires_at > $2`

	// A sweep that is under way sees the foreign tenant at its next step and begins again.
	sqlSweepAnew = `UPDATE sweeps SET tenant_id = '', due_at = CASE WHEN lease = '' THEN $2 ELSE due_at END
		WHERE environment_id = $1`
)

// CountLinkedElsewhere counts the users linked to accounts of a tenant, "" for any,
// except those of another one.
func (t *Tx) CountLinkedElsewhere(except, of string) (int, error) {
	return one(t, database.Value[int], sqlLinkedElsewhere, t.env, except, of)
}

// CountCutOff counts the users who are cut off and not deactivated.
func (t *Tx) CountCutOff() (int, error) {
	return one(t, database.Value[int], sqlCutOff, t.env)
}

// CutOffUsers lists users who are cut off, deactivated ones too, by ID and after one
// of them.
func (t *Tx) CutOffUsers(after pactius.UserID, limit int) ([]pactius.User, error) {
	return userTable.all(t, `u.id > ? AND NOT `+linkCounts+` ORDER BY u.id LIMIT ?`, after, limit)
}

// PutRelink stores a relink in place of the user's previous one.
func (t *Tx) PutRelink(k Relink) error {
	if err := t.DropRelink(k.User); err != nil {
		return err
	}
	return t.exec(relinkTable.insert(t.env, &k))
}

// RelinkOf reads a user's last relink, also one that can't be undone any more.
func (t *Tx) RelinkOf(user pactius.UserID) (Relink, error) {
	return relinkTable.one(t, `k.user_id = ?`, user)
}

// Relinks lists the relinks that can be undone, by user and after one of them.
func (t *Tx) Relinks(after pactius.UserID, now time.Time, limit int) ([]Relink, error) {
	return relinkTable.all(t, `k.user_id > ? AND k.expires_at > ? ORDER BY k.user_id LIMIT ?`, after,
		database.Micros(now), limit)
}

// CountRelinks counts the relinks that can be undone.
func (t *Tx) CountRelinks(now time.Time) (int, error) {
	return one(t, database.Value[int], sqlCountRelinks, t.env, database.Micros(now))
}

// DropRelink removes a user's relink, if there is one.
func (t *Tx) DropRelink(user pactius.UserID) error {
	return t.run(sqlDropRelink, t.env, user)
}

// SweepAnew makes the next step of the sweep begin with all accounts.
func (t *Tx) SweepAnew(now time.Time) error {
	return t.run(sqlSweepAnew, t.env, database.Micros(now))
}
