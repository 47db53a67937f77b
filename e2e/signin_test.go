package e2e

import (
	"context"
	"errors"
	"net/http"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// wrong is how a sign-in goes wrong and what the person is told.
type wrong struct {
	name   string
	how    Behaviour
	picks  bool // gets as far as choosing an account
	status int
	title  string
	remedy string
	helper string // the one who can help, "" where no one can: trying again is likely to work
}

// refusal is an error that Microsoft sends everyone back with.
func refusal(code, description string) Behaviour {
	return Behaviour{Error: &SignInError{Code: code, Description: description}}
}

var wrongs = []wrong{
	{
		name: "the person cancels", how: Behaviour{Error: &SignInError{Code: "access_denied", Subcode: "cancel"}},
		status: http.StatusBadRequest, title: "You cancelled the sign-in", remedy: "Sign in again when you're ready.",
	}, {
		name:   "the person declines the permissions",
		how:    refusal("access_denied", "AADSTS65004: User declined to consent to access the app."),
		status: http.StatusBadRequest, title: "You declined the permissions", remedy: "Sign in again and accept",
	}, {
		name: "the person is not assigned to the application",
		how: refusal("access_denied", "AADSTS50105: Your administrator has configured the application to block "+
			"users."),
		status: http.StatusForbidden, title: "Your organisation hasn't given you access to this application",
		remedy: "Ask your IT department to assign you",
		helper: "Who can help: the IT department",
	}, {
		name:   "nobody has approved the application",
		how:    refusal("access_denied", "AADSTS65001: The user or administrator has not consented."),
		status: http.StatusForbidden, title: "Your organisation hasn't approved this application yet",
		remedy: "Ask your IT department to approve",
		helper: "Who can help: the IT department",
	}, {
		name:   "the account is not in this tenant",
		how:    refusal("access_denied", "AADSTS50020: User account from identity provider does not exist in tenant."),
		status: http.StatusForbidden, title: "This account belongs to another organisation",
		remedy: "Switch to your work account in this organisation.",
	}, {
		name:   "conditional access stops the person",
		how:    refusal("access_denied", "AADSTS53003: Access has been blocked by Conditional Access policies."),
		status: http.StatusForbidden, title: "A rule of your organisation stopped this sign-in",
		remedy: "Try again from your office",
		helper: "Who can help: the IT department",
	}, {
		name:   "the reply URL is not registered",
		how:    refusal("invalid_request", "AADSTS50011: The reply URL does not match."),
		status: http.StatusBadGateway, title: "The connection to Microsoft 365 isn't set up correctly",
		remedy: "Please tell Support",
		helper: "Who can help: Support, support@pactius.example.",
	}, {
		name: "Microsoft sends something nobody knows", how: refusal("flux_compensator_empty", "Something <b>odd</b>"),
		status: http.StatusBadRequest, title: "We couldn't use Microsoft's response",
		remedy: "Sign in again from the start.",
	}, {
		name:  "the token is of another tenant",
		how:   Behaviour{Token: &TokenChange{Claims: map[string]any{"tid": "9188040d-6c67-4c5b-b112-36a304b66dad"}}},
		picks: true, status: http.StatusForbidden, title: "This account belongs to another organisation",
		remedy: "Switch to your work account",
	}, {
		// A token lives an hour; this one ended ten minutes ago.
		name: "Microsoft's clock is slow", how: Behaviour{Token: &TokenChange{SkewSeconds: -3600 - 600}},
		picks: true, status: http.StatusBadGateway, title: "The clocks don't match", remedy: "Please tell Support.",
		helper: "Who can help: Support, support@pactius.example.",
	}, {
		name: "Microsoft's clock is ten minutes fast", how: Behaviour{Token: &TokenChange{SkewSeconds: 600}},
		picks: true, status: http.StatusBadGateway, title: "The clocks don't match", remedy: "Please tell Support.",
		helper: "Who can help: Support, support@pactius.example.",
	}, {
		name: "the signature does not verify", how: Behaviour{Token: &TokenChange{BreakSignature: true}},
		picks: true, status: http.StatusBadGateway, title: "We couldn't use Microsoft's response",
		remedy: "Sign in again from the start.",
	}, {
		name: "the token says not who it is", how: Behaviour{Token: &TokenChange{Remove: []string{"oid"}}},
		picks: true, status: http.StatusBadGateway, title: "We couldn't use Microsoft's response",
		remedy: "please tell Support",
	}, {
		name:  "Microsoft cuts the line",
		how:   Behaviour{Network: &NetworkChange{Endpoints: []string{"token"}, Drop: true}},
		picks: true, status: http.StatusServiceUnavailable, title: "Microsoft isn't responding",
		remedy: "Try again in a minute.",
	}, {
		name: "Microsoft is too busy", how: Behaviour{Network: &NetworkChange{Endpoints: []string{"token"},
			Status: http.StatusServiceUnavailable}},
		picks: true, status: http.StatusServiceUnavailable, title: "Microsoft isn't responding",
		remedy: "Try again in a minute.",
	},
}

// jargon must not stand where a person reads it; what is folded away is for Support.
var jargon = regexp.MustCompile(
	`(?i)\b(AADSTS\d*|oauth|openid|oidc|token|claims?|nonce|state|callback|tid|oid|PKCE|tenant|HTTP|panic|nil|error)\b`)

// isTold checks a page that says what went wrong.
func (p *Person) isTold(w wrong) {
	p.t.Helper()
	p.Has("heading", w.title)
	if got := p.Status(); got != w.status {
		p.t.Errorf("%s: got status %d, want %d", w.name, got, w.status)
	}
	p.See(w.remedy)
	if w.helper != "" {
		p.See(w.helper)
	}
	p.Has("link", "support@pactius.example")
	p.Has("button", "Try again")
	if found := jargon.FindAllString(p.Text(), -1); found != nil {
		p.t.Errorf("%s: the page says %q", w.name, found)
	}
	if !strings.Contains(p.Title(), w.title) {
		p.t.Errorf("%s: the title is %q", w.name, p.Title())
	}
	p.Axe()
}

func TestEverySignInThatFailsSaysWhatToDo(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	adas := c.Person("Ada")
	for i, w := range wrongs {
		c.Tenant.Behave(t, w.how)
		adas.Open("/")
		adas.Click("button", "Sign in with Microsoft")
		if w.picks && adas.atMicrosoft() {
			adas.PickAccount(ada().Username)
		}
		adas.isTold(w)
		if i == 0 {
			adas.Validate()
			adas.Look("sign-in-failed")
		}
	}
	// Then the trouble is over, and the page's own button leads in.
	c.Tenant.Behave(t, Behaviour{})
	adas.Click("button", "Try again")
	if adas.atMicrosoft() {
		adas.PickAccount(ada().Username)
	}
	adas.See("Welcome, Ada")
}

// atMicrosoft waits until the person is asked for an account, or is back.
func (p *Person) atMicrosoft() bool {
	p.t.Helper()
	asked := false
	p.try(func(ctx context.Context) error {
		text, err := p.text(ctx)
		if err != nil {
			return err
		}
		asked = strings.Contains(text, "Pick an account")
		if asked || (strings.HasPrefix(p.address(), p.origin) && !strings.Contains(text, "Sign in with Microsoft") &&
			!strings.Contains(text, "Taking you to Microsoft")) {
			return nil
		}
		return errStillThere
	}, "arrive somewhere")
	return asked
}

func TestCancelAtMicrosoftLeadsBack(t *testing.T) {
	t.Parallel()
	c := newCompany(t, gu())
	gus := c.Person("Gu")
	gus.Open("/")
	gus.Click("button", "Sign in with Microsoft")
	gus.Click("button", "Cancel")
	gus.isTold(wrongs[1])
	gus.Click("button", "Try again")
	gus.PickAccount(gu().Username)
	gus.See("Request access to Nordhavn")
}

func TestMicrosoftIsNotThereAtAll(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	c.Tenant.Behave(t, Behaviour{Network: &NetworkChange{Endpoints: []string{"discovery"}, Drop: true}})
	adas := c.Person("Ada")
	adas.Open("/")
	adas.Click("button", "Sign in with Microsoft")
	adas.isTold(wrong{name: "no discovery", status: http.StatusServiceUnavailable, title: "Microsoft isn't responding",
		remedy: "Try again in a minute."})
	c.Tenant.Behave(t, Behaviour{})
	adas.Click("button", "Try again")
	adas.PickAccount(ada().Username)
	adas.See("Welcome, Ada")
}

func TestKeysThatChangeDoNotStopAnybody(t *testing.T) {
	t.Parallel()
	c := newCompany(t, gu())
	c.arrives(ada()).See("Welcome, Ada")
	c.Tenant.RotateKeys(t)
	c.arrives(gu()).See("Request access to Nordhavn")
}

// An address from the history is opened again: by the same browser, which is
// signed in, and by one that knows nothing of it.
func TestOldCallbackDoesNothing(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	adas := c.Person("Ada")
	adas.Open("/")
	adas.signIn(ada())
	adas.See("Welcome, Ada")
	used := ""
	for _, address := range adas.Visited() {
		if strings.Contains(address, "/sign-in/callback?") {
			used = address
		}
	}
	if !strings.Contains(used, "code=") {
		t.Fatalf("she was sent to %q", adas.Visited())
	}

	adas.Open(used)
	adas.At("/")
	adas.See("Welcome, Ada")
	adas.Back()
	adas.Open("/")
	adas.See("Welcome, Ada")

	stranger := c.Person("a stranger")
	stranger.Open(used)
	stranger.See("Pick an account") // of a sign-in of their own
	if got := len(c.Tenant.Asked(t, "token")); got != 1 {
		t.Errorf("the code was exchanged %d times, want once", got)
	}
}

func TestSignInWhoseCookieIsGone(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	adas := c.Person("Ada")
	adas.Open("/")
	adas.Click("button", "Sign in with Microsoft")
	adas.See("Pick an account")
	_, err := chromedp.Call(adas.ctx, network.DeleteCookies,
		network.DeleteCookiesParams{Name: attemptCookie(adas), URL: c.URL})
	adas.must(err, "delete the cookie")
	adas.PickAccount(ada().Username)
	adas.See("Welcome, Ada") // the program began the sign-in again, and Microsoft remembers her
	again := 0
	for _, address := range adas.Visited() {
		if strings.Contains(address, "/sign-in/callback?") {
			again++
		}
	}
	if again != 2 {
		t.Errorf("she came back from Microsoft %d times, want twice: %q", again, adas.Visited())
	}
}

func TestEnvironmentWithoutConnectionSaysSo(t *testing.T) {
	t.Parallel()
	c := newCompany(t, gu())
	adas := c.arrives(ada())
	c.Must("environment", "set", "--tenant", "", "--yes")
	for name, p := range map[string]*Person{"signed in": adas, "not signed in": c.Person("Gu")} {
		p.Open("/")
		if name == "signed in" {
			p.Open("/settings/users")
			p.See("This environment isn't connected to Microsoft 365, so no one can be added or sign in.")
			p.HasNo("link", "Add")
			p.Look("unconnected-users")
			p.Validate()
			p.Open("/settings/users/add")
			p.See("no one can be added")
			p.Axe()
			continue
		}
		p.See("Sign-in isn't set up yet")
		p.HasNo("button", "Sign in with Microsoft")
		p.Has("link", "support@pactius.example")
		p.Look("unconnected-door")
		p.Validate()
	}
	if got := c.Run("user", "add", "--username", gu().Username, "--name", "Gu Berg"); got.Code != 1 ||
		!strings.Contains(got.Stderr, "no Microsoft 365 connection") {
		t.Errorf("user add ended with %+v", got)
	}
}

var errStillThere = errors.New("nothing has happened yet")

// attemptCookie is the name of the cookie that remembers a sign-in under way.
func attemptCookie(p *Person) string {
	p.t.Helper()
	got, err := chromedp.Call(p.ctx, network.GetCookies,
		network.GetCookiesParams{URLs: []string{p.origin + "/sign-in/callback"}})
	p.must(err, "read the cookies")
	for _, cookie := range got.Cookies {
		if strings.Contains(cookie.Name, "pactius-in-") {
			return cookie.Name
		}
	}
	p.t.Fatalf("no cookie remembers the sign-in: %+v", got.Cookies)
	return ""
}
