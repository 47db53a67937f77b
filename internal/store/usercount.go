package store

import (
	"cmp"
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

// countUsers counts the different users of each condition, up to a bound.
func (t *Tx) countUsers(most int, from ...clause) ([]int, error) {
	return t.countDistinctUpTo(most, `user_id`, from...)
}

// count counts for each condition how many users, or rows, meet it, up to a bound, and puts the rarest first. Words of
// one letter count as met by as many.
func (l *listing) count(most int, counted func(int, ...clause) ([]int, error)) error {
	var open []*narrowing
	var gathers []clause
	for i := range l.narrow {
		n := &l.narrow[i]
		if n.most == most { // both parts of a list have its words
			continue
		}
		if n.n, n.most = most, most; len(n.word) == 1 && len(l.narrow) > 1 {
			continue
		}
		open, gathers = append(open, n), append(gathers, n.gather)
	}
	counts, err := counted(most, gathers...)
	if err != nil {
		return err
	}
	for i, n := range open {
		n.n = counts[i]
	}
	slices.SortStableFunc(l.narrow, func(a, b narrowing) int { return cmp.Compare(a.n, b.n) })
	return nil
}
