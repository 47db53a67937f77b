package store

import (
	"cmp"
	"encoding/base64"
	"strconv"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

// order is a way to sort: by a column, then by ID.
type order struct {
	column string
	number bool // latest first; other columns are text, in ascending order
}

var orders = map[pactius.UserSort]order{
	pactius.SortName:   {column: "name_key"},
	pactius.SortNewest: {column: "created_at", number: true},
	pactius.SortSeen:   {column: "last_sign_in_at", number: true},
}

// key is the columns of a mark.
func (o order) key() string { return `u.` + o.column + `, u.id` }

// sort writes the order of a list and the number of its rows.
func (o order) sort(b *database.Query, limit int) {
	direction := ``
	if o.number {
		direction = ` DESC`
	}
	b.Add(` ORDER BY u.` + o.column + direction + `, u.id` + direction)
	b.Limit(limit)
}

// between writes the condition that a user stands behind a mark, and not behind another one; nil is no bound.
func (o order) between(b *database.Query, after, until *mark) {
	behind, upTo := `>`, `<=`
	if o.number {
		behind, upTo = `<`, `>=`
	}
	if after != nil {
		b.Add(` AND (`+o.key()+`) `+behind+` (?, ?)`, o.value(*after), after.id)
	}
	if until != nil {
		b.Add(` AND (`+o.key()+`) `+upTo+` (?, ?)`, o.value(*until), until.id)
	}
}

// value is the sort key of a mark as the column has it.
func (o order) value(m mark) any {
	if !o.number {
		return m.key
	}
	n, _ := strconv.ParseInt(m.key, 10, 64) // parse has checked it, or it was read
	return n
}

// compare tells which of two marks comes first in the list.
func (o order) compare(a, b mark) int {
	if !o.number {
		return cmp.Or(strings.Compare(a.key, b.key), strings.Compare(a.id, b.id))
	}
	x, _ := o.value(a).(int64)
	y, _ := o.value(b).(int64)
	return cmp.Or(cmp.Compare(y, x), strings.Compare(b.id, a.id))
}

// first returns the place that comes first in the list; nil is the end of the list.
func (o order) first(a, b *mark) *mark {
	if a == nil || b != nil && o.compare(*b, *a) < 0 {
		return b
	}
	return a
}

// parse reads a cursor of a list in this order.
func (o order) parse(c string) (*mark, error) {
	key, id, err := parseCursor(c)
	if err != nil {
		return nil, err
	}
	if _, err := strconv.ParseInt(key, 10, 64); o.number && err != nil || strings.Contains(key, endOfRank) {
		return nil, errCursor
	}
	return &mark{key, id}, nil
}

// mark is a place in a list: the sort key of a user, as text, and the user's ID.
type mark struct{ key, id string }

func scanMark(r database.Scanner) (mark, error) {
	var m mark
	return m, r.Scan(&m.key, &m.id)
}

func (m mark) cursor() string { return cursor(m.key, m.id) }

var errCursor = pactius.Refuse(pactius.KindInvalid,
	pactius.T("This link to a page of the list doesn't work. Start again from the first page."))

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
