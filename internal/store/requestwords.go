package store

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/names"
)

// requestStep is the schema step that made the words of requests.
const requestStep = "0017_requests.sql"

const (
	sqlDeleteRequestWords = `DELETE FROM request_words WHERE environment_id = $1 AND request_id = $2`
	sqlRequestsForWords   = `SELECT environment_id, id, username, name FROM access_requests
		WHERE (environment_id, id) > ($1, $2) ORDER BY environment_id, id LIMIT $3`
)

// insertRequestWords stores the words that a request is found by: name and account name.
func (t *Tx) insertRequestWords(request pactius.RequestID, p pactius.Person) error {
	var q database.Query
	for _, w := range RequestWords(p) {
		addRow(&q, `INSERT INTO request_words (environment_id, request_id, word) VALUES `, t.env, request, w)
	}
	return t.execRows(&q)
}

// RequestWords are the words a request is found by, in all spellings, each once.
func RequestWords(p pactius.Person) []string {
	return wordsOf(p.Name + " " + names.Readable(p.Username))
}

// fillRequestWords stores the words of all requests, within the schema step that made the table.
func fillRequestWords(tx *database.Tx) error {
	return inBatches(tx, func(r database.Scanner) (namedRow, error) {
		var v namedRow
		return v, r.Scan(&v.env, &v.user.ID, &v.user.Username, &v.user.Name)
	}, sqlRequestsForWords, func(v namedRow) error {
		return (&Tx{tx: tx, env: v.env}).insertRequestWords(pactius.RequestID(v.user.ID),
			pactius.Person{Username: v.user.Username, Name: v.user.Name})
	})
}
