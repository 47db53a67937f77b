package store

import (
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

var membershipTable = newTable("memberships", "m", func(m *pactius.Membership) []column {
	return []column{
		{"user_id", &m.UserID, useKey},
		{"unit_id", &m.UnitID, useKey},
		{"access", &m.Access, useChanging},
		{"created_at", database.Time(&m.CreatedAt), useFixed},
	}
})

const (
	sqlDeleteMembership = `DELETE FROM memberships WHERE environment_id = $1 AND user_id = $2 AND unit_id = $3`
	sqlCountUserUnits   = `UPDATE users SET unit_count =
		(SELECT COUNT(*) FROM memberships m WHERE m.environment_id = $1 AND m.user_id = $2)
		WHERE environment_id = $1 AND id = $2`

	// Only the user has the name.
	sqlPutMembership = `INSERT INTO memberships (environment_id, user_id, unit_id, access, created_at, name_key)
		SELECT environment_id, id, $3, CAST($4 AS BIGINT), CAST($5 AS BIGINT), name_key FROM users
		WHERE environment_id = $1 AND id = $2
		ON CONFLICT (environment_id, user_id, unit_id) DO UPDATE SET access = excluded.access`
	sqlMembershipNames = `UPDATE memberships SET name_key = $3 WHERE environment_id = $1 AND user_id = $2`

	// membersUsers finds the users of memberships, up to further conditions.
	// SQLite takes a CROSS JOIN in the order written: it must begin with the few
	// memberships, not walk through all users because they are to be sorted.
	membersUsers = `memberships m CROSS JOIN users u
		WHERE u.environment_id = m.environment_id AND u.id = m.user_id AND m.environment_id = ?`
	// lasting are users who are neither deactivated nor past the end date, and not cut off.
	lasting = `u.deactivated_at = 0 AND (u.ends_on = '' OR u.ends_on >= ?) AND ` + linkCounts
	// linkCounts leaves out users who are cut off: pactius.Connection.CutsOff in SQL.
	linkCounts = `(u.oid = '' OR (SELECT n.tenant_id FROM environments n WHERE n.id = u.environment_id) IN ('', u.tid))`
)

// Memberships reads a user's explicit memberships.
func (t *Tx) Memberships(user pactius.UserID) ([]pactius.Membership, error) {
	return membershipTable.all(t, `m.user_id = ? ORDER BY m.unit_id`, user)
}

// MembershipsOf reads the explicit memberships of several users at once.
func (t *Tx) MembershipsOf(
	users []pactius.UserID,
) (map[pactius.UserID][]pactius.Membership, error) {
	q := membershipTable.query(t.env, `m.user_id IN `)
	database.In(q, users)
	q.Add(` ORDER BY m.user_id, m.unit_id`)
	rows, err := membershipTable.list(t, q)
	all := make(map[pactius.UserID][]pactius.Membership, len(users))
	for _, m := range rows {
		all[m.UserID] = append(all[m.UserID], m)
	}
	return all, err
}

// SetMemberships changes the user's access to the given units; NoAccess removes a
// membership. Units not named stay as they are.
func (t *Tx) SetMemberships(user pactius.UserID, grants []pactius.Grant, at time.Time) error {
	t.affectsUser(user)
	for _, g := range grants {
		var err error
		if g.Access == pactius.AccessNone {
			_, err = t.tx.Exec(sqlDeleteMembership, t.env, user, g.Unit)
		} else {
			err = t.putMembership(pactius.Membership{UserID: user, UnitID: g.Unit, Access: g.Access,
				CreatedAt: at})
		}
		if err != nil {
			return err
		}
	}
	return t.tx.ExecOne(sqlCountUserUnits, t.env, user)
}

// putMembership stores a membership, or changes the access of the one there is.
func (t *Tx) putMembership(m pactius.Membership) error {
	return t.tx.ExecOne(sqlPutMembership, t.env, m.UserID, m.UnitID, int(m.Access), database.Micros(m.CreatedAt))
}

// MemberRow is a user with explicit access to a unit.
type MemberRow struct {
	User   pactius.User
	Unit   pactius.UnitID
	Access pactius.Access
}

func scanMember(r database.Scanner) (MemberRow, error) {
	var m MemberRow
	return m, r.Scan(append(userTable.into(&m.User), &m.Unit, &m.Access)...)
}

// Members reads users with explicit access to any of the units, by name. A user
// with access to several is listed several times.
func (t *Tx) Members(units []pactius.UnitID, limit int) ([]MemberRow, error) {
	var q database.Query
	q.Add(`SELECT `+userTable.columns+`, m.unit_id, m.access FROM `+membersUsers+` AND m.unit_id IN `, t.env)
	database.In(&q, units)
	q.Add(` ORDER BY u.name_key, u.id LIMIT ?`, limit)
	return listBy(t, scanMember, &q)
}

// UnitMembers reads one page of the users with explicit access to a unit, by name: those behind a cursor, "" is the
// beginning. The second result is the cursor of the next page, "" for none.
func (t *Tx) UnitMembers(unit pactius.UnitID, after string, limit int) ([]MemberRow, string, error) {
	var q database.Query
	q.Add(`SELECT `+userTable.columns+`, page.unit_id, page.access, page.name_key FROM
		(SELECT m.user_id, m.unit_id, m.access, m.name_key FROM memberships m
		WHERE m.environment_id = ? AND m.unit_id = ?`, t.env, unit)
	if after != "" {
		key, id, err := parseCursor(after)
		if err != nil {
			return nil, "", err
		}
		q.Add(` AND (m.name_key, m.user_id) > (?, ?)`, key, id)
	}
	q.Add(` ORDER BY m.name_key, m.user_id LIMIT ?) page CROSS JOIN users u
		WHERE u.environment_id = ? AND u.id = page.user_id ORDER BY page.name_key, page.user_id`, limit+1, t.env)
	var keys []string
	rows, err := listBy(t, func(r database.Scanner) (MemberRow, error) {
		var m MemberRow
		var key string
		err := r.Scan(append(userTable.into(&m.User), &m.Unit, &m.Access, &key)...)
		keys = append(keys, key)
		return m, err
	}, &q)
	if err != nil || len(rows) <= limit {
		return rows, "", err
	}
	return rows[:limit], cursor(keys[limit-1], string(rows[limit-1].User.ID)), nil
}

// AccessTo reads the explicit access of some users to a unit. Users without it are left out.
func (t *Tx) AccessTo(unit pactius.UnitID, users []pactius.UserID) (map[pactius.UserID]pactius.Access, error) {
	q := membershipTable.query(t.env, `m.unit_id = ? AND m.user_id IN `, unit)
	database.In(q, users)
	rows, err := membershipTable.list(t, q)
	all := make(map[pactius.UserID]pactius.Access, len(rows))
	for _, m := range rows {
		all[m.UserID] = m.Access
	}
	return all, err
}

// AdministratorsByUnit reads all users with explicit administer who are neither
// deactivated nor past the end date nor cut off, by unit.
func (t *Tx) AdministratorsByUnit(
	today pactius.Date,
) (map[pactius.UnitID][]pactius.User, error) {
	var q database.Query
	q.Add(`SELECT `+userTable.columns+`, m.unit_id, m.access FROM `+membersUsers+` AND m.access = 3 AND `+lasting+
		` ORDER BY u.name_key, u.id`, t.env, today)
	rows, err := listBy(t, scanMember, &q)
	all := map[pactius.UnitID][]pactius.User{}
	for _, m := range rows {
		all[m.Unit] = append(all[m.Unit], m.User)
	}
	return all, err
}
