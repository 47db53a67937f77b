package store

import (
	"slices"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/names"
)

// UsernameKey returns what the column username_key holds. A person without an account
// name, as Microsoft allows, has one of the object ID, which no name has: names are trimmed.
func UsernameKey(username string, i pactius.Identity) string {
	if username == "" {
		return " " + i.ObjectID
	}
	return names.Key(username)
}

// named returns the condition that a row has an account name; no row has "".
func named(column, username string) (condition string, args []any) {
	for _, key := range names.Keys(username) {
		args = append(args, key)
	}
	return column + ` IN (?` + strings.Repeat(`, ?`, len(args)-1) + `)`, args
}

// nearest returns the user whose account name has the same spelling, else the first
// one; nil for none. There are two only where they became equal and stay apart.
func nearest(users []pactius.User, username string) *pactius.User {
	slices.SortFunc(users, func(a, b pactius.User) int { return strings.Compare(string(a.ID), string(b.ID)) })
	for _, u := range users {
		if names.SameSpelling(u.Username, username) {
			return &u
		}
	}
	if len(users) == 0 {
		return nil
	}
	return &users[0]
}

// checkSpelling returns ErrTaken if another user has the account name under the key
// of a spelling, which the unique index does not know.
func (t *Tx) checkSpelling(u pactius.User) error {
	keys := names.Keys(u.Username)[1:]
	if len(keys) == 0 {
		return nil
	}
	var q database.Query
	q.Add(`SELECT COUNT(*) FROM users WHERE environment_id = ? AND id <> ? AND username_key IN `, t.env, u.ID)
	database.In(&q, keys)
	n, err := oneBy(t, database.Value[int], &q)
	if err == nil && n > 0 {
		err = ErrTaken
	}
	return err
}

// accountNameStep is the schema step that writes the keys of account names anew.
const accountNameStep = "0008_account_names.sql"

// Statements of the schema step. They find the rows whose key changes: only those
// with other letters than ASCII, or with A-labels, can.
const (
	unlikeASCII     = `(octet_length(username_key) <> length(username_key) OR username_key LIKE '%xn--%')`
	sqlUsersToRekey = `SELECT environment_id, id, username, username_key FROM users
		WHERE (environment_id, id) > ($1, $2) AND ` + unlikeASCII + ` ORDER BY environment_id, id LIMIT $3`
	sqlRequestsToRekey = `SELECT environment_id, id, username, username_key FROM access_requests
		WHERE (environment_id, id) > ($1, $2) AND ` + unlikeASCII + ` ORDER BY environment_id, id LIMIT $3`
	sqlFormerToRekey = `SELECT environment_id, user_id, username, username_key FROM former_usernames
		WHERE ` + unlikeASCII

	sqlRekeyUser = `UPDATE users SET username_key = $4 WHERE environment_id = $1 AND id = $2 AND username_key = $3
		AND NOT EXISTS (SELECT 1 FROM users o WHERE o.environment_id = $1 AND o.username_key = $4)`
	sqlRekeyRequest = `UPDATE access_requests SET username_key = $4
		WHERE environment_id = $1 AND id = $2 AND username_key = $3`
	sqlRekeyFormer = `UPDATE former_usernames SET username_key = $4
		WHERE environment_id = $1 AND user_id = $2 AND username_key = $3 AND NOT EXISTS
		(SELECT 1 FROM former_usernames o WHERE o.environment_id = $1 AND o.user_id = $2 AND o.username_key = $4)`
	sqlDropFormer = `DELETE FROM former_usernames WHERE environment_id = $1 AND user_id = $2 AND username_key = $3`
)

// namedRow is a row with an account name, of a user, a request or a former account name.
type namedRow struct {
	env  pactius.EnvironmentID
	user pactius.User
	key  string
}

func scanNamedRow(r database.Scanner) (namedRow, error) {
	var v namedRow
	return v, r.Scan(&v.env, &v.user.ID, &v.user.Username, &v.key)
}

// fillAccountNames writes the keys of account names anew, within its schema step.
func fillAccountNames(tx *database.Tx) error {
	rekey := func(statement string) func(namedRow) error {
		return func(v namedRow) error { return rekeyRow(tx, v, statement) }
	}
	if err := inBatches(tx, scanNamedRow, sqlUsersToRekey, rekey(sqlRekeyUser)); err != nil {
		return err
	}
	if err := inBatches(tx, scanNamedRow, sqlRequestsToRekey, rekey(sqlRekeyRequest)); err != nil {
		return err
	}
	former, err := database.List(tx.Context(), tx, scanNamedRow, sqlFormerToRekey)
	if err != nil {
		return err
	}
	for _, v := range former {
		if err := rekeyRow(tx, v, sqlRekeyFormer); err != nil {
			return err
		}
	}
	return nil // the words of users with A-labels are written by the step of the lists
}

// batchSize is how many rows a schema step holds at a time.
const batchSize = 1000

// inBatches calls fn for the rows of a statement that is continued after an
// environment and ID, one batch at a time.
func inBatches(
	tx *database.Tx, scan func(database.Scanner) (namedRow, error), statement string, fn func(namedRow) error,
) error {
	for last := (namedRow{}); ; {
		rows, err := database.List(tx.Context(), tx, scan, statement, last.env, last.user.ID, batchSize)
		if err != nil {
			return err
		}
		for _, v := range rows {
			if err := fn(v); err != nil {
				return err
			}
		}
		if len(rows) < batchSize {
			return nil
		}
		last = rows[len(rows)-1]
	}
}

// rekeyRow writes the key of one row anew. A former account name that its user has in
// two spellings is dropped.
func rekeyRow(tx *database.Tx, v namedRow, statement string) error {
	key := names.Key(v.user.Username)
	if key == v.key || key == "" {
		return nil
	}
	n, err := tx.Exec(statement, v.env, v.user.ID, v.key, key)
	if err == nil && n == 0 && statement == sqlRekeyFormer {
		_, err = tx.Exec(sqlDropFormer, v.env, v.user.ID, v.key)
	}
	return err
}
