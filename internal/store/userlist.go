package store

import (
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

// UserScope bounds which users a list may show.
type UserScope struct {
	All   bool             // the whole environment
	Units []pactius.UnitID // else: members of these units and their sub-units, and users without units
	Today pactius.Date     // decides which users are past the end date
}

// wordSample is how many matches of a search word are counted before it counts
// as common. Users found by a rare word are few: they are looked up and sorted.
// A common word is instead checked on each user in list order, where the page
// fills quickly.
const wordSample = 2000

// Users reads one page of a filtered list.
func (t *Tx) Users(f pactius.UserFilter, scope UserScope) (pactius.UserPage, error) {
	var page pactius.UserPage
	where, err := t.userConditions(f, scope)
	if err != nil {
		return page, err
	}
	b, err := where.page(t.env, f)
	if err != nil {
		return page, err
	}
	var keys []string
	page.Users, err = listBy(t, func(r database.Scanner) (pactius.User, error) {
		var u pactius.User
		var key string // as text, whatever the list is sorted by
		err := r.Scan(append(userTable.into(&u), &key)...)
		keys = append(keys, key)
		return u, err
	}, b)
	if err != nil {
		return page, err
	}
	if limit := limitOf(f.Limit); len(page.Users) > limit {
		page.Users = page.Users[:limit]
		page.Next = cursor(keys[limit-1], string(page.Users[limit-1].ID))
	}
	page.Total, err = t.countUsers(where)
	return page, err
}

// page writes the query of one page, with one row more to see whether there is a next.
func (w *userConditions) page(env pactius.EnvironmentID, f pactius.UserFilter) (*database.Query, error) {
	order, ok := orders[f.Sort]
	if !ok {
		order = orders[pactius.SortName]
	}
	var b database.Query
	w.begin(&b, env)
	b.Add(`SELECT ` + userTable.columns + `, ` + order.key + ` FROM users u WHERE `)
	w.finish(&b, env)
	if err := order.after(&b, f.After); err != nil {
		return nil, err
	}
	b.Add(` ORDER BY `+order.key+order.direction+`, id`+order.direction+` LIMIT ?`, limitOf(f.Limit)+1)
	return &b, nil
}

// count writes the query that counts the matches, as far as they are counted.
func (w *userConditions) count(env pactius.EnvironmentID) *database.Query {
	var b database.Query
	w.begin(&b, env)
	b.Add(`SELECT COUNT(*) FROM (SELECT 1 FROM users u WHERE `)
	w.finish(&b, env)
	b.Add(` LIMIT ?) counted`, pactius.MaxCount+1)
	return &b
}

// CountUsers counts the users of a filtered list, at most pactius.MaxCount+1.
func (t *Tx) CountUsers(f pactius.UserFilter, scope UserScope) (int, error) {
	where, err := t.userConditions(f, scope)
	if err != nil {
		return 0, err
	}
	return t.countUsers(where)
}

func (t *Tx) countUsers(where userConditions) (int, error) {
	b := where.count(t.env)
	return oneBy(t, database.Value[int], b)
}

// order is a way to sort: by a column, then by ID.
type order struct {
	key, direction, compare string
	number                  bool
}

var orders = map[pactius.UserSort]order{
	pactius.SortName:   {key: "name_key", compare: ">"},
	pactius.SortNewest: {key: "created_at", direction: " DESC", compare: "<", number: true},
	pactius.SortSeen:   {key: "last_sign_in_at", direction: " DESC", compare: "<", number: true},
}

func (o order) after(b *database.Query, c string) error {
	if c == "" {
		return nil
	}
	key, id, err := parseCursor(c)
	if err != nil {
		return err
	}
	var k any = key
	if o.number {
		n, err := strconv.ParseInt(key, 10, 64)
		if err != nil {
			return errCursor
		}
		k = n
	}
	b.Add(` AND (`+o.key+`, id) `+o.compare+` (?, ?)`, k, id)
	return nil
}

// userConditions are the filters of a list of users, ready to be written into
// more than one statement.
type userConditions struct {
	below []pactius.UnitID // units whose members, with those beneath, may match; nil is no such filter
	loose bool             // users without units match too
	plain []condition
}

type condition struct {
	sql  string
	args []any
}

func (w *userConditions) and(sql string, args ...any) {
	w.plain = append(w.plain, condition{sql, args})
}

func (w *userConditions) begin(b *database.Query, env pactius.EnvironmentID) {
	if w.below != nil {
		below(b, env, w.below)
	}
}

func (w *userConditions) finish(b *database.Query, env pactius.EnvironmentID) {
	b.Add(`environment_id = ?`, env)
	for _, c := range w.plain {
		b.Add(` AND `+c.sql, c.args...)
	}
	if w.below == nil {
		return
	}
	b.Add(` AND (`)
	if w.loose {
		b.Add(`unit_count = 0 OR `)
	}
	b.Add(`EXISTS (SELECT 1 FROM memberships m
		WHERE m.environment_id = ? AND m.user_id = u.id AND m.unit_id IN (SELECT id FROM below)))`, env)
}

func (t *Tx) userConditions(f pactius.UserFilter, scope UserScope) (userConditions, error) {
	var w userConditions
	switch {
	case f.Unit != "":
		w.below = []pactius.UnitID{f.Unit} // the rule has checked that it lies in the scope
	case !scope.All:
		w.below, w.loose = append([]pactius.UnitID{}, scope.Units...), true
	}
	ended := `(ends_on <> '' AND ends_on < ?)`
	switch f.Status {
	case pactius.StatusInvited:
		w.and(`first_sign_in_at = 0 AND deactivated_at = 0 AND NOT `+ended, scope.Today)
	case pactius.StatusActive:
		w.and(`first_sign_in_at <> 0 AND deactivated_at = 0 AND NOT `+ended, scope.Today)
	case pactius.StatusEnded:
		w.and(`deactivated_at = 0 AND `+ended, scope.Today)
	case pactius.StatusDeactivated:
		w.and(`deactivated_at <> 0`)
	}
	if f.Unassigned {
		w.and(`unit_count = 0 AND deactivated_at = 0`)
	}
	if f.Gone {
		w.and(`account_state <> ''`)
	}
	return w, t.searchConditions(&w, f.Search)
}

// searchConditions asks that every word typed begins a word of the user.
func (t *Tx) searchConditions(w *userConditions, search string) error {
	for _, word := range searchWords(search) {
		const match = `SELECT user_id FROM user_words WHERE environment_id = ? AND word >= ? AND word < ?`
		args := []any{t.env, word, word + "\U0010FFFF"}
		var b database.Query
		b.Add(`SELECT COUNT(*) FROM (`+match+` LIMIT ?) counted`, append(args, wordSample)...)
		n, err := oneBy(t, database.Value[int], &b)
		if err != nil {
			return err
		}
		if n < wordSample {
			w.and(`id IN (`+match+`)`, args...)
			continue
		}
		w.and(`EXISTS (`+match+` AND user_id = u.id)`, args...)
	}
	return nil
}

var errCursor = pactius.Refuse(pactius.KindInvalid,
	pactius.T("This link to a page of the list is damaged. Start again from the first page."))

// cursor marks the last row of a page by its sort key and ID.
func cursor(key, id string) string {
	return base64.RawURLEncoding.EncodeToString([]byte(key + "\x00" + id))
}

func parseCursor(c string) (key, id string, err error) {
	b, err := base64.RawURLEncoding.DecodeString(c)
	if err != nil {
		return "", "", errCursor
	}
	key, id, ok := strings.Cut(string(b), "\x00")
	if !ok || strings.ContainsRune(id, 0) {
		return "", "", errCursor
	}
	return key, id, nil
}
