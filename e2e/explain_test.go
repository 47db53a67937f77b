package e2e

import (
	"encoding/json"
	"regexp"
	"strings"
	"testing"
)

var aReference = regexp.MustCompile(`\b[A-Z2-7]{26}\b`)

// details unfolds what a page offers to send to Support, and reads it.
func (p *Person) details() string {
	p.t.Helper()
	p.Unfold("Details for Support")
	p.See("Reference:")
	_, details, found := strings.Cut(p.Text(), "Details for Support")
	if !found || !aReference.MatchString(details) {
		p.t.Fatalf("there are no details for Support:\n%s", p.Text())
	}
	return details
}

// Eva was added under a mistyped account name. She sends what her page says;
// the administrator pastes it, is told who is meant, and corrects the name.
func TestAPersonWhoIsNotLetInIsHelped(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		c := newCompany(t, eva())
		c.plain = plain
		c.Must("user", "add", "--username", "eva.kjer@nordhavn.example", "--name", "Eva Kjær", "--unit", "Sales")
		evas := c.arrives(eva())
		evas.Has("heading", "Request access to Nordhavn")
		sent := evas.details()
		if !strings.Contains(sent, eva().Username) || !strings.Contains(sent, "UTC") {
			t.Errorf("the details are %q", sent)
		}

		adas := c.arrives(ada())
		adas.Click("link", "Sign-in help")
		adas.Fill("Error number or reference", "No number here")
		adas.Click("button", "Look up")
		adas.See("We couldn't find a known error number or reference in this text.")
		adas.Fill("Error number or reference", sent)
		adas.Click("button", "Look up")
		adas.See("Signed in with Microsoft, but wasn't given access")
		adas.See("Eva Kjær isn't recognised and can only request access.")
		adas.See("Probably the same person")
		if !plain {
			adas.Look("explain-reference")
		}
		adas.Click("link", "Correct the account name")
		form := adas
		if !plain {
			form = adas.Popup("Edit Eva Kjær")
		}
		if got := form.Value("Account name"); got != eva().Username {
			t.Errorf("the account name is filled in as %q", got)
		}
		form.Click("button", "Save")
		if plain {
			adas.Has("heading", "Eva Kjær")
			adas.Click("link", "Sign-in help")
			adas.Fill("Account name", eva().Username)
			adas.Click("button", "Explain")
		}
		adas.See("Eva Kjær has been added and has never signed in.")

		evas.Open("/access")
		evas.goesIn()
		evas.Has("heading", "Welcome, Eva")
	})
}

// A sign-in fails at Microsoft: the person's details lead the administrator to
// the cause and to who can mend it.
func TestAnErrorNumberIsLookedUp(t *testing.T) {
	t.Parallel()
	c := newCompany(t, eva())
	adas := c.arrives(ada())
	c.Tenant.Behave(t, refusal("access_denied",
		"AADSTS50105: Your administrator has configured the application to block users."))
	evas := c.Person("Eva")
	evas.Open("/")
	evas.Click("button", "Sign in with Microsoft")
	evas.Has("heading", "Your organisation hasn't given you access to this application")
	sent := evas.details()
	evas.Click("button", "Copy")
	evas.Look("sign-in-failed-details")

	adas.Click("link", "Sign-in help")
	adas.Look("explain")
	adas.Fill("Error number or reference", sent)
	adas.Click("button", "Look up")
	adas.See("Sign-in failed")
	adas.See("AADSTS50105")
	adas.See("Who can fix it: the IT department")
	adas.Look("explain-number")
}

// explained is what "pactius explain --json" says.
type explained struct {
	Line       int      `json:"line"`
	Error      string   `json:"error"`
	Username   string   `json:"username"`
	Decision   string   `json:"decision"`
	User       string   `json:"user"`
	Remedy     string   `json:"remedy"`
	Request    string   `json:"request"`
	NearMisses []string `json:"near_misses"`
	Directory  struct {
		State string `json:"state"`
	} `json:"directory"`
	Reasons []struct {
		Code string `json:"code"`
		Text string `json:"text"`
	} `json:"reasons"`
}

// explains asks the command about someone.
func (c *company) explains(args ...string) explained {
	c.t.Helper()
	var x explained
	if out := c.Must(append([]string{"explain", "--json"}, args...)...); json.Unmarshal([]byte(out), &x) != nil {
		c.t.Fatalf("pactius explain prints %s", out)
	}
	return x
}

// Sign-in help, the user's page and the command say how Microsoft 365 describes an account: disabled, misspelt.
func TestSignInHelpAsksTheDirectory(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		o := newOffice(t)
		o.plain = plain
		o.Must("user", "add", "--username", "mads.juhl@nordhavn.example", "--name", "Mads Juhl", "--unit", "Sales")
		adas := o.comes("Ada Lind")
		ask := func(about string) {
			adas.Click("link", "Sign-in help")
			adas.Fill("Account name", about)
			adas.Click("button", "Explain")
		}
		ask("Gustav")
		adas.See("Who do you mean?")
		adas.See("gustav.friis@nordhavn.example")
		ask("gustav.fris@nordhavn.example")
		adas.See("No account in Microsoft 365 has the name gustav.fris@nordhavn.example.")
		adas.See("Microsoft 365 has an account gustav.friis@nordhavn.example.")
		ask("mads.juhl@nordhavn.example")
		adas.See("Mads Juhl is a user, but can't sign in.")
		adas.See("The account is disabled in Microsoft 365.")
		if !plain {
			adas.Look("explain-disabled")
		}
		adas.Click("link", "Open this user")
		adas.Unfold("What happens when Mads Juhl signs in?")
		if plain {
			adas.See("The account hasn't been looked up in Microsoft 365.")
			adas.Click("link", "Look up in Microsoft 365")
		}
		adas.See("The account is disabled in Microsoft 365.")
		adas.SeeNot("hasn't been looked up")

		x := o.explains("mads.juhl@nordhavn.example")
		if x.Decision != "blocked" || x.Directory.State != "disabled" {
			t.Errorf("the command says %+v", x)
		}
		if x = o.explains("mads.juhl@nordhavn.example", "--offline"); x.Directory.State != "not_asked" {
			t.Errorf("offline, the command says %+v", x)
		}
	})
}
