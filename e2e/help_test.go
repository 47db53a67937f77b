package e2e

import (
	"net/http"
	"testing"
)

// The help is read before and after the sign-in, in every way a person may see it.
func TestTheHelpLooksRight(t *testing.T) {
	t.Parallel()
	c := newCompany(t, gu())
	gus := c.Person("Gu")
	gus.Open("/")
	gus.Click("link", "Help with this page")
	gus.At("/help/sign-in")
	gus.Has("heading", "I can't sign in")
	out := gallery{Person: gus, prefix: "help-out-"}
	out.see("sign-in", "/help/sign-in")
	out.see("topics", "/help")
	out.see("create-a-user", "/help/create-a-user")

	adas := c.arrives(ada())
	in := gallery{Person: adas, prefix: "help-in-"}
	in.see("topics", "/help")
	in.see("found", "/help?q=user")
	in.see("nothing", "/help?q=zebra")
	in.see("missing", "/help/nothing")
	in.see("create-a-user", "/help/create-a-user")
	in.see("keyboard", "/help/keyboard")
	in.see("units", "/help/units-and-access")
	in.see("support", "/help/support")
	in.see("users", "/settings/users")
	in.see("not-found", "/nowhere")

	// A pop-up has the help of its own form, in a new tab: what was typed stays.
	adas.Open("/settings/users")
	adas.Click("link", "Add")
	form := adas.Popup("Add a user")
	form.Has("link", "Help with this page, in a new tab")
	adas.Look("help-in-popup")
	if got := adas.run(`document.querySelector('dialog [data-help]').getAttribute('href')`); got !=
		"/help/create-a-user#method-2" {
		t.Errorf("the pop-up's help is %q", got)
	}
}

func TestTheHelpIsSearched(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t)
		c.plain = plain
		p := c.Person("Gu")
		p.Open("/help")
		p.Fill("Search the help", "onboarding")
		if plain {
			p.Click("button", "Search")
		}
		p.See("1 topic found")
		p.Click("link", "Create a user")
		p.Has("heading", "Method 2: you add the person first")
		p.Click("link", "I can't sign in")
		p.At("/help/sign-in")
		p.See("contact Support (support@pactius.example)")
		p.Open("/help/nothing")
		if p.Status() != http.StatusNotFound {
			t.Errorf("an unknown topic has status %d", p.Status())
		}
		p.Has("link", "Create a user")
	})
}

// The guide with the most pictures loads those in sight, and those that the browser fetches ahead.
func TestTheLongestGuideIsSmall(t *testing.T) {
	t.Parallel()
	const most = 125_000 // bytes, the style sheet and half of the pictures among them
	p := newCompany(t).Person("Gu")
	p.Window(360, 740)
	p.Open("/help/create-a-user")
	p.See("Method 1: the person requests access")
	got := p.Weight()
	t.Logf("the guide takes %d bytes", got)
	if got > most {
		t.Errorf("the guide takes %d bytes, want at most %d", got, most)
	}
}
