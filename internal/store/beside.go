package store

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/names"
)

// Beside tells which rows that few users have stand beside a user, so that a page reads only those there are.
type Beside struct {
	Merged   bool // users that were merged into this one
	Former   bool // account names that the user had before
	Owners   bool // users who had the user's account name before
	Doubles  bool // users who may be the same person
	Requests bool // that led to the user, or are from the user
	Proposed bool // requests that are proposed to be from the user
}

// Beside finds out what stands beside a user.
func (t *Tx) Beside(u pactius.User) (Beside, error) {
	var q database.Query
	q.Add(`SELECT `)
	exists := func(from string, is any) {
		q.Add(`CASE WHEN EXISTS (SELECT 1 FROM `+from+`) THEN 1 ELSE 0 END`, t.env, is)
	}
	exists(`merged_users WHERE environment_id = ? AND user_id = ?`, u.ID)
	q.Add(`, `)
	exists(`former_usernames WHERE environment_id = ? AND user_id = ?`, u.ID)
	q.Add(`, `)
	exists(`former_usernames WHERE environment_id = ? AND username_key = ?`, names.Key(u.Username))
	q.Add(`, `)
	exists(`user_doubles WHERE environment_id = ? AND user_id = ?`, u.ID)
	q.Add(`, `)
	exists(`access_requests WHERE environment_id = ? AND user_id = ? AND user_id <> ''`, u.ID)
	q.Add(`, `)
	exists(`access_requests WHERE environment_id = ? AND proposed_user = ? AND proposed_user <> ''
		AND state = 'pending'`, u.ID)
	return oneBy(t, func(r database.Scanner) (Beside, error) {
		var b Beside
		return b, r.Scan(&b.Merged, &b.Former, &b.Owners, &b.Doubles, &b.Requests, &b.Proposed)
	}, &q)
}
