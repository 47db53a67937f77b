package dbtool

// rowQuery finds wrong rows: environment, subject, detail.
type rowQuery struct {
	name    string
	query   string
	warning bool
}

// queries are the checks in SQL; check_rows.go has those that need names or a tree.
var queries = []rowQuery{
	{"created once", sqlCheckUsernames, false},
	{"created once", sqlCheckIdentities, false},
	{"created once", sqlCheckPendingTwice, false},
	{"users", sqlCheckHalfIdentity, false},
	{"users", sqlCheckSignedIn, false},
	{"users", sqlCheckAccounts, false},
	{"users", sqlCheckCreation, false},
	{"users", sqlCheckVanished, false},
	{"users", sqlCheckMerged, false},
	{"users", sqlCheckListed, false},
	{"users", sqlCheckWordKeys, false},
	{"memberships", sqlCheckMemberKeys, false},
	{"memberships", sqlCheckArchivedMembers, false},
	{"access requests", sqlCheckRequestStates, false},
	{"access requests", sqlCheckUndecided, false},
	{"access requests", sqlCheckDecided, false},
	{"access requests", sqlCheckApproved, false},
	{"access requests", sqlCheckTold, false},
	{"access requests", sqlCheckToldOfNone, false},
	{"access requests", sqlCheckNeedless, true},
	{"access requests", sqlCheckScopes, false},
	{"business units", sqlCheckSiblings, false},
	{"business units", sqlCheckAbove, false},
	{"profiles", sqlCheckUnprofiled, false},
	{"profiles", sqlCheckProfiles, false},
	{"sessions", sqlCheckSessionUsers, false},
	{"sessions", sqlCheckSessionIdentities, false},
	{"sessions", sqlCheckSessionNobody, false},
	{"events", sqlCheckEvents, false},
	{"mails", sqlCheckMails, false},
	{"environments", sqlCheckHosts, false},
	{"environments", sqlCheckLogos, false},
	{"environments", sqlCheckAdministrators, true},
}

// overdue finds work that jobs have not done; $1 is when it was due at the latest.
var overdue = []rowQuery{
	{"mails", sqlCheckMailsOverdue, true},
	{"access requests", sqlCheckRequestsOverdue, true},
}

// "Created once", which the unique indexes enforce.
const (
	sqlCheckUsernames = `SELECT environment_id, MIN(id), COUNT(*) || ' users have one account name' FROM users
		GROUP BY environment_id, username_key HAVING COUNT(*) > 1`
	sqlCheckIdentities = `SELECT environment_id, MIN(id), COUNT(*) || ' users have one identity' FROM users
		WHERE oid <> '' GROUP BY environment_id, tid, oid HAVING COUNT(*) > 1`
	sqlCheckPendingTwice = `SELECT environment_id, MIN(id), COUNT(*) || ' requests of one identity wait'
		FROM access_requests WHERE state = 'pending' GROUP BY environment_id, tid, oid HAVING COUNT(*) > 1`
)

// The columns and tables by which lists are read agree with what they are derived from.
const (
	sqlCheckListed = `SELECT environment_id, id, 'is listed as invited, active, deactivated, ending or left, and is not'
		FROM users
		WHERE standing <> CASE WHEN deactivated_at <> 0 THEN 2 WHEN first_sign_in_at <> 0 THEN 1 ELSE 0 END
			OR has_end <> CASE WHEN ends_on <> '' THEN 1 ELSE 0 END
			OR gone <> CASE WHEN account_state <> '' THEN 1 ELSE 0 END`
	sqlCheckWordKeys = `SELECT w.environment_id, w.user_id, 'is found by ' || w.word || ' under another name'
		FROM user_words w JOIN users u ON u.environment_id = w.environment_id AND u.id = w.user_id
		WHERE w.name_key <> u.name_key OR w.signature <> u.signature`
	sqlCheckMemberKeys = `SELECT m.environment_id, m.user_id, 'is a member of ' || m.unit_id || ' under another name'
		FROM memberships m JOIN users u ON u.environment_id = m.environment_id AND u.id = m.user_id
		WHERE m.name_key <> u.name_key`
	// The units above each, by the parents.
	truly = `WITH RECURSIVE truly (environment_id, unit_id, above_id) AS (
			SELECT environment_id, id, id FROM units
			UNION
			SELECT t.environment_id, t.unit_id, u.parent_id FROM truly t CROSS JOIN units u
			WHERE u.environment_id = t.environment_id AND u.id = t.above_id AND u.parent_id IS NOT NULL) `
	sqlCheckAbove = truly + `SELECT environment_id, unit_id, 'is not listed below ' || above_id FROM
			(SELECT * FROM truly EXCEPT SELECT environment_id, unit_id, above_id FROM unit_above) missing
		UNION ALL SELECT environment_id, unit_id, 'is listed below ' || above_id || ', and is not' FROM
			(SELECT environment_id, unit_id, above_id FROM unit_above EXCEPT SELECT * FROM truly) wrong`
	waits = `SELECT r.environment_id, t.above_id, r.id FROM access_requests r
		JOIN request_units w ON w.environment_id = r.environment_id AND w.request_id = r.id
		JOIN truly t ON t.environment_id = w.environment_id AND t.unit_id = w.unit_id WHERE r.state = 'pending'`
	sqlCheckScopes = truly + `SELECT environment_id, id, 'is not pending for the administrators of ' || above_id FROM
			(` + waits + ` EXCEPT SELECT environment_id, unit_id, request_id FROM request_scopes) missing
		UNION ALL SELECT environment_id, request_id,
			'is pending for the administrators of ' || unit_id || ', and should not be'
			FROM (SELECT environment_id, unit_id, request_id FROM request_scopes EXCEPT ` + waits + `) wrong`
)

// Everyone with an account here has a profile, users and people whose request is pending, and no one else has.
const (
	profiled = `SELECT environment_id, tid, oid FROM users WHERE oid <> ''
		UNION SELECT environment_id, tid, oid FROM access_requests WHERE state = 'pending' AND oid <> ''`
	sqlCheckUnprofiled = `SELECT environment_id, oid, 'is a user or has a pending request, and has no profile' FROM
		(` + profiled + ` EXCEPT SELECT environment_id, tid, oid FROM profiles) missing`
	sqlCheckProfiles = `SELECT environment_id, oid, 'has a profile, and is no user and has no pending request' FROM
		(SELECT environment_id, tid, oid FROM profiles EXCEPT SELECT * FROM (` + profiled + `) people) left_over`
)

// Users. Every user was created by exactly one event, and every such event has
// its user, unless the user was removed, erased or merged into another.
const (
	sqlCheckHalfIdentity = `SELECT environment_id, id, 'has half an identity' FROM users WHERE (tid = '') <> (oid = '')`
	sqlCheckSignedIn     = `SELECT environment_id, id, 'has signed in without an identity, or last before first'
		FROM users
		WHERE first_sign_in_at <> 0 AND (oid = '' OR last_sign_in_at < first_sign_in_at)
			OR first_sign_in_at = 0 AND last_sign_in_at <> 0`
	sqlCheckAccounts = `SELECT environment_id, id,
			'has an account in the state ' || account_state || ', which does not fit'
		FROM users
		WHERE account_state NOT IN ('', 'disabled', 'deleted')
			OR swept_out <> 0 AND (deactivated_at = 0 OR account_state = '')`
	sqlCheckCreation = `WITH told AS (SELECT environment_id, user_id, COUNT(*) AS n FROM events
			WHERE kind IN ('user.added', 'user.admitted') GROUP BY environment_id, user_id)
		SELECT u.environment_id, u.id, COALESCE(t.n, 0) || ' events tell that the user was created' FROM users u
		LEFT JOIN told t ON t.environment_id = u.environment_id AND t.user_id = u.id
		WHERE COALESCE(t.n, 0) <> 1`
	sqlCheckVanished = `SELECT e.environment_id, e.user_id,
			'the log tells that the user was created, but there is none'
		FROM events e
		WHERE e.kind IN ('user.added', 'user.admitted')
			AND NOT EXISTS (SELECT 1 FROM users u WHERE u.environment_id = e.environment_id AND u.id = e.user_id)
			AND NOT EXISTS (SELECT 1 FROM merged_users g WHERE g.environment_id = e.environment_id AND g.id = e.user_id)
			AND NOT EXISTS (SELECT 1 FROM events r WHERE r.environment_id = e.environment_id
				AND r.user_id = e.user_id AND r.user_id <> '' AND r.kind IN ('user.removed', 'user.erased'))`
	sqlCheckMerged = `SELECT g.environment_id, g.id, 'was merged into another user, but is there, or can still sign in'
		FROM merged_users g
		WHERE EXISTS (SELECT 1 FROM users u WHERE u.environment_id = g.environment_id AND u.id = g.id)
			OR EXISTS (SELECT 1 FROM users u WHERE u.environment_id = g.environment_id AND u.tid = g.tid
				AND u.oid = g.oid AND u.oid <> '')`
	sqlCheckArchivedMembers = `SELECT m.environment_id, m.user_id,
			'belongs to a business unit that is archived: ' || m.unit_id
		FROM memberships m JOIN units u ON u.environment_id = m.environment_id AND u.id = m.unit_id
		WHERE u.archived_at <> 0`
	sqlCheckSiblings = `SELECT environment_id, MIN(id), COUNT(*) || ' units in use below one unit have the same name'
		FROM units WHERE archived_at = 0 AND parent_id IS NOT NULL
		GROUP BY environment_id, parent_id, name_key HAVING COUNT(*) > 1`
)

// Events and requests from before these times are no longer kept, see store.Retention.
const (
	eventsTrimmed = `COALESCE((SELECT t.events_before FROM retention t WHERE t.environment_id = q.environment_id), 0)`

	requestsTrimmed = `COALESCE((SELECT t.requests_before FROM retention t
		WHERE t.environment_id = e.environment_id), 0)`
)

// Access requests. told counts the events of each; an approval that was taken back
// does not count.
const (
	sqlCheckRequestStates = `SELECT environment_id, id, 'is in the state ' || state FROM access_requests
		WHERE state NOT IN ('pending', 'approved', 'declined', 'withdrawn', 'expired')`
	sqlCheckUndecided = `SELECT environment_id, id, 'is pending although it has a decision' FROM access_requests
		WHERE state = 'pending' AND (decided_at <> 0 OR decided_kind <> '' OR decided_user <> '' OR note <> ''
			OR user_created <> 0 OR undo <> '')`
	sqlCheckDecided = `SELECT environment_id, id,
			'is ' || state || ' by no one, or created a user although it was not approved'
		FROM access_requests
		WHERE state <> 'pending'
			AND (decided_at = 0 OR decided_kind = '' OR (state <> 'approved' AND user_created <> 0))`
	sqlCheckApproved = `SELECT q.environment_id, q.id, 'is ' || q.state || ', but its user does not exist'
		FROM access_requests q
		WHERE (q.state = 'approved' OR q.user_id <> '')
			AND NOT EXISTS (SELECT 1 FROM users u WHERE u.environment_id = q.environment_id AND u.id = q.user_id)
			AND NOT EXISTS (SELECT 1 FROM merged_users g WHERE g.environment_id = q.environment_id AND g.id = q.user_id)
			AND NOT EXISTS (SELECT 1 FROM events r WHERE r.environment_id = q.environment_id
				AND r.user_id = q.user_id AND r.user_id <> '' AND r.kind IN ('user.removed', 'user.erased'))
			AND q.decided_at >= ` + eventsTrimmed
	told = `WITH told AS (SELECT environment_id, request_id,
			SUM(CASE kind WHEN 'request.sent' THEN 1 ELSE 0 END) AS sent,
			SUM(CASE kind WHEN 'request.approved' THEN 1 WHEN 'request.taken_back' THEN -1 ELSE 0 END) AS approved,
			SUM(CASE kind WHEN 'request.declined' THEN 1 ELSE 0 END) AS declined,
			SUM(CASE kind WHEN 'request.withdrawn' THEN 1 ELSE 0 END) AS withdrawn,
			SUM(CASE kind WHEN 'request.expired' THEN 1 ELSE 0 END) AS expired
		FROM events WHERE request_id <> '' GROUP BY environment_id, request_id) `
	sqlCheckTold = told + `SELECT q.environment_id, q.id, 'is ' || q.state
			|| ', but the log tells of ' || COALESCE(t.sent, 0) || ' sent, ' || COALESCE(t.approved, 0)
			|| ' approved, ' || COALESCE(t.declined, 0) || ' declined, ' || COALESCE(t.withdrawn, 0)
			|| ' withdrawn, ' || COALESCE(t.expired, 0) || ' expired'
		FROM access_requests q
		LEFT JOIN told t ON t.environment_id = q.environment_id AND t.request_id = q.id
		WHERE q.created_at >= ` + eventsTrimmed + ` AND (COALESCE(t.sent, 0) <> 1
			OR COALESCE(t.approved, 0) <> CASE q.state WHEN 'approved' THEN 1 ELSE 0 END
			OR COALESCE(t.declined, 0) <> CASE q.state WHEN 'declined' THEN 1 ELSE 0 END
			OR COALESCE(t.withdrawn, 0) <> CASE q.state WHEN 'withdrawn' THEN 1 ELSE 0 END
			OR COALESCE(t.expired, 0) <> CASE q.state WHEN 'expired' THEN 1 ELSE 0 END)`
	sqlCheckToldOfNone = `SELECT e.environment_id, e.request_id,
			'the log tells that it was sent, but there is no such request'
		FROM events e
		WHERE e.kind = 'request.sent' AND e.at >= ` + requestsTrimmed + `
			AND NOT EXISTS (SELECT 1 FROM access_requests q
			WHERE q.environment_id = e.environment_id AND q.id = e.request_id)`
	sqlCheckNeedless = `SELECT q.environment_id, q.id, 'is pending although the person is a user' FROM access_requests q
		JOIN users u ON u.environment_id = q.environment_id AND u.tid = q.tid AND u.oid = q.oid AND u.oid <> ''
		WHERE q.state = 'pending' AND q.user_id <> u.id`
	sqlCheckRequestsOverdue = `SELECT environment_id, id, 'has expired, but no server has settled it'
		FROM access_requests WHERE state = 'pending' AND expires_at < $1`
)

// Sessions, events, emails and environments.
const (
	sqlCheckSessionUsers = `SELECT s.environment_id, s.id, 'is of a user who is deactivated or never signed in'
		FROM sessions s JOIN users u ON u.environment_id = s.environment_id AND u.id = s.user_id
		WHERE u.deactivated_at <> 0 OR u.first_sign_in_at = 0`
	sqlCheckSessionIdentities = `SELECT s.environment_id, s.id, 'is of another identity than its user'
		FROM sessions s JOIN users u ON u.environment_id = s.environment_id AND u.id = s.user_id
		WHERE u.tid <> s.tid OR u.oid <> s.oid`
	sqlCheckSessionNobody = `SELECT environment_id, id, 'belongs to no one: no identity, or a user without ID'
		FROM sessions WHERE tid = '' OR oid = '' OR user_id = ''`
	sqlCheckEvents = `SELECT environment_id, id, 'lacks its kind, time or actor, or its facts are no JSON object'
		FROM events
		WHERE kind = '' OR at <= 0 OR actor_kind = '' OR facts NOT LIKE '{%}' OR detail NOT LIKE '{%}'`
	sqlCheckMails = `SELECT environment_id, id,
			'is ' || state || ', with contents, address or time that do not fit'
		FROM mails
		WHERE NOT (state = 'waiting' AND data <> '' AND sent_at = 0 AND next_at > 0
				OR state = 'sent' AND data = '' AND sent_at > 0
				OR state = 'dead' AND data <> '' AND sent_at = 0)
			OR to_address = ''`
	sqlCheckMailsOverdue = `SELECT environment_id, id, 'is waiting to be sent, but no server sends it' FROM mails
		WHERE state = 'waiting' AND next_at < $1`
	sqlCheckHosts = `SELECT id, id, 'has the host name ' || host || ', which no one can reach' FROM environments
		WHERE host = '' OR host <> LOWER(host)`
	sqlCheckLogos = `SELECT n.id, n.id, 'has another logo than the image that is stored' FROM environments n
		LEFT JOIN logos l ON l.environment_id = n.id WHERE n.logo_hash <> COALESCE(l.hash, '')`
	sqlCheckAdministrators = `SELECT n.id, n.id, 'has no administrator of the whole company without an end date'
		FROM environments n
		WHERE n.tenant_id <> '' AND NOT EXISTS (SELECT 1 FROM units r
			JOIN memberships m ON m.environment_id = r.environment_id AND m.unit_id = r.id AND m.access = 3
			JOIN users u ON u.environment_id = m.environment_id AND u.id = m.user_id AND u.deactivated_at = 0
				AND u.ends_on = ''
			WHERE r.environment_id = n.id AND r.parent_id IS NULL)`
)
