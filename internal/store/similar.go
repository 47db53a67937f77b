package store

import (
	"cmp"
	"encoding/json"
	"maps"
	"slices"
	"strconv"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/nearmiss"
)

// Bounds of a look-up. A key that hundreds share says little about each of them, so
// rows that are left out there are hardly missed.
const (
	// MaxSimilar is how many candidates a look-up returns: each is read and compared.
	MaxSimilar = 100

	maxExact = 50 // users of one key of nearmiss.Lookup.Exact
	maxOther = 40 // users of all keys of Lookup.Other
	maxNear  = 80 // users of all keys of Lookup.Near
	maxWide  = 25 // users of one key of Lookup.Wide
	maxWord  = 20 // users of one word
)

// How much a hit counts when there are more candidates than MaxSimilar.
const (
	hitExact = 8
	hitOther = 3
	hitNear  = 3
	hitWide  = 2
	hitWord  = 1
)

// keyTable is where keys are.
type keyTable struct{ name, column, only string }

var (
	userKeys    = keyTable{"user_keys", "user_id", ""}
	waitingKeys = keyTable{"user_keys", "user_id", ` AND waiting = 1`}
	pendingKeys = keyTable{"request_keys", "request_id", ""}
)

// hit is a row that a look-up found.
type hit struct {
	id     string
	weight int
}

// lookUp writes the query that finds rows by their keys. Lists are filled up to
// fixed lengths with keys that no row has, so that the statement stays the same;
// the long lists are one parameter, which inJSON, of the engine's dialect, expands.
func (k keyTable) lookUp(env pactius.EnvironmentID, l nearmiss.Lookup, inJSON string) *database.Query {
	var b database.Query
	part := func(weight int, limit int, keys ...string) {
		if b.Text() != "" {
			b.Add(` UNION ALL `)
		}
		b.Add(`SELECT `+k.column+`, `+strconv.Itoa(weight)+` FROM (SELECT `+k.column+` FROM `+k.name+
			` WHERE environment_id = ?`+k.only+` AND key `, env)
		if len(keys) == 1 {
			b.Add(`= ?`, keys[0])
		} else {
			text, _ := json.Marshal(keys) // strings become JSON always
			// Without the order PostgreSQL reads the table, hoping to reach the limit early.
			b.Add(inJSON+` ORDER BY key, `+k.column, string(text))
		}
		b.Add(` LIMIT ?) found`, limit)
	}
	for _, key := range filled(l.Exact, nearmiss.MaxExact) {
		part(hitExact, maxExact, key)
	}
	part(hitOther, maxOther, slices.Concat(l.Other, []string{"", ""})...)
	part(hitNear, maxNear, slices.Concat(l.Near, []string{"", ""})...)
	for _, key := range filled(l.Wide, nearmiss.MaxWide) {
		part(hitWide, maxWide, key)
	}
	if k.name != userKeys.name {
		return &b // requests are few: words are not kept for them
	}
	for _, word := range filled(l.Words, nearmiss.MaxWords) {
		b.Add(` UNION ALL SELECT user_id, `+strconv.Itoa(hitWord)+` FROM (SELECT user_id FROM user_words
			WHERE environment_id = ? AND word = ? LIMIT ?) found`, env, word, maxWord)
	}
	return &b
}

// filled returns exactly n keys; it adds keys that no row has.
func filled(keys []string, n int) []string {
	all := slices.Clone(keys[:min(len(keys), n)])
	for len(all) < max(n, 1) {
		all = append(all, "")
	}
	return all
}

// similar returns the IDs found by a look-up, those with most in common first.
func (t *Tx) similar(k keyTable, l nearmiss.Lookup) ([]string, error) {
	b := k.lookUp(t.env, l, t.tx.Dialect().InJSON)
	hits, err := listBy(t, func(r database.Scanner) (hit, error) {
		var h hit
		return h, r.Scan(&h.id, &h.weight)
	}, b)
	if err != nil {
		return nil, err
	}
	weights := make(map[string]int, len(hits))
	for _, h := range hits {
		weights[h.id] += h.weight
	}
	ids := slices.SortedFunc(maps.Keys(weights), func(a, b string) int {
		return cmp.Or(cmp.Compare(weights[b], weights[a]), cmp.Compare(a, b))
	})
	return ids[:min(len(ids), MaxSimilar)], nil
}

// SimilarInvited finds users without an identity, not deactivated, who share a
// key with the person looked up: candidates for nearmiss.Rank, at most
// MaxSimilar, those with most in common first.
func (t *Tx) SimilarInvited(l nearmiss.Lookup) ([]pactius.User, error) {
	return t.similarUsers(waitingKeys, l, `u.oid = '' AND u.deactivated_at = 0 AND `)
}

// SimilarUsers is SimilarInvited among all users, with or without an identity, also
// deactivated ones.
func (t *Tx) SimilarUsers(l nearmiss.Lookup) ([]pactius.User, error) {
	return t.similarUsers(userKeys, l, "")
}

// idStep is the step in which the list of users to read grows.
const idStep = 25

func (t *Tx) similarUsers(k keyTable, l nearmiss.Lookup, only string) ([]pactius.User, error) {
	ids, err := t.similar(k, l)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	users, err := userTable.list(t, usersAmong(t.env, ids, only))
	if err != nil {
		return nil, err
	}
	inOrder := make(map[pactius.UserID]int, len(ids))
	for i, id := range ids {
		inOrder[pactius.UserID(id)] = i
	}
	slices.SortFunc(users, func(a, b pactius.User) int { return inOrder[a.ID] - inOrder[b.ID] })
	return users, nil
}

func usersAmong(env pactius.EnvironmentID, ids []string, only string) *database.Query {
	q := userTable.query(env, only+`u.id IN `)
	database.In(q, filled(ids, (len(ids)+idStep-1)/idStep*idStep))
	return q
}

// maxLikeAny bounds the hits of InvitedLikeAny. Where there are more, some are left out.
const maxLikeAny = 1000

// InvitedLikeAny is SimilarInvited for several people at once, without words and keys that many share: candidates for
// each, in the order of the look-ups.
func (t *Tx) InvitedLikeAny(looks []nearmiss.Lookup) ([][]pactius.User, error) {
	var keys []string
	for _, l := range looks {
		keys = slices.Concat(keys, l.Exact, l.Other, l.Near)
	}
	slices.Sort(keys)
	keys = slices.Compact(keys)
	var q database.Query
	q.Add(`SELECT k.value, u.user_id FROM `+t.tx.Dialect().EachJSON+` k CROSS JOIN user_keys u`, jsonList(keys))
	q.Add(` WHERE u.environment_id = ? AND u.waiting = 1 AND u.key = k.value`, t.env)
	q.Limit(maxLikeAny)
	type row struct {
		key  string
		user pactius.UserID
	}
	hits, err := listBy(t, func(r database.Scanner) (row, error) {
		var v row
		return v, r.Scan(&v.key, &v.user)
	}, &q)
	if err != nil || len(hits) == 0 {
		return make([][]pactius.User, len(looks)), err
	}
	ids, having := []pactius.UserID{}, map[string][]pactius.UserID{}
	for _, h := range hits {
		if having[h.key] = append(having[h.key], h.user); !slices.Contains(ids, h.user) {
			ids = append(ids, h.user)
		}
	}
	users, err := t.UsersByID(ids)
	found := make([][]pactius.User, len(looks))
	for i, l := range looks {
		met := map[pactius.UserID]bool{}
		for _, key := range slices.Concat(l.Exact, l.Other, l.Near) {
			for _, id := range having[key] {
				if u, ok := users[id]; ok && !met[id] && Waiting(u) {
					met[id] = true
					found[i] = append(found[i], u)
				}
			}
		}
	}
	return found, err
}

// SimilarRequests finds the pending requests of people who share a key with the
// person looked up, without the requested units.
func (t *Tx) SimilarRequests(l nearmiss.Lookup) ([]pactius.AccessRequest, error) {
	ids, err := t.similar(pendingKeys, l)
	if err != nil || len(ids) == 0 {
		return nil, err
	}
	q := requestTable.query(t.env, `r.state = ? AND r.id IN `, pactius.StatePending)
	database.In(q, filled(ids, (len(ids)+idStep-1)/idStep*idStep))
	q.Add(` ORDER BY r.id`)
	return requestTable.list(t, q)
}

// Of the samples by which the users of an environment are counted, so many are
// looked at; where there are more, the next rarer sample is.
const maxSample = 2000

// Commonness counts how many users share words, each up to nearmiss.MaxCount,
// and, roughly, how many there are.
func (t *Tx) Commonness(words []string) (nearmiss.Commonness, error) {
	c := nearmiss.Commonness{Words: make(map[string]int, len(words))}
	words = words[:min(len(words), nearmiss.MaxWanted)]
	q := countWords(t.env, words)
	found, err := counts[int](t, q.Text(), q.Args()...)
	exhausted := true
	// The samples have the numbers -1, -2, ...; the commonest comes first.
	for i := range nearmiss.Samples {
		if n := found[-i-1]; exhausted {
			c.Users = n * nearmiss.Samples[i].Rate
			exhausted = n == maxSample
		}
	}
	for i, word := range words {
		c.Words[word] = found[i]
	}
	return c, err
}

// CommonWords counts how many users share each of many words, up to nearmiss.MaxCount.
func (t *Tx) CommonWords(words []string) (map[string]int, error) {
	var q database.Query
	q.Add(`SELECT k.value, (SELECT COUNT(*) FROM (SELECT 1 FROM user_words w WHERE w.environment_id = ?
		AND w.word = k.value LIMIT ?) found) FROM `+t.tx.Dialect().EachJSON+` k`,
		t.env, nearmiss.MaxCount, jsonList(words))
	return counts[string](t, q.Text(), q.Args()...)
}

// countWords writes the query that counts the samples and the users of each word.
func countWords(env pactius.EnvironmentID, words []string) *database.Query {
	var b database.Query
	for i, s := range nearmiss.Samples {
		if i > 0 {
			b.Add(` UNION ALL `)
		}
		b.Add(`SELECT CAST(? AS BIGINT), COUNT(*) FROM (SELECT 1 FROM user_keys
			WHERE environment_id = ? AND key = ? LIMIT ?) found`, -i-1, env, s.Key, maxSample)
	}
	for i, w := range filled(words, nearmiss.MaxWanted) {
		b.Add(` UNION ALL SELECT CAST(? AS BIGINT), COUNT(*) FROM (SELECT 1 FROM user_words
			WHERE environment_id = ? AND word = ? LIMIT ?) found`, i, env, w, nearmiss.MaxCount)
	}
	return &b
}
