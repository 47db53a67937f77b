package users_test

import (
	"context"
	"maps"
	"strings"

	"pgregory.net/rapid"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// check holds after every step, whatever happened.
func (m *machine) check(t *rapid.T) {
	none := map[string]string{
		"two users of one account name": `SELECT username_key FROM users
				WHERE environment_id = $1 GROUP BY username_key HAVING COUNT(*) > 1`,
		"two users of one identity": `SELECT oid FROM users WHERE environment_id = $1
				AND oid <> '' GROUP BY tid, oid HAVING COUNT(*) > 1`,
		"two pending requests of one identity": `SELECT oid FROM access_requests
				WHERE environment_id = $1 AND state = 'pending' GROUP BY tid, oid HAVING COUNT(*) > 1`,
		"a session whose user is somebody else": `SELECT s.id FROM sessions s
				JOIN users u ON u.environment_id = s.environment_id AND u.id = s.user_id WHERE s.environment_id = $1
				AND (s.tid <> u.tid OR s.oid <> u.oid)`,
		"a session of somebody who is deactivated": `SELECT s.id FROM sessions s
				JOIN users u ON u.environment_id = s.environment_id AND u.id = s.user_id WHERE s.environment_id = $1
				AND u.deactivated_at <> 0`,
		"a session of no user": `SELECT id FROM sessions s WHERE environment_id = $1
				AND user_id IS NOT NULL AND NOT EXISTS (SELECT 1 FROM users u WHERE u.environment_id = s.environment_id
				AND u.id = s.user_id)`,
		"a user who signed in without identity": `SELECT id FROM users WHERE environment_id = $1
				AND first_sign_in_at <> 0 AND oid = ''`,
		"a wrong count of units": `SELECT id FROM users u WHERE environment_id = $1
				AND unit_count <> (SELECT COUNT(*) FROM memberships m WHERE m.environment_id = u.environment_id
				AND m.user_id = u.id)`,
		"an approved request without its user": `SELECT id FROM access_requests q
				WHERE environment_id = $1 AND state = 'approved' AND NOT EXISTS (SELECT 1 FROM users u
				WHERE u.environment_id = q.environment_id AND u.id = q.user_id)
				AND NOT EXISTS (SELECT 1 FROM merged_users g WHERE g.environment_id = q.environment_id
				AND g.id = q.user_id) AND NOT EXISTS (SELECT 1 FROM events e
				WHERE e.environment_id = q.environment_id AND e.user_id = q.user_id
				AND e.kind IN ('user.removed', 'user.erased'))`,
		"a person without a profile": `SELECT oid FROM (SELECT environment_id, tid, oid FROM users WHERE oid <> ''
				UNION SELECT environment_id, tid, oid FROM access_requests WHERE state = 'pending') a
				WHERE environment_id = $1 AND NOT EXISTS (SELECT 1 FROM profiles p
				WHERE p.environment_id = a.environment_id AND p.tid = a.tid AND p.oid = a.oid)`,
		"a profile of nobody": `SELECT oid FROM profiles p WHERE environment_id = $1
				AND NOT EXISTS (SELECT 1 FROM users u WHERE u.environment_id = p.environment_id
				AND u.tid = p.tid AND u.oid = p.oid) AND NOT EXISTS (SELECT 1 FROM access_requests q
				WHERE q.environment_id = p.environment_id AND q.tid = p.tid AND q.oid = p.oid AND q.state = 'pending')`,
		"a merged user who is there": `SELECT g.id FROM merged_users g JOIN users u
				ON u.environment_id = g.environment_id AND u.id = g.id WHERE g.environment_id = $1`,
		"a merged account that can sign in": `SELECT g.id FROM merged_users g JOIN users u
				ON u.environment_id = g.environment_id AND u.tid = g.tid AND u.oid = g.oid AND u.oid <> ''
				WHERE g.environment_id = $1`,
		"a pending request of a merged account": `SELECT g.id FROM merged_users g JOIN access_requests q
				ON q.environment_id = g.environment_id AND q.tid = g.tid AND q.oid = g.oid AND q.state = 'pending'
				WHERE g.environment_id = $1 AND g.oid <> ''`,
		"an approved request whose identity is not the user's": `SELECT q.id FROM access_requests q
				JOIN users u ON u.environment_id = q.environment_id AND u.id = q.user_id WHERE q.environment_id = $1
				AND q.state = 'approved' AND q.oid <> u.oid AND NOT EXISTS (SELECT 1 FROM merged_users g
				WHERE g.environment_id = u.environment_id AND g.user_id = u.id AND g.oid = q.oid)
				AND NOT EXISTS (SELECT 1 FROM events e
				WHERE e.environment_id = q.environment_id AND e.user_id = u.id
				AND e.kind IN ('user.account_changed', 'user.relinked'))`,
		"a request for more access with an account that is not the user's": `SELECT id FROM access_requests q
				WHERE environment_id = $1 AND state = 'pending' AND user_id <> '' AND NOT EXISTS (SELECT 1 FROM users u
				WHERE u.environment_id = q.environment_id AND u.id = q.user_id AND u.tid = q.tid AND u.oid = q.oid)`,
		"a proposal of a request that does not wait": `SELECT id FROM access_requests WHERE environment_id = $1
				AND state <> 'pending' AND proposed_user <> ''`,
		"a request not settled exactly as often as its events say": `SELECT id FROM access_requests q
				WHERE environment_id = $1 AND
			(SELECT COUNT(*) FROM events e WHERE e.environment_id = q.environment_id AND e.request_id = q.id
			AND e.kind IN ('request.approved', 'request.declined', 'request.withdrawn', 'request.expired'))
			<> (SELECT COUNT(*) FROM events e WHERE e.environment_id = q.environment_id AND e.request_id = q.id
			AND e.kind = 'request.taken_back') + (CASE WHEN q.state = 'pending' THEN 0 ELSE 1 END)`,
		"a decision without decider or time": `SELECT id FROM access_requests WHERE environment_id = $1
				AND (state = 'pending') <> (decided_at = 0 AND decided_kind = '')`,
		"no administrator of the root": `SELECT 'none' WHERE $1 <> '' AND NOT EXISTS (SELECT 1 FROM memberships m
				JOIN users u ON u.environment_id = m.environment_id AND u.id = m.user_id WHERE m.environment_id = $1
				AND m.access = 3 AND m.unit_id = (SELECT id FROM units WHERE environment_id = $1 AND parent_id IS NULL)
				AND u.deactivated_at = 0 AND u.ends_on = '')`,
	}
	for what, query := range none {
		if found := m.db.Rows(t, query, m.Env); len(found) > 0 {
			t.Fatalf("%s: %v", what, found)
		}
	}
	for _, oid := range m.db.Rows(t, `SELECT q.oid FROM access_requests q
			JOIN users u ON u.environment_id = q.environment_id AND u.oid = q.oid AND u.oid <> ''
			WHERE q.environment_id = $1 AND q.state = 'pending' AND q.user_id <> u.id`, m.Env) {
		if !m.elsewhere[oid[:len(oid)-1]] {
			t.Fatalf("a pending request of somebody who may enter: %s", oid)
		}
	}
	m.checkCounts(t)
	m.checkLinked(t)
	m.checkEntries(t)
}

// checkCounts compares the rows with the events and emails.
func (m *machine) checkCounts(t *rapid.T) {
	count := func(query string, args ...any) int { return m.db.Count(t, query, append([]any{m.Env}, args...)...) }
	events := func(kind pactius.EventKind) int {
		return count(`SELECT COUNT(*) FROM events WHERE environment_id = $1 AND kind = $2`, kind)
	}
	mails := func(kind string) int {
		return count(`SELECT COUNT(*) FROM mails WHERE environment_id = $1 AND kind = $2`, kind)
	}
	byPeople := count(`SELECT COUNT(*) FROM events WHERE environment_id = $1 AND kind = 'request.approved'
			AND actor_kind <> 'system'`)
	const seeds = 3
	for what, pair := range map[string][2]int{
		"users": {m.users(t), seeds + events(pactius.UserAdded) +
			events(pactius.UserAdmitted) - events(pactius.UserRemoved) - events(pactius.UserErased) - m.merged(t)},
		"requests": {count(`SELECT COUNT(*) FROM access_requests
				WHERE environment_id = $1`), events(pactius.RequestSent)},
		"mails of approval":    {mails("request-approved"), byPeople},
		"mails of refusal":     {mails("request-declined"), events(pactius.RequestDeclined)},
		"mails of expiry":      {mails("request-expired"), events(pactius.RequestExpired)},
		"mails of taking back": {mails("approval-taken-back"), events(pactius.RequestTakenBack)},
	} {
		if m.erased && strings.HasPrefix(what, "mails") {
			continue
		}
		if pair[0] != pair[1] {
			t.Fatalf("%d %s, but the log tells of %d", pair[0], what, pair[1])
		}
	}
}

// merged counts the users that are merged into others.
func (m *machine) merged(t storetest.TB) int {
	return m.db.Count(t, `SELECT COUNT(*) FROM merged_users WHERE environment_id = $1`, m.Env)
}

// checkLinked makes sure that an identity stays linked to the same user, unless the
// approval was taken back or an administrator said that another account is the same
// person's.
func (m *machine) checkLinked(t *rapid.T) {
	now := map[string]pactius.UserID{}
	m.View(t, func(tx *store.Tx) error {
		page, err := tx.Users(pactius.UserFilter{Limit: pactius.MaxPageSize}, store.UserScope{All: true})
		for _, u := range page.Users {
			if !u.Identity.IsZero() {
				now[u.Identity.ObjectID] = u.ID
			}
		}
		return err
	})
	for object, user := range m.linked {
		if now[object] != user && !m.unlinked {
			t.Fatalf("object %s was user %s and is now %q", object, user, now[object])
		}
	}
	m.linked, m.unlinked = maps.Clone(now), false
}

// checkEntries makes sure that an account signs in as its own user, as an invited user
// of exactly its name, or not at all.
func (m *machine) checkEntries(t *rapid.T) {
	p := m.persons[m.person(t)]
	x, err := m.rules.Explain(context.Background(), pactius.SupportActor(m.Env), p)
	if err != nil {
		t.Fatal(err)
	}
	if x.Outcome == users.OutcomeEnter && x.User.Identity != p.Identity {
		t.Fatalf("%s (%s) would enter as %s, who is linked to %s", p.Username, p.ObjectID, x.User.Username,
			x.User.Identity.ObjectID)
	}
	if x.Outcome == users.OutcomeLink &&
		(!x.User.Identity.IsZero() || names.Key(x.User.Username) != names.Key(p.Username)) {
		t.Fatalf("%s would be linked to %+v", p.Username, x.User)
	}
}
