package store

import "github.com/pactius/pactius"

const (
	sqlInsertDouble = `INSERT INTO user_doubles (environment_id, user_id, other_id)
		VALUES ($1, $2, $3), ($1, $3, $2) ON CONFLICT (environment_id, user_id, other_id) DO NOTHING`
	doublesOf = `u.id IN (SELECT d.other_id FROM user_doubles d WHERE d.environment_id = u.environment_id
		AND d.user_id = ?) ORDER BY u.id LIMIT 5`
)

// InsertDouble notes that two users may be one person.
func (t *Tx) InsertDouble(a, b pactius.UserID) error { return t.run(sqlInsertDouble, t.env, a, b) }

// Doubles reads the users that may be the same person as a user.
func (t *Tx) Doubles(user pactius.UserID) ([]pactius.User, error) {
	return userTable.all(t, doublesOf, user)
}
