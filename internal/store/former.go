package store

import (
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/names"
)

var formerTable = newTable("former_usernames", "f", func(f *pactius.FormerUsername) []column {
	return []column{
		{"user_id", &f.User, useKey},
		{"username", &f.Username, useFixed},
		{"username_key", derived(func() any { return names.Key(f.Username) }), useOnce},
		{"until", database.Time(&f.Until), useFixed},
	}
})

const (
	formerOwners = ` FROM former_usernames f JOIN users u ON u.environment_id = f.environment_id AND u.id = f.user_id
		WHERE f.environment_id = $1 AND f.username_key = $2 AND u.username_key <> $2
		ORDER BY f.until DESC, u.id LIMIT $3`
	sqlTrimFormer = `DELETE FROM former_usernames WHERE environment_id = $1 AND user_id = $2 AND username_key NOT IN
		(SELECT username_key FROM former_usernames WHERE environment_id = $1 AND user_id = $2
		ORDER BY until DESC, username_key LIMIT $3)`
)

// maxFormer is how many former account names a user keeps, and how many former
// owners of a name are told: people are renamed once or twice in a life.
const maxFormer = 5

// RenameUser stores a user, read before, whose account name in Microsoft 365 was
// another, or none, until now. Searching the old one still finds the user. It returns the
// errors of UpdateUser.
func (t *Tx) RenameUser(u pactius.User, old string, now time.Time) error {
	if old == "" {
		return t.UpdateUser(u)
	}
	if err := t.KeepFormerUsername(u, old, now); err != nil {
		return err
	}
	return t.UpdateUser(u)
}

// KeepFormerUsername notes an account name that was a user's until some time,
// and by which the user is found from now on.
func (t *Tx) KeepFormerUsername(u pactius.User, username string, until time.Time) error {
	q := formerTable.insert(t.env, &pactius.FormerUsername{User: u.ID, Username: username, Until: until})
	q.Add(` ON CONFLICT (environment_id, username_key, user_id)
		DO UPDATE SET username = excluded.username, until = excluded.until`)
	if err := t.exec(q); err != nil {
		return err
	}
	if err := t.run(sqlTrimFormer, t.env, u.ID, maxFormer); err != nil {
		return err
	}
	return t.replaceWords(u)
}

// FormerUsernames lists the account names that a user had before, the latest first.
func (t *Tx) FormerUsernames(user pactius.UserID) ([]pactius.FormerUsername, error) {
	return formerTable.all(t, `f.user_id = ? ORDER BY f.until DESC, f.username_key LIMIT ?`, user, maxFormer)
}

// FormerOwners lists the users who had an account name before and have another
// now, the latest first.
func (t *Tx) FormerOwners(username string) ([]pactius.FormerUsername, error) {
	return list(t, formerTable.scan, `SELECT `+formerTable.columns+formerOwners,
		t.env, names.Key(username), maxFormer)
}
