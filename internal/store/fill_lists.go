package store

import (
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/names"
)

// listStep is the schema step that made the columns and tables of the lists.
const listStep = "0012_lists.sql"

const (
	sqlUsersToList = `SELECT environment_id, id, username, name, email FROM users
		WHERE (environment_id, id) > ($1, $2) ORDER BY environment_id, id LIMIT $3`
	sqlWordsOfUser = `SELECT word FROM user_words WHERE environment_id = $1 AND user_id = $2`
	sqlDaysToFill  = `SELECT environment_id, kind, at / 86400000000, COUNT(*) FROM events
		WHERE kind IN ($1, $2) GROUP BY 1, 2, 3`
	sqlSignWords = `UPDATE user_words SET name_key = $3, signature = $4 WHERE environment_id = $1 AND user_id = $2`
)

// fillLists signs the words of all users, within its schema step. The words of users with A-labels, of which an
// earlier version kept the encoded form, are written anew.
func fillLists(tx *database.Tx) error {
	if err := fillEventDays(tx); err != nil {
		return err
	}
	return inBatches(tx, func(r database.Scanner) (namedRow, error) {
		var v namedRow
		return v, r.Scan(&v.env, &v.user.ID, &v.user.Username, &v.user.Name, &v.user.Email)
	}, sqlUsersToList, func(v namedRow) error {
		t := &Tx{tx: tx, env: v.env}
		words, err := list(t, database.Value[string], sqlWordsOfUser, t.env, v.user.ID)
		if err != nil {
			return err
		}
		if slices.Contains(words, "xn") {
			return t.replaceWords(v.user)
		}
		signed := Signature(words...)
		if err := t.run(sqlUserSignature, t.env, v.user.ID, signed); err != nil {
			return err
		}
		return t.run(sqlSignWords, t.env, v.user.ID, names.OrderKey(v.user.Name), signed)
	})
}

// fillEventDays counts the events of before by their day in UTC.
func fillEventDays(tx *database.Tx) error {
	const day = 24 * 60 * 60
	type row struct {
		env     pactius.EnvironmentID
		kind    pactius.EventKind
		days, n int64
	}
	rows, err := database.List(tx.Context(), tx, func(r database.Scanner) (row, error) {
		var v row
		return v, r.Scan(&v.env, &v.kind, &v.days, &v.n)
	}, sqlDaysToFill, pactius.CountedEvents[0], pactius.CountedEvents[1])
	for _, v := range rows {
		on := pactius.DateOf(time.Unix(v.days*day, 0).UTC())
		if err := (&Tx{tx: tx, env: v.env}).CountEvents(on, v.kind, int(v.n)); err != nil {
			return err
		}
	}
	return err
}
