package view

import (
	"html/template"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/names"
)

// Frame is what stands around every page.
type Frame struct {
	Base
	Title string // of the browser's tab
}

// Frame puts the page's title into its frame.
func (b Base) Frame(title string) Frame { return Frame{b, title} }

// Signed reports whether a user is signed in, so that the frame has a menu.
func (b Base) Signed() bool { return b.User != nil }

// Lang is the value of the lang attribute.
func (b Base) Lang() language.Code {
	if b.Reader.Language == "" {
		return language.English
	}
	return b.Reader.Language
}

// Languages lists the languages to choose from.
func (Base) Languages() []language.Code { return language.Supported() }

// Here is where the language form comes back to.
func (b Base) Here() string {
	if b.Path == "" {
		return "/"
	}
	return b.Path
}

// Me is the signed-in user.
func (b Base) Me() Person {
	if b.User == nil {
		return Person{}
	}
	return PersonOf(*b.User)
}

// Support is the support contact, as a link where it can be one.
func (b Base) Support() Contact { return Contact(b.SupportContact) }

// Moment is a time of the page, to be shown as people say it.
func (b Base) Moment(t time.Time) Moment { return Moment{b.Reader, t} }

// On is a day of the page, to be shown as a date.
func (b Base) On(d pactius.Date) Moment {
	zone := b.Reader.Zone
	if zone == nil {
		zone = time.UTC
	}
	return Moment{b.Reader, d.Time(zone)}
}

// Moment is a time with its reader.
type Moment struct {
	Reader language.Reader
	At     time.Time
}

// ISO is the value of the datetime attribute.
func (m Moment) ISO() string { return m.At.UTC().Format(time.RFC3339) }

// Day is the value of the datetime attribute where only the day matters.
func (m Moment) Day() string { return m.At.Format(pactius.DateLayout) }

// Contact is an e-mail address, a web address or a telephone number.
type Contact string

// Link returns the URL of the contact, or "". The escaper of templates does not
// know the tel scheme; names.ContactURL returns harmless URLs only.
func (c Contact) Link() template.URL { return template.URL(names.ContactURL(string(c))) }

// Icon is the icon of a message's tone.
func (t Tone) Icon() string {
	switch t {
	case ToneGood:
		return "check"
	case ToneAttention:
		return "warning"
	case ToneDanger:
		return "error"
	}
	return "info"
}

// Class is the CSS class of a tone.
func (t Tone) Class() string {
	if t == "" {
		return string(ToneInformation)
	}
	return string(t)
}

// Notice is a message within a page.
type Notice struct {
	Tone Tone
	Text string
}

// notice is the template function that makes one: notice "attention" (t "...").
func notice(tone Tone, text string) Notice { return Notice{tone, text} }
