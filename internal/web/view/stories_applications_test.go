package view

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/language"
)

// openable is an application as its user sees it.
func openable(name, icon string, have pactius.Access) AppCard {
	a := pactius.Application{ID: pactius.ApplicationID("0192a000-0000-7000-8000-0000000000" + name[:2]), Name: name,
		Icon: icon, Unit: "south", Access: pactius.AccessWrite, Version: 1, Origins: []pactius.Origin{
			"https://contracts.nordhavn.example", "https://test.nordhavn.example:8443"}}
	return AppCard{applications.Openable{Application: a, Have: have, May: have >= a.Access, Path: "Sales / South"}}
}

func applicationStories() []story {
	refused := MayNotOpen{Base: baseOf(AtHome), App: openable("Contracts", "document", pactius.AccessRead),
		Approvers: Helpers([]pactius.User{bo, carl, lange})}
	refused.Menu = Menu{Current: AtHome}
	hostileApp := refused
	hostileApp.App, hostileApp.Approvers = openable(hostile+long, "", pactius.AccessNone), Helpers([]pactius.User{evil})
	alone := refused
	alone.Approvers = nil
	danish := refused
	danish.Base = in(danish.Base, language.Danish)
	return []story{
		{"application-refused", refused},
		{"application-refused-danish", danish},
		{"application-refused-hostile", hostileApp},
		{"application-refused-alone", alone},
	}
}
