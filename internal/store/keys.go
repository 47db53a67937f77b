package store

import (
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/nearmiss"
)

const (
	sqlDeleteRequestKeys = `DELETE FROM request_keys WHERE environment_id = $1 AND request_id = $2`
	sqlUsersForKeys      = `SELECT environment_id, id, username, name, email, oid, deactivated_at FROM users
		WHERE (environment_id, id) > ($1, $2) ORDER BY environment_id, id LIMIT $3`
	sqlRequestsForKeys = `SELECT environment_id, id, username, name, email FROM access_requests WHERE state = 'pending'`
)

// Waiting reports whether a user could still be bound to an identity that signs in.
func Waiting(u pactius.User) bool { return u.Identity.IsZero() && u.DeactivatedAt.IsZero() }

// insertUserKeys stores the keys of a user.
func (t *Tx) insertUserKeys(u pactius.User) error {
	var q database.Query
	for _, k := range nearmiss.Keys(nearmiss.OfUser(u)) {
		addRow(&q, `INSERT INTO user_keys (environment_id, key, waiting, user_id) VALUES `,
			t.env, k, database.Flag(Waiting(u)), u.ID)
	}
	return t.execRows(&q)
}

// deleteUserKeys removes the keys of a user as it was.
func (t *Tx) deleteUserKeys(u pactius.User) error {
	keys := nearmiss.Keys(nearmiss.OfUser(u))
	if len(keys) == 0 {
		return nil
	}
	var q database.Query
	q.Add(`DELETE FROM user_keys WHERE environment_id = ? AND waiting = ? AND user_id = ? AND key IN `,
		t.env, database.Flag(Waiting(u)), u.ID)
	database.In(&q, keys)
	return t.exec(&q)
}

// replaceUserKeys updates the keys of a user.
func (t *Tx) replaceUserKeys(before, after pactius.User) error {
	if Waiting(before) == Waiting(after) &&
		slices.Equal(nearmiss.Keys(nearmiss.OfUser(before)), nearmiss.Keys(nearmiss.OfUser(after))) {
		return nil
	}
	if err := t.deleteUserKeys(before); err != nil {
		return err
	}
	return t.insertUserKeys(after)
}

// insertRequestKeys stores the keys of a pending request.
func (t *Tx) insertRequestKeys(request pactius.RequestID, p nearmiss.Person) error {
	var q database.Query
	for _, k := range nearmiss.Keys(p) {
		addRow(&q, `INSERT INTO request_keys (environment_id, key, request_id) VALUES `, t.env, k, request)
	}
	return t.execRows(&q)
}

// keyStep is the schema step that made the tables of keys.
const keyStep = "0002_near_misses.sql"

func scanKeyRow(r database.Scanner) (namedRow, error) {
	var v namedRow
	u := &v.user
	return v, r.Scan(&v.env, &u.ID, &u.Username, &u.Name, &u.Email, &u.Identity.ObjectID,
		database.Time(&u.DeactivatedAt))
}

// fillKeys stores the keys of all users and pending requests, within the schema
// step that made the tables.
func fillKeys(tx *database.Tx) error {
	err := inBatches(tx, scanKeyRow, sqlUsersForKeys, func(v namedRow) error {
		return (&Tx{tx: tx, env: v.env}).insertUserKeys(v.user)
	})
	if err != nil {
		return err
	}
	return fillRequestKeys(tx)
}

// requestKeyRow is the data of a pending request that keys are derived from.
type requestKeyRow struct {
	env    pactius.EnvironmentID
	id     pactius.RequestID
	person nearmiss.Person
}

func scanRequestKeyRow(r database.Scanner) (requestKeyRow, error) {
	var v requestKeyRow
	return v, r.Scan(&v.env, &v.id, &v.person.Username, &v.person.Name, &v.person.Email)
}

// fillRequestKeys is fillKeys for pending requests, which are few.
func fillRequestKeys(tx *database.Tx) error {
	rows, err := database.List(tx.Context(), tx, scanRequestKeyRow, sqlRequestsForKeys)
	if err != nil {
		return err
	}
	for _, v := range rows {
		t := &Tx{tx: tx, env: v.env}
		if err := t.insertRequestKeys(v.id, v.person); err != nil {
			return err
		}
	}
	return nil
}
