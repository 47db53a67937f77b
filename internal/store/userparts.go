package store

import (
	"slices"
	"strings"
)

// Users without units belong to every scope, so the list of a local administrator has two parts without a user in
// common: the members, found by their units, and the others, which have indexes of their own. A list of few members is
// read in its parts; of many, users of both are met soon while it is walked.

// loosely returns the condition on units that is met by users without units too; nil if the list has none.
func (l *listing) loosely() *narrowing {
	if !l.loose {
		return nil
	}
	return &l.narrow[slices.IndexFunc(l.narrow, func(n narrowing) bool { return n.word == "" })]
}

// parts returns the two parts of a loose list.
func (l *listing) parts() (members, others *listing) {
	m, o := *l, *l
	m.loose, o.loose = false, false
	m.narrow, o.narrow = slices.Clone(l.narrow), nil
	for i, n := range l.narrow {
		if n.word != "" {
			o.narrow = append(o.narrow, n)
			continue
		}
		m.narrow[i] = l.within(n.units, false)
		m.narrow[i].n, m.narrow[i].most = n.n, n.most
	}
	o.filter, o.rest = clause{sql: unassigned}, nil
	for _, c := range append([]clause{l.filter}, l.rest...) {
		if c.sql != "" {
			o.rest = append(o.rest, c.unindexed())
		}
	}
	return &m, &o
}

// unindexed is a condition on columns that the engines look at on the way, and not by an index of the column.
func (c clause) unindexed() clause {
	if c.sql == ending {
		return clause{sql: `u.ends_on <> ''`}
	}
	return clause{strings.NewReplacer(gone, `u.gone + 0 = 1`, stands, `u.standing + 0 = `).Replace(c.sql), c.args}
}

// findParts finds the first users of a loose list in its parts.
func (l *listing) findParts(limit int) (found, error) {
	members, others := l.parts()
	m, err := members.find(limit)
	if err != nil {
		return found{}, err
	}
	o, err := others.find(limit)
	return l.together(m, o, limit), err
}

// together are the first users of both parts of a list.
func (l *listing) together(m, o found, limit int) found {
	f := found{marks: append(m.marks, o.marks...), end: l.order.first(m.end, o.end), count: m.count.plus(o.count)}
	slices.SortFunc(f.marks, l.order.compare)
	if f.end != nil { // one of the parts is not known behind it
		f.marks = slices.DeleteFunc(f.marks, func(m mark) bool { return l.order.compare(m, *f.end) > 0 })
	}
	if len(f.marks) >= limit {
		f.marks, f.end = f.marks[:limit], nil
	}
	return f
}
