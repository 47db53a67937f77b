package store

import (
	"cmp"
	"encoding/json"
	"slices"
	"strconv"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

// UserScope bounds which users a list may show.
type UserScope struct {
	All   bool             // the whole environment
	Units []pactius.UnitID // else: members of these units and their sub-units, and users without units
	Today pactius.Date     // decides which users are past the end date
}

// bounds limit the work for one page of a list. A list is read in one of two ways: the rows that meet its rarest
// condition are gathered and sorted, or the list is walked in its order and each row is checked. Few rows are gathered
// quickly; of many, enough for a page are met soon.
type bounds struct {
	rare     int // rows that are too many to be gathered without looking further; fewer are counted exactly
	glance   int // rows walked past before more than rare are gathered
	gathered int // rows gathered that must be looked up to be sorted or checked
	keys     int // rows gathered by name, or told apart by their signatures, both of which are in the index
	walked   int // rows walked past that the index tells apart; what was found until then is the page: see Cut
	visited  int // rows walked past that must be looked at
	subjects int // members and units of a scope whose events are found one by one
	sample   int // members of an administrator's units that are looked at to count open tasks
}

// usualBounds keep most lists under 25 ms of processor time at a million users, and the worst under about 120 ms
// (docs/performance.md).
var usualBounds = bounds{rare: pactius.MaxCount + 1, glance: 1000, gathered: 1000, keys: 20_000, walked: 30_000,
	visited: 1500, subjects: 1000, sample: 300}

// Users reads one page of a filtered list.
func (t *Tx) Users(f pactius.UserFilter, scope UserScope) (pactius.UserPage, error) {
	return within(t, func() (pactius.UserPage, error) { return t.listUsers(f, scope) })
}

func (t *Tx) listUsers(f pactius.UserFilter, scope UserScope) (pactius.UserPage, error) {
	l, err := t.listing(f, scope)
	if err != nil {
		return pactius.UserPage{}, err
	}
	limit := limitOf(f.Limit)
	found, err := l.find(limit + 1)
	if err != nil {
		return pactius.UserPage{}, err
	}
	return t.page(found, limit)
}

// page reads the users of a page of what was found; more than the page was asked for.
func (t *Tx) page(found found, limit int) (pactius.UserPage, error) {
	page := pactius.UserPage{Total: found.count.N, More: found.count.More}
	marks := found.marks
	if len(marks) > limit {
		marks = marks[:limit]
		page.Next = marks[limit-1].cursor()
	} else if found.end != nil {
		page.Next, page.Cut = found.end.cursor(), true
	}
	var err error
	page.Users, err = t.usersAt(marks)
	return page, err
}

// usersAt reads the users of marks, in their order.
func (t *Tx) usersAt(marks []mark) ([]pactius.User, error) {
	if len(marks) == 0 {
		return nil, nil
	}
	ids := make([]pactius.UserID, len(marks))
	for i, m := range marks {
		ids[i] = pactius.UserID(m.id)
	}
	found, err := t.UsersByID(ids)
	users := make([]pactius.User, 0, len(found))
	for _, id := range ids {
		if u, ok := found[id]; ok {
			users = append(users, u)
		}
	}
	return users, err
}

// listing is a filtered list of users.
type listing struct {
	t      *Tx
	bounds bounds
	order  order
	filter clause      // met by the users of one index for each order
	rest   []clause    // more conditions, on columns of those indexes
	signed int64       // the signature of all words searched for
	narrow []narrowing // conditions on other tables
	loose  bool        // the condition on units is met by users without units, too: see parts
	after  *mark       // where the page begins; nil is the beginning
}

// clause is a piece of SQL with its parameters.
type clause struct {
	sql  string
	args []any
}

// found is what was found of a list.
type found struct {
	marks []mark // the first of the page
	end   *mark  // the list was walked only up to here; nil: it was read as far as was asked for
	count Count  // of the whole list
}

func (t *Tx) listing(f pactius.UserFilter, scope UserScope) (*listing, error) {
	l := &listing{t: t, bounds: t.store.bounds, order: orders[cmp.Or(f.Sort, pactius.SortName)]}
	if l.order.column == "" {
		l.order = orders[pactius.SortName]
	}
	if f.After != "" {
		var err error
		if l.after, err = l.order.parse(f.After); err != nil {
			return nil, err
		}
	}
	l.filterBy(f, scope.Today)
	words := searchWords(f.Search)
	l.signed = Signature(words...)
	for _, word := range words {
		l.narrow = append(l.narrow, l.having(word))
	}
	at := len(words)
	if l.signed != 0 { // most users who lack a word lack the signature, so that units tell more
		at = 0
	}
	switch {
	case f.Unit != "": // the rule has checked that it lies in the scope
		l.narrow = slices.Insert(l.narrow, at, l.within([]pactius.UnitID{f.Unit}, false))
	case !scope.All && l.filter.sql != unassigned:
		l.narrow, l.loose = slices.Insert(l.narrow, at, l.within(scope.Units, true)), true
	}
	return l, nil
}

// The filters that have indexes of their own.
const (
	unassigned = `u.unit_count = 0`
	gone       = `u.gone = 1`
	ending     = `u.has_end = 1`
	stands     = `u.standing = `
)

// filterBy adds the filters by columns of the user.
func (l *listing) filterBy(f pactius.UserFilter, today pactius.Date) {
	with := func(sql string, args ...any) {
		if l.filter.sql == "" {
			l.filter = clause{sql, args}
		} else {
			l.and(sql, args...)
		}
	}
	if f.Gone {
		with(gone)
	}
	if f.Unassigned {
		with(unassigned)
		l.and(`u.standing <> ` + strconv.Itoa(standDeactivated))
	}
	lasting := clause{`(u.ends_on = '' OR u.ends_on >= ?)`, []any{today}}
	switch f.Status {
	case pactius.StatusInvited:
		with(stands + strconv.Itoa(standInvited))
		l.and(lasting.sql, lasting.args...)
	case pactius.StatusActive:
		with(stands + strconv.Itoa(standActive))
		l.and(lasting.sql, lasting.args...)
	case pactius.StatusEnded:
		with(ending)
		l.and(`u.ends_on < ? AND u.standing <> `+strconv.Itoa(standDeactivated), today)
	case pactius.StatusDeactivated:
		with(stands + strconv.Itoa(standDeactivated))
	}
}

func (l *listing) and(sql string, args ...any) { l.rest = append(l.rest, clause{sql, args}) }

// find returns the first users of the page, as many as asked for.
func (l *listing) find(limit int) (found, error) {
	if len(l.narrow) == 0 {
		f, err := l.walk(l.bounds.glance, limit)
		if err == nil && f.end != nil {
			f, err = l.walkOn(f, l.bounds.walked, limit)
		}
		if err == nil {
			f.count, err = l.countAll()
		}
		return f, err
	}
	if err := l.count(l.bounds.rare, l.t.countUsers); err != nil {
		return found{}, err
	}
	first, loosely := l.narrow[0], l.loosely()
	switch {
	case first.n < l.bounds.rare && (first.word != "" || loosely == nil):
		return l.findFew(limit)
	case loosely != nil && loosely.n < l.bounds.rare:
		return l.findParts(limit)
	}
	glance := l.bounds.glance
	if l.filter.sql != "" { // often few meet it
		glance = l.bounds.gathered
	}
	f, err := l.walk(glance, limit)
	if err == nil && f.end != nil {
		f, err = l.findScattered(f, limit)
	}
	// One condition alone was counted. Of several together only what is on the page is known.
	if len(l.narrow) == 1 && l.unfiltered() {
		f.count = Count{l.bounds.rare - 1, true}
	} else {
		f.count = Count{min(len(f.marks), limit-1), f.end != nil || len(f.marks) == limit || l.after != nil}
	}
	return f, err
}

// findFew finds the users of a condition that is met by few.
func (l *listing) findFew(limit int) (found, error) {
	if l.byName() {
		f, err := l.gatherKeys(l.narrow[0], limit)
		f.count.N = l.narrow[0].n
		return f, err
	}
	return l.gatherAll(limit)
}

// findScattered finds the users of a page whose conditions are met by many users, but by few of the next in the list,
// which were walked past.
func (l *listing) findScattered(walked found, limit int) (found, error) {
	if window := l.promising(len(walked.marks), limit); window > 0 {
		f, err := l.walkOn(walked, window, limit)
		if err != nil || f.end == nil {
			return f, err
		}
		walked = f
	}
	if err := l.count(l.bounds.keys, l.t.countUpTo); err != nil {
		return found{}, err
	}
	first, loosely, named := l.narrow[0], l.loosely(), !l.order.number
	words := slices.DeleteFunc(slices.Clone(l.narrow), func(n narrowing) bool { return n.word == "" })
	switch {
	case loosely != nil && loosely.n < l.bounds.keys:
		return l.findParts(limit)
	case first.n < l.bounds.keys && l.byName():
		return l.gatherKeys(first, limit)
	case first.n < l.bounds.gathered:
		return l.gather(first, l.bounds.keys, l.after, limit)
	case first.n < l.bounds.keys && named:
		return l.gatherNext(first, limit)
	case first.n < l.bounds.keys && first.word != "" && len(words) > 1: // most lack the signature
		return l.gather(first, l.bounds.keys, l.after, limit)
	case l.signed != 0:
		return l.walkOn(walked, l.bounds.walked, limit)
	default:
		return l.walkOn(walked, max(l.bounds.visited-l.bounds.glance, 1), limit)
	}
}

// promising returns how far to walk on where that probably fills the page, as so many users were found at a glance, and
// the index tells apart those walked past; 0 is not at all.
func (l *listing) promising(seen, limit int) int {
	if l.signed == 0 {
		return 0
	}
	if l.filter.sql == unassigned || l.filter.sql == gone || l.filter.sql == ending { // few in all
		return l.bounds.walked
	}
	if window := 2 * l.bounds.glance * limit / max(seen, 1); window <= l.bounds.walked/3 {
		return window
	}
	return 0
}

// byName reports whether the list is by name and has a single condition, on another table.
func (l *listing) byName() bool { return !l.order.number && len(l.narrow) == 1 && l.unfiltered() }

// unfiltered reports whether the list has no condition on the users' own columns.
func (l *listing) unfiltered() bool { return l.filter.sql == "" && len(l.rest) == 0 }

// walkOn goes on behind the end of a walk.
func (l *listing) walkOn(walked found, window, limit int) (found, error) {
	next := *l
	next.after = walked.end
	f, err := next.walk(window, limit-len(walked.marks))
	f.marks = append(walked.marks, f.marks...)
	return f, err
}

// walk goes through the list in its order, past at most so many users.
func (l *listing) walk(window, limit int) (found, error) {
	var f found
	var err error
	checked := len(l.narrow) > 0 || len(l.rest) > 0
	if checked {
		if f.end, err = l.ahead(window, nil, 0); err != nil {
			return f, err
		}
	}
	if l.signed != 0 && window > l.bounds.visited { // those with the signature must be looked at
		nearer, err := l.ahead(l.bounds.visited, f.end, l.signed)
		if err != nil {
			return f, err
		}
		f.end = cmp.Or(nearer, f.end)
	}
	var b database.Query
	b.Add(`SELECT ` + l.order.key() + ` FROM users u WHERE `)
	l.where(&b, l.narrow)
	l.order.between(&b, l.after, f.end)
	l.order.sort(&b, limit)
	if f.marks, err = listBy(l.t, scanMark, &b); len(f.marks) == limit {
		f.end = nil
	}
	return f, err
}

// ahead finds the place in the list that lies so many users ahead, of those with a signature and until another place;
// nil if fewer follow.
func (l *listing) ahead(users int, until *mark, signed int64) (*mark, error) {
	var b database.Query
	b.Add(`SELECT `+l.order.key()+` FROM users u WHERE u.environment_id = ?`, l.t.env)
	if l.filter.sql != "" {
		b.Add(` AND `+l.filter.sql, l.filter.args...)
	}
	if signed != 0 {
		b.Add(` AND (u.signature & ?) = ?`, signed, signed)
	}
	l.order.between(&b, l.after, until)
	l.order.sort(&b, 1)
	b.Offset(users - 1)
	return Optional(oneBy(l.t, scanMark, &b))
}

// where writes the conditions on a user, those on other tables as far as given.
func (l *listing) where(b *database.Query, narrow []narrowing) {
	b.Add(`u.environment_id = ?`, l.t.env)
	for _, c := range append([]clause{l.filter}, l.rest...) {
		if c.sql != "" {
			b.Add(` AND `+c.sql, c.args...)
		}
	}
	if l.signed != 0 {
		b.Add(` AND (u.signature & ?) = ?`, l.signed, l.signed)
	}
	addChecks(b, narrow, `u.id`)
}

// gatherAll gathers the users of the rarest condition, counts all that meet the others too, and takes the page.
func (l *listing) gatherAll(limit int) (found, error) {
	f, err := l.gather(l.narrow[0], l.bounds.rare, nil, l.bounds.rare)
	f.count.N = len(f.marks)
	if l.after != nil {
		f.marks = slices.DeleteFunc(f.marks, func(m mark) bool { return l.order.compare(m, *l.after) <= 0 })
	}
	f.marks = f.marks[:min(len(f.marks), limit)]
	return f, err
}

// gather looks up the users of a condition, at most so many, and sorts those that meet the others too.
func (l *listing) gather(by narrowing, most int, after *mark, limit int) (found, error) {
	var b database.Query
	likely := by.likely(l.signed)
	b.Add(`SELECT ` + l.order.key() + ` FROM (SELECT DISTINCT g.user_id FROM (`)
	b.Add(likely.sql, likely.args...)
	b.Add(`) g`)
	b.Limit(most)
	b.Add(`) c CROSS JOIN users u WHERE u.id = c.user_id AND `)
	l.where(&b, l.narrow[1:])
	l.order.between(&b, after, nil)
	l.order.sort(&b, limit)
	marks, err := listBy(l.t, scanMark, &b)
	return found{marks: marks}, err
}

// gatherKeys is gather of a list by name with no other condition: the users need not be looked up.
func (l *listing) gatherKeys(by narrowing, limit int) (found, error) {
	marks, err := l.keys(by, limit)
	return found{marks: marks}, err
}

// gatherNext is gather of a list by name that looks up the next users of a condition only, a few at a time.
func (l *listing) gatherNext(by narrowing, limit int) (found, error) {
	var f found
	likely, err := l.keys(by, l.bounds.gathered)
	for few := range slices.Chunk(likely, 2*limit) {
		if err != nil || len(f.marks) >= limit {
			break
		}
		var met []mark
		met, err = l.among(few, l.narrow[1:])
		f.marks = append(f.marks, met...)
	}
	if len(f.marks) >= limit {
		f.marks = f.marks[:limit]
	} else if len(likely) == l.bounds.gathered {
		f.end = &likely[len(likely)-1]
	}
	return f, err
}

// among returns those of a few users that meet the conditions of the list, those on other tables as far as given.
func (l *listing) among(few []mark, narrow []narrowing) ([]mark, error) {
	ids := make([]string, len(few))
	for i, m := range few {
		ids[i] = m.id
	}
	var b database.Query
	b.Add(`SELECT few.value FROM `+l.t.tx.Dialect().EachJSON+` few`, jsonList(ids))
	if l.unfiltered() { // the users need not be looked up
		b.Add(` WHERE 1 = 1`)
		addChecks(&b, narrow, `few.value`)
	} else {
		b.Add(` CROSS JOIN users u WHERE u.id = few.value AND `)
		l.where(&b, narrow)
	}
	met, err := listBy(l.t, database.Value[string], &b)
	return slices.DeleteFunc(slices.Clone(few), func(m mark) bool { return !slices.Contains(met, m.id) }), err
}

// keys returns the first users behind the beginning of the page that probably meet a condition, by name.
func (l *listing) keys(by narrowing, limit int) ([]mark, error) {
	var b database.Query
	source := by.likely(l.signed)
	b.Add(`SELECT g.name_key, g.user_id FROM (`)
	b.Add(source.sql, source.args...)
	b.Add(`) g`)
	if l.after != nil {
		b.Add(` WHERE (g.name_key, g.user_id) > (?, ?)`, l.after.key, l.after.id)
	}
	b.Add(` GROUP BY g.name_key, g.user_id ORDER BY g.name_key, g.user_id`)
	b.Limit(limit)
	return listBy(l.t, scanMark, &b)
}

// jsonList is a list as the parameter of database.Dialect.InJSON and EachJSON.
func jsonList[T ~string](values []T) string {
	text, _ := json.Marshal(append([]T{}, values...)) // strings become JSON always
	return string(text)
}
