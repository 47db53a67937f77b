package store

import (
	"context"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/names"
)

const (
	sqlKeepFormer = `INSERT INTO former_usernames (environment_id, username_key, user_id, username, until) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (environment_id, username_key, user_id) DO UPDATE SET username = excluded.username, until = excluded.until`
	sqlFormerOfUser = `SELECT username, until FROM former_usernames WHERE environment_id = $1 AND user_id = $2 ORDER BY until DESC, username_key LIMIT $3`
	sqlFormerOwners = `SELECT u.id, f.username, f.until FROM former_usernames f JOIN users u ON u.environment_id = f.environment_id AND u.id = f.user_id
		WHERE f.environment_id = $1 AND f.username_key = $2 AND u.username_key <> $2 ORDER BY f.until DESC, u.id LIMIT $3`
	sqlTrimFormer = `DELETE FROM former_usernames WHERE environment_id = $1 AND user_id = $2 AND username_key NOT IN
		(SELECT username_key FROM former_usernames WHERE environment_id = $1 AND user_id = $2 ORDER BY until DESC, username_key LIMIT $3)`
)

// maxFormer is how many former account names a user keeps, and how many former
// owners of a name are told: people are renamed once or twice in a life.
const maxFormer = 5

// RenameUser stores a user, read before, whose account name in Microsoft 365
// was another until now. The old one keeps finding the user. Errors are those
// of UpdateUser.
func (t *Tx) RenameUser(ctx context.Context, u pactius.User, old string, now time.Time) error {
	if err := t.KeepFormerUsername(ctx, u, old, now); err != nil {
		return err
	}
	return t.UpdateUser(ctx, u)
}

// KeepFormerUsername notes an account name that was a user's until some time,
// and by which the user is found from now on.
func (t *Tx) KeepFormerUsername(ctx context.Context, u pactius.User, username string, until time.Time) error {
	if _, err := t.tx.Exec(ctx, sqlKeepFormer, t.env, names.Key(username), u.ID, username, database.Micros(until)); err != nil {
		return err
	}
	if _, err := t.tx.Exec(ctx, sqlTrimFormer, t.env, u.ID, maxFormer); err != nil {
		return err
	}
	return t.replaceWords(ctx, u)
}

// FormerUsernames lists the account names that a user had before, the latest first.
func (t *Tx) FormerUsernames(ctx context.Context, user pactius.UserID) ([]pactius.FormerUsername, error) {
	return database.List(ctx, t.tx, func(r database.Scanner) (pactius.FormerUsername, error) {
		f := pactius.FormerUsername{User: user}
		return f, r.Scan(&f.Username, database.Time(&f.Until))
	}, sqlFormerOfUser, t.env, user, maxFormer)
}

// FormerOwners lists the users who had an account name before and have another
// now, the latest first.
func (t *Tx) FormerOwners(ctx context.Context, username string) ([]pactius.FormerUsername, error) {
	return database.List(ctx, t.tx, func(r database.Scanner) (pactius.FormerUsername, error) {
		var f pactius.FormerUsername
		return f, r.Scan(&f.User, &f.Username, database.Time(&f.Until))
	}, sqlFormerOwners, t.env, names.Key(username), maxFormer)
}
