package torture

import (
	"context"
	"database/sql"
	"fmt"
	"strings"
)

// invariant is a query for rows that must not exist.
type invariant struct{ what, query string }

// invariants hold whatever happened, on both engines. What pactius check looks
// for is not repeated here, but for the law itself.
var invariants = []invariant{
	{
		"people with two users: the same account name",
		`SELECT COUNT(*) FROM (SELECT 1 AS one FROM users GROUP BY environment_id, username_key HAVING COUNT(*) > 1) x`,
	},
	{"people with two users: the same identity", `SELECT COUNT(*) FROM (SELECT 1 AS one FROM users WHERE oid <> ''
		GROUP BY environment_id, tid, oid HAVING COUNT(*) > 1) x`},
	{"people with two users: the request's identity is one's and its account name another's", `
		SELECT COUNT(*) FROM access_requests q
		JOIN users a ON a.environment_id = q.environment_id AND a.tid = q.tid AND a.oid = q.oid
		JOIN users b ON b.environment_id = q.environment_id AND b.username_key = q.username_key AND b.id <> a.id`},
	{"two pending requests of one person", `SELECT COUNT(*) FROM (SELECT 1 AS one FROM access_requests WHERE state
		= 'pending' GROUP BY environment_id, tid, oid HAVING COUNT(*) > 1) x`},
	{"pending requests of people who are users", `SELECT COUNT(*) FROM access_requests q JOIN users u ON
		u.environment_id = q.environment_id AND u.username_key = q.username_key WHERE q.state = 'pending'`},
	{"approved requests without a user", `SELECT COUNT(*) FROM access_requests q WHERE state = 'approved' AND NOT
		EXISTS (SELECT 1 FROM users u WHERE u.environment_id = q.environment_id AND u.id = q.user_id)`},
	{"settled requests without exactly one event of it", `SELECT COUNT(*) FROM access_requests q
		LEFT JOIN (SELECT request_id, kind, COUNT(*) AS n FROM events WHERE request_id <> '' GROUP BY request_id, kind)
			e ON e.request_id = q.id AND e.kind = 'request.' || q.state
		WHERE q.state <> 'pending' AND COALESCE(e.n, 0) <> 1`},
	{"requests without exactly one event of their sending", `SELECT COUNT(*) FROM access_requests q
		LEFT JOIN (SELECT request_id, COUNT(*) AS n FROM events WHERE kind = 'request.sent' GROUP BY request_id) e
			ON e.request_id = q.id
		WHERE COALESCE(e.n, 0) <> 1`},
	{"users without exactly one event of their creation", `SELECT COUNT(*) FROM users u
		LEFT JOIN (SELECT user_id, COUNT(*) AS n FROM events WHERE kind IN ('user.added', 'user.admitted')
			GROUP BY user_id) e ON e.user_id = u.id
		WHERE COALESCE(e.n, 0) <> 1`},
	{"users whose number of units is wrong", `SELECT COUNT(*) FROM users u WHERE unit_count <> (SELECT COUNT(*)
		FROM memberships m WHERE m.environment_id = u.environment_id AND m.user_id = u.id)`},
	{"mails to administrators that are not two for each request (an event without its mail, or the reverse)", `
		SELECT ABS((SELECT COUNT(*) FROM mails WHERE kind = 'request-arrived') - 2 * (SELECT COUNT(*)
			FROM events WHERE kind = 'request.sent'))`},
	{"approvals by people and mails, sent or held back at the limit of the day, that differ in number", `SELECT
		ABS((SELECT COUNT(*) FROM mails WHERE kind = 'request-approved')
			+ (SELECT COUNT(*) FROM events WHERE kind = 'mail.held' AND facts LIKE '%"request-approved"%')
			- (SELECT COUNT(*) FROM events WHERE kind = 'request.approved' AND actor_kind IN ('user', 'support')))`},
	{"sessions at applications without a user's session at the portal", `SELECT COUNT(*) FROM door_sessions d
		WHERE NOT EXISTS (SELECT 1 FROM sessions s WHERE s.environment_id = d.environment_id
			AND s.token_hash = d.session_hash AND s.user_id IS NOT NULL)`},
	{"sessions of users who do not exist", `SELECT COUNT(*) FROM sessions s WHERE user_id IS NOT NULL AND NOT
		EXISTS (SELECT 1 FROM users u WHERE u.environment_id = s.environment_id AND u.id = s.user_id)`},
}

// violations tells which invariants do not hold.
func violations(ctx context.Context, db *sql.DB) ([]string, error) {
	var found []string
	for _, i := range invariants {
		var n int
		if err := db.QueryRowContext(ctx, i.query).Scan(&n); err != nil {
			return found, fmt.Errorf("look for %s: %w", i.what, err)
		}
		if n != 0 {
			found = append(found, fmt.Sprintf("%d %s", n, i.what))
		}
	}
	return found, nil
}

// examine looks for what must not be, with our queries, the engine's own check
// and the product's.
func (s *site) examine(ctx context.Context) {
	s.failed(s.look(func(db *sql.DB) error {
		found, err := violations(ctx, db)
		for _, v := range found {
			s.broken("%s", v)
		}
		if err != nil || !strings.HasPrefix(s.database, "sqlite:") {
			return err
		}
		var said string
		if err := db.QueryRowContext(ctx, `PRAGMA integrity_check`).Scan(&said); err != nil {
			return err
		}
		if said != "ok" {
			s.broken("SQLite's integrity check says: %s", said)
		}
		return nil
	}))
	if _, err := s.command(ctx, "check"); err != nil {
		s.broken("%v", err)
		return
	}
	s.figure("pactius check is clean")
}

// mailState is what the outbox says of its emails.
type mailState struct {
	ids           map[string]bool
	waiting, dead int
	sentUnseen    []string // noted as sent, and the mail server never saw them
}

// mails reads the outbox.
func (s *site) mails() (mailState, error) {
	m := mailState{ids: map[string]bool{}}
	err := s.look(func(db *sql.DB) error {
		rows, err := db.Query(`SELECT id, state FROM mails`)
		if err != nil {
			return err
		}
		defer rows.Close()
		for rows.Next() {
			var id, state string
			if err := rows.Scan(&id, &state); err != nil {
				return err
			}
			m.ids[id] = true
			switch {
			case state == "waiting":
				m.waiting++
			case state == "dead":
				m.dead++
			case s.post.count(id) == 0:
				m.sentUnseen = append(m.sentUnseen, id)
			}
		}
		return rows.Err()
	})
	return m, err
}
