package store

import (
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/names"
)

// nameOrderStep is the schema step since which names of people sort by names.OrderKey, and no longer by names.Fold.
const nameOrderStep = "0022_name_order.sql"

const (
	sqlUsersToOrder = `SELECT environment_id, id, name, name_key FROM users
		WHERE (environment_id, id) > ($1, $2) ORDER BY environment_id, id LIMIT $3`
	sqlOrderUser      = `UPDATE users SET name_key = $3 WHERE environment_id = $1 AND id = $2`
	sqlOrderUserWords = `UPDATE user_words SET name_key = $3 WHERE environment_id = $1 AND user_id = $2`
)

// fillNameOrder stores the order of the users whose names have digits or one of æ, ø, å, within its schema step.
func fillNameOrder(tx *database.Tx) error {
	return inBatches(tx, func(r database.Scanner) (namedRow, error) {
		var v namedRow
		return v, r.Scan(&v.env, &v.user.ID, &v.user.Name, &v.key)
	}, sqlUsersToOrder, func(v namedRow) error {
		key := names.OrderKey(v.user.Name)
		if key == v.key {
			return nil
		}
		t := &Tx{tx: tx, env: v.env}
		for _, statement := range []string{sqlOrderUser, sqlMembershipNames, sqlOrderUserWords} {
			if err := t.run(statement, t.env, v.user.ID, key); err != nil {
				return err
			}
		}
		return nil
	})
}
