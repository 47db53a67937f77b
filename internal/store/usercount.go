package store

import (
	"cmp"
	"math"
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

// Count is a number of users that is not counted to the end where there are many.
type Count struct {
	N    int
	More bool // there may be more than N
}

// plus is the number of users of two lists that have none in common.
func (c Count) plus(o Count) Count {
	n := c.N + o.N
	return Count{min(n, pactius.MaxCount), c.More || o.More || n > pactius.MaxCount}
}

// CountUsers counts the users of a filtered list, at most pactius.MaxCount. Within units it looks at a sample of their
// members.
func (t *Tx) CountUsers(f pactius.UserFilter, scope UserScope) (Count, error) {
	l, err := t.listing(f, scope)
	if err != nil {
		return Count{}, err
	}
	return within(t, func() (Count, error) {
		if len(l.narrow) == 0 {
			return l.countAll()
		}
		return l.countSample()
	})
}

// countAll counts the users of a list without conditions on other tables, and tells whether there may be more.
func (l *listing) countAll() (Count, error) {
	whole := *l
	whole.after = nil
	n, end, err := whole.countAhead(2 * l.bounds.rare)
	if err == nil && n <= pactius.MaxCount && end != nil {
		n, end, err = whole.countAhead(l.bounds.walked)
	}
	return Count{min(n, pactius.MaxCount), n > pactius.MaxCount || end != nil}, err
}

// countAhead counts the users of a list, at most pactius.MaxCount+1, up to the place that lies so many users ahead,
// which it returns; nil is the end of the list.
func (l *listing) countAhead(window int) (n int, end *mark, err error) {
	if len(l.rest) > 0 {
		if end, err = l.ahead(window, nil, 0); err != nil {
			return 0, nil, err
		}
	}
	var b database.Query
	b.Add(`SELECT COUNT(*) FROM (SELECT 1 FROM users u WHERE `)
	l.where(&b, nil)
	l.order.between(&b, nil, end)
	l.order.sort(&b, pactius.MaxCount+1)
	b.Add(`) counted`)
	n, err = oneBy(l.t, database.Value[int], &b)
	return n, end, err
}

// countSample counts the users of a list within units among the first members, and tells whether there may be more.
func (l *listing) countSample() (Count, error) {
	if l.loose {
		members, others := l.parts()
		m, err := members.countSample()
		if err != nil {
			return Count{}, err
		}
		n, end, err := others.countAhead(l.bounds.sample)
		return m.plus(Count{n, end != nil}), err
	}
	few := 2 * l.bounds.sample
	n, seen, rows, err := l.countAmong(few)
	if err == nil && seen <= l.bounds.sample && rows == few { // many rows are of the same users
		n, seen, _, err = l.countAmong(math.MaxInt32)
	}
	return Count{n, seen > l.bounds.sample}, err
}

// countAmong counts the users of a sample of members, and those of them who meet the other conditions of the list. It
// looks at the first few rows of members only, and counts these too: see countDistinctUpTo.
func (l *listing) countAmong(few int) (n, seen, rows int, err error) {
	var b database.Query
	first := func() {
		b.Add(`(SELECT f.user_id FROM (`)
		b.Add(l.narrow[0].gather.sql, l.narrow[0].gather.args...)
		b.Add(`) f`)
		b.Limit(few)
		b.Add(`) g`)
	}
	b.Add(`SELECT COUNT(*), COALESCE(SUM(CASE WHEN `)
	l.where(&b, nil)
	b.Add(` THEN 1 ELSE 0 END), 0), (SELECT COUNT(*) FROM `)
	first()
	b.Add(`) FROM (SELECT DISTINCT g.user_id FROM `)
	first()
	b.Limit(l.bounds.sample + 1)
	b.Add(`) c CROSS JOIN users u WHERE u.environment_id = ? AND u.id = c.user_id`, l.t.env)
	_, err = oneBy(l.t, func(r database.Scanner) (struct{}, error) { return struct{}{}, r.Scan(&seen, &n, &rows) }, &b)
	return n, seen, rows, err
}

// countUsers counts the different users of a condition, up to a bound.
func (t *Tx) countUsers(most int, from clause) (int, error) {
	return t.countDistinctUpTo(most, `user_id`, from)
}

// count counts for each condition how many users, or rows, meet it, up to a bound, and puts the rarest first. Words of
// one letter count as met by as many.
func (l *listing) count(most int, counted func(int, clause) (int, error)) error {
	for i := range l.narrow {
		n := &l.narrow[i]
		if n.most == most { // both parts of a list have its words
			continue
		}
		if n.n, n.most = most, most; len(n.word) == 1 && len(l.narrow) > 1 {
			continue
		}
		var err error
		if n.n, err = counted(most, n.gather); err != nil {
			return err
		}
	}
	slices.SortStableFunc(l.narrow, func(a, b narrowing) int { return cmp.Compare(a.n, b.n) })
	return nil
}
