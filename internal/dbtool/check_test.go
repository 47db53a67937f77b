package dbtool_test

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/dbtool"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// damage changes a database beside the store and its constraints.
func damage(t testing.TB, db *storetest.DB, statements ...string) {
	t.Helper()
	all := strings.Join(statements, ";")
	if db.Engine() == "postgres" { // in SQLite foreign keys bind only who asks for it
		all = "SET session_replication_role = replica; " + all + "; SET session_replication_role = DEFAULT"
	}
	db.Exec(t, all)
}

func TestADatabaseOfWholeStoriesIsClean(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		if findings, err := check(t.Context(), db); err != nil || len(findings) > 0 {
			t.Errorf("Check of an empty database: %v %v", findings, err)
		}
		deployment(t, db)
		before := db.Dump(t)
		if findings, err := check(t.Context(), db); err != nil || len(findings) > 0 {
			t.Errorf("Check: %v %v", findings, err)
		}
		same(t, before, db.Dump(t))
	})
}

// anna is the first administrator of both environments, bo an approved request.
const (
	anna     = `(SELECT MIN(id) FROM users WHERE username_key LIKE 'anna%')`
	approved = `(SELECT MIN(id) FROM access_requests WHERE state = 'approved')`
	pending  = `(SELECT MIN(id) FROM access_requests WHERE state = 'pending')`
	declined = `(SELECT MIN(id) FROM access_requests WHERE state = 'declined')`
	young    = `(SELECT id FROM units WHERE name = 'Young')`
	level    = `(SELECT id FROM units WHERE name LIKE 'Level 1%')`
)

// copyUser inserts a second row of a user with some columns changed.
func copyUser(id, username, key, tid, oid string) string {
	return fmt.Sprintf(`INSERT INTO users (environment_id, id, username, username_key, name, name_key, email,
			tid, oid, language, created_at, created_by, first_sign_in_at, last_sign_in_at)
		SELECT environment_id, %s, %s, %s, name, name_key, email, %s, %s, language,
			created_at, created_by, first_sign_in_at, last_sign_in_at FROM users WHERE id = %s`,
		id, username, key, tid, oid, anna)
}

func TestCheckFindsEveryDamage(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, check, detail string // expected of Check
		damage              []string
	}{
		{"two users of one account name", "created once", "2 users have one account name",
			[]string{`DROP INDEX users_one_per_username`,
				copyUser("'x'", "username", "username_key", "tid", "'other'")}},
		{"a key of a user is gone", "near misses", "keys of users are missing or wrong",
			[]string{`DELETE FROM user_keys WHERE user_id = ` + anna + ` AND key = (SELECT MIN(key) FROM user_keys
					WHERE user_id = ` + anna + `)`}},
		{"a user is found by another's key", "near misses", "keys of users are missing or wrong",
			[]string{`UPDATE user_keys SET key = 'azz' WHERE user_id = ` + anna + ` AND key = (SELECT MIN(key)
					FROM user_keys WHERE user_id = ` + anna + `)`}},
		{"a key of a waiting request is gone", "near misses", "keys of waiting requests are missing or wrong",
			[]string{`DELETE FROM request_keys WHERE request_id = ` + pending}},
		{"two users of one identity", "created once", "2 users have one identity",
			[]string{`DROP INDEX users_one_per_identity`,
				copyUser("'x'", "'x@x.example'", "'x@x.example'", "tid", "oid")}},
		{"two requests of one identity wait", "created once", "2 requests of one identity wait",
			[]string{`DROP INDEX access_requests_one_pending`,
				`UPDATE access_requests SET (tid, oid) = (SELECT tid, oid FROM access_requests
					WHERE id = ` + pending + `), state = 'pending'
			WHERE id = (SELECT d.id FROM access_requests d
			JOIN access_requests p ON p.environment_id = d.environment_id AND p.id = ` + pending + `
			WHERE d.state = 'declined')`}},
		{"an index is missing", "the schema", "is missing", []string{`DROP INDEX users_by_name`}},
		{"a column is missing", "the schema", "is missing", []string{`ALTER TABLE users DROP COLUMN creator`}},
		{"a table is missing", "the schema", "is missing", []string{`DROP TABLE used_states`}},
		{"a wrong key of an account name", "users", "key of the account name",
			[]string{`UPDATE users SET username_key = 'Anna' WHERE id = ` + anna}},
		{"a wrong key of a name", "users", "is sorted by",
			[]string{`UPDATE users SET name_key = 'Anna' WHERE id = ` + anna}},
		{"a word is missing", "users", "is found by",
			[]string{`DELETE FROM user_words WHERE user_id = ` + anna + ` AND word = 'hansen'`}},
		{"a word too many", "users", "is found by", []string{`INSERT INTO user_words (environment_id, user_id, word)
				SELECT environment_id, id, 'zzz' FROM users WHERE id = ` + anna}},
		{"a signature of other words", "users", "signature of other words",
			[]string{`UPDATE users SET signature = 5 WHERE id = ` + anna}},
		{"a word under another name", "users", "under another name",
			[]string{`UPDATE user_words SET name_key = 'b' WHERE user_id = ` + anna}},
		{"a member under another name", "memberships", "under another name",
			[]string{`UPDATE memberships SET name_key = 'b' WHERE user_id = ` + anna}},
		{"a user listed as deactivated", "users", "is listed as",
			[]string{`UPDATE users SET standing = 2 WHERE id = ` + anna}},
		{"a unit that is not listed below", "business units", "is not listed below", []string{`DELETE FROM unit_above
				WHERE unit_id <> above_id`}},
		{"a unit that is listed below a sibling", "business units", "and is not", []string{`INSERT INTO unit_above
				(environment_id, unit_id, above_id) SELECT a.environment_id, a.id, b.id FROM units a JOIN units b
				ON b.environment_id = a.environment_id AND b.id <> a.id AND a.parent_id IS NULL
				AND b.parent_id IS NOT NULL`}},
		{"a request that waits for no administrator", "access requests", "is not pending",
			[]string{`DELETE FROM request_scopes`}},
		{"a request that waits for the wrong ones", "access requests", "should not",
			[]string{`INSERT INTO request_scopes (environment_id, unit_id, request_id)
				SELECT environment_id, 'elsewhere', id FROM access_requests WHERE id = ` + pending}},
		{"a wrong count of units", "users", "counts 7", []string{`UPDATE users SET unit_count = 7 WHERE id = ` + anna}},
		{"an unknown way", "users", "came in by the window",
			[]string{`UPDATE users SET created_by = 'the window' WHERE id = ` + anna}},
		{"an end that is no date", "users", "ends on soon",
			[]string{`UPDATE users SET ends_on = 'soon' WHERE id = ` + anna}},
		{"half an identity", "users", "half an identity", []string{`UPDATE users SET tid = '' WHERE id = ` + anna}},
		{"signed in without an identity", "users", "without an identity",
			[]string{`UPDATE users SET tid = '', oid = '' WHERE id = ` + anna}},
		{"an account in no state", "users", "in the state lost",
			[]string{`UPDATE users SET account_state = 'lost' WHERE id = ` + anna}},
		{"deactivated by the sweep, and active", "users", "does not fit", []string{`UPDATE users
				SET account_state = 'deleted', swept_out = 1 WHERE id = ` + anna}},
		{"created by no event", "users", "0 events tell",
			[]string{`DELETE FROM events WHERE kind = 'user.added' AND user_id = ` + anna}},
		{"created by two events", "users", "2 events tell",
			[]string{`INSERT INTO events (environment_id, id, at, kind, actor_kind, user_id)
			SELECT environment_id, 'again', at, kind, actor_kind, user_id FROM events WHERE kind = 'user.added'
			AND user_id = ` + anna}},
		{"a user has vanished", "users", "there is none", []string{`DELETE FROM user_words
				WHERE user_id = ` + anna, `DELETE FROM memberships WHERE user_id = ` + anna,
			`DELETE FROM sessions WHERE user_id = ` + anna, `DELETE FROM users WHERE id = ` + anna}},
		{"a merged user who is there", "users", "was merged into another",
			[]string{`UPDATE merged_users SET id = ` + anna + ` WHERE user_id = ` + anna}},
		{"a merged account that can sign in", "users", "can still sign in", []string{`UPDATE merged_users
				SET (tid, oid) = (SELECT tid, oid FROM users WHERE id = ` + anna + `) WHERE user_id = ` + anna}},
		{"a membership of nobody", "references", "users that does not exist",
			[]string{`UPDATE memberships SET user_id = 'nobody' WHERE user_id = ` + anna}},
		{"a membership in no unit", "references", "units that does not exist",
			[]string{`UPDATE memberships SET unit_id = 'nowhere' WHERE user_id = ` + anna}},
		{"a membership in an archived unit", "memberships", "archived", []string{`UPDATE units SET archived_at = 1
				WHERE id = (SELECT MIN(unit_id) FROM memberships WHERE access = 1)`}},
		{"an event of no environment", "references", "environments that does not exist",
			[]string{`UPDATE events SET environment_id = 'none' WHERE user_id = ` + anna}},
		{"a wish for no unit", "references", "in request_units", []string{`UPDATE request_units SET unit_id = 'nowhere'
				WHERE request_id = ` + pending}},
		{"a request in no state", "access requests", "is in the state lost",
			[]string{`UPDATE access_requests SET state = 'lost' WHERE id = ` + pending}},
		{"a pending request with a decision", "access requests", "has a decision",
			[]string{`UPDATE access_requests SET decided_at = 1 WHERE id = ` + pending}},
		{"a settled request without a decision", "access requests", "by no one",
			[]string{`UPDATE access_requests SET decided_at = 0 WHERE id = ` + approved}},
		{"a declined request that created a user", "access requests", "created a user",
			[]string{`UPDATE access_requests SET user_created = 1 WHERE id = ` + declined}},
		{"a request of a user who does not exist", "access requests", "declined, but its user does not exist",
			[]string{`UPDATE access_requests SET user_id = 'x' WHERE id = ` + declined}},
		{"an approved request without its user", "access requests", "its user does not exist",
			[]string{`UPDATE access_requests SET user_id = 'x' WHERE id = ` + approved}},
		{"an approval without an event", "access requests", "0 approved", []string{`DELETE FROM events
				WHERE kind = 'request.approved' AND request_id = ` + approved}},
		{"a decision told twice", "access requests", "1 approved, 1 declined",
			[]string{`INSERT INTO events (environment_id, id, at, kind, actor_kind, request_id)
			SELECT environment_id, 'again', at, 'request.declined', actor_kind, request_id FROM events
			WHERE kind = 'request.approved' AND request_id = ` + approved}},
		{"an approval taken back and still there", "access requests", "0 approved",
			[]string{`INSERT INTO events (environment_id, id, at, kind, actor_kind, request_id)
			SELECT environment_id, 'back', at, 'request.taken_back', actor_kind, request_id FROM events
			WHERE kind = 'request.approved' AND request_id = ` + approved}},
		{"a request nobody sent", "access requests", "0 sent", []string{`DELETE FROM events WHERE kind = 'request.sent'
				AND request_id = ` + pending}},
		{"a request has vanished", "access requests", "no such request", []string{`DELETE FROM request_units
				WHERE request_id = ` + pending, `DELETE FROM access_requests WHERE id = ` + pending}},
		{"a wrong key in a request", "access requests", "key of the account name",
			[]string{`UPDATE access_requests SET username_key = 'X' WHERE id = ` + declined}},
		{"a word of a request is missing", "access requests", "is found by the words",
			[]string{`DELETE FROM request_words WHERE request_id = ` + pending + ` AND word = (SELECT MIN(word)
				FROM request_words WHERE request_id = ` + pending + `)`}},
		{"a word of a request too many", "access requests", "is found by the words",
			[]string{`UPDATE request_words SET word = 'zzz' WHERE request_id = ` + declined + ` AND word = (SELECT
				MIN(word) FROM request_words WHERE request_id = ` + declined + `)`}},
		{"a user without a profile", "profiles", "has no profile",
			[]string{`DELETE FROM profiles WHERE oid = (SELECT oid FROM users WHERE id = ` + anna + `)`}},
		{"a pending request without a profile", "profiles", "has no profile",
			[]string{`DELETE FROM profiles WHERE oid = (SELECT oid FROM access_requests WHERE id = ` + pending + `)`}},
		{"a profile of nobody", "profiles", "is no user", []string{`INSERT INTO profiles (environment_id, tid, oid,
				due_at) SELECT environment_id, 'x', 'x', 1 FROM users WHERE id = ` + anna}},
		{"two roots", "business units", "2 roots", []string{`DROP INDEX units_one_root`, `UPDATE units
				SET parent_id = NULL WHERE id = ` + young}},
		{"no root", "business units", "0 roots", []string{`DELETE FROM units WHERE environment_id = (SELECT id
				FROM environments WHERE host = 'other.example')`}},
		{"a circle of units", "business units", "circle", []string{`UPDATE units SET parent_id = (SELECT id FROM units
				WHERE name LIKE 'Level 3%') WHERE id = ` + level}},
		{"a unit in use beneath an archived one", "business units", "below an archived unit",
			[]string{`UPDATE units SET archived_at = 1 WHERE id = ` + level}},
		{"an archived root", "business units", "is the root and archived",
			[]string{`UPDATE units SET archived_at = 1 WHERE parent_id IS NULL`}},
		{"a wrong key of a unit", "business units", "is sorted by",
			[]string{`UPDATE units SET name_key = 'YOUNG' WHERE id = ` + young}},
		{"a wrong order of a unit", "business units", "is listed by",
			[]string{`UPDATE units SET order_key = 'YOUNG' WHERE id = ` + young}},
		{"a missing word of a unit", "business units", "is found by",
			[]string{`DELETE FROM unit_words WHERE unit_id = ` + young}},
		{"two siblings of one name", "business units", "have the same name",
			[]string{`DROP INDEX units_sibling_names`, `UPDATE units SET parent_id = (SELECT parent_id FROM units
					WHERE id = ` + young + `), name = 'Young', name_key = 'young' WHERE id = ` + level}},
		{"a session of somebody deactivated", "sessions", "deactivated",
			[]string{`UPDATE users SET deactivated_at = 1 WHERE id = ` + anna}},
		{"a session of another identity", "sessions", "another identity",
			[]string{`UPDATE sessions SET oid = 'x' WHERE user_id = ` + anna}},
		{"a session of nobody", "sessions", "to no one",
			[]string{`UPDATE sessions SET tid = '' WHERE user_id IS NULL`}},
		{"a session of a user who does not exist", "references", "in sessions",
			[]string{`UPDATE sessions SET user_id = 'x' WHERE user_id = ` + anna}},
		{"facts that are no object", "events", "no JSON object",
			[]string{`UPDATE events SET facts = '' WHERE user_id = ` + anna}},
		{"a mail in no state", "mails", "is lost", []string{`UPDATE mails SET state = 'lost'`}},
		{"a mail that was sent at no time", "mails", "do not fit",
			[]string{`UPDATE mails SET state = 'sent', data = ''`}},
		{"a mail without contents", "mails", "do not fit", []string{`UPDATE mails SET data = ''`}},
		{"a logo without its image", "environments", "has another logo", []string{
			`DELETE FROM logos WHERE hash = 'h'`}},
		{"an image without its logo", "environments", "has another logo", []string{
			`UPDATE environments SET logo_hash = '' WHERE logo_hash = 'h'`}},
		{"a host nobody can reach", "environments", "Nordhavn.Example", []string{`UPDATE environments
				SET host = 'Nordhavn.Example' WHERE host = 'nordhavn.example'`}},
	}
	for _, engine := range []string{"sqlite", "postgres"} {
		for _, c := range cases {
			t.Run(c.name+" on "+engine, func(t *testing.T) {
				t.Parallel()
				db := storetest.On(t, engine)
				deployment(t, db)
				damage(t, db, c.damage...)
				findings, err := check(t.Context(), db)
				if err != nil {
					t.Fatalf("Check: %v", err)
				}
				if !slices.ContainsFunc(findings, func(f dbtool.Flaw) bool {
					return f.Check == c.check && strings.Contains(f.Detail, c.detail) && !f.Warning &&
						f.Subject+string(f.Environment) != ""
				}) {
					t.Errorf("Check found %+v, want one about %s that says %q", findings, c.check, c.detail)
				}
			})
		}
	}
}

func TestCheckWarns(t *testing.T) {
	t.Parallel()
	cases := []struct {
		name, detail string
		change       func(t *testing.T, db *storetest.DB)
	}{
		{"mail that nobody sends", "no server sends it",
			func(_ *testing.T, db *storetest.DB) { db.Clock.Advance(2 * time.Hour) }},
		{"requests that nobody settles", "no server has settled it",
			func(_ *testing.T, db *storetest.DB) { db.Clock.Advance(pactius.RequestLifetime + 2*time.Hour) }},
		{"an administrator who leaves one day", "has no administrator", func(t *testing.T, db *storetest.DB) {
			db.Exec(t, `UPDATE users SET ends_on = '2030-01-01', has_end = 1 WHERE id = `+anna)
		}},
		{"two users whose account names became equal", "pactius user merge", func(t *testing.T, db *storetest.DB) {
			g := db.Ground(t, "twins.example")
			g.Invite(t, "ida@xn--mnchen-3ya.example", "Ida")
			other := g.Invite(t, "ida@x.example", "Ida")
			db.Exec(t, `UPDATE users SET username = 'ida@münchen.example', username_key = 'ida@münchen.example'
				WHERE id = $1`, other.ID)
			db.Exec(t, `DELETE FROM user_words WHERE user_id = $1 AND word = 'x'`, other.ID)
			db.Exec(t, `INSERT INTO user_words (environment_id, user_id, word) SELECT environment_id, user_id, word
				FROM (SELECT environment_id, user_id, 'munchen' AS word FROM user_words WHERE user_id = $1 LIMIT 1) one
				UNION ALL SELECT environment_id, user_id, 'muenchen' FROM user_words WHERE user_id = $1
				LIMIT 2`, other.ID)
			var words []string
			for _, row := range db.Rows(t, `SELECT word FROM user_words WHERE user_id = $1`, string(other.ID)) {
				words = append(words, strings.TrimSuffix(row, "|"))
			}
			for _, table := range []string{"users SET signature = $1 WHERE id = $2",
				"user_words SET signature = $1, name_key = 'ida' WHERE user_id = $2"} {
				db.Exec(t, `UPDATE `+table, store.Signature(words...), string(other.ID))
			}
			db.Exec(t, `INSERT INTO events (environment_id, id, at, kind, actor_kind, user_id)
				SELECT environment_id, id, 1, 'user.added', 'support', id FROM users WHERE environment_id = $1`, g.Env)
		}},
		{"a time zone that cannot be loaded", "the time zone Europe/Atlantis can't be loaded",
			func(t *testing.T, db *storetest.DB) {
				db.Exec(t, `UPDATE environments SET time_zone = 'Europe/Atlantis' WHERE host = 'nordhavn.example'`)
			}},
		{"a user who waits", "the person is a user", func(t *testing.T, db *storetest.DB) {
			db.Exec(t, `DELETE FROM profiles WHERE oid IN (SELECT oid FROM access_requests WHERE state = 'pending'
				AND environment_id = (SELECT environment_id FROM users WHERE id = `+anna+`))`)
			db.Exec(t, `UPDATE access_requests SET (tid, oid) = (SELECT tid, oid FROM users WHERE id = `+anna+`)
				WHERE state = 'pending' AND environment_id = (SELECT environment_id FROM users WHERE id = `+anna+`)`)
		}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
				deployment(t, db)
				c.change(t, db)
				findings, err := check(t.Context(), db)
				if err != nil {
					t.Fatal(err)
				}
				if got := wrong(findings); len(got) > 0 {
					t.Errorf("Check found %+v, want only warnings", got)
				}
				if !slices.ContainsFunc(findings,
					func(f dbtool.Flaw) bool { return f.Warning && strings.Contains(f.Detail, c.detail) }) {
					t.Errorf("Check warns of %+v, want %q", findings, c.detail)
				}
			})
		})
	}
}

func TestCheckCountsWhatItDoesNotList(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		many(t, db, deployment(t, db), 120)
		damage(t, db, `UPDATE used_states SET environment_id = 'none'`)
		findings, err := check(t.Context(), db)
		if err != nil {
			t.Fatal(err)
		}
		// 120 and the two of the deployment
		if got := len(findings); got != 51 || findings[50].Detail != "and 72 more" {
			t.Errorf("%d findings, the last is %+v", got, findings[got-1])
		}
	})
}

func TestCheckTellsOfADamagedFile(t *testing.T) {
	t.Parallel()
	db := storetest.On(t, "sqlite")
	deployment(t, db)
	db.Exec(t, `PRAGMA wal_checkpoint(TRUNCATE)`)
	path := strings.TrimPrefix(db.URL, "sqlite:")
	scribble(t, path)
	findings, err := check(t.Context(), db)
	if err == nil && !slices.ContainsFunc(findings, func(f dbtool.Flaw) bool { return f.Check == "the file" }) {
		t.Errorf("Check found %+v", findings)
	}
	if err != nil && pactius.KindOf(err) != pactius.KindUnavailable {
		t.Errorf("Check: %v", err)
	}
}

// scribble overwrites the second half of a database, its first pages stay.
func scribble(t *testing.T, path string) {
	t.Helper()
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteAt(make([]byte, info.Size()/2), info.Size()/2); err != nil {
		t.Fatal(err)
	}
}

func TestCheckWorksBesideAWriter(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		g := deployment(t, db)
		err := db.Update(t.Context(), g.Env, func(tx *store.Tx) error {
			if err := tx.InsertEvents(event(db, pactius.UserAdded, "half-done", "")); err != nil {
				return err
			}
			findings, err := check(t.Context(), db)
			if err == nil && len(findings) > 0 {
				t.Errorf("Check saw what is not committed: %v", findings)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := check(ctx, db); err == nil {
			t.Error("Check went on although it was cancelled")
		}
	})
}
