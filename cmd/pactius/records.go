package main

import (
	"time"

	"github.com/pactius/pactius"
)

// The records below are what --json prints: programs depend on their fields,
// which may be added to but neither renamed nor removed.

// environmentRecord is an environment.
type environmentRecord struct {
	ID              string     `json:"id"`
	Name            string     `json:"name"`
	Host            string     `json:"host"`
	Connected       bool       `json:"connected"` // has a Microsoft 365 connection
	TenantID        string     `json:"tenant_id"`
	ClientID        string     `json:"client_id"` // "" is the deployment's
	HasClientSecret bool       `json:"has_client_secret"`
	HasCertificate  bool       `json:"has_certificate"`
	SecretEndsOn    string     `json:"secret_ends_on"`  // last day of the secret or certificate, year-month-day; "" is unknown
	SupportContact  string     `json:"support_contact"` // "" is the deployment's
	Language        string     `json:"language"`
	TimeZone        string     `json:"time_zone"`
	Leavers         string     `json:"leavers"`      // deactivate or mark
	LeaverBound     int        `json:"leaver_bound"` // percent
	CreatedAt       *time.Time `json:"created_at"`
}

func newEnvironmentRecord(e pactius.Environment) environmentRecord {
	return environmentRecord{ID: string(e.ID), Name: e.Name, Host: e.Host, Connected: e.Connection.Connected(),
		TenantID: e.Connection.TenantID, ClientID: e.Connection.ClientID, HasClientSecret: e.Connection.SealedSecret != "",
		HasCertificate: e.Connection.SealedCertificate != "", SecretEndsOn: string(e.Connection.SecretEndsOn),
		Leavers: leaversWord(e.LeaverRule), LeaverBound: e.LeaverPercent(),
		SupportContact: e.SupportContact, Language: e.Language, TimeZone: e.TimeZone, CreatedAt: utc(e.CreatedAt)}
}

// environmentDetail is an environment with what only one environment's page tells.
type environmentDetail struct {
	environmentRecord
	Administrators []string `json:"administrators"` // account names, of the whole company
	Undelivered    int      `json:"undelivered_mails"`
	RedirectURI    string   `json:"redirect_uri"` // to register with Microsoft; "" where PACTIUS_URL is not told
	Thumbprint     string   `json:"thumbprint"`   // of the certificate; "" where there is none, or PACTIUS_SECRET is not told
}

// membershipRecord is access to a business unit.
type membershipRecord struct {
	ID     string `json:"id"`
	Unit   string `json:"unit"` // path
	Access string `json:"access"`
}

// userRecord is a user.
type userRecord struct {
	ID            string             `json:"id"`
	Username      string             `json:"username"`
	Name          string             `json:"name"`
	Email         string             `json:"email"`
	Status        string             `json:"status"`
	Units         []membershipRecord `json:"units"`
	EndsOn        string             `json:"ends_on"` // last day, year-month-day
	CreatedAt     *time.Time         `json:"created_at"`
	CreatedBy     string             `json:"created_by"` // request, add, command or setup
	FirstSignInAt *time.Time         `json:"first_sign_in_at"`
	LastSignInAt  *time.Time         `json:"last_sign_in_at"`
	DeactivatedAt *time.Time         `json:"deactivated_at"`
	TenantID      string             `json:"tenant_id"` // of the bound identity
	ObjectID      string             `json:"object_id"`
}

func newUserRecord(u pactius.User, status pactius.Status, memberships []pactius.Membership, tree *pactius.Tree) userRecord {
	r := userRecord{ID: string(u.ID), Username: u.Username, Name: u.Name, Email: u.Email, Status: string(status),
		Units: make([]membershipRecord, 0, len(memberships)), EndsOn: string(u.EndsOn), CreatedAt: utc(u.CreatedAt), CreatedBy: string(u.CreatedBy),
		FirstSignInAt: utc(u.FirstSignInAt), LastSignInAt: utc(u.LastSignInAt), DeactivatedAt: utc(u.DeactivatedAt),
		TenantID: u.Identity.TenantID, ObjectID: u.Identity.ObjectID}
	for _, m := range memberships {
		r.Units = append(r.Units, membershipRecord{ID: string(m.UnitID), Unit: tree.Path(m.UnitID), Access: m.Access.String()})
	}
	return r
}

// wishRecord is a business unit somebody asks for.
type wishRecord struct {
	ID   string `json:"id"`
	Unit string `json:"unit"` // path
}

// requestRecord is an access request.
type requestRecord struct {
	ID        string       `json:"id"`
	Username  string       `json:"username"`
	Name      string       `json:"name"`
	Email     string       `json:"email"`
	State     string       `json:"state"`
	Message   string       `json:"message"`
	Units     []wishRecord `json:"units"`
	SentAt    *time.Time   `json:"sent_at"`
	ExpiresAt *time.Time   `json:"expires_at"`
	DecidedAt *time.Time   `json:"decided_at"`
	DecidedBy string       `json:"decided_by"`
	Note      string       `json:"note"`
	User      string       `json:"user"`    // ID of the user it led to
	Created   bool         `json:"created"` // that user is new
}

func newRequestRecord(q pactius.AccessRequest, path func(pactius.UnitID) string) requestRecord {
	r := requestRecord{ID: string(q.ID), Username: q.Person.Username, Name: q.Person.Name, Email: q.Person.Email, State: string(q.State),
		Message: q.Message, Units: make([]wishRecord, 0, len(q.Units)), SentAt: utc(q.CreatedAt), ExpiresAt: utc(q.ExpiresAt),
		DecidedAt: utc(q.DecidedAt), DecidedBy: decidedBy(q), Note: q.Note, User: string(q.UserID), Created: q.Created}
	for _, u := range q.Units {
		r.Units = append(r.Units, wishRecord{ID: string(u), Unit: path(u)})
	}
	return r
}

// decidedBy names who decided a request, "" while it waits.
func decidedBy(q pactius.AccessRequest) string {
	if q.DecidedAt.IsZero() {
		return ""
	}
	if q.DecidedBy.Kind == pactius.ActorVisitor {
		return q.Person.Name // withdrawn
	}
	return q.DecidedBy.Text().String()
}

// unitRecord is a business unit.
type unitRecord struct {
	ID             string     `json:"id"`
	ParentID       string     `json:"parent_id"` // "" for the company itself
	Unit           string     `json:"unit"`      // path
	Name           string     `json:"name"`
	Members        int        `json:"members"`        // users with access to exactly this unit
	Administrators []string   `json:"administrators"` // account names, of exactly this unit
	CreatedAt      *time.Time `json:"created_at"`
	ArchivedAt     *time.Time `json:"archived_at"`
}
