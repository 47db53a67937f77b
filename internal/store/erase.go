package store

import (
	"slices"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/names"
)

// erasedDetail stands in the place of an erased detail: see pactius.DetailErased.
const erasedDetail = `{"` + pactius.DetailErased + `":"yes"}`

const (
	sqlEraseRequest = `UPDATE access_requests SET tid = '', oid = '', username = '', username_key = '', name = '',
		email = '', guest = 0, language = '', message = '', note = '', undo = '', vouched_at = 0,
		version = version + 1 WHERE environment_id = $1 AND id = $2`
	sqlEraseVisit     = `UPDATE events SET detail = $3, address = '' WHERE environment_id = $1 AND id = $2`
	sqlEraseDetail    = `UPDATE events SET detail = $3 WHERE environment_id = $1 AND id = $2`
	sqlDeleteVisits   = `DELETE FROM sessions WHERE environment_id = $1 AND tid = $2 AND oid = $3`
	sqlDeleteMail     = `DELETE FROM mails WHERE environment_id = $1 AND id = $2`
	sqlRewriteMail    = `UPDATE mails SET to_name = $3, data = $4 WHERE environment_id = $1 AND id = $2`
	sqlDeleteIncident = `DELETE FROM incidents WHERE environment_id = $1 AND reference = $2`
	sqlConnectNoOne   = `UPDATE connect_links SET administrator = ''
		WHERE environment_id = $1 AND administrator = $2`
	sqlLinkAdministrators = `SELECT DISTINCT administrator FROM connect_links WHERE environment_id = $1`
	sqlEraseEventsOfUser  = `UPDATE events SET detail = $3
		WHERE environment_id = $1 AND user_id = $2 AND user_id <> ''`
	sqlEraseVisitAddresses = `UPDATE events SET address = '' WHERE environment_id = $1 AND user_id = $2
		AND user_id <> '' AND actor_kind = 'visitor'`
	sqlUsersRemoved = `SELECT user_id FROM events
		WHERE environment_id = $1 AND kind = 'user.removed' AND request_id = $2`
	sqlEraseAddressesOf = `UPDATE events SET address = '' WHERE environment_id = $1 AND actor_user = $2
		AND actor_user <> ''`
)

// Traces are the keys by which rows about a person are found.
type Traces struct {
	Users      []pactius.UserID   // the user, and those merged into it
	Identities []pactius.Identity // of the user and of requests
	Usernames  []string           // present and former account names
	Addresses  []string           // of emails
	Names      []string
	Requests   []pactius.RequestID
}

// AddName adds a name, an account name or an address to a list of them, unless it is
// empty or there in another spelling.
func AddName(to *[]string, name string) {
	if name != "" && !hasName(*to, name) {
		*to = append(*to, name)
	}
}

func hasName(all []string, name string) bool {
	key := names.Key(name)
	return slices.ContainsFunc(all, func(s string) bool { return names.Key(s) == key })
}

// RequestsOfPerson reads the requests that led to users, and those of identities.
func (t *Tx) RequestsOfPerson(users []pactius.UserID, identities []pactius.Identity) ([]pactius.AccessRequest, error) {
	var all []pactius.AccessRequest
	add := func(condition string, args ...any) error {
		found, err := requestTable.all(t, condition+` ORDER BY r.id`, args...)
		for _, q := range found {
			if !slices.ContainsFunc(all, func(a pactius.AccessRequest) bool { return a.ID == q.ID }) {
				all = append(all, q)
			}
		}
		return err
	}
	for _, u := range users {
		if err := add(`r.user_id = ? AND r.user_id <> ''`, u); err != nil {
			return nil, err
		}
	}
	for _, i := range identities {
		if err := add(`r.tid = ? AND r.oid = ? AND r.oid <> ''`, i.TenantID, i.ObjectID); err != nil {
			return nil, err
		}
	}
	return all, nil
}

// UsersRemoved lists the users that were removed because the approval of a request was undone.
func (t *Tx) UsersRemoved(id pactius.RequestID) ([]pactius.UserID, error) {
	return list(t, database.Value[pactius.UserID], sqlUsersRemoved, t.env, id)
}

// EraseRequest removes the person from a settled request: who it is from, and what was
// written. The rest stays.
func (t *Tx) EraseRequest(id pactius.RequestID) error {
	if err := t.run(sqlEraseRequest, t.env, id); err != nil {
		return err
	}
	return t.run(sqlDeleteRequestWords, t.env, id)
}

// DeleteVisits ends all sessions of an identity.
func (t *Tx) DeleteVisits(i pactius.Identity) error {
	t.affectsAll() // some may be of a user
	return t.run(sqlDeleteVisits, t.env, i.TenantID, i.ObjectID)
}

// DropEventDetails empties the personal part of all events about a user, who was no
// person.
func (t *Tx) DropEventDetails(user pactius.UserID) error {
	return t.run(sqlEraseEventsOfUser, t.env, user, `{}`)
}

// EraseEvents removes a person from the events: the personal part of events about the
// person, and the addresses of clients. Facts stay as they are.
func (t *Tx) EraseEvents(p Traces) error {
	for _, u := range p.Users {
		if err := t.run(sqlEraseEventsOfUser, t.env, u, erasedDetail); err != nil {
			return err
		}
		if err := t.run(sqlEraseVisitAddresses, t.env, u); err != nil {
			return err
		}
		if err := t.run(sqlEraseAddressesOf, t.env, u); err != nil {
			return err
		}
	}
	about := func(e pactius.Event) bool {
		return slices.Contains(p.Requests, e.Request) && e.Request != "" ||
			hasName(p.Usernames, e.Detail[pactius.DetailUsername]) && e.Kind == pactius.VisitorSignedIn ||
			hasName(p.Addresses, e.Detail[pactius.DetailTo]) || hasName(p.Usernames, e.Detail[pactius.DetailTo])
	}
	for _, noun := range []string{"request.", "visitor.", "mail."} {
		if err := t.eraseEventsLike(noun, about); err != nil {
			return err
		}
	}
	return nil
}

// eventBatch is how many events are read at a time to look for a person.
const eventBatch = 1000

// eraseEventsLike removes the personal part of those events of a noun that are about a
// person: they are found by no index.
func (t *Tx) eraseEventsLike(noun string, about func(pactius.Event) bool) error {
	for after := pactius.EventID(""); ; {
		batch, err := eventTable.all(t, `e.kind >= ? AND e.kind < ? AND e.id > ? ORDER BY e.id LIMIT ?`,
			noun, strings.TrimSuffix(noun, ".")+"/", after, eventBatch)
		if err != nil {
			return err
		}
		for _, e := range batch {
			if !about(e) {
				continue
			}
			erase := sqlEraseDetail
			if e.Actor.Kind == pactius.ActorVisitor {
				erase = sqlEraseVisit
			}
			if err := t.run(erase, t.env, e.ID, erasedDetail); err != nil {
				return err
			}
		}
		if len(batch) < eventBatch {
			return nil
		}
		after = batch[len(batch)-1].ID
	}
}

// Mails lists all emails in the outbox, sent ones too.
func (t *Tx) Mails() ([]pactius.Mail, error) { return mailTable.all(t, `1 = 1 ORDER BY id`) }

// DeleteMail removes an email from the outbox, whatever its state: it is not sent.
func (t *Tx) DeleteMail(id pactius.MailID) error { return t.run(sqlDeleteMail, t.env, id) }

// RewriteMail changes the name of the recipient and the contents of an email.
func (t *Tx) RewriteMail(m pactius.Mail) error {
	return t.run(sqlRewriteMail, t.env, m.ID, m.ToName, database.Bytes(&m.Data))
}

// EraseIncidents removes the incidents of a person and counts them.
func (t *Tx) EraseIncidents(p Traces) (int, error) {
	all, err := incidentTable.all(t, `(i.oid <> '' OR i.username <> '')`)
	if err != nil {
		return 0, err
	}
	n := 0
	for _, i := range all {
		if slices.Contains(p.Identities, i.Identity) || hasName(p.Usernames, i.Username) {
			if err := t.run(sqlDeleteIncident, t.env, i.Reference); err != nil {
				return n, err
			}
			n++
		}
	}
	return n, nil
}

// EraseLinks takes a person from the links for connecting, which then add no
// administrator.
func (t *Tx) EraseLinks(p Traces) error {
	all, err := list(t, database.Value[string], sqlLinkAdministrators, t.env)
	if err != nil {
		return err
	}
	for _, a := range all {
		if hasName(p.Usernames, a) {
			if err := t.run(sqlConnectNoOne, t.env, a); err != nil {
				return err
			}
		}
	}
	return nil
}
