package main

import (
	"context"
	"errors"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
)

// numberRecord describes one of Microsoft's error numbers.
type numberRecord struct {
	Code  string `json:"code"`
	Title string `json:"title"`
	Cause string `json:"cause"`
	Who   string `json:"who"` // person, local_administrator, customer_it or support
	Next  string `json:"next"`
}

func newNumberRecord(n microsoft.Number) numberRecord {
	return numberRecord{n.Code, n.Title.String(), n.Cause.String(), helperWord(n.Helper), n.Next.String()}
}

// helperWord names a helper for programs.
func helperWord(who microsoft.Helper) string {
	switch who {
	case microsoft.HelperCustomerIT:
		return "customer_it"
	case microsoft.HelperLocalAdministrator:
		return "local_administrator"
	case microsoft.HelperSupport:
		return "support"
	default:
		return "person"
	}
}

// helperWords names a helper for people.
func helperWords(who microsoft.Helper) string {
	switch who {
	case microsoft.HelperCustomerIT:
		return "the IT department that manages the company's Microsoft 365"
	case microsoft.HelperLocalAdministrator:
		return "a local administrator"
	case microsoft.HelperSupport:
		return "Support"
	default:
		return "the person, by trying again"
	}
}

// explainNumber prints the meaning of the error number in a text.
func (p *printer) explainNumber(text string) error {
	n, known := microsoft.LookUp(text)
	if !known {
		return errors.New("there is no known error number in this text. Paste the whole message, or look the number " +
			"up at https://login.microsoftonline.com/error")
	}
	if p.asJSON {
		return p.object(newNumberRecord(n))
	}
	return p.sayNumber(n)
}

func (p *printer) sayNumber(n microsoft.Number) error {
	return errors.Join(p.say("%s: %s.", n.Code, n.Title), p.say("  cause    %s", n.Cause),
		p.say("  who      %s", helperWords(n.Helper)), p.say("  next     %s", n.Next))
}

// incidentRecord is an incident.
type incidentRecord struct {
	Reference string        `json:"reference"`
	At        *time.Time    `json:"at"`
	Kind      string        `json:"kind"`   // sign_in, no_access or fault
	Reason    string        `json:"reason"` // of sign_in
	Code      string        `json:"code"`   // Microsoft's number
	TenantID  string        `json:"tenant_id"`
	ObjectID  string        `json:"object_id"`
	Username  string        `json:"username"`
	Name      string        `json:"name"`
	Route     string        `json:"route"`
	Who       string        `json:"who"`    // the helper, as in numberRecord
	Number    *numberRecord `json:"number"` // describes code; null for an unknown one
}

// explainReference prints the incident of a reference and, for an authenticated
// person, the result of a sign-in now.
func (d *desk) explainReference(ctx context.Context, f explainFlags) error {
	i, err := d.Incidents.LookUp(ctx, d.actor, f.reference)
	if err != nil {
		return err
	}
	n, known := microsoft.LookUp(i.Code)
	who := microsoft.Mender(i)
	if d.asJSON {
		r := incidentRecord{i.Reference, utc(i.At), string(i.Kind), i.Reason, i.Code, i.TenantID, i.ObjectID,
			i.Username, i.Name, i.Route, helperWord(who), nil}
		if known {
			r.Number = new(newNumberRecord(n))
		}
		return d.object(r)
	}
	err = d.facts(
		"Reference", i.Reference, "Time", d.time(i.At, ""), "What", incidentWords(i), "Number", i.Code,
		"Page", i.Route, "Name", i.Name, "Account name", i.Username,
		"Tenant ID", i.TenantID, "Object ID", i.ObjectID, "Who can fix it", helperWords(who),
	)
	if err == nil && known {
		err = d.sayNumber(n)
	}
	if err != nil || i.Identity.IsZero() {
		return err
	}
	x, err := d.explained(ctx, pactius.Person{Identity: i.Identity, Username: i.Username, Name: i.Name}, f.offline)
	if err != nil {
		return err
	}
	return errors.Join(d.say("\nNow:"), d.sayExplanation(i.Username, x, false))
}

// incidentWords describes an incident.
func incidentWords(i pactius.Incident) string {
	switch i.Kind {
	case pactius.IncidentSignIn:
		return "the sign-in failed: " + i.Reason
	case pactius.IncidentNoAccess:
		return "signed in with Microsoft, but has no access"
	default:
		return "an error in PACTIUS; the log has a line with this reference as request"
	}
}
