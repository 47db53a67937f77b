package view

import (
	"html/template"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/markup"
)

// funcs are the template functions besides those of the language.
func (r *Renderer) funcs() template.FuncMap {
	return template.FuncMap{
		"asset":    r.assets.url, // {{asset "app.css"}}: URL of a static file
		"notice":   notice,       // {{template "notice" (notice "good" (t "Done."))}}
		"person":   person,       // Person of a user
		"persons":  Persons,      // Persons of users
		"visitor":  visitor,      // Person who is no user
		"alike":    alike,        // Person who is probably the same one
		"former":   former,       // Person who had an account name before
		"mender":   mender,       // the people who can mend an error number
		"actor":    actor,        // Person of who did something
		"account":  accountPill,  // Pill of the state of a Microsoft 365 account
		"status":   statusPill,   // Pill of a user's status
		"state":    statePill,    // Pill of a request's state
		"event":    EventText,    // sentence about an event
		"mailkind": MailKind,     // the subject of a mail
		"changes":  EventDetails, // the changes of an event, line by line
	}
}

// direct are the kinds of functions and methods that the rows of lists call.
func direct() []markup.Direct {
	return []markup.Direct{
		markup.Direct1[Person, string](),                     // Hue, Initials, Shown
		markup.Direct1[pactius.User, Person](),               // person
		markup.Direct1[pactius.Person, Person](),             // visitor
		markup.Direct1[pactius.Status, Pill](),               // status
		markup.Direct1[pactius.RequestState, Pill](),         // state
		markup.Direct1[pactius.Text, string](),               // text
		markup.Direct2[Base, time.Time, Moment](),            // Base.Moment
		markup.Direct1[Moment, string](),                     // ISO
		markup.Direct2[language.Reader, time.Time, string](), // when, date, fulldate
		markup.Direct1[time.Time, bool](),                    // IsZero
		markup.Direct1[UserRow, int](),                       // More
		markup.Direct1[RequestRow, int](),
	}
}
