package store

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
)

// OpenUsers are users that are an open task of an administrator: how many, and the first of them, oldest first.
type OpenUsers struct {
	Count
	First []pactius.User
}

// OpenTasks is what an administrator has to do with users. The rest is read for administrators of the root only.
type OpenTasks struct {
	Unassigned  OpenUsers // without business units
	Invited     OpenUsers // never signed in
	Undelivered int       // emails given up
	Units       bool      // there are units below the root
	People      bool      // there are users besides the administrators of the root
	Second      bool      // the root has another administrator for good: see OtherRootAdministrators
	SignedIn    bool      // two users or more have signed in
}

// The conditions by which the users of an index are open tasks: those without units, and those who never signed in.
var (
	whereInvited   = stands + strconv.Itoa(standInvited)
	stillUsers     = `o.standing <> ` + strconv.Itoa(standDeactivated)
	lastingInvited = `o.standing = ` + strconv.Itoa(standInvited) + ` AND (o.ends_on = '' OR o.ends_on >= $2)`
)

// openCount is a query of how many users of an index meet a condition, at most one more than are counted, and whether
// there may be more. It looks at the first users of the index only.
func (t *Tx) openCount(index, condition string) string {
	most, window := strconv.Itoa(pactius.MaxCount), strconv.Itoa(t.store.bounds.walked)
	return `(SELECT c.n, CASE WHEN c.n > ` + most + ` THEN 1 ELSE (SELECT COUNT(*) FROM (SELECT 1 FROM users u
		WHERE u.environment_id = $1 AND ` + index + ` LIMIT 1 OFFSET ` + window + `) further) END AS more
		FROM (SELECT COUNT(*) AS n FROM (SELECT 1 FROM (SELECT u.standing, u.ends_on FROM users u
		WHERE u.environment_id = $1 AND ` + index + ` LIMIT ` + window + `) o WHERE ` + condition + `
		LIMIT ` + most + ` + 1) few) c)`
}

// openFirst is a query of the IDs of the oldest users of an index who meet a condition, marked with a word.
func (t *Tx) openFirst(word, index, condition string, few int) string {
	return `SELECT o.id, '` + word + `' AS list FROM (SELECT u.id, u.standing, u.ends_on FROM users u
		WHERE u.environment_id = $1 AND ` + index + ` ORDER BY u.created_at, u.id
		LIMIT ` + strconv.Itoa(t.store.bounds.gathered) + `) o WHERE ` + condition + ` LIMIT ` + strconv.Itoa(few)
}

// fewUsers is a number of users that is looked at to find one who does not administer the root.
const fewUsers = 50

// OpenTasks reads what the actor with a scope has to do, and the few oldest users of each list. Within units it looks
// at a sample of their members. self is the acting administrator.
func (t *Tx) OpenTasks(self pactius.UserID, scope UserScope, few int) (OpenTasks, error) {
	return within(t, func() (OpenTasks, error) {
		var o OpenTasks
		var members []pactius.UserID
		var err error
		if scope.All {
			err = t.openAll(&o, self, scope.Today)
		} else {
			members, err = t.openWithin(&o, scope, few)
		}
		if err == nil {
			err = t.openRows(&o, scope, members, few)
		}
		for _, c := range []*Count{&o.Unassigned.Count, &o.Invited.Count} {
			c.N = min(c.N, pactius.MaxCount)
		}
		return o, err
	})
}

// openAll counts in the whole environment.
func (t *Tx) openAll(o *OpenTasks, self pactius.UserID, today pactius.Date) error {
	few := strconv.Itoa(fewUsers)
	_, err := one(t, func(r database.Scanner) (int, error) {
		var units, users, signedIn, others int
		err := r.Scan(&o.Unassigned.N, database.Bool(&o.Unassigned.More), &o.Invited.N, database.Bool(&o.Invited.More),
			&o.Undelivered, &units, &users, &signedIn, &others)
		o.Units, o.SignedIn, o.Second = units > 0, signedIn > 1, others > 0
		o.People = users > others+1 || users == fewUsers
		return 0, err
	}, `SELECT x.n, x.more, y.n, y.more, (`+sqlCountDead+`),
		(SELECT COUNT(*) FROM (SELECT 1 FROM units n WHERE n.environment_id = $1 AND n.parent_id > '' LIMIT 1) one),
		(SELECT COUNT(*) FROM (SELECT 1 FROM users u WHERE u.environment_id = $1 AND u.created_at > 0
			LIMIT `+few+`) few),
		(SELECT COUNT(*) FROM (SELECT 1 FROM users u WHERE u.environment_id = $1 AND u.last_sign_in_at > 0
			LIMIT 2) two),
		(`+sqlCountRootAdmins+` AND m.user_id <> $3)
		FROM `+t.openCount(unassigned, stillUsers)+` x CROSS JOIN `+t.openCount(whereInvited, lastingInvited)+` y`,
		t.env, today, self)
	return err
}

// openWithin counts the users without units, and the invited ones among them and among a sample of the members of
// units. It returns the few oldest of these members.
func (t *Tx) openWithin(o *OpenTasks, scope UserScope, few int) ([]pactius.UserID, error) {
	var loose Count
	_, err := one(t, func(r database.Scanner) (int, error) {
		return 0, r.Scan(&o.Unassigned.N, database.Bool(&o.Unassigned.More), &loose.N, database.Bool(&loose.More))
	}, `SELECT x.n, x.more, y.n, y.more FROM `+t.openCount(unassigned, stillUsers)+` x CROSS JOIN `+
		t.openCount(unassigned, lastingInvited)+` y`, t.env, scope.Today)
	if err != nil {
		return nil, err
	}
	l, err := t.listing(pactius.UserFilter{Status: pactius.StatusInvited}, scope)
	if err != nil {
		return nil, err
	}
	invited, count, err := l.sample()
	o.Invited.Count = count.plus(loose)
	return invited[:min(len(invited), few)], err
}

// sample looks at a sample of the members of a list within units. It returns those who meet the other conditions of
// the list, oldest first, and their number.
func (l *listing) sample() ([]pactius.UserID, Count, error) {
	type member struct {
		id      pactius.UserID
		created int64
		rows    int
		meets   bool
	}
	few := 2 * l.bounds.sample
	members, _ := l.parts()
	var b database.Query
	b.Add(`SELECT u.id, u.created_at, c.n, CASE WHEN `)
	members.where(&b, nil)
	b.Add(` THEN 1 ELSE 0 END FROM (SELECT g.user_id, COUNT(*) AS n FROM (SELECT f.user_id FROM (`)
	gather := members.narrow[0].gather
	b.Add(gather.sql, gather.args...)
	b.Add(`) f`)
	b.Limit(few)
	b.Add(`) g GROUP BY g.user_id`)
	b.Limit(l.bounds.sample + 1)
	b.Add(`) c CROSS JOIN users u WHERE u.environment_id = ? AND u.id = c.user_id`, l.t.env)
	all, err := listBy(l.t, func(r database.Scanner) (member, error) {
		var m member
		return m, r.Scan(&m.id, &m.created, &m.rows, database.Bool(&m.meets))
	}, &b)
	rows := 0
	for _, m := range all {
		rows += m.rows
	}
	more := len(all) > l.bounds.sample || rows == few
	all = slices.DeleteFunc(all, func(m member) bool { return !m.meets })
	slices.SortFunc(all, func(a, b member) int {
		return cmp.Or(cmp.Compare(a.created, b.created), cmp.Compare(a.id, b.id))
	})
	ids := make([]pactius.UserID, len(all))
	for i, m := range all {
		ids[i] = m.id
	}
	return ids, Count{len(ids), more}, err
}

// openRows reads the first users of both lists. Within units the invited ones are some members, and users without
// units.
func (t *Tx) openRows(o *OpenTasks, scope UserScope, members []pactius.UserID, few int) error {
	const loose, invited = "loose", "invited"
	index, args := whereInvited, []any{t.env, scope.Today}
	if !scope.All {
		index = unassigned
	}
	ids := `SELECT * FROM (` + t.openFirst(loose, unassigned, stillUsers, few) + `) x
		UNION ALL SELECT * FROM (` + t.openFirst(invited, index, lastingInvited, few) + `) y`
	if len(members) > 0 {
		ids += ` UNION ALL SELECT few.value, '` + invited + `' FROM ` +
			strings.Replace(t.tx.Dialect().EachJSON, "?", "$3", 1) + ` few`
		args = append(args, jsonList(members))
	}
	_, err := list(t, func(r database.Scanner) (int, error) {
		var u pactius.User
		var in string
		err := r.Scan(append(userTable.into(&u), &in)...)
		if in == loose {
			o.Unassigned.First = append(o.Unassigned.First, u)
		} else {
			o.Invited.First = append(o.Invited.First, u)
		}
		return 0, err
	}, `SELECT `+userTable.columns+`, f.list FROM (`+ids+`) f CROSS JOIN users u
		WHERE u.environment_id = $1 AND u.id = f.id`, args...)
	for _, first := range []*[]pactius.User{&o.Unassigned.First, &o.Invited.First} {
		slices.SortFunc(*first, func(a, b pactius.User) int {
			return cmp.Or(a.CreatedAt.Compare(b.CreatedAt), cmp.Compare(a.ID, b.ID))
		})
		*first = (*first)[:min(len(*first), few)]
	}
	return err
}
