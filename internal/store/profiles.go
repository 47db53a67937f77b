package store

import (
	"context"
	"encoding/base64"
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

// Look is a profile with the time when the directory is asked about it again.
type Look struct {
	pactius.Identity
	pactius.Profile
	DueAt time.Time
}

var profileTable = newTable("profiles", "p", func(l *Look) []column {
	return []column{
		{"tid", &l.TenantID, useKey},
		{"oid", &l.ObjectID, useKey},
		{"title", &l.Title, useChanging},
		{"department", &l.Department, useChanging},
		{"manager_oid", &l.ManagerID, useChanging},
		{"manager_name", &l.ManagerName, useChanging},
		{"photo_hash", &l.Profile.Photo, useChanging},
		{"due_at", database.Time(&l.DueAt), useChanging},
	}
})

// The first times at which a new profile is due: at once, and people who wait for access before users.
const (
	dueAsUser   = 1
	dueAsSender = 0
)

const (
	sqlBeginProfile = `INSERT INTO profiles (environment_id, tid, oid, due_at) VALUES ($1, $2, $3, $4)
		ON CONFLICT DO NOTHING`
	sqlDropProfile = `DELETE FROM profiles WHERE environment_id = $1 AND tid = $2 AND oid = $3
		AND NOT EXISTS (SELECT 1 FROM users u
			WHERE u.environment_id = $1 AND u.tid = $2 AND u.oid = $3 AND u.oid <> '')
		AND NOT EXISTS (SELECT 1 FROM access_requests r
			WHERE r.environment_id = $1 AND r.tid = $2 AND r.oid = $3 AND r.state = 'pending')`
	sqlKeepWork = `UPDATE profiles SET title = $4, department = $5
		WHERE environment_id = $1 AND tid = $2 AND oid = $3`
	sqlEraseManager = `UPDATE profiles SET manager_oid = '', manager_name = ''
		WHERE environment_id = $1 AND tid = $2 AND manager_oid = $3`
	sqlHandBack = `UPDATE profiles SET due_at = $4 WHERE environment_id = $1 AND tid = $2 AND oid = $3`
	sqlPhoto    = `SELECT photo_kind, photo FROM profiles
		WHERE environment_id = $1 AND tid = $2 AND oid = $3 AND photo_hash <> ''`
	// 10,000 environments are looked at in some milliseconds, one entry of the index each.
	sqlDueProfiles = `SELECT n.id FROM environments n WHERE n.tenant_id <> '' AND EXISTS (SELECT 1 FROM profiles p
		WHERE p.environment_id = n.id AND p.tid = n.tenant_id AND p.due_at <= $1) ORDER BY n.id`
)

// beginProfile makes a person's profile, about which nothing is known yet, unless there is one.
func (t *Tx) beginProfile(i pactius.Identity, due int64) error {
	if i.ObjectID == "" {
		return nil
	}
	return t.run(sqlBeginProfile, t.env, i.TenantID, i.ObjectID, due)
}

// leavesProfile notes that a user or a pending request lets go of an identity.
func (t *Tx) leavesProfile(i pactius.Identity) {
	if i.ObjectID != "" {
		t.left = append(t.left, i)
	}
}

// dropProfiles deletes the profiles without a user or pending request at the end of a transaction: it may have given
// an identity from one row to another.
func (t *Tx) dropProfiles() error {
	for _, i := range t.left {
		if err := t.run(sqlDropProfile, t.env, i.TenantID, i.ObjectID); err != nil {
			return err
		}
	}
	t.left = nil
	return nil
}

// Profiles reads the profiles of several people at once; those without a profile are left out.
func (t *Tx) Profiles(people []pactius.Identity) (map[pactius.Identity]pactius.Profile, error) {
	ids := make([]string, len(people))
	for i, p := range people {
		ids[i] = p.ObjectID
	}
	rows, err := profileTable.all(t, `p.oid `+t.tx.Dialect().InJSON, jsonList(ids))
	profiles := make(map[pactius.Identity]pactius.Profile, len(rows))
	for _, row := range rows {
		if slices.Contains(people, row.Identity) {
			profiles[row.Identity] = row.Profile
		}
	}
	return profiles, err
}

// Photo reads the photo of a person; ErrNotFound if there is none.
func (t *Tx) Photo(i pactius.Identity) (pactius.Photo, error) {
	return one(t, func(r database.Scanner) (pactius.Photo, error) {
		var p pactius.Photo
		var text string
		err := r.Scan(&p.Kind, &text)
		if err == nil {
			p.Image, err = base64.StdEncoding.DecodeString(text)
		}
		return p, err
	}, sqlPhoto, t.env, i.TenantID, i.ObjectID)
}

// EraseManager takes a person from the profiles of those whose manager it is. The next look may find the person again
// in the directory.
func (t *Tx) EraseManager(i pactius.Identity) error {
	return t.run(sqlEraseManager, t.env, i.TenantID, i.ObjectID)
}

// KeepWork stores title and department of a person as the directory's changes tell them.
func (t *Tx) KeepWork(i pactius.Identity, title, department string) error {
	return t.run(sqlKeepWork, t.env, i.TenantID, i.ObjectID, title, department)
}

// DueProfiles lists the connected environments with a profile that is due.
func (s *Store) DueProfiles(ctx context.Context, now time.Time) ([]pactius.EnvironmentID, error) {
	return database.List(ctx, s.Reader(), database.Value[pactius.EnvironmentID], sqlDueProfiles, database.Micros(now))
}

// ClaimLooks claims profiles of a tenant that are due until a time, the longest due first. They have the times at
// which they were due.
func (t *Tx) ClaimLooks(tenant string, now, until time.Time, most int) ([]Look, error) {
	looks, err := profileTable.all(t, `p.tid = ? AND p.due_at <= ? ORDER BY p.due_at, p.oid LIMIT ?`, tenant,
		database.Micros(now), most)
	if err != nil || len(looks) == 0 {
		return nil, err
	}
	ids := make([]string, len(looks))
	for i, l := range looks {
		ids[i] = l.ObjectID
	}
	var q database.Query
	q.Add(`UPDATE profiles SET due_at = ? WHERE environment_id = ? AND tid = ? AND oid IN `, database.Micros(until),
		t.env, tenant)
	database.In(&q, ids)
	return looks, t.exec(&q)
}

// StoreLook stores what a look has found, unless the profile was deleted meanwhile. A nil photo leaves the stored one;
// the zero Photo removes it.
func (t *Tx) StoreLook(l Look, photo *pactius.Photo) error {
	var extra []column
	if photo != nil {
		text := base64.StdEncoding.EncodeToString(photo.Image)
		extra = []column{{"photo_kind", &photo.Kind, useWritten}, {"photo", &text, useWritten}}
	}
	return t.exec(profileTable.update(t.env, &l, extra...))
}

// HandBack makes a claimed profile due as it was before.
func (t *Tx) HandBack(l Look) error {
	return t.run(sqlHandBack, t.env, l.TenantID, l.ObjectID, database.Micros(l.DueAt))
}
