package store

import (
	"errors"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/names"
)

var mergedTable = newTable("merged_users", "g", func(m *pactius.MergedUser) []column {
	return []column{
		{"id", &m.ID, useKey},
		{"user_id", &m.User, useFixed},
		{"username", &m.Username, useFixed},
		{"username_key", derived(func() any { return names.Key(m.Username) }), useOnce},
		{"tid", &m.Identity.TenantID, useFixed},
		{"oid", &m.Identity.ObjectID, useFixed},
		{"merged_at", database.Time(&m.At), useFixed},
	}
})

const (
	sqlMergeUndo    = `SELECT undo FROM merged_users WHERE environment_id = $1 AND id = $2`
	sqlDeleteMerged = `DELETE FROM merged_users WHERE environment_id = $1 AND id = $2`
	sqlLeadMerged   = `UPDATE merged_users SET user_id = $3 WHERE environment_id = $1 AND id = $2`
	sqlForgetMerges = `UPDATE merged_users SET undo = '' WHERE environment_id = $1 AND user_id = $2`
	sqlDropNames    = `DELETE FROM former_usernames WHERE environment_id = $1 AND user_id = $2`
	sqlDropUnits    = `DELETE FROM memberships WHERE environment_id = $1 AND user_id = $2`
)

// Snapshot holds all rows of a user that a merge changes or removes, to take it back.
type Snapshot struct {
	User        pactius.User             `json:"user"`
	Creator     pactius.UserID           `json:"creator,omitempty"`
	Memberships []pactius.Membership     `json:"memberships,omitempty"`
	Former      []pactius.FormerUsername `json:"former,omitempty"`
	Merged      []pactius.UserID         `json:"merged,omitempty"` // IDs that led to the user
}

// MergeUndo holds both users as they were before a merge.
type MergeUndo struct {
	Kept    Snapshot `json:"kept"`
	Other   Snapshot `json:"other"`
	Version int      `json:"version"` // of the kept user after the merge
}

// Snapshot reads the rows of a user that MergeUndo holds.
func (t *Tx) Snapshot(id pactius.UserID) (Snapshot, error) {
	var s Snapshot
	var err error
	if s.User, err = t.User(id); err != nil {
		return s, err
	}
	if s.Creator, err = t.UserCreator(id); err != nil {
		return s, err
	}
	if s.Memberships, err = t.Memberships(id); err != nil {
		return s, err
	}
	if s.Former, err = t.FormerUsernames(id); err != nil {
		return s, err
	}
	merged, err := t.MergedInto(id)
	for _, m := range merged {
		s.Merged = append(s.Merged, m.ID)
	}
	return s, err
}

// InsertMerged notes that a user was merged into another, and replaces what would
// take earlier merges of that one back.
func (t *Tx) InsertMerged(m pactius.MergedUser, undo MergeUndo) error {
	if err := t.run(sqlForgetMerges, t.env, m.User); err != nil {
		return err
	}
	return t.exec(mergedTable.insert(t.env, &m, column{"undo", database.JSON(&undo), useFixed}))
}

// MergedInto lists the users that were merged into one, the latest first.
func (t *Tx) MergedInto(user pactius.UserID) ([]pactius.MergedUser, error) {
	return mergedTable.all(t, `g.user_id = ? ORDER BY g.merged_at DESC, g.id DESC`, user)
}

// MergedUser finds a merged user by its former ID.
func (t *Tx) MergedUser(id pactius.UserID) (pactius.MergedUser, error) {
	return mergedTable.one(t, `g.id = ?`, id)
}

// Past is the end of a user who is no longer there.
type Past struct {
	Into   pactius.UserID // the user that it was merged into; "" if it was not
	Name   string         // of Into
	Erased bool
}

// Pasts finds out what became of users who are no longer there, as far as that is known.
func (t *Tx) Pasts(ids []pactius.UserID) (map[pactius.UserID]Past, error) {
	var q database.Query
	q.Add(`SELECT g.id, u.id, u.name, CAST(0 AS BIGINT) FROM merged_users g CROSS JOIN users u
		WHERE u.environment_id = g.environment_id AND u.id = g.user_id AND g.environment_id = ? AND g.id IN `, t.env)
	database.In(&q, ids)
	q.Add(` UNION ALL SELECT user_id, '', '', 1 FROM events WHERE environment_id = ? AND user_id <> '' AND kind = ?
		AND user_id IN `, t.env, pactius.UserErased)
	database.In(&q, ids)
	pasts := map[pactius.UserID]Past{}
	_, err := listBy(t, func(r database.Scanner) (Past, error) {
		var id pactius.UserID
		var p Past
		err := r.Scan(&id, &p.Into, &p.Name, database.Bool(&p.Erased))
		pasts[id] = p
		return p, err
	}, &q)
	return pasts, err
}

// MergeUndo reads what takes a merge back; ErrNotFound where a later one has replaced it.
func (t *Tx) MergeUndo(id pactius.UserID) (MergeUndo, error) {
	undo, err := one(t, func(r database.Scanner) (MergeUndo, error) {
		var u MergeUndo
		return u, r.Scan(database.JSON(&u))
	}, sqlMergeUndo, t.env, id)
	if err == nil && undo.Kept.User.ID == "" {
		err = ErrNotFound
	}
	return undo, err
}

// DeleteMerged removes the note of a merge.
func (t *Tx) DeleteMerged(id pactius.UserID) error { return t.run(sqlDeleteMerged, t.env, id) }

// LeadMerged lets former IDs lead to another user.
func (t *Tx) LeadMerged(ids []pactius.UserID, to pactius.UserID) error {
	var err error
	for _, id := range ids {
		err = errors.Join(err, t.run(sqlLeadMerged, t.env, id, to))
	}
	return err
}

// PutBack stores a user as a snapshot has it, in place of the present rows, if any.
func (t *Tx) PutBack(s Snapshot) error {
	t.affectsUser(s.User.ID)
	present, err := Optional(t.User(s.User.ID))
	switch {
	case err != nil:
		return err
	case present != nil:
		s.User.Version = present.Version
		if err := errors.Join(t.UpdateUser(s.User), t.run(sqlDropNames, t.env, s.User.ID),
			t.run(sqlDropUnits, t.env, s.User.ID)); err != nil {
			return err
		}
	default:
		s.User.Version++ // a form of before is stale
		q := userTable.insert(t.env, &s.User, column{"creator", &s.Creator, useFixed},
			column{"version", &s.User.Version, useFixed})
		if err := errors.Join(t.exec(q), t.insertUserKeys(s.User),
			t.beginProfile(s.User.Identity, dueAsUser)); err != nil {
			return err
		}
	}
	for _, m := range s.Memberships {
		if err := t.putMembership(m); err != nil {
			return err
		}
	}
	for _, f := range s.Former {
		if err := t.exec(formerTable.insert(t.env, &f)); err != nil {
			return err
		}
	}
	return errors.Join(t.tx.ExecOne(sqlCountUserUnits, t.env, s.User.ID), t.replaceWords(s.User))
}

// AdoptFormer notes the former account names of another user as a user's own, and the
// one that is given up now.
func (t *Tx) AdoptFormer(u pactius.User, former []pactius.FormerUsername, username string, now time.Time) error {
	for _, f := range former {
		if err := t.KeepFormerUsername(u, f.Username, f.Until); err != nil {
			return err
		}
	}
	if username == "" {
		return nil
	}
	return t.KeepFormerUsername(u, username, now)
}
