package main

import (
	"time"

	"github.com/pactius/pactius"
)

// The records below are printed with --json. Programs depend on their fields: new
// ones may be added, none may be renamed or removed.

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
	SecretEndsOn    string     `json:"secret_ends_on"`  // last day, year-month-day; "" is unknown
	SupportContact  string     `json:"support_contact"` // "" is the deployment's
	Language        string     `json:"language"`
	TimeZone        string     `json:"time_zone"`
	Leavers         string     `json:"leavers"`      // deactivate or mark
	LeaverBound     int        `json:"leaver_bound"` // percent
	Accent          string     `json:"accent"`       // #rrggbb; "" is that of PACTIUS
	HasLogo         bool       `json:"has_logo"`
	Welcome         string     `json:"welcome"`
	CreatedAt       *time.Time `json:"created_at"`
}

func newEnvironmentRecord(e pactius.Environment) environmentRecord {
	c := e.Connection
	return environmentRecord{ID: string(e.ID), Name: e.Name, Host: e.Host, CreatedAt: utc(e.CreatedAt),
		Connected: c.Connected(), TenantID: c.TenantID, ClientID: c.ClientID, SecretEndsOn: string(c.SecretEndsOn),
		HasClientSecret: c.SealedSecret != "", HasCertificate: c.SealedCertificate != "",
		Leavers: leaversWord(e.LeaverRule), LeaverBound: e.LeaverPercent(), SupportContact: e.SupportContact,
		Language: e.Language, TimeZone: e.TimeZone, Accent: e.Brand.Accent, HasLogo: !e.Brand.Logo.IsZero(),
		Welcome: e.Brand.Welcome}
}

// environmentDetail is an environment with the details of "environment show".
type environmentDetail struct {
	environmentRecord
	Administrators []string `json:"administrators"` // account names of those of the root
	Undelivered    int      `json:"undelivered_mails"`
	RedirectURI    string   `json:"redirect_uri"` // to register with Microsoft; "" without PACTIUS_URL
	Thumbprint     string   `json:"thumbprint"`   // of the certificate; "" without one, or without PACTIUS_SECRET
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
	TenantID      string             `json:"tenant_id"` // of the linked identity
	ObjectID      string             `json:"object_id"`
}

func newUserRecord(u pactius.User, status pactius.Status, memberships []pactius.Membership,
	tree *pactius.Tree) userRecord {
	r := userRecord{ID: string(u.ID), Username: u.Username, Name: u.Name, Email: u.Email, Status: string(status),
		TenantID: u.Identity.TenantID, ObjectID: u.Identity.ObjectID, Units: []membershipRecord{},
		CreatedAt: utc(u.CreatedAt), CreatedBy: string(u.CreatedBy), EndsOn: string(u.EndsOn),
		FirstSignInAt: utc(u.FirstSignInAt), LastSignInAt: utc(u.LastSignInAt), DeactivatedAt: utc(u.DeactivatedAt)}
	for _, m := range memberships {
		r.Units = append(r.Units, membershipRecord{string(m.UnitID), tree.Path(m.UnitID), m.Access.String()})
	}
	return r
}

// wishRecord is a requested business unit.
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
	User      string       `json:"user"`    // ID of the user who sent it, or that it was approved as
	Created   bool         `json:"created"` // the approval created the user
}

func newRequestRecord(q pactius.AccessRequest, path func(pactius.UnitID) string) requestRecord {
	p := q.Person
	r := requestRecord{ID: string(q.ID), Username: p.Username, Name: p.Name, Email: p.Email, State: string(q.State),
		Message: q.Message, Units: []wishRecord{}, Note: q.Note, User: string(q.UserID), Created: q.Created,
		SentAt: utc(q.CreatedAt), ExpiresAt: utc(q.ExpiresAt), DecidedAt: utc(q.DecidedAt), DecidedBy: decidedBy(q)}
	for _, u := range q.Units {
		r.Units = append(r.Units, wishRecord{string(u), path(u)})
	}
	return r
}

// decidedBy returns the name of the actor that decided a request, "" if pending.
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
	Members        int        `json:"members"`        // users with explicit access
	Administrators []string   `json:"administrators"` // account names, with explicit administer access
	CreatedAt      *time.Time `json:"created_at"`
	ArchivedAt     *time.Time `json:"archived_at"`
}
