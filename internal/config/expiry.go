package config

import (
	"fmt"
	"time"

	"github.com/pactius/pactius"
)

// Expiry is a warning about the secret or certificate of the shared app registration. The zero value is none.
type Expiry struct {
	Says   string // the state, and its effect
	Remedy string
	Urgent bool // people can't sign in, or the last of pactius.SecretWarnings is due
}

// MicrosoftWarning warns of a secret or certificate of the shared app registration that expires within the first of
// pactius.SecretWarnings, has expired, or is not valid yet.
func (c Config) MicrosoftWarning(now time.Time) Expiry {
	const stuck = "no one can sign in to environments that share the app registration"
	what, remedy := "PACTIUS_MICROSOFT_CLIENT_SECRET", "Create another client secret in the app registration, set it "+
		"with its last day (PACTIUS_MICROSOFT_SECRET_ENDS), and restart PACTIUS."
	if c.MicrosoftCertificate != "" {
		what, remedy = "PACTIUS_MICROSOFT_CERTIFICATE", "Create another certificate, add it to the app registration "+
			"beside this one, set it, and restart PACTIUS."
	}
	end, warnings := c.MicrosoftExpiry, pactius.SecretWarnings()
	last := pactius.DateOf(end.UTC().Add(-1)) // the end of a day belongs to that day
	switch days := last.DaysAfter(pactius.DateOf(now.UTC())); {
	case now.Before(c.microsoftFrom):
		return Expiry{fmt.Sprintf("%s isn't valid before %s: until then %s", what, c.microsoftFrom.UTC().Format(
			time.RFC3339), stuck), "Check the clock of this machine, or set the certificate before this one.", true}
	case end.IsZero() || days > warnings[0]:
		return Expiry{}
	case !now.Before(end):
		return Expiry{fmt.Sprintf("%s expired on %s: %s", what, last, stuck), remedy, true}
	default:
		return Expiry{fmt.Sprintf("%s expires on %s, %s: after that %s", what, last, inDays(days), stuck), remedy,
			days <= warnings[len(warnings)-1]}
	}
}

func inDays(n int) string {
	switch n {
	case 0:
		return "today"
	case 1:
		return "tomorrow"
	}
	return fmt.Sprintf("in %d days", n)
}
