package view

import (
	"fmt"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/users"
)

// openable is an application as its user sees it.
func openable(name, icon string, have pactius.Access) AppCard {
	id := pactius.ApplicationID(fmt.Sprintf("0192a000-0000-7000-8000-%012d", len(name)))
	a := pactius.Application{ID: id, Name: name, Icon: icon, Unit: "south", Access: pactius.AccessWrite, Version: 1,
		Origins: []pactius.Origin{"https://contracts.nordhavn.example", "https://test.nordhavn.example:8443"}}
	return AppCard{applications.Openable{Application: a, Have: have, May: have >= a.Access, Path: "Sales / South"}}
}

// cards are applications on the first page.
func cards() AppCards {
	return CardsOf([]applications.Openable{
		openable("Contracts", "document", pactius.AccessWrite).Openable,
		openable("Freight calendar", "calendar", pactius.AccessAdminister).Openable,
		openable("Orders", "", pactius.AccessWrite).Openable,
		openable(hostile, "", pactius.AccessWrite).Openable,
		openable("Payroll", "money", pactius.AccessNone).Openable,
		openable(long, "box", pactius.AccessRead).Openable,
	})
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

	base, plain := baseOf(AtApplications), baseOf(AtHome)
	plain.Menu, plain.User = Menu{Current: AtHome}, &anna
	list := Applications{Base: base}
	for _, c := range append(cards().Open, cards().Closed...) {
		list.All = append(list.All, applications.Listed{Application: c.Application, UnitPath: c.Path})
	}
	listDanish := list
	listDanish.Base = in(base, language.Danish)
	unit := choice(false)
	unit.Single, unit.Given = true, map[pactius.UnitID]pactius.Access{"south": pactius.AccessRead}
	unit.Chosen = []pactius.UnitID{"south"}
	form := AppFormOf(list.All[0].Application)
	form.Unit = unit
	faulty := AppForm{Form: wrong("name", "origin", "unit", "access", "icon"), Name: hostile,
		Origins: hostile + "\n" + strings.Repeat("https://x.example\n", 20), Unit: unit, Preflight: true, Icon: hostile}
	empty := AppForm{Unit: choice(false)}
	empty.Unit.Single, empty.Unit.Given, empty.Unit.Chosen = true, nil, nil
	one := OneApplication{Base: base, AppForm: form, App: list.All[0], Proxy: Proxy{Portal: "https://nordhavn.example",
		Environment: "nordhavn.example", Application: list.All[0].Application}}
	oneDanish, oneFaulty := one, one
	oneDanish.Base, oneFaulty.AppForm = in(base, language.Danish), faulty
	oneFaulty.App = applications.Listed{Application: openable(hostile, "", 0).Application, UnitPath: hostile}
	oneFaulty.Proxy.Application = oneFaulty.App.Application
	return append(clientStories(one), []story{
		{"application-refused", refused},
		{"application-refused-danish", danish},
		{"application-refused-hostile", hostileApp},
		{"application-refused-alone", alone},
		{"applications", list},
		{"applications-danish", listDanish},
		{"applications-none", Applications{Base: base}},
		{"application-add", AddApplication{Base: base, AppForm: empty}},
		{"application-add-wrong", AddApplication{Base: base, AppForm: faulty}},
		{"application", one},
		{"application-danish", oneDanish},
		{"application-hostile", oneFaulty},
		{"application-keys", ReplaceKeys{Base: base}},
		{"home-applications", Home{Base: plain, Applications: cards(), Helpers: approvers()}},
		{"home-applications-closed", Home{Base: plain, Applications: AppCards{Closed: cards().Closed}}},
	}...)
}

// clientStories are an application that uses OpenID Connect, made from one that does not.
func clientStories(one OneApplication) []story {
	base := one.Base
	with := func(change func(*pactius.Application)) OneApplication {
		p := one
		p.Now, p.Provider = now, Provider{Issuer: "https://nordhavn.example"}
		p.App.Client = pactius.Client{Kind: pactius.ClientWeb, Groups: true, SecretHash: "hash",
			RedirectURIs: []string{"https://contracts.nordhavn.example/oidc/callback"}}
		change(&p.App.Application)
		unit := p.AppForm.Unit
		p.AppForm, p.Proxy.Application = AppFormOf(p.App.Application), p.App.Application
		p.AppForm.Unit = unit
		return p
	}
	web := with(func(*pactius.Application) {})
	fresh := with(func(a *pactius.Application) { a.Client.SecretHash = "" })
	replaced := with(func(a *pactius.Application) {
		a.Client.OldSecretHash, a.Client.OldSecretUntil = "old", now.Add(pactius.SecretKept)
		a.Client.BackChannel = "https://contracts.nordhavn.example/oidc/logout"
		a.Client.ReturnURIs = []string{"https://contracts.nordhavn.example/"}
	})
	native := with(func(a *pactius.Application) {
		a.Client = pactius.Client{Kind: pactius.ClientNative, RedirectURIs: []string{"http://127.0.0.1/callback"}}
	})
	proxied := with(func(a *pactius.Application) { a.Client, a.Upstream = pactius.Client{}, "http://127.0.0.1:8090" })
	wide := with(func(a *pactius.Application) {
		a.Name, a.Client.RedirectURIs = hostile, []string{hostile, long}
		a.Client.BackChannel, a.Client.ReturnURIs = hostile, []string{hostile}
	})
	wide.Form = wrong("client", "redirect", "return", "back_channel", "groups")
	danish, wideDanish := replaced, in(base, language.Danish)
	danish.Base = wideDanish
	const secret = "x3Vb0aQ9yq1m7LkWc2Hh5RzTtUu8PpJjNnGgFfDdSsA"
	made := NewSecret{Base: base, Provider: web.Provider, App: replaced.App.Application, Secret: secret, Now: now}
	madeDanish, first, firstMade := made, ReplaceSecret{Base: base, App: fresh.App, Now: now}, made
	madeDanish.Base, firstMade.App = wideDanish, web.App.Application
	return []story{
		{"client", web}, {"client-fresh", fresh}, {"client-replaced", replaced}, {"client-native", native},
		{"client-danish", danish}, {"client-wrong", wide}, {"application-proxied", proxied},
		{"secret-first", first}, {"secret-replace", ReplaceSecret{Base: base, App: web.App, Now: now}},
		{"secret-replace-again", ReplaceSecret{Base: wideDanish, App: replaced.App, Now: now}},
		{"secret", made}, {"secret-made-first", firstMade}, {"secret-danish", madeDanish},
	}
}

func openingStories() []story {
	base, app := baseOf(AtExplain), openable("Contracts", "document", 0)
	about := func(name string, e applications.Evidence) story {
		e.Application, e.Path, e.Today = app.Application, app.Path, today
		who := Person{Name: "Dora Lind", Username: dora.Username}
		return story{"explain-opens-" + name, Explain{Base: base, Username: dora.Username,
			Why: WhyOf(decision(users.OutcomeBlocked, pactius.Text{}), who, ""), Application: app.ID,
			Applications: []applications.Openable{app.Openable, openable(hostile, "", 0).Openable},
			Opening:      &Opening{applications.Judge(e), who}}}
	}
	return []story{
		about("stranger", applications.Evidence{}),
		about("not", applications.Evidence{User: &dora, Have: pactius.AccessRead, CutsOff: true}),
		about("yes", applications.Evidence{User: &bo, Have: pactius.AccessAdminister}),
	}
}
