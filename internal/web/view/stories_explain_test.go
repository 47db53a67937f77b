package view

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
)

func explainStories() []story {
	why := &Why{Who: Person{Username: "anna.hansn@nordhavn.example"}, Tone: Attention, Verdict: pactius.T("%s is not recognised and can only ask for access.", "anna.hansn@nordhavn.example"),
		Reasons: []pactius.Text{pactius.T("No user has the account name %s.", "anna.hansn@nordhavn.example")},
		Remedy:  pactius.T("Let the person ask for access, add them under Settings > Users, or correct the account name of the user that is meant."),
		Actions: []Action{{"/settings/users/add?username=a", pactius.T("Add a user"), true}},
		Similar: []Similar{{User: &anna, Reasons: []pactius.Text{pactius.T("Nothing here yet")}, Correct: "/settings/users/x/edit?username=a"}, {User: &evil}},
		Former:  []Former{{Who: PersonOf(bo), Until: lastMonth}}}
	asked := *why
	asked.Request, asked.Similar = new(request(pactius.Pending)), nil
	blocked := &Why{Who: PersonOf(carl), Tone: Danger, Verdict: pactius.T("%s is a user, but is not let in.", carl.Name),
		Reasons: []pactius.Text{pactius.T("%s has this account name. Their Microsoft 365 account is recognised whatever it is called.", carl.Name), pactius.T("The user is deactivated.")},
		Remedy:  pactius.T("Reactivate the user on the user's page."), Actions: []Action{{"/x", pactius.T("Reactivate"), true}, {"/y", pactius.T("Open this user"), false}}}
	number := &Number{Code: "AADSTS50105", Title: pactius.T("Your organisation has not opened this application to you"), Cause: pactius.T("Nothing here yet"),
		Who: pactius.T("Who can mend it: Support."), Next: pactius.T("Sign in again from the start.")}
	incident := &Incident{Incident: pactius.Incident{Reference: "KJ4DZ2MXQ7RT5WBNA3VHC6YLPE", At: yesterday, Code: "AADSTS50105"}, Title: pactius.T("A sign-in failed"),
		Cause: pactius.T("The person was told: %s.", number.Title), Ticket: ticket(true)}
	base := baseOf(AtExplain)
	return []story{
		{"explain", Explain{Base: base}},
		{"explain-unknown", Explain{Base: base, Username: why.Who.Username, Why: why}},
		{"explain-asked", Explain{Base: base, Username: why.Who.Username, Name: "Anna", Why: &asked}},
		{"explain-blocked-danish", Explain{Base: in(base, language.Danish), Username: carl.Username, Why: blocked}},
		{"explain-reference", Explain{Base: base, Incident: incident, Number: number, Why: blocked}},
		{"explain-number", Explain{Base: base, Number: number, Lost: true}},
		{"explain-hostile", Explain{Base: base, Username: hostile, Name: hostile, Pasted: hostile + long, Form: wrong("pasted"),
			Why: &Why{Who: Person{Username: hostile}, Verdict: pactius.T("%s can sign in.", hostile)}}},
	}
}
