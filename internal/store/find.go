package store

import "github.com/pactius/pactius"

// briefly is the part of a list's bounds that is looked at while someone types: an answer for each letter is to take
// less than 50 ms.
const briefly = 3

// FindUsers finds the first few users who have a word that begins with each of the typed ones, by name, without a
// cursor. It is for results while someone types: unlike Users it looks at no more than a walk passes, in a bounded
// number of statements: where it is Cut, Users may find more. Text without a word finds nothing.
func (t *Tx) FindUsers(typed string, scope UserScope, limit int) (pactius.UserPage, error) {
	var page pactius.UserPage
	if len(searchWords(typed)) == 0 {
		return page, nil
	}
	return within(t, func() (pactius.UserPage, error) {
		l, err := t.listing(pactius.UserFilter{Search: typed}, scope)
		if err != nil {
			return page, err
		}
		l.bounds.walked /= briefly
		l.bounds.visited /= briefly
		f, err := l.glimpse(limit + 1)
		if err != nil {
			return page, err
		}
		page.Total, page.More, page.Cut = f.count.N, f.count.More, f.end != nil
		page.Users, err = t.usersAt(f.marks[:min(len(f.marks), limit)])
		return page, err
	})
}

// glimpse finds the first users of a list like find, in at most four statements, and one for the users.
func (l *listing) glimpse(limit int) (found, error) {
	if err := l.count(l.bounds.rare, l.t.countUsers); err != nil {
		return found{}, err
	}
	first := l.narrow[0]
	switch {
	case first.n >= l.bounds.rare:
		if l.signed != 0 {
			return l.stroll(l.bounds.walked, limit)
		}
		return l.stroll(l.bounds.visited, limit)
	case first.word != "":
		return l.gatherAll(limit)
	case l.loose:
		members, others := l.parts()
		m, err := members.gatherAll(limit)
		if err != nil {
			return found{}, err
		}
		o, err := others.stroll(l.bounds.visited, limit)
		return l.together(m, o, limit), err
	}
	return l.gatherAll(limit)
}

// stroll walks through the list once. It counts what it has found.
func (l *listing) stroll(window, limit int) (found, error) {
	f, err := l.walk(window, limit)
	f.count = Count{len(f.marks), f.end != nil || len(f.marks) == limit}
	return f, err
}

// FindRequests finds the first few requests whose person has a word that begins with each of the typed ones, newest
// first. Text without a word finds nothing.
func (t *Tx) FindRequests(typed string, scope RequestScope, limit int) (pactius.RequestPage, error) {
	if len(searchWords(typed)) == 0 {
		return pactius.RequestPage{}, nil
	}
	return within(t, func() (pactius.RequestPage, error) {
		return t.listRequests(pactius.RequestFilter{Search: typed, Limit: limit}, scope, t.store.bounds.visited/briefly)
	})
}
