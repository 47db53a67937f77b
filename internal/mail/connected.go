package mail

import "github.com/pactius/pactius"

// Connected goes to the administrators of the root when their environment is
// connected to Microsoft 365, so that the first of them knows where to begin.
type Connected struct {
	TenantID string // of the Microsoft 365 tenant
	Tested   bool   // the sign-in was tested before the connection was stored; Support stores one untested
	Complete bool   // every step of the test was made and works
}

// Kind is "connected".
func (Connected) Kind() string { return "connected" }

func (m Connected) compose(h Letterhead) letter {
	r := h.Reader
	l := letter{
		Subject: r.T("%s is connected to Microsoft 365", h.EnvironmentName),
		Heading: r.T("%s is connected to Microsoft 365", h.EnvironmentName),
		Lead: []string{r.T("You can now sign in with your Microsoft 365 account. You administer all of %s: add "+
			"business units, a second administrator and the first people.", h.EnvironmentName)},
		Facts: facts(fact{r.T("Address"), []string{h.BaseURL}},
			fact{r.T("Tenant ID"), []string{oneLine(m.TenantID, maxValue)}}),
		Button: button{r.T("Sign in"), h.link("/")},
		After: []string{r.T("Give this address to the people who need access. They sign in there and request it, and " +
			"you decide. You can also add them first.")},
		Why: h.whyAdminister(),
	}
	switch {
	case !m.Tested:
		l.Lead = append(l.Lead, r.T("The connection hasn't been tested yet. You can test it under Settings > "+
			"Environment."))
	case !m.Complete:
		l.Lead = append(l.Lead, r.T("The test shows that people can sign in. Something else is missing or couldn't be "+
			"tested: Settings > Environment shows what."))
	default:
		l.Lead = append(l.Lead, r.T("The test succeeded: people can sign in, and accounts can be looked up."))
	}
	return l
}

// ConnectedBy is the message of a connection that was tested with these steps; nil is untested.
func ConnectedBy(tenant string, steps []pactius.ConnectionStep) Connected {
	m := Connected{TenantID: tenant, Tested: pactius.StepsProved(steps), Complete: len(steps) > 0}
	for _, s := range steps {
		m.Complete = m.Complete && s.Outcome == pactius.StepOK
	}
	return m
}
