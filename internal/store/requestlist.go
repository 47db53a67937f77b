package store

import (
	"strconv"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

// RequestScope bounds which requests a list may show.
type RequestScope struct {
	All   bool             // the whole environment
	Units []pactius.UnitID // else: requests for these units or sub-units
}

// Requests reads one page of requests: pending ones oldest first, settled ones by decision and mixed lists by creation,
// newest first.
func (t *Tx) Requests(f pactius.RequestFilter, scope RequestScope) (pactius.RequestPage, error) {
	return within(t, func() (pactius.RequestPage, error) {
		return t.listRequests(f, scope, t.store.bounds.visited)
	})
}

// listRequests looks at so many requests at most where none of the conditions is met by few.
func (t *Tx) listRequests(
	f pactius.RequestFilter, scope RequestScope, visited int,
) (pactius.RequestPage, error) {
	var page pactius.RequestPage
	l := requestList{t: t, visited: visited,
		pending: f.State == pactius.StatePending, decided: f.State == "" && f.Settled}
	if f.After != "" {
		var err error
		if l.after, err = l.parse(f.After); err != nil {
			return page, err
		}
	}
	switch {
	case f.State != "":
		l.state = clause{`r.state = ?`, []any{f.State}}
	case f.Settled:
		l.state = clause{`r.state <> 'pending'`, nil}
	}
	if !scope.All {
		l.narrow = append(l.narrow, l.inScope(scope.Units))
	}
	for _, word := range searchWords(f.Search) {
		l.narrow = append(l.narrow, l.having(word))
	}
	limit := limitOf(f.Limit)
	end, err := l.read(&page, limit+1)
	if err != nil {
		return page, err
	}
	if len(page.Requests) > limit {
		page.Requests = page.Requests[:limit]
		page.Next = l.mark(page.Requests[limit-1]).cursor()
	} else if end != nil {
		page.Next, page.Cut = end.cursor(), true
	}
	return page, t.fillRequestUnits(page.Requests)
}

// requestList is a filtered list of requests.
type requestList struct {
	t       *Tx
	visited int    // requests that are checked one by one, at most
	pending bool   // oldest first; others newest first
	decided bool   // in the order of decisions; others in the order in which they were sent
	state   clause // of the requests; none is all
	narrow  []requestNarrowing
	after   *mark // the request before the page, nil is the beginning
}

// requestNarrowing is a condition on requests by another table, in its two forms.
type requestNarrowing struct {
	gather clause // SELECT of the IDs of the requests that meet it, of some more than once
	check  clause // whether the request r meets it
	few    bool   // its requests are gathered, however many they are
}

// mark returns the place of a request in the list.
func (l *requestList) mark(q pactius.AccessRequest) mark {
	if l.decided {
		return mark{strconv.FormatInt(database.Micros(q.DecidedAt), 10), string(q.ID)}
	}
	return mark{"", string(q.ID)}
}

// parse reads a cursor of the list.
func (l *requestList) parse(c string) (*mark, error) {
	key, id, err := parseCursor(c)
	if err != nil {
		return nil, err
	}
	if _, err := strconv.ParseInt(key, 10, 64); l.decided && err != nil {
		return nil, errCursor
	}
	return &mark{key, id}, nil
}

// inScope is the condition that a request is for one of the units or a unit below them.
func (l *requestList) inScope(units []pactius.UnitID) requestNarrowing {
	in, list := l.t.tx.Dialect().InJSON, jsonList(units)
	if l.pending {
		return requestNarrowing{few: true,
			gather: clause{`SELECT s.request_id FROM request_scopes s WHERE s.environment_id = ? AND s.unit_id ` + in,
				[]any{l.t.env, list}},
			check: clause{`EXISTS (SELECT 1 FROM request_scopes s WHERE s.environment_id = ? AND s.request_id = r.id
				AND s.unit_id ` + in + `)`, []any{l.t.env, list}}}
	}
	args := []any{l.t.env, l.t.env, list}
	return requestNarrowing{
		gather: clause{`SELECT w.request_id FROM unit_above a CROSS JOIN request_units w
			WHERE a.environment_id = ? AND w.environment_id = ? AND w.unit_id = a.unit_id AND a.above_id ` + in, args},
		check: clause{`EXISTS (SELECT 1 FROM request_units w CROSS JOIN unit_above a
			WHERE w.environment_id = ? AND w.request_id = r.id AND a.environment_id = ? AND a.unit_id = w.unit_id
			AND a.above_id ` + in + `)`, args}}
}

// having is the condition that a word of the person begins with a word.
func (l *requestList) having(word string) requestNarrowing {
	args := []any{l.t.env, word, word + lastLetter}
	return requestNarrowing{
		gather: clause{`SELECT w.request_id FROM request_words w
			WHERE w.environment_id = ? AND w.word >= ? AND w.word < ?`, args},
		check: clause{`EXISTS (SELECT 1 FROM request_words w WHERE w.environment_id = ? AND w.request_id = r.id
			AND w.word >= ? AND w.word < ?)`, args}}
}

// read reads the first requests of a page, as many as asked for. Those of the rarest condition are gathered where they
// are few; otherwise so many requests are checked. If the list was looked through only in part it returns up to where.
func (l *requestList) read(page *pactius.RequestPage, limit int) (end *mark, err error) {
	by, err := l.rarest()
	if err == nil && by < 0 && len(l.narrow) > 0 {
		end, err = l.ahead()
	}
	if err != nil {
		return nil, err
	}
	q := requestTable.query(l.t.env, `r.oid <> ''`) // else erased
	l.where(q)
	for i, n := range l.narrow {
		if i == by {
			q.Add(` AND r.id IN (`+n.gather.sql+`)`, n.gather.args...)
		} else { // CASE keeps PostgreSQL from gathering instead of checking
			q.Add(` AND CASE WHEN `+n.check.sql+` THEN 1 ELSE 0 END = 1`, n.check.args...)
		}
	}
	l.bound(q, end, `<=`, `>=`)
	l.sort(q, limit)
	if page.Requests, err = requestTable.list(l.t, q); len(page.Requests) == limit {
		end = nil
	}
	return end, err
}

// maxCounted is how many conditions are counted: the units, and more words than people type. The others are checked.
const maxCounted = 5

// rarest returns the number of the condition that few requests meet; -1 is none.
func (l *requestList) rarest() (int, error) {
	conditions := l.narrow[:min(len(l.narrow), maxCounted)]
	if len(l.narrow) == 1 && l.narrow[0].few {
		return 0, nil
	}
	gathers := make([]clause, len(conditions))
	for i, n := range conditions {
		gathers[i] = n.gather
	}
	rare, by := l.t.store.bounds.rare, -1
	counts, err := l.t.countDistinctUpTo(rare, `request_id`, gathers...)
	for i, n := range counts {
		if n < rare {
			rare, by = n, i
		}
	}
	return by, err
}

// ahead finds the place in the list up to which requests are checked; nil is the end.
func (l *requestList) ahead() (*mark, error) {
	var q database.Query
	key := `''`
	if l.decided {
		key = `r.decided_at`
	}
	q.Add(`SELECT `+key+`, r.id FROM access_requests r WHERE r.environment_id = ?`, l.t.env)
	l.where(&q)
	l.sort(&q, 1)
	q.Offset(max(l.visited, 1) - 1)
	return Optional(oneBy(l.t, scanMark, &q))
}

// where writes which requests are listed, as far as their own columns tell.
func (l *requestList) where(q *database.Query) {
	if l.state.sql != "" {
		q.Add(` AND `+l.state.sql, l.state.args...)
	}
	l.bound(q, l.after, `>`, `<`)
}

// bound writes on which side of a place the requests are: ascending for pending ones, else descending.
func (l *requestList) bound(q *database.Query, at *mark, ascending, descending string) {
	switch {
	case at == nil:
	case l.pending:
		q.Add(` AND r.id `+ascending+` ?`, at.id)
	case l.decided:
		key, _ := strconv.ParseInt(at.key, 10, 64) // parse has checked it, or it was read
		q.Add(` AND (r.decided_at, r.id) `+descending+` (?, ?)`, key, at.id)
	default:
		q.Add(` AND r.id `+descending+` ?`, at.id)
	}
}

func (l *requestList) sort(q *database.Query, limit int) {
	switch {
	case l.pending:
		q.Add(` ORDER BY r.id`)
	case l.decided:
		q.Add(` ORDER BY r.decided_at DESC, r.id DESC`)
	default:
		q.Add(` ORDER BY r.id DESC`)
	}
	q.Limit(limit)
}
