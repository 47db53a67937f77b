package store

import (
	"context"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/names"
)

const unitColumns = `id, COALESCE(parent_id, ''), name, created_at, archived_at, version`

const (
	sqlUnits      = `SELECT ` + unitColumns + ` FROM units WHERE environment_id = $1`
	sqlUnitByID   = `SELECT ` + unitColumns + ` FROM units WHERE environment_id = $1 AND id = $2`
	sqlUnitRoot   = `SELECT ` + unitColumns + ` FROM units WHERE environment_id = $1 AND parent_id IS NULL`
	sqlInsertUnit = `INSERT INTO units (environment_id, id, parent_id, name, name_key, created_at) VALUES ($1, $2, NULLIF($3, ''), $4, $5, $6)`
	sqlUpdateUnit = `UPDATE units SET parent_id = NULLIF($4, ''), name = $5, name_key = $6, archived_at = $7, version = version + 1
		WHERE environment_id = $1 AND id = $2 AND version = $3`
	sqlUnitMembers = `SELECT COUNT(*) FROM memberships WHERE environment_id = $1 AND unit_id = $2`
	sqlUnitCounts  = `SELECT unit_id, COUNT(*) FROM memberships WHERE environment_id = $1 GROUP BY unit_id`
	// Pieces of one query: the list of units to start from stands between the two. UNION ends even on a damaged tree.
	unitsAboveStart = `WITH RECURSIVE above(id) AS (SELECT id FROM units WHERE environment_id = ? AND parent_id IS NULL
		UNION SELECT id FROM units WHERE environment_id = ? AND id IN `
	unitsAboveEnd = ` UNION SELECT u.parent_id FROM above a CROSS JOIN units u WHERE u.environment_id = ? AND u.id = a.id AND u.parent_id IS NOT NULL)
		SELECT u.id, COALESCE(u.parent_id, ''), u.name, u.created_at, u.archived_at, u.version FROM above a CROSS JOIN units u WHERE u.environment_id = ? AND u.id = a.id`
)

// below is a common table expression with the units at and beneath a list.
func below(b *database.Query, env pactius.EnvironmentID, units []pactius.UnitID) {
	b.Add(`WITH RECURSIVE below(id) AS (SELECT id FROM units WHERE environment_id = ? AND id IN `, env)
	database.In(b, units)
	b.Add(` UNION SELECT u.id FROM below b CROSS JOIN units u WHERE u.environment_id = ? AND u.parent_id = b.id) `, env)
}

func scanUnit(r database.Scanner) (pactius.Unit, error) {
	var u pactius.Unit
	err := r.Scan(&u.ID, &u.ParentID, &u.Name, database.Time(&u.CreatedAt), database.Time(&u.ArchivedAt), &u.Version)
	return u, err
}

// Tree reads all units, the archived ones too.
func (t *Tx) Tree(ctx context.Context) (*pactius.Tree, error) {
	units, err := database.List(ctx, t.tx, scanUnit, sqlUnits, t.env)
	if err != nil {
		return nil, err
	}
	return pactius.NewTree(units), nil
}

// TreeAbove reads only the root, the given units and everything between, which
// is enough to know the access to them. Unknown IDs are left out.
func (t *Tx) TreeAbove(ctx context.Context, ids []pactius.UnitID) (*pactius.Tree, error) {
	var b database.Query
	b.Add(unitsAboveStart, t.env, t.env)
	database.In(&b, ids)
	b.Add(unitsAboveEnd, t.env, t.env)
	units, err := database.List(ctx, t.tx, scanUnit, b.Text(), b.Args()...)
	if err != nil {
		return nil, err
	}
	return pactius.NewTree(units), nil
}

// Unit reads a unit.
func (t *Tx) Unit(ctx context.Context, id pactius.UnitID) (pactius.Unit, error) {
	return database.One(ctx, t.tx, scanUnit, sqlUnitByID, t.env, id)
}

// Root reads the company's unit.
func (t *Tx) Root(ctx context.Context) (pactius.Unit, error) {
	return database.One(ctx, t.tx, scanUnit, sqlUnitRoot, t.env)
}

// InsertUnit stores a new unit; ErrTaken if a sibling has the name.
func (t *Tx) InsertUnit(ctx context.Context, u pactius.Unit) error {
	_, err := t.tx.Exec(ctx, sqlInsertUnit, t.env, u.ID, u.ParentID, u.Name, names.Fold(u.Name), database.Micros(u.CreatedAt))
	return err
}

// UpdateUnit stores name, parent and archiving of a unit that was read before;
// ErrStale if it has changed since, ErrTaken if a sibling has the name.
func (t *Tx) UpdateUnit(ctx context.Context, u pactius.Unit) error {
	return t.tx.ExecOne(ctx, sqlUpdateUnit, t.env, u.ID, u.Version, u.ParentID, u.Name, names.Fold(u.Name), database.Micros(u.ArchivedAt))
}

// CountMembers counts the explicit members of a unit.
func (t *Tx) CountMembers(ctx context.Context, id pactius.UnitID) (int, error) {
	return database.One(ctx, t.tx, database.Value[int], sqlUnitMembers, t.env, id)
}

// MemberCounts counts the explicit members of every unit that has any.
func (t *Tx) MemberCounts(ctx context.Context) (map[pactius.UnitID]int, error) {
	type row struct {
		unit pactius.UnitID
		n    int
	}
	rows, err := database.List(ctx, t.tx, func(r database.Scanner) (row, error) {
		var v row
		return v, r.Scan(&v.unit, &v.n)
	}, sqlUnitCounts, t.env)
	counts := make(map[pactius.UnitID]int, len(rows))
	for _, r := range rows {
		counts[r.unit] = r.n
	}
	return counts, err
}

const (
	membershipColumns    = `user_id, unit_id, access, created_at`
	sqlMembershipsOfUser = `SELECT ` + membershipColumns + ` FROM memberships WHERE environment_id = $1 AND user_id = $2 ORDER BY unit_id`
	sqlPutMembership     = `INSERT INTO memberships (environment_id, user_id, unit_id, access, created_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (environment_id, user_id, unit_id) DO UPDATE SET access = excluded.access`
	sqlDeleteMembership = `DELETE FROM memberships WHERE environment_id = $1 AND user_id = $2 AND unit_id = $3`
	sqlCountUserUnits   = `UPDATE users SET unit_count = (SELECT COUNT(*) FROM memberships m WHERE m.environment_id = $1 AND m.user_id = $2)
		WHERE environment_id = $1 AND id = $2`
)

func scanMembership(r database.Scanner) (pactius.Membership, error) {
	var m pactius.Membership
	err := r.Scan(&m.UserID, &m.UnitID, &m.Access, database.Time(&m.CreatedAt))
	return m, err
}

// Memberships reads a user's explicit memberships.
func (t *Tx) Memberships(ctx context.Context, user pactius.UserID) ([]pactius.Membership, error) {
	return database.List(ctx, t.tx, scanMembership, sqlMembershipsOfUser, t.env, user)
}

// MembershipsOf reads the explicit memberships of several users at once.
func (t *Tx) MembershipsOf(ctx context.Context, users []pactius.UserID) (map[pactius.UserID][]pactius.Membership, error) {
	var b database.Query
	b.Add(`SELECT `+membershipColumns+` FROM memberships WHERE environment_id = ? AND user_id IN `, t.env)
	database.In(&b, users)
	b.Add(` ORDER BY user_id, unit_id`)
	rows, err := database.List(ctx, t.tx, scanMembership, b.Text(), b.Args()...)
	all := make(map[pactius.UserID][]pactius.Membership, len(users))
	for _, m := range rows {
		all[m.UserID] = append(all[m.UserID], m)
	}
	return all, err
}

// SetMemberships changes the user's access to the given units; NoAccess
// removes a membership. Units not named stay as they are.
func (t *Tx) SetMemberships(ctx context.Context, user pactius.UserID, grants []pactius.Grant, at time.Time) error {
	for _, g := range grants {
		var err error
		if g.Access == pactius.NoAccess {
			_, err = t.tx.Exec(ctx, sqlDeleteMembership, t.env, user, g.Unit)
		} else {
			_, err = t.tx.Exec(ctx, sqlPutMembership, t.env, user, g.Unit, g.Access, database.Micros(at))
		}
		if err != nil {
			return err
		}
	}
	return t.tx.ExecOne(ctx, sqlCountUserUnits, t.env, user)
}

// MemberRow is a user with explicit access to a unit.
type MemberRow struct {
	User   pactius.User
	Unit   pactius.UnitID
	Access pactius.Access
}

// memberColumns are userColumns with the table's name.
const memberColumns = `u.id, u.username, u.name, u.email, u.tid, u.oid, u.language, u.created_at, u.created_by, u.first_sign_in_at, u.last_sign_in_at, u.deactivated_at, u.ends_on, u.unit_count, u.version,
	u.account_state, u.account_state_at, u.swept_out`

func scanMember(r database.Scanner) (MemberRow, error) {
	var m MemberRow
	var err error
	m.User, err = scanUser(database.WithLast(r, &m.Unit, &m.Access))
	return m, err
}

// Members reads users with explicit access to any of the units, by name. A
// user with access to several stands there several times.
func (t *Tx) Members(ctx context.Context, units []pactius.UnitID, limit int) ([]MemberRow, error) {
	var b database.Query
	b.Add(`SELECT `+memberColumns+`, m.unit_id, m.access FROM `+membersUsers+` AND m.unit_id IN `, t.env)
	database.In(&b, units)
	b.Add(` ORDER BY u.name_key, u.id LIMIT ?`, limit)
	return database.List(ctx, t.tx, scanMember, b.Text(), b.Args()...)
}

const (
	// membersUsers finds the users of memberships, up to further conditions.
	// SQLite takes a CROSS JOIN in the order written: it must begin with the few
	// memberships, not walk through all users because they are to be sorted.
	membersUsers = `memberships m CROSS JOIN users u WHERE u.environment_id = m.environment_id AND u.id = m.user_id AND m.environment_id = ?`
	// lasting are users who are neither deactivated nor past the end date.
	lasting = `u.deactivated_at = 0 AND (u.ends_on = '' OR u.ends_on >= ?)`
)

// AdministratorsByUnit reads everybody with explicit administer who is neither
// deactivated nor past the end date, by unit.
func (t *Tx) AdministratorsByUnit(ctx context.Context, today pactius.Date) (map[pactius.UnitID][]pactius.User, error) {
	var b database.Query
	b.Add(`SELECT `+memberColumns+`, m.unit_id, m.access FROM `+membersUsers+` AND m.access = 3 AND `+lasting+` ORDER BY u.name_key, u.id`, t.env, today)
	rows, err := database.List(ctx, t.tx, scanMember, b.Text(), b.Args()...)
	all := map[pactius.UnitID][]pactius.User{}
	for _, m := range rows {
		all[m.Unit] = append(all[m.Unit], m.User)
	}
	return all, err
}
