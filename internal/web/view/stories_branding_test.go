package view

import (
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
)

// branded gives a page a look of its own.
func branded(b Base, logo pactius.Logo) Base {
	b.Environment.Brand = pactius.Brand{Accent: "#4a4fc4", Logo: logo,
		Welcome: "Welcome aboard.\nWrite to the service desk if something looks odd."}
	return b
}

var (
	emblem   = pactius.Logo{Hash: "0123456789abcdef0123456789abcdef", Width: 96, Height: 96}
	wordmark = pactius.Logo{Hash: "0123456789abcdef0123456789abcdef", Width: 400, Height: 80}
)

// brandingStories are the page Branding, and others with a look of their own.
func brandingStories() []story {
	page := func(b Base) Branding {
		look := b.Environment.Brand
		return Branding{Base: b, Form: Form{Version: 2}, Accent: look.Accent, Welcome: look.Welcome, Shown: look}
	}
	typed := page(branded(baseOf(AtEnvironment), emblem))
	typed.Accent, typed.Shown.Accent, typed.Unsaved, typed.Again = "#ffdd00", "#ffdd00", true, true
	failed := page(branded(baseOf(AtEnvironment), emblem))
	failed.Form, failed.Accent, failed.Unsaved, failed.Remove = wrong("logo", "accent", "welcome"), hostile, true, true
	hostilely := branded(signedOut(), emblem)
	hostilely.Environment.Brand.Welcome = hostile + strings.Repeat(" https://nordhavn.example/"+hostile, 3)
	ask := RequestAccess{Base: branded(signedOut(), wordmark), Person: annaAsks, Deciders: approvers(),
		Units: UnitChoice{Part: partOf(company, false)}, CanAsk: true}
	return []story{
		{"branding", page(baseOf(AtEnvironment))},
		{"branding-emblem", page(branded(baseOf(AtEnvironment), emblem))},
		{"branding-wordmark-danish", page(in(branded(baseOf(AtEnvironment), wordmark), language.Danish))},
		{"branding-preview", typed}, {"branding-wrong", failed},
		{"signin-branded", SignIn{Base: branded(signedOut(), emblem)}},
		{"signin-branded-wordmark", SignIn{Base: branded(signedOut(), wordmark)}},
		{"signin-branded-hostile", SignIn{Base: hostilely}},
		{"access-ask-branded", ask},
		{"sessions-branded", Sessions{Base: branded(baseOf(""), wordmark)}},
	}
}
