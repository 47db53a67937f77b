package view

import (
	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
)

// Page is one screen: a struct of this package, by value or by pointer.
type Page interface {
	base() Base
	template() string // name of the template that shows it
}

// Base is what every page knows. The zero Base renders too: it is the page of
// an unknown host.
type Base struct {
	Reader         language.Reader     // of the user: language, time zone and clock
	Environment    pactius.Environment // the zero Environment: unknown host
	SupportContact string              // e-mail address, web address or telephone number; "" shows none
	User           *pactius.User       // nil: signed out, or a visitor
	Visitor        *pactius.Person     // signed in with Microsoft and not known here; nil otherwise
	Menu           Menu
	Flash          *Flash // the message about the last change; nil is none
	Path           string // path and query of this page, where the language form comes back to; "" is /
	Help           string // the topic about this page, and its anchor after a "#"; "" is the list of topics
}

func (b Base) base() Base { return b }

// Menu is what the left menu shows. It is only there for a signed-in user.
type Menu struct {
	Administrator     bool // local administrator of any business unit: Settings is shown
	RootAdministrator bool // of the whole environment
	Waiting           int  // access requests waiting for this person's decision
	Current           Item
}

// Item is an entry of the menu.
type Item string

// The entries of the menu.
const (
	AtHome         Item = "home"
	AtSearch       Item = "search"
	AtUsers        Item = "users"
	AtRequests     Item = "requests"
	AtUnits        Item = "units"
	AtApplications Item = "applications"
	AtActivity     Item = "activity"
	AtExplain      Item = "explain"
	AtEnvironment  Item = "environment"
)

// Flash is a message about what has just been done, shown once on the next page.
type Flash struct {
	Tone    Tone
	Message pactius.Text
	Link    string       `json:",omitempty"` // where to go from here; "" is nowhere
	Label   pactius.Text `json:",omitzero"`  // the text of the link
	Also    pactius.Text `json:",omitzero"`  // a second message
	Popup   bool         `json:",omitempty"` // the link opens as a pop-up
}

// Tone is what a message means. It chooses colour and icon together, because
// meaning never rests on colour alone.
type Tone string

// The tones. The zero Tone is ToneInformation.
const (
	ToneInformation Tone = "info"
	ToneGood        Tone = "good"
	ToneAttention   Tone = "attention"
	ToneDanger      Tone = "danger"
)

// Form is what is wrong with a form. Embed it in a page with a form.
type Form struct {
	Problem pactius.Text // about the form as a whole: somebody was faster, it is stale, ...
	Errors  Errors       // by field name
	Version int          // version of the thing when the form was first shown; 0 where no handler checks it
}

// Errors are the messages of wrong fields by field name.
type Errors map[string]pactius.Text

// FormOf shows an error in a form: its message over the form and its fields
// marked. A nil error is a form without problems.
func FormOf(err *pactius.Error) Form {
	if err == nil {
		return Form{}
	}
	form := Form{Problem: err.Message, Errors: make(Errors, len(err.Fields))}
	for _, field := range err.Fields {
		form.Errors[field.Field] = field.Message
	}
	return form
}

// At sets the version that the form posts.
func (f Form) At(version int) Form { f.Version = version; return f }
