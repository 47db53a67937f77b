package dbtool

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

const (
	sqlCheckUserRows = `SELECT u.environment_id, u.id, u.username, u.username_key, u.name, u.name_key, u.email,
		u.oid, u.created_by, u.ends_on, u.signature, u.unit_count,
		(SELECT COUNT(*) FROM memberships m WHERE m.environment_id = u.environment_id AND m.user_id = u.id),
		COALESCE((SELECT string_agg(w.word, ' ') FROM user_words w WHERE w.environment_id = u.environment_id
		AND w.user_id = u.id), ''),
		COALESCE((SELECT string_agg(f.username, ' ' ORDER BY f.until DESC, f.username_key) FROM former_usernames f
		WHERE f.environment_id = u.environment_id AND f.user_id = u.id), '') FROM users u`
	sqlCheckRequestRows = `SELECT r.environment_id, r.id, r.oid, r.username, r.username_key, r.name, r.user_id,
		COALESCE((SELECT string_agg(w.word, ' ') FROM request_words w WHERE w.environment_id = r.environment_id
		AND w.request_id = r.id), '') FROM access_requests r`
	sqlCheckTwin = `SELECT environment_id, id, username FROM users
		WHERE environment_id = $1 AND username_key = $2`
	sqlCheckZones    = `SELECT id, time_zone FROM environments WHERE time_zone <> ''`
	sqlCheckUnitRows = `SELECT n.id, COALESCE(u.id, ''), COALESCE(u.parent_id, ''),
		COALESCE(u.name, ''), COALESCE(u.name_key, ''), COALESCE(u.order_key, ''), COALESCE(u.archived_at, 0),
		COALESCE((SELECT string_agg(w.word, ' ') FROM unit_words w WHERE w.environment_id = u.environment_id
		AND w.unit_id = u.id), '')
		FROM environments n LEFT JOIN units u ON u.environment_id = n.id ORDER BY n.id`
)

// userRow is a row of sqlCheckUserRows.
type userRow struct {
	env                                     pactius.EnvironmentID
	id, username, key, name, nameKey, email string
	oid                                     string
	way                                     pactius.Way
	ends                                    string
	signature                               int64
	unitCount, memberships                  int
	words, former                           string
}

// users verifies the columns and rows that are derived from a user's other columns.
func (c *checking) users(ctx context.Context) error {
	const name = "users"
	var apart []userRow
	err := c.each(ctx, name, sqlCheckUserRows, func(r database.Scanner) error {
		var u userRow
		if err := r.Scan(&u.env, &u.id, &u.username, &u.key, &u.name, &u.nameKey, &u.email, &u.oid, &u.way, &u.ends,
			&u.signature, &u.unitCount, &u.memberships, &u.words, &u.former); err != nil {
			return err
		}
		if u.apart() {
			apart = append(apart, u)
		}
		for _, fault := range u.faults() {
			c.add(Flaw{Check: name, Environment: u.env, Subject: u.id, Detail: fault})
		}
		return nil
	})
	for _, u := range apart {
		if err := c.twin(ctx, u); err != nil {
			return err
		}
	}
	return err
}

// twin warns of a user whose account name another user has, with the domain in its other spelling.
func (c *checking) twin(ctx context.Context, u userRow) error {
	const name = "users"
	return c.each(ctx, name, sqlCheckTwin, func(r database.Scanner) error {
		other := userRow{}
		err := r.Scan(&other.env, &other.id, &other.username)
		c.add(Flaw{Warning: true, Check: name, Environment: u.env, Subject: u.id,
			Detail: fmt.Sprintf("%s is the same account name as %s of the user %s, with the domain in its other "+
				"spelling; if they are one person, merge them with: pactius user merge", u.username, other.username,
				other.id)})
		return err
	}, u.env, names.Key(u.username))
}

// apart reports whether the key is that of one spelling of the domain: of a user whose account name became equal to
// another's, or who was written by the version before. The user is found by it, see store.UserByUsername.
func (u userRow) apart() bool {
	return u.key != names.Key(u.username) && slices.Contains(names.Keys(u.username), u.key)
}

// ways are the valid pactius.Ways of a user.
var ways = []pactius.Way{pactius.ByRequest, pactius.ByAdd, pactius.ByCommand, pactius.BySetup}

func (u userRow) faults() []string {
	var all []string
	if u.key != store.UsernameKey(u.username, pactius.Identity{ObjectID: u.oid}) && !u.apart() {
		all = append(all, "the key of the account name is "+u.key)
	}
	if u.nameKey != names.OrderKey(u.name) {
		all = append(all, "is sorted by "+u.nameKey)
	}
	if u.unitCount != u.memberships {
		all = append(all, fmt.Sprintf("counts %d business units instead of %d", u.unitCount, u.memberships))
	}
	wanted, found := store.UserWords(pactius.User{Name: u.name, Username: u.username, Email: u.email},
		[]pactius.FormerUsername{{Username: u.former}}), strings.Fields(u.words)
	slices.Sort(wanted)
	slices.Sort(found)
	if !slices.Equal(wanted, found) {
		all = append(all, "is found by the words "+u.words)
	}
	if u.signature != store.Signature(found...) {
		all = append(all, "has the signature of other words")
	}
	if _, err := pactius.ParseDate("", u.ends); err != nil {
		all = append(all, "ends on "+u.ends)
	}
	if !slices.Contains(ways, u.way) {
		all = append(all, "came in by "+string(u.way))
	}
	return all
}

// zones warns of stored time zones that cannot be loaded here.
func (c *checking) zones(ctx context.Context) error {
	const name = "environments"
	return c.each(ctx, name, sqlCheckZones, func(r database.Scanner) error {
		var e pactius.Environment
		err := r.Scan(&e.ID, &e.TimeZone)
		if lost := e.LostZone(); lost != "" {
			c.add(Flaw{Warning: true, Check: name, Environment: e.ID, Subject: string(e.ID),
				Detail: fmt.Sprintf("the time zone %s can't be loaded, so end dates pass up to 14 hours early; set "+
					"another with: pactius environment set --time-zone", lost)})
		}
		return err
	})
}

// requests verifies the column and the words that are derived from a request's other columns.
func (c *checking) requests(ctx context.Context) error {
	const name = "access requests"
	return c.each(ctx, name, sqlCheckRequestRows, func(r database.Scanner) error {
		var q requestRow
		if err := r.Scan(&q.env, &q.id, &q.ObjectID, &q.Username, &q.key, &q.Name, &q.user, &q.words); err != nil {
			return err
		}
		for _, fault := range q.faults() {
			c.add(Flaw{Check: name, Environment: q.env, Subject: q.id, Detail: fault})
		}
		return nil
	})
}

// requestRow is a row of sqlCheckRequestRows.
type requestRow struct {
	pactius.Person
	env                  pactius.EnvironmentID
	id, key, user, words string
}

func (q requestRow) faults() []string {
	var all []string
	ofUser := q.user != "" && q.key == store.UsernameKey("", q.Identity) // a user requested more access
	if !ofUser && q.key != store.UsernameKey(q.Username, q.Identity) &&
		!slices.Contains(names.Keys(q.Username), q.key) {
		all = append(all, "the key of the account name is "+q.key)
	}
	wanted, found := store.RequestWords(q.Person), strings.Fields(q.words)
	slices.Sort(wanted)
	slices.Sort(found)
	if !slices.Equal(wanted, found) {
		all = append(all, "is found by the words "+q.words)
	}
	return all
}

// unitRow is a row of sqlCheckUnitRows.
type unitRow struct {
	id, parent, name, key, order, words string
	archived                            int64
}

// trees verifies the business units of each environment.
func (c *checking) trees(ctx context.Context) error {
	var env pactius.EnvironmentID
	var units []unitRow
	err := c.each(ctx, "business units", sqlCheckUnitRows, func(r database.Scanner) error {
		var of pactius.EnvironmentID
		var u unitRow
		if err := r.Scan(&of, &u.id, &u.parent, &u.name, &u.key, &u.order, &u.archived, &u.words); err != nil {
			return err
		}
		if of != env && env != "" {
			c.tree(env, units)
			units = units[:0]
		}
		env = of
		if u.id != "" { // "" stands for an environment without units
			units = append(units, u)
		}
		return nil
	})
	if err == nil && env != "" {
		c.tree(env, units)
	}
	return err
}

// tree verifies an environment's units: one root, all units below it and not too deep,
// no unit in use below an archived one.
func (c *checking) tree(env pactius.EnvironmentID, units []unitRow) {
	wrong := func(id, format string, args ...any) {
		c.add(Flaw{Check: "business units", Environment: env, Subject: id, Detail: fmt.Sprintf(format, args...)})
	}
	beneath := map[string][]unitRow{}
	for _, u := range units {
		beneath[u.parent] = append(beneath[u.parent], u)
		if u.key != names.Fold(u.name) {
			wrong(u.id, "is sorted by %s", u.key)
		}
		if u.order != names.OrderKey(u.name) {
			wrong(u.id, "is listed by %s", u.order)
		}
		wanted, found := store.UnitWords(u.name), strings.Fields(u.words)
		slices.Sort(wanted)
		slices.Sort(found)
		if !slices.Equal(wanted, found) {
			wrong(u.id, "is found by %s instead of %s", strings.Join(found, " "), strings.Join(wanted, " "))
		}
	}
	roots := beneath[""]
	if len(roots) != 1 {
		wrong("", "there are %d roots instead of one", len(roots))
	}
	reached := map[string]bool{}
	level := roots
	for depth := 1; len(level) > 0; depth++ {
		var next []unitRow
		for _, u := range level {
			reached[u.id] = true
			if depth > pactius.MaxDepth {
				wrong(u.id, "lies on level %d of at most %d", depth, pactius.MaxDepth)
			}
			for _, child := range beneath[u.id] {
				if u.archived != 0 && child.archived == 0 {
					wrong(child.id, "is in use below an archived unit")
				}
			}
			next = append(next, beneath[u.id]...)
		}
		level = next
	}
	for _, u := range units {
		if !reached[u.id] {
			wrong(u.id, "is not below the root: its parents form a circle or lead nowhere")
		}
	}
	if len(roots) == 1 && roots[0].archived != 0 {
		wrong(roots[0].id, "is the root and archived")
	}
}
