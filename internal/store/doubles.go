package store

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

const (
	sqlInsertDouble = `INSERT INTO user_doubles (environment_id, user_id, other_id)
		VALUES ($1, $2, $3), ($1, $3, $2) ON CONFLICT (environment_id, user_id, other_id) DO NOTHING`
	// A join, because PostgreSQL would look for IN (SELECT ...) among all users in the order of their IDs.
	doublesOf = ` FROM user_doubles d CROSS JOIN users u WHERE d.environment_id = ? AND d.user_id = ?
		AND u.environment_id = d.environment_id AND u.id = d.other_id ORDER BY d.other_id LIMIT 5`
)

// InsertDouble notes that two users may be one person.
func (t *Tx) InsertDouble(a, b pactius.UserID) error { return t.run(sqlInsertDouble, t.env, a, b) }

// Doubles reads the users that may be the same person as a user.
func (t *Tx) Doubles(user pactius.UserID) ([]pactius.User, error) {
	var q database.Query
	q.Add(`SELECT `+userTable.columns+doublesOf, t.env, user)
	return userTable.list(t, &q)
}
