package view

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/language"
)

// steps are what a connection test found.
func steps(token, directory pactius.StepOutcome) Steps {
	return Steps{
		{Name: pactius.T("Sign-in service"), Outcome: pactius.StepOK, Text: pactius.T("Everything works.")},
		{Name: pactius.T("Client secret"), Outcome: token, Text: pactius.T("Everything works."),
			Remedy: pactius.T("Ask your IT department to assign you to this application, then sign in again."),
			Code:   "AADSTS7000215"},
		{Name: pactius.T("%s", hostile), Outcome: directory, Text: pactius.T("%s", long), Remedy: pactius.T("%s",
			hostile), Code: hostile},
	}
}

func connectStories() []story {
	form := Connection{Base: baseOf(AtEnvironment), RedirectURI: "https://nordhavn.pactius.example/sign-in/callback",
		SignOutURI:    "https://nordhavn.pactius.example/",
		SharedOffered: true, Stored: StoredKey,
		TenantID: nordhavn.Connection.TenantID, ClientID: nordhavn.Connection.ClientID, EndsOn: "2027-03-31"}
	with := func(name string, change func(*Connection)) story {
		page := form
		change(&page)
		return story{"connection" + name, page}
	}
	behind := func(p *Connection) {
		p.Administrator = ada.Username
		p.Base, p.Link, p.Stored, p.TenantID, p.ClientID, p.EndsOn = unconnected(signedOut()), "/connect/token",
			StoredNothing, "", "", ""
	}
	ending := func(b Base, kind string, day pactius.Date) Base {
		b.Environment.Connection.SecretEndsOn = day
		if kind == "certificate" {
			b.Environment.Connection.SealedCertificate = "x"
		} else {
			b.Environment.Connection.SealedSecret = "x"
		}
		return b
	}
	thumbprint := "3A5F0C1E9B7D2468ACE013579BDF02468ACE1357"
	env := EnvironmentSettings{Name: nordhavn.Name, Language: "en", TimeZone: "UTC", LeaverRule: pactius.LeaversMarked,
		LeaverBound: "25",
		Now: environments.View{CanEdit: true, Administrators: []pactius.User{ada},
			Certificate: &pactius.Certificate{Thumbprint: thumbprint}}}
	settings := func(name, kind string, day pactius.Date) story {
		page := env
		page.Base = ending(baseOf(AtEnvironment), kind, day)
		return story{"environment-" + name, page}
	}
	return []story{
		with("", func(*Connection) {}),
		with("-danish", func(p *Connection) { p.Base = in(p.Base, language.Danish) }),
		with("-certificate", func(p *Connection) {
			p.Stored, p.ByCertificate, p.Thumbprint, p.SharedOffered = StoredCertificate, true, thumbprint, false
		}),
		with("-shared", func(p *Connection) { p.Shared, p.Stored = true, StoredNothing }),
		with("-failed", func(p *Connection) {
			p.Form, p.Steps = Form{Problem: pactius.T("The test failed, so nothing was saved and nothing has changed " +
				"for your users. The steps below show what's missing.")}, steps(pactius.StepFailed, pactius.StepSkipped)
		}),
		with("-wrong", func(p *Connection) {
			p.Form, p.ClientID, p.EndsOn = wrong("registration", "client_id", "client_secret", "secret_ends_on",
				"certificate"), hostile, hostile
		}),
		with("-link", behind),
		with("-link-own", func(p *Connection) { behind(p); p.SharedOffered = false }),
		with("-link-confirm", func(p *Connection) {
			behind(p)
			p.Shared, p.Confirm, p.Granted, p.TenantID, p.Steps = true, true, true, nordhavn.Connection.TenantID,
				steps(pactius.StepOK, pactius.StepOK)
		}),
		with("-link-wrong", func(p *Connection) { behind(p); p.TenantID, p.Form = hostile, wrong("tenant") }),
		{"connection-test", ConnectionTest{Base: baseOf(AtEnvironment), Steps: steps(pactius.StepOK, pactius.StepOK)}},
		{"connection-test-missing", ConnectionTest{Base: baseOf(AtEnvironment), Steps: steps(pactius.StepOK,
			pactius.StepWarning), Granted: true}},
		{"connection-test-failed", ConnectionTest{Base: in(baseOf(AtEnvironment), language.Danish),
			Steps: steps(pactius.StepFailed, pactius.StepSkipped)}},
		{"connection-made", ConnectionMade{Base: signedOut(), Administrator: ada.Username, Steps: steps(pactius.StepOK,
			pactius.StepOK)}},
		{"connection-made-nobody", ConnectionMade{Base: signedOut(), Steps: steps(pactius.StepOK,
			pactius.StepWarning)}},
		{"connection-dead", ConnectionDead{Base: unconnected(signedOut())}},
		{"connection-dead-connected", ConnectionDead{Base: signedOut()}},
		settings("secret-far", "secret", "2027-11-30"), settings("secret-soon", "secret", "2026-12-20"),
		settings("certificate-ended", "certificate", "2026-11-20"),
		{"home-secret-soon", Home{Base: ending(baseOf(AtHome), "secret", "2026-11-24"), Waiting: &HomeWaiting{}}},
	}
}
