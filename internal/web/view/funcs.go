package view

import "html/template"

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
