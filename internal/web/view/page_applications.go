package view

import (
	"strings"
	"time"
	"unicode"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
)

// Paths of applications for everyone: ApplicationPath is followed by an ID.
const (
	EnterPath       = "/enter"
	ApplicationPath = "/applications/"
)

// AccessFor is where a visitor requests access, for an application and with the page they came for; "" is for none.
func AccessFor(app pactius.ApplicationID, back string) string {
	return link("/access", "application", string(app), "return", back)
}

// AppFace is the icon of an application, or its initials.
type AppFace struct {
	Person
	Icon string // of the sprite; "" shows the initials
}

// face is the template function that makes the face of an application.
func face(a pactius.Application) AppFace {
	return AppFace{Person{Name: a.Name, Username: string(a.ID)}, a.Icon}
}

// AppCard is an application as its user sees it.
type AppCard struct{ applications.Openable }

// Request is where the user requests the access that the application requires.
func (c AppCard) Request() string {
	return link("/access/more", "unit", string(c.Unit), "application", string(c.ID))
}

// AppCards are the applications of an environment as a user sees them.
type AppCards struct {
	Open   []AppCard // the user has the required access
	Closed []AppCard
}

// CardsOf parts applications by what the user may open.
func CardsOf(all []applications.Openable) AppCards {
	var c AppCards
	for _, o := range all {
		if o.May {
			c.Open = append(c.Open, AppCard{o})
		} else {
			c.Closed = append(c.Closed, AppCard{o})
		}
	}
	return c
}

// MayNotOpen says to a user what is needed for an application, and who can give it.
type MayNotOpen struct {
	Base
	App       AppCard
	Approvers []Helper
}

// Helper is a user to turn to.
type Helper struct {
	Person
	Contact
}

// Helpers names users to turn to, with their addresses.
func Helpers(users []pactius.User) []Helper {
	all := make([]Helper, len(users))
	for i, u := range users {
		all[i] = Helper{PersonOf(u), Contact(u.MailAddress())}
	}
	return all
}

// Applications is Settings > Applications.
type Applications struct {
	Base
	All []applications.Listed
}

// Rows are the rows of the list.
func (p Applications) Rows() []AppRow {
	rows := make([]AppRow, len(p.All))
	for i, a := range p.All {
		rows[i] = AppRow{a}
	}
	return rows
}

// AppRow is an application in the list.
type AppRow struct{ applications.Listed }

// First is the first address, as the row shows it.
func (r AppRow) First() string {
	if len(r.Origins) == 0 {
		return ""
	}
	return r.Origins[0].Host()
}

// Address is where it leads.
func (r AppRow) Address() string {
	if len(r.Origins) == 0 {
		return ""
	}
	return string(r.Origins[0]) + "/"
}

// More is how many addresses the row does not show.
func (r AppRow) More() int { return max(0, len(r.Origins)-1) }

// AppForm is the form of an application. The unit is posted as FieldParent, as every single choice is.
type AppForm struct {
	Form
	Name      string // as typed, like all that follow
	Icon      string
	Origins   string // one per line
	Access    pactius.Access
	Preflight bool
	Unit      UnitChoice
	Client    ClientForm
	Saved     pactius.ClientKind // before the change
}

// AppFormOf fills the form with an application as it is.
func AppFormOf(a pactius.Application) AppForm {
	lines := make([]string, len(a.Origins))
	for i, o := range a.Origins {
		lines[i] = string(o)
	}
	return AppForm{Form: Form{Version: a.Version}, Name: a.Name, Icon: a.Icon, Origins: strings.Join(lines, "\n"),
		Access: a.Access, Preflight: a.Preflight, Client: ClientFormOf(a.Client), Saved: a.Client.Kind}
}

// Required is the chooser of the required unit.
func (f AppForm) Required(label string) UnitChoice {
	c := f.Unit
	c.Legend, c.Error = label, f.Errors["unit"]
	return c
}

// Problems is the summary over the form.
func (f AppForm) Problems() Problems {
	return f.Summary("name", "origin", "unit#f-"+FieldParent, "access", "icon", "client", "redirect", "groups",
		"back_channel", "return")
}

// Accesses are the accesses that an application may require.
func (AppForm) Accesses() []pactius.Access {
	return offered
}

// Icons are the choices of an icon; the first stands for the initials.
func (f AppForm) Icons() []AppIcon {
	all := []AppIcon{{Text: pactius.T("Initials"), Chosen: f.Icon == ""}}
	for _, word := range pactius.ApplicationIcons() {
		all = append(all, AppIcon{word, iconName(word), f.Icon == word})
	}
	return all
}

// AppIcon is a choice of an icon.
type AppIcon struct {
	Word   string
	Text   pactius.Text
	Chosen bool
}

func iconName(word string) pactius.Text {
	switch word {
	case "document":
		return pactius.T("Document")
	case "calendar":
		return pactius.T("Calendar")
	case "chart":
		return pactius.T("Chart")
	case "people":
		return pactius.T("People")
	case "money":
		return pactius.T("Money")
	case "box":
		return pactius.T("Box")
	case "tools":
		return pactius.T("Tools")
	case "mail":
		return pactius.T("Email")
	case "shield":
		return pactius.T("Shield")
	case "globe":
		return pactius.T("Globe")
	}
	return pactius.T("%s", word)
}

// AddApplication is the form that adds an application: page and pop-up.
type AddApplication struct {
	Base
	AppForm
}

// OneApplication is the page of an application: its form, what its settings for OpenID Connect need, and its proxy.
type OneApplication struct {
	Base
	AppForm
	Provider
	App   applications.Listed
	Proxy Proxy
	Now   time.Time
}

// ReplaceKeys asks before a new signing key is published: page and pop-up.
type ReplaceKeys struct{ Base }

// Snippet is a part of a proxy's configuration, to be copied.
type Snippet struct{ Proxy, Hint, Lines string }

// Snippet makes the part.
func (OneApplication) Snippet(proxy, hint, lines string) Snippet { return Snippet{proxy, hint, lines} }

// Proxy is what an application's proxy is told.
type Proxy struct {
	Portal      string // base address of the environment's pages
	Environment string // host name
	Application pactius.Application
}

// Question is the path at which the proxy asks PACTIUS.
func (p Proxy) Question() string { return "/verify?application=" + string(p.Application.ID) }

// Caddy is the block of a Caddyfile, as in deploy/applications.
func (p Proxy) Caddy() string {
	sites := make([]string, len(p.Application.Origins))
	for i, o := range p.Application.Origins {
		sites[i] = string(o)
	}
	return strings.Join(sites, ", ") + ` {
	route {
		request_header -Pactius*
		request_header -X-Original-*
		request_header -X-Forwarded-*
		request_header -Forwarded
		handle /.pactius/* {
			reverse_proxy 127.0.0.1:8080 # PACTIUS
		}
		handle {
			forward_auth 127.0.0.1:8080 { # PACTIUS
				uri ` + p.Question() + `
				copy_headers Pactius-User Pactius-Account Pactius-Name Pactius-Email Pactius-Language \
					Pactius-Access Pactius-Units Pactius-Units-Url Pactius-Token
			}
			reverse_proxy 127.0.0.1:8090 # the application
		}
	}
}
`
}

// Nginx are the lines that are this application's own in the file for nginx, in deploy/applications.
func (p Proxy) Nginx() string {
	var o pactius.Origin
	if len(p.Application.Origins) > 0 {
		o = p.Application.Origins[0]
	}
	return `server_name ` + o.Hostname() + `;
set $contracts_host ` + o.Host() + `;
proxy_pass http://contracts_pactius` + p.Question() + `;
`
}

// Check is the command that tries the application from outside.
func (p Proxy) Check() string {
	return `pactius application check --environment ` + p.Environment + ` ` + p.named()
}

// Upstream is the command by which Support makes PACTIUS the proxy.
func (p Proxy) Upstream() string {
	return `pactius application set --environment ` + p.Environment + ` ` + p.named() + ` --upstream http://HOST:PORT`
}

// named is the application in a command: by its ID where a shell could read the name as something else.
func (p Proxy) named() string {
	name := p.Application.Name
	odd := func(r rune) bool {
		return !unicode.IsLetter(r) && !unicode.IsDigit(r) && !strings.ContainsRune(" .,_-", r)
	}
	if strings.ContainsFunc(name, odd) || strings.HasPrefix(name, "-") {
		name = string(p.Application.ID)
	}
	return `"` + name + `"`
}
