package store

import (
	"context"
	"slices"
	"strings"
	"unicode"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/names"
)

const userColumns = `id, username, name, email, tid, oid, language, created_at, created_by, first_sign_in_at, last_sign_in_at, deactivated_at, ends_on, unit_count, version,
	account_state, account_state_at, swept_out`

const (
	sqlUserByID       = `SELECT ` + userColumns + ` FROM users WHERE environment_id = $1 AND id = $2`
	sqlUserByUsername = `SELECT ` + userColumns + ` FROM users WHERE environment_id = $1 AND username_key = $2`
	sqlUserByIdentity = `SELECT ` + userColumns + ` FROM users WHERE environment_id = $1 AND tid = $2 AND oid = $3 AND oid <> ''`
	sqlInsertUser     = `INSERT INTO users (environment_id, id, username, username_key, name, name_key, email, tid, oid, language, created_at, created_by, creator, ends_on)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14)`
	sqlUpdateUser = `UPDATE users SET username = $4, username_key = $5, name = $6, name_key = $7, email = $8, tid = $9, oid = $10, language = $11,
		first_sign_in_at = $12, last_sign_in_at = $13, deactivated_at = $14, ends_on = $15,
		account_state = $16, account_state_at = $17, swept_out = $18, version = version + 1
		WHERE environment_id = $1 AND id = $2 AND version = $3`
	sqlUserSignedIn = `UPDATE users SET first_sign_in_at = CASE WHEN first_sign_in_at = 0 THEN $3 ELSE first_sign_in_at END,
		last_sign_in_at = $3, language = $4 WHERE environment_id = $1 AND id = $2`
	sqlUserLanguage    = `UPDATE users SET language = $3 WHERE environment_id = $1 AND id = $2`
	sqlDeleteUser      = `DELETE FROM users WHERE environment_id = $1 AND id = $2 AND version = $3`
	sqlUserCreator     = `SELECT creator FROM users WHERE environment_id = $1 AND id = $2`
	sqlDeleteUserWords = `DELETE FROM user_words WHERE environment_id = $1 AND user_id = $2`
	sqlOtherRootAdmin  = `SELECT COUNT(*) FROM memberships m JOIN users u ON u.environment_id = m.environment_id AND u.id = m.user_id
		WHERE m.environment_id = $1 AND m.unit_id = (SELECT id FROM units WHERE environment_id = $1 AND parent_id IS NULL)
		AND m.access = 3 AND m.user_id <> $2 AND u.deactivated_at = 0 AND u.ends_on = '' AND u.account_state NOT IN ('disabled', 'deleted')`
)

func scanUser(r database.Scanner) (pactius.User, error) {
	var u pactius.User
	err := r.Scan(&u.ID, &u.Username, &u.Name, &u.Email, &u.Identity.TenantID, &u.Identity.ObjectID, &u.Language,
		database.Time(&u.CreatedAt), &u.CreatedBy, database.Time(&u.FirstSignInAt), database.Time(&u.LastSignInAt), database.Time(&u.DeactivatedAt),
		&u.EndsOn, &u.UnitCount, &u.Version, &u.AccountState, database.Time(&u.AccountStateAt), &u.SweptOut)
	return u, err
}

// User reads a user.
func (t *Tx) User(ctx context.Context, id pactius.UserID) (pactius.User, error) {
	return database.One(ctx, t.tx, scanUser, sqlUserByID, t.env, id)
}

// UserByUsername finds the user with an account name, in any spelling that
// has the same key.
func (t *Tx) UserByUsername(ctx context.Context, username string) (pactius.User, error) {
	return database.One(ctx, t.tx, scanUser, sqlUserByUsername, t.env, names.Key(username))
}

// UserByIdentity finds the user that an identity is bound to.
func (t *Tx) UserByIdentity(ctx context.Context, i pactius.Identity) (pactius.User, error) {
	return database.One(ctx, t.tx, scanUser, sqlUserByIdentity, t.env, i.TenantID, i.ObjectID)
}

// UsersByID reads several users at once; those that do not exist are left out.
func (t *Tx) UsersByID(ctx context.Context, ids []pactius.UserID) (map[pactius.UserID]pactius.User, error) {
	var b database.Query
	b.Add(`SELECT `+userColumns+` FROM users WHERE environment_id = ? AND id IN `, t.env)
	database.In(&b, ids)
	rows, err := database.List(ctx, t.tx, scanUser, b.Text(), b.Args()...)
	users := make(map[pactius.UserID]pactius.User, len(rows))
	for _, u := range rows {
		users[u.ID] = u
	}
	return users, err
}

// InsertUser stores a new user without memberships; ErrTaken if the account
// name or the identity belongs to somebody. creator is the user who did it, ""
// for others.
func (t *Tx) InsertUser(ctx context.Context, u pactius.User, creator pactius.UserID) error {
	_, err := t.tx.Exec(ctx, sqlInsertUser, t.env, u.ID, u.Username, names.Key(u.Username), u.Name, names.Fold(u.Name), u.Email,
		u.Identity.TenantID, u.Identity.ObjectID, u.Language, database.Micros(u.CreatedAt), u.CreatedBy, creator, u.EndsOn)
	if err != nil {
		return err
	}
	if err := t.insertUserKeys(ctx, u); err != nil {
		return err
	}
	return t.insertWords(ctx, u, nil)
}

// UserCreator tells which user created this one, "" for others.
func (t *Tx) UserCreator(ctx context.Context, id pactius.UserID) (pactius.UserID, error) {
	return database.One(ctx, t.tx, database.Value[pactius.UserID], sqlUserCreator, t.env, id)
}

// UpdateUser stores a user that was read before; ErrStale if it has changed
// since, ErrTaken if the account name or identity belongs to somebody else.
func (t *Tx) UpdateUser(ctx context.Context, u pactius.User) error {
	before, err := t.User(ctx, u.ID)
	if err != nil {
		return err
	}
	err = t.tx.Guarded(ctx, sqlUpdateUser, t.env, u.ID, u.Version, u.Username, names.Key(u.Username), u.Name, names.Fold(u.Name), u.Email,
		u.Identity.TenantID, u.Identity.ObjectID, u.Language, database.Micros(u.FirstSignInAt), database.Micros(u.LastSignInAt), database.Micros(u.DeactivatedAt), u.EndsOn,
		u.AccountState, database.Micros(u.AccountStateAt), database.Flag(u.SweptOut))
	if err != nil {
		return err
	}
	if err := t.replaceUserKeys(ctx, before, u); err != nil {
		return err
	}
	if before.Username == u.Username && before.Name == u.Name && before.Email == u.Email {
		return nil
	}
	return t.replaceWords(ctx, u)
}

// UserSignedIn notes a sign-in and the language it was made in. It leaves the
// version alone: a form that is open meanwhile does not become stale by it.
func (t *Tx) UserSignedIn(ctx context.Context, u pactius.User) error {
	return t.tx.ExecOne(ctx, sqlUserSignedIn, t.env, u.ID, database.Micros(u.LastSignInAt), u.Language)
}

// SetUserLanguage keeps the language a user has chosen, version unchanged.
func (t *Tx) SetUserLanguage(ctx context.Context, id pactius.UserID, language string) error {
	return t.tx.ExecOne(ctx, sqlUserLanguage, t.env, id, language)
}

// DeleteUser removes a user with memberships and sessions; ErrStale if it has
// changed since it was read.
func (t *Tx) DeleteUser(ctx context.Context, u pactius.User) error {
	before, err := t.User(ctx, u.ID)
	if err != nil {
		return err
	}
	if err := t.tx.ExecOne(ctx, sqlDeleteUser, t.env, u.ID, u.Version); err != nil {
		return err
	}
	return t.deleteUserKeys(ctx, before)
}

// OtherRootAdministrators counts the users, beside the given one, who
// administer the root, are neither deactivated nor going to end, and whose
// Microsoft 365 account is not known to be gone.
func (t *Tx) OtherRootAdministrators(ctx context.Context, but pactius.UserID) (int, error) {
	return database.One(ctx, t.tx, database.Value[int], sqlOtherRootAdmin, t.env, but)
}

// Administrators reads the users with explicit administer on any of the units
// who are not deactivated and not past their end date, by name, each once.
func (t *Tx) Administrators(ctx context.Context, units []pactius.UnitID, today pactius.Date) ([]pactius.User, error) {
	var b database.Query
	b.Add(`SELECT DISTINCT `+memberColumns+`, u.name_key FROM `+membersUsers+` AND m.access = 3 AND `+lasting+` AND m.unit_id IN `, t.env, today)
	database.In(&b, units)
	b.Add(` ORDER BY u.name_key, u.id`)
	return database.List(ctx, t.tx, func(r database.Scanner) (pactius.User, error) {
		var key string
		return scanUser(database.WithLast(r, &key))
	}, b.Text(), b.Args()...)
}

// RootAdministrators are the Administrators of the root: of the whole environment.
func (t *Tx) RootAdministrators(ctx context.Context, today pactius.Date) ([]pactius.User, error) {
	root, err := t.Root(ctx)
	if err != nil {
		return nil, err
	}
	return t.Administrators(ctx, []pactius.UnitID{root.ID}, today)
}

// Bounds of the words a user is found by.
const (
	maxWords      = 32 // of name, account name and e-mail together, in all spellings
	maxWordLength = 32 // runes; a longer word is found by its beginning
)

// replaceWords makes a user found by what it is called now and was before.
func (t *Tx) replaceWords(ctx context.Context, u pactius.User) error {
	if _, err := t.tx.Exec(ctx, sqlDeleteUserWords, t.env, u.ID); err != nil {
		return err
	}
	former, err := t.FormerUsernames(ctx, u.ID)
	if err != nil {
		return err
	}
	return t.insertWords(ctx, u, former)
}

func (t *Tx) insertWords(ctx context.Context, u pactius.User, former []pactius.FormerUsername) error {
	found := UserWords(u, former)
	if len(found) == 0 {
		return nil
	}
	var b database.Query
	for i, w := range found {
		if i == 0 {
			b.Add(`INSERT INTO user_words (environment_id, user_id, word) VALUES (?, ?, ?)`, t.env, u.ID, w)
			continue
		}
		b.Add(`, (?, ?, ?)`, t.env, u.ID, w)
	}
	_, err := t.tx.Exec(ctx, b.Text(), b.Args()...)
	return err
}

// UserWords are the words a user is found by, in all spellings, each once.
func UserWords(u pactius.User, former []pactius.FormerUsername) []string {
	text := u.Name + " " + u.Username + " " + u.Email
	for _, f := range former {
		text += " " + f.Username
	}
	var all []string
	for _, text := range names.Spellings(text) {
		all = appendWords(all, text)
	}
	return all
}

// searchWords cuts what was typed into the words that are looked for.
func searchWords(typed string) []string { return appendWords(nil, names.Fold(typed)) }

// appendWords cuts folded text into words and adds those that are new.
func appendWords(all []string, text string) []string {
	for w := range strings.FieldsFuncSeq(text, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsNumber(r) }) {
		if runes := []rune(w); len(runes) > maxWordLength {
			w = string(runes[:maxWordLength])
		}
		if len(all) < maxWords && !slices.Contains(all, w) {
			all = append(all, w)
		}
	}
	return all
}
