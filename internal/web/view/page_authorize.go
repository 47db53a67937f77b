package view

import (
	"html/template"
	"net/url"
	"strings"

	"github.com/pactius/pactius"
)

// BadClient says that an application has asked for a sign-in in a way that cannot be answered to it: it is not
// registered here, or not with this address. Its administrator can mend that.
type BadClient struct {
	Base
	Message pactius.Text // says what to mend
	Ticket  Ticket       // for Support
}

// ClientSignOut asks whether to sign out of PACTIUS, because an application has sent the browser here for that.
type ClientSignOut struct {
	Base
	App    string      // the application's name, "" if it did not say
	Proven bool        // the application has proved that it means this very session: the form goes in without a click
	Fields []Parameter // of the request, for the form to send again

	Problem pactius.Text // of a wrong request, which leads back nowhere; zero: none
}

// SignedOut says that the session here has ended, and what has not.
type SignedOut struct {
	Base
	App string // of the application that the browser goes back to
	To  string // the address there, which is registered; "" for none
}

// Link is the address to go back to. Applications on devices have schemes of their own, with a dot (RFC 8252, section
// 7.1), which html/template would not let pass.
func (p SignedOut) Link() template.URL {
	u, err := url.Parse(p.To)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" && !strings.Contains(u.Scheme, ".") {
		return ""
	}
	return template.URL(p.To) //nolint:gosec // registered, and no scheme that runs code has a dot
}

// Onward is shown for the moment in which the browser goes on with a sign-in at an application, after a form (see
// Leaving).
type Onward struct {
	Base
	To string // local path
}
