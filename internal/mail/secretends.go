package mail

import "github.com/pactius/pactius"

// SecretEnds goes to the administrators of the root before the secret or
// certificate of the Microsoft 365 connection expires, and when it has expired.
type SecretEnds struct {
	Certificate bool         // a certificate, else a client secret
	EndsOn      pactius.Date // the last day
	Days        int          // left when the email was made; negative: it has expired
	ClientID    string       // application (client) ID of the app registration
}

// Kind is "secret-ends".
func (SecretEnds) Kind() string { return "secret-ends" }

func (m SecretEnds) compose(h Letterhead) letter {
	r := h.Reader
	what := pactius.T("client secret")
	if m.Certificate {
		what = pactius.T("certificate")
	}
	day := h.day(m.EndsOn)
	l := letter{
		Subject: r.T("Renew: the Microsoft 365 %[1]s of %[2]s expires on %[3]s", what, h.EnvironmentName, day),
		Heading: r.T("The Microsoft 365 %[1]s of %[2]s expires on %[3]s", what, h.EnvironmentName, day),
		Lead: []string{
			r.T("After that, no one can sign in to %s. Renewing takes five minutes and doesn't interrupt anyone: the "+
				"old one works until the new one has been tested.", h.EnvironmentName),
			r.T("Your company's Microsoft 365 administrator creates a new one in the Microsoft Entra admin centre, " +
				"and you enter it on the page below."),
		},
		Facts: facts(fact{r.T("App registration"), []string{oneLine(m.ClientID, maxValue)}},
			fact{r.T("Expires"), []string{day}}),
		Button: button{r.T("Renew it"), h.link(ConnectionPage)},
		After:  []string{r.T("If someone has already renewed it, the page says so.")},
		Why:    h.whyAdminister(),
	}
	if m.Days < 0 {
		l.Subject = r.T("Renew now: the Microsoft 365 %[1]s of %[2]s has expired", what, h.EnvironmentName)
		l.Heading = r.T("The Microsoft 365 %[1]s of %[2]s has expired", what, h.EnvironmentName)
		l.Lead[0] = r.T("No one can sign in to %s until it's renewed. If you're still signed in, renew it now; "+
			"otherwise contact Support.", h.EnvironmentName)
	}
	return l
}
