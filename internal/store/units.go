package store

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/names"
)

var unitTable = newTable("units", "u", func(u *pactius.Unit) []column {
	return []column{
		{"id", &u.ID, useKey},
		{"parent_id", database.Null(&u.ParentID), useFixed}, // see MoveUnit
		{"name", &u.Name, useChanging},
		{"name_key", derived(func() any { return names.Fold(u.Name) }), useWritten},
		{"order_key", derived(func() any { return names.OrderKey(u.Name) }), useWritten},
		{"created_at", database.Time(&u.CreatedAt), useFixed},
		{"archived_at", database.Time(&u.ArchivedAt), useChanging},
		{"added_by", &u.AddedBy, useChanging},
		{"version", &u.Version, useVersion},
	}
})

const (
	sqlUnitMembers  = `SELECT COUNT(*) FROM memberships WHERE environment_id = $1 AND unit_id = $2`
	sqlUnitRequests = `SELECT COUNT(*) FROM request_units WHERE environment_id = $1 AND unit_id = $2`
	sqlUnitUse      = `SELECT (` + sqlCountBelow + ` AND archived_at = 0), (` + sqlUnitMembers + `), (` +
		sqlUnitApplications + `), (SELECT COUNT(*) FROM request_units w CROSS JOIN access_requests r
		WHERE w.environment_id = $1 AND w.unit_id = $2 AND r.environment_id = $1 AND r.id = w.request_id
		AND r.state = 'pending')`
	sqlDeleteUnit = `DELETE FROM units WHERE environment_id = $1 AND id = $2 AND version = $3`
	sqlUnitCounts = `SELECT unit_id, COUNT(*) FROM memberships WHERE environment_id = $1 GROUP BY unit_id`

	sqlUnitBelow = `INSERT INTO unit_above (environment_id, unit_id, above_id)
		SELECT environment_id, $2, above_id FROM unit_above WHERE environment_id = $1 AND unit_id = $3
		UNION ALL SELECT environment_id, id, id FROM units WHERE environment_id = $1 AND id = $2`
	sqlUnitTakenOut = `DELETE FROM unit_above WHERE environment_id = $1
		AND unit_id IN (SELECT unit_id FROM unit_above WHERE environment_id = $1 AND above_id = $2)
		AND above_id IN (SELECT above_id FROM unit_above WHERE environment_id = $1 AND unit_id = $2 AND above_id <> $2)`
	sqlUnitPutIn = `INSERT INTO unit_above (environment_id, unit_id, above_id)
		SELECT b.environment_id, b.unit_id, a.above_id FROM unit_above b CROSS JOIN unit_above a
		WHERE b.environment_id = $1 AND b.above_id = $2 AND a.environment_id = $1 AND a.unit_id = $3`
	sqlUnitsInUse = `SELECT COUNT(*) FROM units WHERE environment_id = $1 AND archived_at = 0`
	sqlUnitsAdded = `SELECT COUNT(*) FROM units WHERE environment_id = $1 AND added_by = $2 AND id <> $3`
	// sqlUnitHeight ends even on a damaged tree, by its last parameter.
	sqlUnitHeight = `WITH RECURSIVE below(id, depth) AS (SELECT id, 0 FROM units WHERE environment_id = $1 AND id = $2
		UNION SELECT u.id, b.depth + 1 FROM below b CROSS JOIN units u
		WHERE u.environment_id = $1 AND u.parent_id = b.id AND b.depth < $3) SELECT COALESCE(MAX(depth), 0) FROM below`

	// rootAnd begins a list of units with the root; the IDs of the others follow.
	rootAnd = ` FROM (SELECT id FROM units WHERE environment_id = ? AND parent_id IS NULL UNION SELECT a.above_id FROM `
)

// Tree reads all units, the archived ones too. Pages, which must not grow with the tree, read Branch and its like.
func (t *Tx) Tree() (*pactius.Tree, error) {
	units, err := unitTable.all(t, "1 = 1 ORDER BY u.order_key, u.id")
	if err != nil {
		return nil, err
	}
	return pactius.NewTree(units), nil
}

// UnitsAbove reads only the root, the given units and everything between, which is
// enough to know the access to them. Unknown IDs are left out.
func (t *Tx) UnitsAbove(ids []pactius.UnitID) ([]pactius.Unit, error) {
	var q database.Query
	q.Add(`SELECT `+unitTable.columns+rootAnd+t.tx.Dialect().EachJSON+` few CROSS JOIN unit_above a
		WHERE a.environment_id = ? AND a.unit_id = few.value) above CROSS JOIN units u
		WHERE u.environment_id = ? AND u.id = above.id`, t.env, jsonList(ids), t.env, t.env)
	return unitTable.list(t, &q)
}

// Standing reads a user's explicit memberships with the root, their units and
// everything between.
func (t *Tx) Standing(user pactius.UserID) ([]pactius.Unit, []pactius.Membership, error) {
	var q database.Query
	q.Add(`SELECT `+unitTable.columns+`, COALESCE(m.access, 0), COALESCE(m.created_at, 0)`+rootAnd+`memberships m
		CROSS JOIN unit_above a WHERE m.environment_id = ? AND m.user_id = ? AND a.environment_id = ?
		AND a.unit_id = m.unit_id) above CROSS JOIN units u
		LEFT JOIN memberships m ON m.environment_id = u.environment_id AND m.user_id = ? AND m.unit_id = u.id
		WHERE u.environment_id = ? AND u.id = above.id ORDER BY u.id`, t.env, t.env, user, t.env, user, t.env)
	var memberships []pactius.Membership
	units, err := listBy(t, func(r database.Scanner) (pactius.Unit, error) {
		var u pactius.Unit
		m := pactius.Membership{UserID: user}
		err := r.Scan(append(unitTable.into(&u), &m.Access, database.Time(&m.CreatedAt))...)
		if m.UnitID = u.ID; m.Access != pactius.AccessNone {
			memberships = append(memberships, m)
		}
		return u, err
	}, &q)
	return units, memberships, err
}

// InsertUnit stores a new unit; ErrTaken if a sibling has the name.
func (t *Tx) InsertUnit(u pactius.Unit) error {
	t.affectsAll()
	if err := t.exec(unitTable.insert(t.env, &u)); err != nil {
		return err
	}
	if err := t.run(sqlUnitBelow, t.env, u.ID, u.ParentID); err != nil {
		return err
	}
	return t.insertUnitWords(u)
}

// UpdateUnit stores name and archiving of a unit that was read before;
// ErrStale if it has changed since, ErrTaken if a sibling has the name.
func (t *Tx) UpdateUnit(u pactius.Unit) error {
	t.affectsAll()
	if err := t.execOne(unitTable.update(t.env, &u)); err != nil {
		return err
	}
	return t.replaceUnitWords(u)
}

// MoveUnit is UpdateUnit with another parent.
func (t *Tx) MoveUnit(u pactius.Unit) error {
	t.affectsAll()
	parent := column{"parent_id", database.Null(&u.ParentID), useChanging}
	if err := t.execOne(unitTable.update(t.env, &u, parent)); err != nil {
		return err
	}
	if err := t.run(sqlUnitTakenOut, t.env, u.ID); err != nil {
		return err
	}
	if err := t.run(sqlUnitPutIn, t.env, u.ID, u.ParentID); err != nil {
		return err
	}
	return t.replaceRequestScopes()
}

// DeleteUnit removes a unit that no other row names; ErrStale if it has changed
// since it was read, ErrInUse if a unit, a membership or a request names it.
func (t *Tx) DeleteUnit(u pactius.Unit) error {
	t.affectsAll()
	return t.tx.ExecOne(sqlDeleteUnit, t.env, u.ID, u.Version)
}

// CountUnitRequests counts the access requests, in any state, for a unit.
func (t *Tx) CountUnitRequests(id pactius.UnitID) (int, error) {
	return one(t, database.Value[int], sqlUnitRequests, t.env, id)
}

// UnitUse counts what a unit is in use for.
type UnitUse struct {
	Below        int // units in use directly below it
	Members      int // with explicit access
	Applications int // that require access to it
	Requests     int // pending, for it
}

// UnitUse counts what a unit is in use for.
func (t *Tx) UnitUse(id pactius.UnitID) (UnitUse, error) {
	return one(t, func(r database.Scanner) (UnitUse, error) {
		var u UnitUse
		return u, r.Scan(&u.Below, &u.Members, &u.Applications, &u.Requests)
	}, sqlUnitUse, t.env, id)
}

// CountMembers counts the explicit members of a unit.
func (t *Tx) CountMembers(id pactius.UnitID) (int, error) {
	return one(t, database.Value[int], sqlUnitMembers, t.env, id)
}

// MemberCounts counts the explicit members of every unit that has any.
func (t *Tx) MemberCounts() (map[pactius.UnitID]int, error) {
	return counts[pactius.UnitID](t, sqlUnitCounts, t.env)
}
