package e2e

import (
	"encoding/json"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
)

// company is an environment with business units, whose administrator of the
// whole company is Ada:
//
//	Nordhavn
//	├ Operations
//	└ Sales
//	  ├ North
//	  └ South
type company struct {
	*Server
	t     *testing.T
	plain bool // everyone has scripts switched off
}

func newCompany(t *testing.T, people ...Account) *company {
	t.Helper()
	return newCompanyWith(t, nil, people...)
}

// newCompanyWith is newCompany with more settings, KEY=value.
func newCompanyWith(t *testing.T, env []string, people ...Account) *company {
	t.Helper()
	c := &company{t: t, Server: stage.Serve(t, ServerOptions{
		People: append([]Account{ada()}, people...), Administrator: ada().Username, Env: env,
	})}
	for _, path := range []string{"Operations", "Sales / North", "Sales / South"} {
		c.Must("unit", "add", "--parents", path)
	}
	return c
}

func gu() Account {
	return Account{Username: "gu.berg@nordhavn.example", Name: "Gu Berg", Email: "gu.berg@nordhavn.example"}
}

func eva() Account { return Account{Username: "eva.kjaer@nordhavn.example", Name: "Eva Kjær"} }

// Person opens a private browser for someone.
func (c *company) Person(name string) *Person {
	c.t.Helper()
	p := c.Server.Person(name)
	p.Scripts(!c.plain)
	return p
}

// withAndWithoutScripts tells a story twice: to people whose browsers run
// scripts, and to people whose browsers do not.
func withAndWithoutScripts(t *testing.T, story func(t *testing.T, plain bool)) {
	t.Helper()
	for name, plain := range map[string]bool{"with scripts": false, "without scripts": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			story(t, plain)
		})
	}
}

// arrives opens a private browser for someone and signs them in.
func (c *company) arrives(a Account) *Person {
	c.t.Helper()
	p := c.Person(a.Name)
	p.Open("/")
	p.signIn(a)
	return p
}

// signIn goes from the door through Microsoft's page.
func (p *Person) signIn(a Account) {
	p.t.Helper()
	p.Click("button", "Sign in with Microsoft")
	p.PickAccount(a.Username)
}

// asks signs someone unknown in and sends a request without wishes.
func (c *company) asks(a Account) *Person {
	c.t.Helper()
	p := c.arrives(a)
	p.Fill("Message optional", "I work here.")
	p.Click("button", "Request access")
	p.See("Your request is pending")
	return p
}

// goesIn goes in after an approval: the open page does so where scripts run, the button where they don't.
func (p *Person) goesIn() {
	p.t.Helper()
	if p.plain {
		p.See("You now have access")
		p.Click("button", "Continue")
	}
	p.At("/")
}

// sees goes in after an approval and sees something there.
func (p *Person) sees(text string) {
	p.t.Helper()
	if p.plain {
		p.Open("/access")
	}
	p.goesIn()
	p.See(text)
}

// goesInAgain goes in after a second approval. Within a minute the page leaves it to the person.
func (p *Person) goesInAgain() {
	p.t.Helper()
	p.Open("/access")
	p.See("You now have access")
	p.Click("button", "Continue")
	p.At("/")
}

// waitsAgain goes on from a page of before the approval was undone: the sign-in, which knows the account, leads to the
// request.
func (p *Person) waitsAgain() {
	p.t.Helper()
	p.Reload()
	p.Click("button", "Sign in with Microsoft")
	p.At("/access")
	p.See("Your request is pending")
}

// follow opens the link that an email's button leads to, and checks that the
// plain text has the same.
func (p *Person) follow(mail Mail) {
	p.t.Helper()
	p.Open(mailLink(p.t, p.origin, mail))
}

var webAddress = regexp.MustCompile(`http://[^\s"<>]+`)

// mailLink is the address that both parts of an email lead to.
func mailLink(t testing.TB, origin string, mail Mail) string {
	t.Helper()
	for _, address := range webAddress.FindAllString(mail.Text, -1) {
		if !strings.HasPrefix(address, origin) {
			t.Errorf("the mail %q leads to %s", mail.Subject, address)
		}
	}
	address := webAddress.FindString(mail.Text)
	if address == "" || !strings.Contains(mail.HTML, `href="`+address+`"`) {
		t.Fatalf("the parts of the mail %q do not lead to the same address\n%s\n%s", mail.Subject, mail.Text, mail.HTML)
	}
	return address
}

// mailSays checks that both parts of an email say something.
func mailSays(t testing.TB, mail Mail, texts ...string) {
	t.Helper()
	if mail.Headers["auto-submitted"] != "auto-generated" {
		t.Errorf("the mail %q is not marked as automatic: %q", mail.Subject, mail.Headers)
	}
	for _, text := range texts {
		if !strings.Contains(fold(mail.Text), text) {
			t.Errorf("the text of the mail %q does not say %q:\n%s", mail.Subject, text, mail.Text)
		}
		if !strings.Contains(fold(html.UnescapeString(mail.HTML)), text) {
			t.Errorf("the HTML of the mail %q does not say %q:\n%s", mail.Subject, text, mail.HTML)
		}
	}
}

// listed is a row that a command prints for programs.
type listed struct {
	ID       string `json:"id"`
	Username string `json:"username"`
	Name     string `json:"name"`
	Status   string `json:"status"`
	State    string `json:"state"`
	Unit     string `json:"unit"` // path of a business unit
	Units    []struct {
		Unit   string `json:"unit"`
		Access string `json:"access"`
	} `json:"units"`
}

// users are all users of the environment, as Support lists them.
func (c *company) users() []listed { c.t.Helper(); return c.list("user", "list", "--all") }

// requests are all access requests of the environment.
func (c *company) requests() []listed {
	c.t.Helper()
	return c.list("request", "list", "--state", "all", "--all")
}

func (c *company) list(args ...string) []listed {
	c.t.Helper()
	var rows []listed
	for line := range strings.Lines(c.Must(append(args, "--json")...)) {
		var row listed
		if err := json.Unmarshal([]byte(line), &row); err != nil {
			c.t.Fatalf("pactius %q prints %s: %v", args, line, err)
		}
		rows = append(rows, row)
	}
	return rows
}

// only is the one row with an account name.
func (c *company) only(rows []listed, a Account) listed {
	c.t.Helper()
	var found []listed
	for _, row := range rows {
		if strings.EqualFold(row.Username, a.Username) {
			found = append(found, row)
		}
	}
	if len(found) != 1 {
		c.t.Fatalf("%s is there %d times, want once: %+v", a.Username, len(found), found)
	}
	return found[0]
}

// path is the path of the page with its query.
func (p *Person) path() string {
	p.t.Helper()
	u, err := url.Parse(p.Address())
	if err != nil {
		p.t.Fatal(err)
	}
	return u.RequestURI()
}

// row is how a link to a person in a list reads.
func row(a Account) string { return a.Name + " " + a.Username }
