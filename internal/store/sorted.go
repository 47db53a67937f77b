package store

import (
	"slices"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

// ToSort is a list of users for an order that no index has.
type ToSort struct {
	Users []Listed // all users of the list
	Count Count    // of the list

	// Page is set where the list has more than pactius.MaxCount users, which are not sorted: one page, by name.
	Page *pactius.UserPage
}

// Listed is a user of a list that is sorted in the program.
type Listed struct {
	ID   pactius.UserID
	Rank string // sorts before the name, byte by byte; without control characters
	name string
}

// endOfRank ends the rank of a user in a cursor, and tells it from the cursor of a name.
const endOfRank = "\x01"

// mostSorted is the number of bytes of a rank, and of a name, that are compared: a cursor of both fits into an address.
const mostSorted = 300

// mark is the place of a user in the sorted list.
func (u Listed) mark(by pactius.UserSort) mark {
	start := func(s string) string { return s[:min(len(s), mostSorted)] }
	return mark{string(by) + endOfRank + start(u.Rank) + endOfRank + start(u.name), string(u.ID)}
}

// UsersToSort reads the users of a filtered list that is to be sorted by what no index has. Page is also set behind a
// cursor by name, which a page of a list with too many users has.
func (t *Tx) UsersToSort(f pactius.UserFilter, scope UserScope) (ToSort, error) {
	return within(t, func() (ToSort, error) { return t.listToSort(f, scope) })
}

func (t *Tx) listToSort(f pactius.UserFilter, scope UserScope) (ToSort, error) {
	by, after := f.Sort, f.After
	f.Sort = pactius.SortName
	if after != "" {
		key, _, err := parseCursor(after)
		if err != nil {
			return ToSort{}, err
		}
		if !strings.Contains(key, endOfRank) {
			page, err := t.listUsers(f, scope)
			return ToSort{Page: &page}, err
		}
		if !strings.HasPrefix(key, string(by)+endOfRank) {
			return ToSort{}, errCursor
		}
		f.After = ""
	}
	l, err := t.listing(f, scope)
	if err != nil {
		return ToSort{}, err
	}
	all, err := l.find(pactius.MaxCount + 1)
	switch {
	case err != nil:
		return ToSort{}, err
	case len(all.marks) <= pactius.MaxCount && all.end == nil:
		list := ToSort{Count: Count{N: len(all.marks)}}
		for _, m := range all.marks {
			list.Users = append(list.Users, Listed{ID: pactius.UserID(m.id), name: m.key})
		}
		return list, nil
	case after != "": // it has grown since
		return ToSort{}, errCursor
	}
	page, err := t.page(all, limitOf(f.Limit))
	return ToSort{Page: &page}, err
}

// Sorted reads one page of a list whose users have their ranks.
func (t *Tx) Sorted(list ToSort, f pactius.UserFilter) (pactius.UserPage, error) {
	marks := make([]mark, len(list.Users))
	for i, u := range list.Users {
		marks[i] = u.mark(f.Sort)
	}
	order := orders[pactius.SortName]
	slices.SortFunc(marks, order.compare)
	if f.After != "" {
		key, id, err := parseCursor(f.After)
		if err != nil {
			return pactius.UserPage{}, err
		}
		i, found := slices.BinarySearchFunc(marks, mark{key, id}, order.compare)
		if found {
			i++
		}
		marks = marks[i:]
	}
	return t.page(found{marks: marks, count: list.Count}, limitOf(f.Limit))
}

// StatusOf reads the status of users on a day.
func (t *Tx) StatusOf(users []Listed, today pactius.Date) (map[pactius.UserID]pactius.Status, error) {
	ids := make([]pactius.UserID, len(users))
	for i, u := range users {
		ids[i] = u.ID
	}
	var q database.Query
	q.Add(`SELECT u.id, u.deactivated_at, u.ends_on, u.first_sign_in_at FROM users u
		WHERE u.environment_id = ? AND u.id `+t.tx.Dialect().InJSON, t.env, jsonList(ids))
	found, err := listBy(t, func(r database.Scanner) (pactius.User, error) {
		var u pactius.User
		return u, r.Scan(&u.ID, database.Time(&u.DeactivatedAt), &u.EndsOn, database.Time(&u.FirstSignInAt))
	}, &q)
	status := make(map[pactius.UserID]pactius.Status, len(found))
	for _, u := range found {
		status[u.ID] = u.Status(today)
	}
	return status, err
}
