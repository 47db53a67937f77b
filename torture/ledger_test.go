package torture

import (
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
)

// fact is a row that must be there because its change was acknowledged.
type fact struct {
	kind  string // for counting: "sign-in", "request", ...
	query string // counts the rows; "" for an email, which is found by its key
	args  []any
}

// ledger is what has been acknowledged. It is safe for concurrent use.
type ledger struct {
	mu     sync.Mutex
	facts  map[string]fact
	fresh  []string       // not looked for yet
	counts map[string]int // of all ever acknowledged, by kind
}

func newLedger() *ledger { return &ledger{facts: map[string]fact{}, counts: map[string]int{}} }

// acknowledged notes a change that the server has said yes to. The key names it.
func (l *ledger) acknowledged(key, kind, query string, args ...any) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if _, known := l.facts[key]; !known {
		l.counts[kind]++
	}
	l.facts[key] = fact{kind, query, args}
	l.fresh = append(l.fresh, key)
}

// retract forgets a fact that is about to be changed by another request.
func (l *ledger) retract(key string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.facts, key)
}

// summary counts what was acknowledged.
func (l *ledger) summary() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	total, parts := 0, []string{}
	for _, kind := range slices.Sorted(maps.Keys(l.counts)) {
		total += l.counts[kind]
		parts = append(parts, fmt.Sprintf("%d %ss", l.counts[kind], kind))
	}
	return fmt.Sprintf("%d acknowledged changes (%s)", total, strings.Join(parts, ", "))
}

// total is the number of acknowledged changes.
func (l *ledger) total() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	n := 0
	for _, c := range l.counts {
		n += c
	}
	return n
}

// verify looks for the facts in the database, for those it has not looked for yet
// or for all; what is not there exactly once is a broken promise.
func (l *ledger) verify(db *sql.DB, v *verdict, all bool) error {
	l.mu.Lock()
	keys := l.fresh
	l.fresh = nil
	if all {
		keys = slices.Sorted(maps.Keys(l.facts))
	}
	l.mu.Unlock()
	mails, err := addressed(db)
	if err != nil {
		return err
	}
	for _, key := range keys {
		l.mu.Lock()
		f, known := l.facts[key]
		l.mu.Unlock()
		if !known {
			continue
		}
		n := mails[key]
		if f.query != "" {
			if err := db.QueryRow(f.query, f.args...).Scan(&n); err != nil {
				return fmt.Errorf("look for %s: %w", key, err)
			}
		}
		if n == 1 {
			continue
		}
		l.mu.Lock()
		_, known = l.facts[key] // it may have been retracted meanwhile
		l.mu.Unlock()
		if known {
			v.broken("acknowledged and not there exactly once, but %d times: %s", n, key)
		}
	}
	return nil
}

// mailKey names the email of a kind to an address.
func mailKey(kind, to string) string { return "mail " + kind + " to " + to }

// addressed counts the emails by mailKey, all in one go: nothing else ever looks
// for emails by address, so there is no index.
func addressed(db *sql.DB) (map[string]int, error) {
	rows, err := db.Query(`SELECT kind, to_address FROM mails`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	all := map[string]int{}
	for rows.Next() {
		var kind, to string
		if err := rows.Scan(&kind, &to); err != nil {
			return nil, err
		}
		all[mailKey(kind, to)]++
	}
	return all, rows.Err()
}

// The queries for the facts. Mails are found by their address, since every person of
// a run is let in, declined or added once.
const (
	sqlSession = `SELECT COUNT(*) FROM sessions WHERE environment_id = $1 AND token_hash = $2`
	sqlAsked   = `SELECT COUNT(*) FROM access_requests WHERE environment_id = $1 AND tid = '` + tenantID +
		`' AND oid = $2`
	sqlDecided = `SELECT COUNT(*) FROM access_requests WHERE environment_id = $1 AND tid = '` + tenantID +
		`' AND oid = $2 AND state = $3 AND decided_at > 0`
	sqlUser  = `SELECT COUNT(*) FROM users WHERE environment_id = $1 AND username_key = $2`
	sqlBound = `SELECT COUNT(*) FROM users WHERE environment_id = $1 AND username_key = $2 AND oid = $3 AND
		first_sign_in_at > 0`
	sqlMember = `SELECT COUNT(*) FROM memberships WHERE environment_id = $1 AND user_id = (SELECT id FROM users
		WHERE environment_id = $1 AND username_key = $2)`
	sqlAddEvent = `SELECT COUNT(*) FROM events WHERE environment_id = $1 AND user_id =
		(SELECT id FROM users WHERE environment_id = $1 AND username_key = $2)
		AND user_id <> '' AND kind IN ('user.added', 'user.admitted')`
)
