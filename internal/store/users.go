package store

import (
	"cmp"
	"errors"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/names"
)

var userTable = newTable("users", "u", func(u *pactius.User) []column {
	return []column{
		{"id", &u.ID, useKey},
		{"username", &u.Username, useChanging},
		{"username_key", usernameKey(u), useOnce}, // updated with the account name, see UpdateUser
		{"name", &u.Name, useChanging},
		{"name_key", derived(func() any { return names.OrderKey(u.Name) }), useWritten},
		{"email", &u.Email, useChanging},
		{"tid", &u.Identity.TenantID, useChanging},
		{"oid", &u.Identity.ObjectID, useChanging},
		{"language", &u.Language, useChanging},
		{"created_at", database.Time(&u.CreatedAt), useFixed},
		{"created_by", &u.CreatedBy, useFixed},
		{"first_sign_in_at", database.Time(&u.FirstSignInAt), useChanging},
		{"last_sign_in_at", database.Time(&u.LastSignInAt), useChanging},
		{"deactivated_at", database.Time(&u.DeactivatedAt), useChanging},
		{"ends_on", &u.EndsOn, useChanging},
		{"unit_count", &u.UnitCount, useRead},
		{"version", &u.Version, useVersion},
		{"account_state", &u.AccountState, useChanging},
		{"account_state_at", database.Time(&u.AccountStateAt), useChanging},
		{"swept_out", database.Bool(&u.SweptOut), useChanging},
		{"standing", derived(func() any { return standing(u) }), useWritten},
		{"has_end", derived(func() any { return database.Flag(u.EndsOn != "") }), useWritten},
		{"gone", derived(func() any { return database.Flag(u.AccountState != "") }), useWritten},
	}
})

// usernameKey is what is written into username_key.
func usernameKey(u *pactius.User) derived {
	return func() any { return UsernameKey(u.Username, u.Identity) }
}

// The standings of users, a column by which they are listed.
const (
	standInvited     = 0
	standActive      = 1 // signed in once
	standDeactivated = 2
)

func standing(u *pactius.User) int {
	switch {
	case !u.DeactivatedAt.IsZero():
		return standDeactivated
	case !u.FirstSignInAt.IsZero():
		return standActive
	default:
		return standInvited
	}
}

const (
	sqlUserSignedIn = `UPDATE users SET
		first_sign_in_at = CASE WHEN first_sign_in_at = 0 THEN $3 ELSE first_sign_in_at END,
		standing = CASE WHEN standing = 0 THEN 1 ELSE standing END,
		last_sign_in_at = $3, language = $4 WHERE environment_id = $1 AND id = $2`
	sqlUserLanguage    = `UPDATE users SET language = $3 WHERE environment_id = $1 AND id = $2`
	sqlDeleteUser      = `DELETE FROM users WHERE environment_id = $1 AND id = $2 AND version = $3`
	sqlUserCreator     = `SELECT creator FROM users WHERE environment_id = $1 AND id = $2`
	sqlCountRootAdmins = `SELECT COUNT(*) FROM memberships m
		JOIN users u ON u.environment_id = m.environment_id AND u.id = m.user_id
		WHERE m.environment_id = $1
		AND m.unit_id = (SELECT id FROM units WHERE environment_id = $1 AND parent_id IS NULL)
		AND m.access = 3 AND u.deactivated_at = 0 AND u.ends_on = ''
		AND u.account_state NOT IN ('disabled', 'deleted') AND ` + linkCounts
	sqlCountOtherRoots = sqlCountRootAdmins + ` AND m.user_id <> $2`
	sqlTies            = `SELECT '' AS event, '', creator, '{}' FROM users WHERE environment_id = $1 AND id = $2
		UNION ALL SELECT id, kind, actor_user, facts FROM events WHERE environment_id = $1 AND user_id = $2
		AND user_id <> '' AND kind IN ('user.units_assigned', 'user.units_moved') ORDER BY 1`
)

// User reads a user.
func (t *Tx) User(id pactius.UserID) (pactius.User, error) {
	return userTable.one(t, `u.id = ?`, id)
}

// UserByUsername finds the user with an account name, in any spelling that has
// the same key.
func (t *Tx) UserByUsername(username string) (pactius.User, error) {
	condition, keys := named(`u.username_key`, username)
	users, err := userTable.all(t, condition, keys...)
	if u := nearest(users, username); u != nil {
		return *u, err
	}
	return pactius.User{}, cmp.Or(err, error(ErrNotFound))
}

// UserByIdentity finds the user that an identity is bound to.
func (t *Tx) UserByIdentity(i pactius.Identity) (pactius.User, error) {
	return userTable.one(t, `u.tid = ? AND u.oid = ? AND u.oid <> ''`, i.TenantID, i.ObjectID)
}

// UsersByID reads several users at once; those that do not exist are left out.
func (t *Tx) UsersByID(ids []pactius.UserID) (map[pactius.UserID]pactius.User, error) {
	rows, err := userTable.all(t, `u.id `+t.tx.Dialect().InJSON, jsonList(ids))
	users := make(map[pactius.UserID]pactius.User, len(rows))
	for _, u := range rows {
		users[u.ID] = u
	}
	return users, err
}

// InsertUser stores a new user without memberships; ErrTaken if another user has
// the account name or the identity. creator is the user who did it, "" for others.
func (t *Tx) InsertUser(u pactius.User, creator pactius.UserID) error {
	if err := t.checkSpelling(u); err != nil {
		return err
	}
	words := UserWords(u, nil)
	signed := Signature(words...)
	q := userTable.insert(t.env, &u, column{"creator", &creator, useFixed}, column{"signature", &signed, useFixed})
	if err := t.exec(q); err != nil {
		return err
	}
	t.affected.born = append(t.affected.born, u.ID)
	if err := t.beginProfile(u.Identity, dueAsUser); err != nil {
		return err
	}
	if err := t.insertUserKeys(u); err != nil {
		return err
	}
	return t.insertWords(u, words)
}

// UserCreator returns the user who created this one, "" for others.
func (t *Tx) UserCreator(id pactius.UserID) (pactius.UserID, error) {
	return one(t, database.Value[pactius.UserID], sqlUserCreator, t.env, id)
}

// Ties are the users who brought a user here and gave the user access; "" are others than users.
type Ties struct {
	Creator pactius.UserID
	Givers  map[pactius.UnitID]pactius.UserID // by whose event the access to a unit, or to the one moved from, began
}

// TiesOf reads the ties of a user. The ties of an unknown user are zero.
func (t *Tx) TiesOf(id pactius.UserID) (Ties, error) {
	type row struct {
		event string // "": by is the creator
		kind  pactius.EventKind
		by    pactius.UserID
		facts pactius.Facts
	}
	rows, err := list(t, func(r database.Scanner) (row, error) {
		var v row
		return v, r.Scan(&v.event, &v.kind, &v.by, database.JSON(&v.facts))
	}, sqlTies, t.env, id)
	ties := Ties{Givers: map[pactius.UnitID]pactius.UserID{}}
	for _, r := range rows {
		if r.event == "" {
			ties.Creator = r.by
		}
		giver, begun := r.by, []pactius.UnitID(nil)
		for name := range r.facts {
			switch c, ok := r.facts.AccessChange(name); {
			case ok && c.From == pactius.AccessNone:
				begun = append(begun, c.Unit)
			case ok && c.To == pactius.AccessNone && r.kind == pactius.UserUnitsMoved:
				giver = ties.Givers[c.Unit] // of the unit that was left
			}
		}
		for _, unit := range begun {
			ties.Givers[unit] = giver
		}
	}
	return ties, err
}

// UpdateUser stores a user that was read before; ErrStale if it has changed
// since, ErrTaken if another user has the account name or identity.
func (t *Tx) UpdateUser(u pactius.User) error {
	t.affectsUser(u.ID)
	before, err := t.User(u.ID)
	if err != nil {
		return err
	}
	var rekey []column
	if UsernameKey(before.Username, before.Identity) != UsernameKey(u.Username, u.Identity) {
		if err := t.checkSpelling(u); err != nil {
			return err
		}
		rekey = append(rekey, column{"username_key", usernameKey(&u), useWritten})
	}
	q := userTable.update(t.env, &u, rekey...)
	if err := t.tx.Guarded(q.Text(), q.Args()...); err != nil {
		return err
	}
	if before.Identity != u.Identity {
		t.leavesProfile(before.Identity)
		if err := t.beginProfile(u.Identity, dueAsUser); err != nil {
			return err
		}
	}
	if err := t.replaceUserKeys(before, u); err != nil {
		return err
	}
	if before.Username == u.Username && before.Name == u.Name && before.Email == u.Email {
		return nil
	}
	if before.Name != u.Name {
		if err := t.run(sqlMembershipNames, t.env, u.ID, names.OrderKey(u.Name)); err != nil {
			return err
		}
	}
	return t.replaceWords(u)
}

// UserSignedIn notes a sign-in and the language it was made in. It leaves the
// version alone: a form that is open meanwhile does not become stale by it.
func (t *Tx) UserSignedIn(u pactius.User) error {
	return t.tx.ExecOne(sqlUserSignedIn, t.env, u.ID, database.Micros(u.LastSignInAt), u.Language)
}

// SetUserLanguage keeps the language a user has chosen, version unchanged.
func (t *Tx) SetUserLanguage(id pactius.UserID, language string) error {
	t.affectsUser(id)
	return t.tx.ExecOne(sqlUserLanguage, t.env, id, language)
}

// DeleteUser removes a user with memberships and sessions; ErrStale if it has
// changed since it was read.
func (t *Tx) DeleteUser(u pactius.User) error {
	t.affectsUser(u.ID)
	before, err := t.User(u.ID)
	if err != nil {
		return err
	}
	if err := t.tx.ExecOne(sqlDeleteUser, t.env, u.ID, u.Version); err != nil {
		return err
	}
	t.leavesProfile(before.Identity)
	return t.deleteUserKeys(before)
}

// OtherRootAdministrators counts the users, beside the given one, who administer
// the root, are neither deactivated nor going to end, and whose Microsoft 365
// account is of the connected tenant and not known to be gone.
func (t *Tx) OtherRootAdministrators(but pactius.UserID) (int, error) {
	return one(t, database.Value[int], sqlCountOtherRoots, t.env, but)
}

// RootAdministratorsBut is OtherRootAdministrators beside several users.
func (t *Tx) RootAdministratorsBut(users []pactius.UserID) (int, error) {
	all, err := one(t, database.Value[int], sqlCountRootAdmins, t.env)
	left := all
	for _, u := range users {
		others, otherErr := t.OtherRootAdministrators(u)
		left, err = left-(all-others), errors.Join(err, otherErr)
	}
	return left, err
}

// Administrators reads the users with explicit administer on any of the units who
// are not deactivated, not past their end date and not cut off, by name. A user who
// administers several units is listed several times.
func (t *Tx) Administrators(units []pactius.UnitID, today pactius.Date) ([]MemberRow, error) {
	var q database.Query
	q.Add(`SELECT `+userTable.columns+`, m.unit_id, m.access FROM `+membersUsers+` AND m.access = 3 AND `+lasting+
		` AND m.unit_id IN `, t.env, today)
	database.In(&q, units)
	q.Add(` ORDER BY u.name_key, u.id`)
	return listBy(t, scanMember, &q)
}

// Named are the users found by an identity and by an account name; each is nil for none.
type Named struct {
	Linked   *pactius.User // linked to the identity
	Named    *pactius.User // with the account name, in any spelling of the same key
	Merged   *pactius.User // gave the identity up in a merge
	GaveName *pactius.User // gave the account name up in a merge, the latest of several
	WithName bool          // GaveName gave an identity up with the account name
}

// The ways by which UsersNamed finds a user.
const (
	byIdentity       = "identity"
	byName           = "name"
	byMergedIdentity = "merged identity"
	byMergedName     = "merged name"
)

// UsersNamed finds the users of an identity and of an account name.
func (t *Tx) UsersNamed(i pactius.Identity, username string) (Named, error) {
	const merged = ` FROM merged_users g CROSS JOIN users u
		WHERE u.environment_id = g.environment_id AND u.id = g.user_id AND g.environment_id = ? AND `
	var q database.Query
	q.Add(`SELECT `+userTable.columns+`, '`+byIdentity+`', '', CAST(0 AS BIGINT) FROM users u
		WHERE u.environment_id = ? AND u.tid = ? AND u.oid = ? AND u.oid <> ''`, t.env, i.TenantID, i.ObjectID)
	q.Add(` UNION ALL SELECT `+userTable.columns+`, '`+byName+`', '', 0 FROM users u WHERE u.environment_id = ? AND `,
		t.env)
	condition, keys := named(`u.username_key`, username)
	q.Add(condition, keys...)
	q.Add(` UNION ALL SELECT `+userTable.columns+`, '`+byMergedIdentity+`', g.oid, g.merged_at`+merged+
		`g.tid = ? AND g.oid = ? AND g.oid <> ''`, t.env, i.TenantID, i.ObjectID)
	q.Add(` UNION ALL SELECT `+userTable.columns+`, '`+byMergedName+`', g.oid, g.merged_at`+merged, t.env)
	condition, keys = named(`g.username_key`, username)
	q.Add(condition+` AND g.username_key <> ''`, keys...)
	var n Named
	var same []pactius.User
	latest := int64(0)
	_, err := listBy(t, func(r database.Scanner) (pactius.User, error) {
		var u pactius.User
		var by, oid string
		var at int64
		if err := r.Scan(append(userTable.into(&u), &by, &oid, &at)...); err != nil {
			return u, err
		}
		switch by {
		case byIdentity:
			n.Linked = &u
		case byName:
			same = append(same, u)
		case byMergedIdentity:
			n.Merged = &u
		case byMergedName:
			if at > latest {
				n.GaveName, n.WithName, latest = &u, oid != "", at
			}
		}
		return u, nil
	}, &q)
	n.Named = nearest(same, username)
	return n, err
}
