package store

import (
	"slices"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

// narrowing is a condition on users by other tables, in its two forms.
type narrowing struct {
	check  func(id string) clause // whether the user with the ID in a column meets it
	gather clause                 // SELECT of name_key and user_id of those that meet it, of some more than once
	word   string                 // the condition is that the user has it
	units  []pactius.UnitID       // or is a member of these or of units below them
	n      int                    // users that meet it, as far as counted
	most   int                    // the bound of n
}

// having is the condition that a word of the user begins with a word.
func (l *listing) having(word string) narrowing {
	args := []any{l.t.env, word, word + lastLetter}
	return narrowing{word: word,
		check: func(id string) clause {
			return clause{`EXISTS (SELECT 1 FROM user_words w WHERE w.environment_id = ? AND w.user_id = ` + id +
				` AND w.word >= ? AND w.word < ?)`, args}
		},
		gather: clause{`SELECT w.name_key, w.user_id FROM user_words w
			WHERE w.environment_id = ? AND w.word >= ? AND w.word < ?`, args}}
}

// likely is gather of only those that have the signature of all words.
func (n narrowing) likely(signed int64) clause {
	if n.word == "" || signed == 0 {
		return n.gather
	}
	return clause{n.gather.sql + ` AND (w.signature & ?) = ?`, append(slices.Clone(n.gather.args), signed, signed)}
}

// once ends a subquery of EXISTS. Without OFFSET PostgreSQL may gather all that it selects for any user first.
const once = ` LIMIT 1 OFFSET 0`

// within is the condition that a user is a member of the units or of units below them, or, if loose, has no units. The
// latter are not gathered: see parts.
func (l *listing) within(units []pactius.UnitID, loose bool) narrowing {
	at, args := `a.above_id `+l.t.tx.Dialect().InJSON, []any{l.t.env, l.t.env, jsonList(units)}
	if len(units) == 1 {
		at, args[2] = `a.above_id = ?`, units[0]
	}
	below := at
	if len(units) > 1 { // the few units above one are compared with the list, not each of the list looked up
		below = `COALESCE(` + strings.Replace(at, " ", `, '') `, 1)
	}
	return narrowing{units: units,
		check: func(id string) clause {
			member := `EXISTS (SELECT 1 FROM memberships m CROSS JOIN unit_above a WHERE a.environment_id = ?
				AND a.unit_id = m.unit_id AND m.environment_id = ? AND m.user_id = ` + id + ` AND ` + below + once + `)`
			if !loose {
				return clause{member, args}
			}
			return clause{`(` + member + ` OR NOT EXISTS (SELECT 1 FROM memberships m WHERE m.environment_id = ?
				AND m.user_id = ` + id + `))`, append(slices.Clone(args), l.t.env)}
		},
		gather: clause{`SELECT m.name_key, m.user_id FROM unit_above a CROSS JOIN memberships m
			WHERE m.environment_id = ? AND m.unit_id = a.unit_id AND a.environment_id = ? AND ` + at, args}}
}

// Within returns those of some users that a scope, which is not the whole environment, has.
func (t *Tx) Within(users []pactius.UserID, scope UserScope) ([]pactius.UserID, error) {
	var b database.Query
	b.Add(`SELECT u.id FROM users u WHERE u.environment_id = ? AND u.id IN `, t.env)
	database.In(&b, users)
	addChecks(&b, []narrowing{(&listing{t: t}).within(scope.Units, true)}, `u.id`)
	return listBy(t, database.Value[pactius.UserID], &b)
}

// NamedUser is a user's name, and whether a scope has the user.
type NamedUser struct {
	Name    string
	InScope bool
}

// NamesOf reads the names of users.
func (t *Tx) NamesOf(users []pactius.UserID, scope UserScope) (map[pactius.UserID]NamedUser, error) {
	names := make(map[pactius.UserID]NamedUser, len(users))
	if len(users) == 0 {
		return names, nil
	}
	in := clause{sql: `1 = 1`}
	if !scope.All {
		in = (&listing{t: t}).within(scope.Units, true).check(`u.id`)
	}
	var b database.Query
	b.Add(`SELECT u.id, u.name, CASE WHEN `+in.sql+` THEN 1 ELSE 0 END FROM users u
		WHERE u.environment_id = ? AND u.id IN `, append(slices.Clone(in.args), t.env)...)
	database.In(&b, users)
	_, err := listBy(t, func(r database.Scanner) (NamedUser, error) {
		var id pactius.UserID
		var u NamedUser
		err := r.Scan(&id, &u.Name, database.Bool(&u.InScope))
		names[id] = u
		return u, err
	}, &b)
	return names, err
}

// addChecks writes conditions on the user with the ID in a column.
func addChecks(b *database.Query, narrow []narrowing, id string) {
	for _, n := range narrow { // CASE keeps PostgreSQL from gathering instead of checking
		check := n.check(id)
		b.Add(` AND CASE WHEN `+check.sql+` THEN 1 ELSE 0 END = 1`, check.args...)
	}
}
