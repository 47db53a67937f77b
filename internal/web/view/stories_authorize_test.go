package view

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
)

func authorizeStories() []story {
	base := baseOf(AtHome)
	stranger, wrong := signedOut(), pactius.T("Enter a name.")
	bad := BadClient{Base: stranger, Message: wrong, Ticket: ticket(true)}
	badDanish := bad
	badDanish.Base = in(stranger, language.Danish)
	ask := ClientSignOut{Base: base, App: "Contracts", Fields: []Parameter{{Name: "state", Value: hostile}}}
	askDanish, proven, hostileAsk, wrongAsk := ask, ask, ask, ask
	askDanish.Base = in(base, language.Danish)
	proven.Proven = true
	hostileAsk.App = hostile + long
	wrongAsk.App, wrongAsk.Fields, wrongAsk.Problem = "", nil, wrong
	out := SignedOut{Base: stranger, App: "Contracts", To: "https://contracts.example/out?state=x"}
	outDanish, native, hostileOut := out, out, out
	outDanish.Base = in(stranger, language.Danish)
	native.To = "com.example.contracts:/signed-out"
	hostileOut.App, hostileOut.To = hostile, "javascript:alert(1)"
	return []story{
		{"client-unknown", bad},
		{"client-unknown-danish", badDanish},
		{"client-signs-out", ask},
		{"client-signs-out-danish", askDanish},
		{"client-signs-out-proven", proven},
		{"client-signs-out-hostile", hostileAsk},
		{"client-signs-out-wrong", wrongAsk},
		{"client-signed-out", out},
		{"client-signed-out-danish", outDanish},
		{"client-signed-out-native", native},
		{"client-signed-out-hostile", hostileOut},
		{"client-signed-out-nowhere", SignedOut{Base: stranger}},
		{"client-onward", Onward{Base: stranger, To: "/oauth/authorize?client_id=x"}},
	}
}
