package view

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/users"
)

func explainStories() []story {
	asks := "anna.hansn@nordhavn.example"
	unknown := users.Explanation{
		Decision: decision(users.OutcomeUnrecognised, pactius.Text{},
			pactius.T("No user has the account name %s.", asks)),
		Remedy: pactius.T("Let the person request access, add them under Settings > Users, or correct the " +
			"account name of the user you mean."),
		Similar: []users.Similar{{User: &anna, Reasons: []pactius.Text{pactius.T("Nothing here yet")}},
			{User: &evil}},
		Former: []users.FormerOwner{formerly(bo)},
	}
	why := &Why{Explanation: unknown, Who: Person{Username: asks},
		Actions: []Action{{"/settings/users/add?username=a", pactius.T("Add a user"), true, false}}}
	asked := *why
	asked.Request, asked.Similar = new(request(pactius.StatePending)), nil
	blocked := WhyOf(decision(users.OutcomeBlocked, pactius.T("Reactivate the user on the user's page."),
		pactius.T("%s has this account name. Their Microsoft 365 account is recognised whatever it is called.",
			carl.Name),
		pactius.T("The user is deactivated.")), PersonOf(carl), "/settings/explain?username=carl")
	blocked.Actions = []Action{
		{"/x", pactius.T("Reactivate"), true, false}, {"/y", pactius.T("Open this user"), false, false},
	}
	number, _ := microsoft.LookUp("AADSTS50105")
	reference := pactius.Incident{Reference: "KJ4DZ2MXQ7RT5WBNA3VHC6YLPE", At: yesterday, Kind: pactius.IncidentSignIn,
		Reason: string(number.Reason), Code: number.Code, Identity: annaAsks.Identity, Username: annaAsks.Username}
	fault := reference
	fault.Kind, fault.Reason, fault.Code, fault.Route = pactius.IncidentFault, "", "", "POST /settings/users/add"
	outside := reference
	outside.Kind, outside.Reason, outside.Code = pactius.IncidentNoAccess, "", ""
	base := baseOf(AtExplain)
	return []story{
		{"explain", Explain{Base: base}},
		{"explain-unknown", Explain{Base: base, Username: asks, Why: why}},
		{"explain-asked", Explain{Base: base, Username: asks, Name: "Anna", Why: &asked}},
		{"explain-blocked-danish", Explain{Base: in(base, language.Danish), Username: carl.Username, Why: blocked}},
		{"explain-reference", Explain{Base: base, Incident: &Incident{reference}, Number: &number, Why: blocked}},
		{"explain-fault", Explain{Base: base, Incident: &Incident{fault}}},
		{"explain-no-access", Explain{Base: base, Incident: &Incident{outside}}},
		{"explain-number", Explain{Base: base, Number: &number, Lost: true}},
		{"explain-hostile", Explain{Base: base, Username: hostile, Name: hostile, Pasted: hostile + long,
			Form: wrong("pasted"),
			Why:  WhyOf(decision(users.OutcomeEnter, pactius.Text{}), Person{Username: hostile}, hostile)}},
	}
}
