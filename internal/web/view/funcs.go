package view

import (
	"html/template"
	"maps"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/markup"
)

// funcs are the functions of the templates in a language, with the language's own. Each
// gives the same for the same arguments: those of constants are called once.
func (r *Renderer) funcs(code language.Code) template.FuncMap {
	all := template.FuncMap{
		"asset":     r.assets.url, // {{asset "app.css"}}: URL of a static file
		"notice":    notice,       // {{template "notice" (notice "good" (t "Done."))}}
		"person":    person,       // Person of a user
		"persons":   Persons,      // Persons of users
		"breaks":    breaks,       // the parts of an address between which a line may break
		"spoken":    spoken,       // the parts of a sentence with addresses
		"requester": requester,    // Person who sent a request
		"visitor":   visitor,      // Person who is no user
		"alike":     alike,        // Person who is probably the same one
		"former":    former,       // Person who had an account name before
		"face":      face,         // AppFace of an application
		"mender":    mender,       // the people who can mend an error number
		"actor":     actor,        // Person of who did something
		"account":   accountPill,  // Pill of the state of a Microsoft 365 account
		"status":    statusPill,   // Pill of a user's status
		"state":     statePill,    // Pill of a request's state
		"event":     EventText,    // sentence about an event
		"pieces":    pieces,       // the parts of a sentence with names
		"mailkind":  MailKind,     // the subject of a mail
		"changes":   changes,      // the changes of an event, line by line
	}
	maps.Copy(all, code.Funcs())
	return all
}

// direct are the kinds of functions and methods that are called for each row of a list.
func direct() []markup.Direct {
	return []markup.Direct{
		markup.Direct2[language.Reader, time.Time, string](),    // when, date, fulldate
		markup.Direct2[language.Reader, pactius.Text, string](), // Reader.Text
		markup.Direct2[Base, time.Time, Moment](),
		markup.Direct1[Moment, string](),
		markup.Direct1[time.Time, bool](),
		markup.Direct1[pactius.Text, string](),
		markup.Direct1[int, string](),
		markup.Direct1[Person, string](),
		markup.Direct1[string, []string](), // breaks
		markup.Direct1[pactius.Person, Person](),
		markup.Direct1[pactius.User, Person](),
		markup.Direct1[pactius.AccessRequest, Person](),
		markup.Direct1[pactius.AccountState, bool](),
		markup.Direct1[pactius.Status, Pill](),
		markup.Direct1[pactius.RequestState, Pill](),
		markup.Direct1[pactius.Actor, pactius.Text](),
		markup.Direct1[pactius.Access, pactius.Text](),
		markup.Direct1[UserRow, int](),
		markup.Direct1[RequestRow, int](),
		markup.Direct1[Requests, string](),
		markup.Direct1[EventRow, string](),
		markup.Direct1[EventRow, pactius.Text](),
		markup.Direct1[EventRow, []pactius.Text](),
		markup.Direct2[language.Reader, pactius.Text, []Piece](),
	}
}
