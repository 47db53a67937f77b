package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

const (
	day  = 24 * time.Hour
	year = 365 * day
)

// planned are the kinds of what HealDue corrects: the statement that makes an environment's row due at $2, the count of
// those that are due after $2, and the longest time ahead that is right.
var planned = map[store.Healed]struct {
	set, count string
	longest    time.Duration
}{
	store.HealedEmails: {`UPDATE mails SET next_at = $2, created_at = $2
		WHERE environment_id = $1 AND state = 'waiting'`, `SELECT COUNT(*) FROM mails
		WHERE environment_id = $1 AND state = 'waiting' AND (next_at > $2 OR created_at > $2)`, day},
	store.HealedSweeps: {`INSERT INTO sweeps (environment_id, due_at, lease) VALUES ($1, $2, 'a')
		ON CONFLICT (environment_id) DO UPDATE SET due_at = excluded.due_at, lease = 'a'`,
		`SELECT COUNT(*) FROM sweeps WHERE environment_id = $1 AND due_at > $2`, day},
	store.HealedProfiles: {`UPDATE profiles SET due_at = $2 WHERE environment_id = $1 AND title <> ''`,
		`SELECT COUNT(*) FROM profiles WHERE environment_id = $1 AND due_at > $2`, 8 * day},
	store.HealedReviews: {`UPDATE client_sessions SET review_at = $2 WHERE environment_id = $1`,
		`SELECT COUNT(*) FROM client_sessions WHERE environment_id = $1 AND review_at > $2`, day},
	store.HealedSignOuts: {`UPDATE client_sessions SET ended_at = $2, next_at = $2 WHERE environment_id = $1`,
		`SELECT COUNT(*) FROM client_sessions WHERE environment_id = $1 AND (ended_at > $2 OR next_at > $2)`, day},
	store.HealedSecrets: {`UPDATE applications SET old_secret_until = $2 WHERE environment_id = $1`,
		`SELECT COUNT(*) FROM applications WHERE environment_id = $1 AND old_secret_until > $2`, pactius.SecretKept},
	store.HealedRequests: {`UPDATE access_requests SET expires_at = $2, created_at = $2 - 2592000000000
		WHERE environment_id = $1 AND state = 'pending'`,
		`SELECT COUNT(*) FROM access_requests WHERE environment_id = $1 AND (expires_at > $2 OR created_at > $2)`,
		pactius.RequestLifetime},
	store.HealedLinks: {`UPDATE connect_links SET expires_at = $2, created_at = $2 - 604800000000
		WHERE environment_id = $1`,
		`SELECT COUNT(*) FROM connect_links WHERE environment_id = $1 AND expires_at > $2`, 7 * day},
	store.HealedSessions: {`UPDATE sessions SET expires_at = $2 WHERE environment_id = $1`,
		`SELECT COUNT(*) FROM sessions WHERE environment_id = $1 AND expires_at > $2`, pactius.SessionAbsolute},
	store.HealedQueue: {`INSERT INTO mail_queue (id, since, until, failures, code, status, reason)
		SELECT 1, $2, $2, 1, 0, '', name FROM environments WHERE id = $1
		ON CONFLICT (id) DO UPDATE SET since = excluded.since, until = excluded.until`,
		`SELECT COUNT(*) FROM mail_queue WHERE CAST($1 AS TEXT) <> '' AND (until > $2 OR since > $2)`, day},
}

// TestWhatAClockAheadHasPlannedIsDueNow also sees that rows which are due after the longest pause stay, that nothing of
// another environment changes, and that the statements use indexes.
func TestWhatAClockAheadHasPlannedIsDueNow(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		for _, kind := range store.HealedKinds() {
			p, ok := planned[kind]
			if !ok {
				t.Errorf("no test makes a row of %s", kind)
			}
			m := mark(t, db, "alpha-"+string(kind))
			other := mark(t, db, "bravo-"+string(kind))
			before, now := other.Dump(t), db.Clock.Now()
			heal := func() (told string) {
				s, ran := watched(t, db)
				err := s.HealDue(t.Context(), now, func(k store.Healed, rows int) {
					told += fmt.Sprintf("%s %d, ", k, rows)
				})
				if err != nil {
					t.Fatal(err)
				}
				for _, a := range *ran {
					if strings.HasSuffix(strings.TrimSuffix(a.query, ")"), "> $1") { // run every minute
						checkPlan(t, db, string(kind), a)
					}
				}
				return told
			}
			db.Exec(t, p.set, m.Env, now.Add(p.longest).UnixMicro())
			if got := heal(); got != "" {
				t.Errorf("%s: what is due after the longest pause was changed: %s", kind, got)
			}
			db.Exec(t, p.set, m.Env, now.Add(year).UnixMicro())
			if got, want := heal(), string(kind)+" 1, "; got != want {
				t.Errorf("%s: a year ahead: %q, want %q", kind, got, want)
			}
			if n := db.Count(t, p.count, m.Env, now.Add(p.longest).UnixMicro()); n != 0 {
				t.Errorf("%s: %d are still later than any pause", kind, n)
			}
			if got := heal(); got != "" {
				t.Errorf("%s: the second time: %s", kind, got)
			}
			if diff := cmp.Diff(other.Dump(t), before); diff != "" {
				t.Errorf("%s: the other environment changed:\n%s", kind, diff)
			}
			if kind == store.HealedSessions && db.Count(t, `SELECT COUNT(*) FROM door_changes WHERE environment_id = $1
				AND session_hash = $2`, m.Env, m.mark+"token") == 0 {
				t.Error("the door isn't told of the sessions' end")
			}
		}
	})
}

func TestWhatTheDatabaseKnowsOfTheTime(t *testing.T) {
	t.Parallel()
	start := storetest.Start
	for name, c := range map[string]struct {
		events       []time.Duration // since the start
		newest, sure time.Duration   // negative: none
	}{
		"none":                    {nil, -1, -1},
		"one":                     {[]time.Duration{0}, 0, 0},
		"a busy day":              {[]time.Duration{0, time.Hour, 2 * time.Hour}, 2 * time.Hour, 2 * time.Hour},
		"some days":               {[]time.Duration{0, day, 2*day + time.Hour}, 2*day + time.Hour, day},
		"a minute a year ahead":   {[]time.Duration{0, day, year, year + time.Minute}, year + time.Minute, day},
		"two days a year ahead":   {[]time.Duration{0, day + year, 3*day + year}, 3*day + year, day + year},
		"recorded later, earlier": {[]time.Duration{year, 0, time.Hour}, year, time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
				envs := []*storetest.Ground{db.Ground(t, "a.example"), db.Ground(t, "b.example")}
				for i, after := range c.events {
					at := start.Add(after)
					envs[i%2].Update(t, func(tx *store.Tx) error {
						return tx.InsertEvents(pactius.Event{ID: pactius.EventID(id.At(at)), At: at,
							Kind: pactius.UserAdded})
					})
				}
				newest, sure, err := db.KnownTimes(t.Context(), day)
				want := func(after time.Duration) time.Time {
					if after < 0 {
						return time.Time{}
					}
					return start.Add(after)
				}
				if err != nil || !newest.Equal(want(c.newest)) || !sure.Equal(want(c.sure)) {
					t.Errorf("newest %v, sure %v (%v); want %v, %v", newest, sure, err, want(c.newest), want(c.sure))
				}
			})
		})
	}
}
