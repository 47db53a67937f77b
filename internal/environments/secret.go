package environments

import (
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
)

// maxSecret is the most bytes of a client secret: Entra's have about 40 characters.
const maxSecret = 1000

// connects reports whether an update touches the Microsoft 365 connection.
func connects(up pactius.EnvironmentUpdate) bool {
	return up.TenantID != nil || up.ClientID != nil || up.ClientSecret != nil || up.Certificate != nil ||
		up.SecretEndsOn != nil
}

// applySecret applies an update's secret, certificate and expiry to e. A new secret
// replaces a certificate and the other way round, and removes the old expiry.
// before is the connection before the whole update.
func (r *Rules) applySecret(
	e *pactius.Environment, before pactius.Connection, up pactius.EnvironmentUpdate, wrong *pactius.Fields,
) []string {
	c := &e.Connection
	if up.ClientSecret != nil {
		r.setSecret(e, before, names.TrimMark(*up.ClientSecret), wrong)
	}
	if up.Certificate != nil {
		if given(up.ClientSecret) && given(up.Certificate) {
			wrong.Add("certificate", pactius.T("Give either a client secret or a certificate, not both."))
		}
		r.setCertificate(e, names.TrimMark(*up.Certificate), wrong)
	}
	renewed := c.SealedSecret != before.SealedSecret || c.SealedCertificate != before.SealedCertificate
	if up.SecretEndsOn != nil && !given(up.Certificate) {
		r.setEnd(e, *up.SecretEndsOn, renewed, wrong)
	}
	if renewed || c.SecretEndsOn != before.SecretEndsOn {
		c.SecretWarned = 0
	}
	var changed []string
	for _, f := range []struct {
		name string
		is   bool
	}{{"client_secret", c.SealedSecret != before.SealedSecret},
		{"certificate", c.SealedCertificate != before.SealedCertificate},
		{"secret_ends_on", c.SecretEndsOn != before.SecretEndsOn}} {
		if f.is {
			changed = append(changed, f.name)
		}
	}
	return changed
}

// given reports whether an update has a value, not only the removal of one.
func given(value *string) bool { return value != nil && names.TrimMark(*value) != "" }

func (r *Rules) setSecret(
	e *pactius.Environment, before pactius.Connection, secret string, wrong *pactius.Fields,
) {
	c := &e.Connection
	switch {
	case id.Valid(strings.ToLower(secret)):
		wrong.Add("client_secret", pactius.T("This is the ID of a secret. Enter what the column Value shows; if it's "+
			"no longer shown, create a new secret."))
	case secret == "":
		if c.SealedSecret != "" {
			c.SealedSecret, c.SecretEndsOn = "", ""
		}
	case len(secret) > maxSecret:
		wrong.Add("client_secret",
			pactius.T("This is too long for a client secret. Copy its value, not its ID or a whole file."))
	case strings.ContainsFunc(secret, unprintable):
		wrong.Add("client_secret",
			pactius.T("A client secret has no line breaks, accents or invisible characters. Copy its value again "+
				"from the Microsoft Entra admin centre."))
	case names.Quoted(secret):
		wrong.Add("client_secret", pactius.T("Leave out the quotation marks around the client secret."))
	case r.Box == nil:
		wrong.Add("client_secret", errNoSecret.Message)
	default:
		c.SealedSecret = r.Box.Seal(secretPurpose, r.replaced(*e, before, secret).text(), string(e.ID))
		c.SealedCertificate, c.SecretEndsOn = "", ""
	}
}

// unprintable reports whether a character is not allowed in a client secret, which is
// printable ASCII (RFC 6749 appendix A.2).
func unprintable(r rune) bool { return r < ' ' || r > '~' }

func (r *Rules) setCertificate(e *pactius.Environment, pem string, wrong *pactius.Fields) {
	c := &e.Connection
	switch {
	case pem == "":
		if c.SealedCertificate != "" {
			c.SealedCertificate, c.SecretEndsOn = "", ""
		}
		return
	case r.Box == nil:
		wrong.Add("certificate", errNoSecret.Message)
		return
	case r.ReadCertificate == nil:
		wrong.Add("certificate", pactius.T("Certificates can't be read here."))
		return
	}
	read, err := r.ReadCertificate([]byte(pem), r.DB.Now())
	if err != nil {
		wrong.Add("certificate", fieldText(err))
		return
	}
	c.SealedCertificate, c.SealedSecret = r.Box.Seal(certificatePurpose, []byte(pem), string(e.ID)), ""
	c.SecretEndsOn = pactius.DateOf(read.NotAfter.In(e.Zone()))
}

// setEnd sets the last day of a secret. It refuses a past day, unless it is the
// stored one.
func (r *Rules) setEnd(e *pactius.Environment, day pactius.Date, renewed bool, wrong *pactius.Fields) {
	c := &e.Connection
	end, err := pactius.ParseDate("secret_ends_on", string(day))
	switch {
	case err != nil:
		wrong.Collect(err)
	case end != "" && c.SealedCertificate != "":
		if end != c.SecretEndsOn {
			wrong.Add("secret_ends_on", pactius.T("A certificate contains its own end date. Leave the date out."))
		}
	case end != "" && c.SealedSecret == "":
		wrong.Add("secret_ends_on", pactius.T("No client secret is stored here, so none can expire."))
	case end != "" && end < e.Today(r.DB.Now()) && (renewed || end != c.SecretEndsOn):
		wrong.Add("secret_ends_on", pactius.T("This date is in the past. Enter the secret's end date."))
	default:
		c.SecretEndsOn = end
	}
}

// certificate describes the stored certificate, nil if there is none or it cannot be
// read.
func (r *Rules) certificate(e pactius.Environment) *pactius.Certificate {
	pem, err := r.open(e, certificatePurpose, e.Connection.SealedCertificate)
	if err != nil || len(pem) == 0 || r.ReadCertificate == nil {
		return nil
	}
	at := r.DB.Now()
	if end := e.Connection.SecretEndsOn.Time(e.Zone()); !end.IsZero() && end.Before(at) {
		at = end // expired ones are described too
	}
	read, err := r.ReadCertificate(pem, at)
	if err != nil {
		return nil
	}
	return &read
}
