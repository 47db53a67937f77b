package store

import (
	"cmp"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/names"
)

// unitOrder is the natural order of siblings, which the indexes of branches have.
const unitOrder = ` ORDER BY u.order_key, u.id LIMIT ?`

// inUse leaves out archived units, unless all are wanted.
func inUse(archived bool) string {
	if archived {
		return ""
	}
	return ` AND u.archived_at = 0`
}

// Branch is a question for units directly below another in natural order.
type Branch struct {
	Parent pactius.UnitID
	After  pactius.Unit // the units follow this one; zero: the beginning
	Limit  int          // how many units at most
}

// Branches reads several branches at once: on the way to a deep unit there is one on every level. Archived units are
// left out unless wanted.
func (t *Tx) Branches(branches []Branch, archived bool) (map[pactius.UnitID][]pactius.Unit, error) {
	var q database.Query
	for i, b := range branches {
		if i > 0 {
			q.Add(` UNION ALL `)
		}
		q.Add(`SELECT * FROM (SELECT `+unitTable.columns+` FROM units u WHERE u.environment_id = ? AND u.parent_id = ?`+
			inUse(archived), t.env, b.Parent)
		if b.After.ID != "" {
			q.Add(` AND (u.order_key, u.id) > (?, ?)`, names.OrderKey(b.After.Name), b.After.ID)
		}
		q.Add(unitOrder+`) b`, b.Limit)
	}
	below := make(map[pactius.UnitID][]pactius.Unit, len(branches))
	if len(branches) == 0 {
		return below, nil
	}
	units, err := unitTable.list(t, &q)
	for _, u := range units {
		below[u.ParentID] = append(below[u.ParentID], u)
	}
	for _, of := range below { // a union promises no order
		slices.SortFunc(of, func(a, b pactius.Unit) int {
			return cmp.Or(cmp.Compare(names.OrderKey(a.Name), names.OrderKey(b.Name)), cmp.Compare(a.ID, b.ID))
		})
	}
	return below, err
}

// SomeUnits reads at most limit units of the environment, in natural order if that is all of them.
func (t *Tx) SomeUnits(archived bool, limit int) ([]pactius.Unit, error) {
	var q database.Query
	q.Add(`SELECT `+unitTable.columns+` FROM (SELECT u.id FROM units u WHERE u.environment_id = ?`+inUse(archived)+
		` LIMIT ?) few CROSS JOIN units u WHERE u.environment_id = ? AND u.id = few.id`+unitOrder,
		t.env, limit, t.env, limit)
	return unitTable.list(t, &q)
}

// FindUnits reads units with a name that has a word beginning with each of the typed ones, in natural order, at most
// limit. Text without a word finds nothing.
func (t *Tx) FindUnits(typed string, archived bool, limit int) ([]pactius.Unit, error) {
	return within(t, func() ([]pactius.Unit, error) { return t.findUnits(typed, archived, limit) })
}

func (t *Tx) findUnits(typed string, archived bool, limit int) ([]pactius.Unit, error) {
	words := searchWords(typed)
	if len(words) == 0 {
		return nil, nil
	}
	rarest := slices.MaxFunc(words, func(a, b string) int { return cmp.Compare(len(a), len(b)) }) // probably
	few, err := list(t, database.Value[pactius.UnitID], sqlUnitsWithWord, t.env, rarest, rarest+lastLetter, fewUnits+1)
	if err != nil {
		return nil, err
	}
	q := unitTable.query(t.env, `1 = 1`+inUse(archived))
	if len(few) <= fewUnits {
		q.Add(` AND u.id IN `)
		database.In(q, few)
	} // else walking through all units in order soon finds enough of them
	for _, w := range words {
		// The few words of each unit are to be looked at, not the many units of each word: COUNT keeps PostgreSQL from
		// joining, and the concatenation keeps the condition from the index by word.
		q.Add(` AND 0 < (SELECT COUNT(*) FROM unit_words w WHERE w.environment_id = ? AND w.unit_id = u.id
			AND w.word || '' >= ? AND w.word || '' < ?)`, t.env, w, w+lastLetter)
	}
	q.Add(unitOrder, limit)
	return unitTable.list(t, q)
}

// fewUnits is the number of units up to which those with one word are looked at one by one.
const fewUnits = 300

const sqlUnitsWithWord = `SELECT unit_id FROM unit_words
	WHERE environment_id = $1 AND word >= $2 AND word < $3 LIMIT $4`

// lastLetter follows every letter a word can have.
const lastLetter = "\U0010FFFF"

// HaveBelow tells which of the units have units below them; archived ones count if wanted.
func (t *Tx) HaveBelow(units []pactius.UnitID, archived bool) (map[pactius.UnitID]bool, error) {
	have := make(map[pactius.UnitID]bool, len(units))
	if len(units) == 0 {
		return have, nil
	}
	var q database.Query
	q.Add(`SELECT p.id FROM units p WHERE p.environment_id = ? AND p.id IN `, t.env)
	database.In(&q, units)
	q.Add(` AND EXISTS (SELECT 1 FROM units u WHERE u.environment_id = p.environment_id AND u.parent_id = p.id` +
		inUse(archived) + `)`)
	ids, err := listBy(t, database.Value[pactius.UnitID], &q)
	for _, id := range ids {
		have[id] = true
	}
	return have, err
}

// Below reads units in use directly below any of the given ones, in natural order, at most limit.
func (t *Tx) Below(units []pactius.UnitID, limit int) ([]pactius.Unit, error) {
	if len(units) == 0 {
		return nil, nil
	}
	var q database.Query
	// No index has the order of several branches: without the concatenation SQLite walks through all units.
	q.Add(`SELECT `+unitTable.columns+` FROM (SELECT b.id FROM `+t.tx.Dialect().EachJSON+` few CROSS JOIN units b
		WHERE b.environment_id = ? AND b.parent_id = few.value AND b.archived_at = 0
		ORDER BY b.order_key || '', b.id LIMIT ?) first CROSS JOIN units u
		WHERE u.environment_id = ? AND u.id = first.id ORDER BY u.order_key || '', u.id`,
		jsonList(units), t.env, limit, t.env)
	return unitTable.list(t, &q)
}

// CountBelow counts the units directly below another, archived ones too.
func (t *Tx) CountBelow(unit pactius.UnitID) (int, error) {
	return one(t, database.Value[int], sqlCountBelow, t.env, unit)
}

const sqlCountBelow = `SELECT COUNT(*) FROM units WHERE environment_id = $1 AND parent_id = $2`

// AnyArchived reports whether the environment has an archived unit.
func (t *Tx) AnyArchived() (bool, error) {
	n, err := one(t, database.Value[int], sqlAnyArchived, t.env)
	return n > 0, err
}

const sqlAnyArchived = `SELECT COUNT(*) FROM
	(SELECT 1 FROM units WHERE environment_id = $1 AND archived_at > 0 LIMIT 1) few`

// MembersOf counts the explicit members of units, each up to pactius.MaxCount+1. Units without members are left out.
func (t *Tx) MembersOf(units []pactius.UnitID) (map[pactius.UnitID]int, error) {
	all := map[pactius.UnitID]int{}
	if len(units) == 0 {
		return all, nil
	}
	var q database.Query
	q.Add(`SELECT u.id, (SELECT COUNT(*) FROM (SELECT 1 FROM memberships m WHERE m.environment_id = u.environment_id
		AND m.unit_id = u.id LIMIT ?) few) FROM units u WHERE u.environment_id = ? AND u.id IN `,
		pactius.MaxCount+1, t.env)
	database.In(&q, units)
	_, err := listBy(t, func(r database.Scanner) (int, error) {
		var id pactius.UnitID
		var n int
		err := r.Scan(&id, &n)
		if n > 0 {
			all[id] = n
		}
		return n, err
	}, &q)
	return all, err
}

// AdministratorsOf reads the users with explicit administer on units who are neither deactivated nor past the end date
// nor cut off: for each unit the first most of them, in the order they were added, then by name.
func (t *Tx) AdministratorsOf(
	units []pactius.UnitID, today pactius.Date, most int,
) (map[pactius.UnitID][]pactius.User, error) {
	all := map[pactius.UnitID][]pactius.User{}
	if len(units) == 0 {
		return all, nil
	}
	var q database.Query
	q.Add(`SELECT `+userTable.columns+`, first.unit_id, first.access FROM
		(SELECT m.environment_id, m.user_id, m.unit_id, m.access,
		ROW_NUMBER() OVER (PARTITION BY m.unit_id ORDER BY m.user_id) AS place
		FROM `+membersUsers+` AND m.access = 3 AND `+lasting+` AND m.unit_id IN `, t.env, today)
	database.In(&q, units)
	q.Add(`) first CROSS JOIN users u WHERE u.environment_id = first.environment_id AND u.id = first.user_id
		AND first.place <= ?
		ORDER BY u.name_key, u.id`, most)
	rows, err := listBy(t, scanMember, &q)
	for _, m := range rows {
		all[m.Unit] = append(all[m.Unit], m.User)
	}
	return all, err
}

// FirstMemberships reads for each of the users the explicit memberships with the highest access, at most most.
func (t *Tx) FirstMemberships(
	users []pactius.UserID, most int,
) (map[pactius.UserID][]pactius.Membership, error) {
	all := make(map[pactius.UserID][]pactius.Membership, len(users))
	if len(users) == 0 {
		return all, nil
	}
	var q database.Query
	q.Add(`SELECT `+membershipTable.columns+` FROM (SELECT m.user_id, m.unit_id,
		ROW_NUMBER() OVER (PARTITION BY m.user_id ORDER BY m.access DESC, m.unit_id) AS place
		FROM memberships m WHERE m.environment_id = ? AND m.user_id IN `, t.env)
	database.In(&q, users)
	q.Add(`) first CROSS JOIN memberships m WHERE m.environment_id = ? AND m.user_id = first.user_id
		AND m.unit_id = first.unit_id AND first.place <= ? ORDER BY first.user_id, first.place`, t.env, most)
	rows, err := membershipTable.list(t, &q)
	for _, m := range rows {
		all[m.UserID] = append(all[m.UserID], m)
	}
	return all, err
}

// CountUnits counts the units in use and those, archived ones too, that a user added, without one unit.
func (t *Tx) CountUnits(addedBy pactius.UserID, without pactius.UnitID) (inUse, added int, err error) {
	if inUse, err = one(t, database.Value[int], sqlUnitsInUse, t.env); err == nil {
		added, err = one(t, database.Value[int], sqlUnitsAdded, t.env, addedBy, without)
	}
	return inUse, added, err
}

// UnitHeight returns the number of levels below a unit: 0 for a leaf.
func (t *Tx) UnitHeight(id pactius.UnitID) (int, error) {
	return one(t, database.Value[int], sqlUnitHeight, t.env, id, pactius.MaxDepth)
}

// UnitWords are the words a unit is found by, in all spellings, each once.
func UnitWords(name string) []string { return wordsOf(name) }

func (t *Tx) insertUnitWords(u pactius.Unit) error {
	var q database.Query
	for _, w := range UnitWords(u.Name) {
		addRow(&q, `INSERT INTO unit_words (environment_id, unit_id, word) VALUES `, t.env, u.ID, w)
	}
	return t.execRows(&q)
}

// replaceUnitWords updates the words a unit is found by.
func (t *Tx) replaceUnitWords(u pactius.Unit) error {
	if err := t.run(sqlDeleteUnitWords, t.env, u.ID); err != nil {
		return err
	}
	return t.insertUnitWords(u)
}

const sqlDeleteUnitWords = `DELETE FROM unit_words WHERE environment_id = $1 AND unit_id = $2`

// unitSearchStep is the schema step that made the order and the words of units.
const unitSearchStep = "0013_unit_search.sql"

const (
	sqlUnitsToOrder = `SELECT environment_id, id, '', name, '' FROM units
		WHERE (environment_id, id) > ($1, $2) ORDER BY environment_id, id LIMIT $3`
	sqlOrderUnit = `UPDATE units SET order_key = $3 WHERE environment_id = $1 AND id = $2`
)

// fillUnits stores the order and the words of all units, within the schema step that made room for them.
func fillUnits(tx *database.Tx) error {
	return inBatches(tx, func(r database.Scanner) (namedRow, error) {
		var v namedRow
		return v, r.Scan(&v.env, &v.user.ID, &v.user.Username, &v.user.Name, &v.user.Email)
	}, sqlUnitsToOrder, func(v namedRow) error {
		t, u := &Tx{tx: tx, env: v.env}, pactius.Unit{ID: pactius.UnitID(v.user.ID), Name: v.user.Name}
		if err := t.run(sqlOrderUnit, t.env, u.ID, names.OrderKey(u.Name)); err != nil {
			return err
		}
		return t.insertUnitWords(u)
	})
}
