package e2e

import (
	"crypto/rand"
	"fmt"
	"html"
	"net/http"
	"net/http/httptest"
	"net/smtp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestStageSignsInAsEntraDoes(t *testing.T) {
	t.Parallel()
	s := newShop(t, ada(), bo())
	p := stage.Person(t, "Ada", s.server.URL)

	p.Open("/")
	p.Click("link", "Sign in")
	p.PickAccount("ada@nordhavn.example")
	got := claims(t, p)
	want := map[string]any{
		"iss": s.tenant.Issuer(), "tid": s.tenant.ID, "aud": s.tenant.ClientID, "ver": "2.0",
		"preferred_username": "ada@nordhavn.example", "name": "Ada Lind", "email": "ada.lind@nordhavn.example",
	}
	for name, value := range want {
		if diff := cmp.Diff(got[name], value); diff != "" {
			t.Errorf("claim %s (-got +want): %s", name, diff)
		}
	}
	if got["oid"] == "" || got["oid"] == got["sub"] {
		t.Errorf("oid %v and sub %v, want two different identifiers", got["oid"], got["sub"])
	}

	p.Open("/")
	p.Click("link", "Sign in") // Microsoft remembers her and does not ask
	if again := claims(t, p); again["oid"] != got["oid"] {
		t.Errorf("signed in as %v the second time, want Ada", again["name"])
	}
	p.Open("/")
	p.Click("link", "Switch account")
	p.PickAccount("bo@nordhavn.example")
	if bo := claims(t, p); bo["name"] != "Bo Juhl" || bo["email"] != nil || bo["oid"] == got["oid"] {
		t.Errorf("switched to %v, want Bo, who has no e-mail address", bo)
	}
	p.Open("/")
	p.Click("link", "Sign out")
	p.At("/")
	p.Click("link", "Sign in")
	p.See("Pick an account")
	if asked := s.tenant.Asked(t, "authorize"); len(asked) != 4 || asked[2].Params["prompt"] != "select_account" ||
		asked[0].Params["code_challenge_method"] != "S256" {
		t.Errorf("the tenant was asked %v", asked)
	}
}

func TestStageMisbehavesOnDemand(t *testing.T) {
	t.Parallel()
	s := newShop(t, ada())
	p := stage.Person(t, "Ada", s.server.URL)
	signIn := func() { p.t.Helper(); p.Open("/"); p.Click("link", "Switch account") }

	signIn()
	p.Click("button", "Cancel")
	p.See("refused: access_denied, AADSTS65004")

	s.tenant.Behave(t, Behaviour{Error: &SignInError{Code: "access_denied", Description: "AADSTS50105: not assigned"}})
	signIn()
	p.See("refused: access_denied, AADSTS50105: not assigned")

	for _, test := range []struct {
		name   string
		change TokenChange
		want   string
	}{
		{"a token of yesterday is expired", TokenChange{SkewSeconds: -86400}, "token is expired"},
		{"a token of another tenant has that issuer",
			TokenChange{Claims: map[string]any{"iss": "https://other.example"}}, "different provider"},
		{"a changed tid is in the token", TokenChange{Claims: map[string]any{"tid": "another"}}, `"tid":"another"`},
		{"a token without oid has none", TokenChange{Remove: []string{"oid"}}, `"tid"`},
		{"a broken signature does not verify", TokenChange{BreakSignature: true}, "failed to verify signature"},
	} {
		s.tenant.Behave(t, Behaviour{Token: &test.change})
		signIn()
		p.PickAccount("ada@nordhavn.example")
		p.See(test.want)
		if len(test.change.Remove) > 0 {
			p.SeeNot(`"oid"`)
		}
	}

	s.tenant.Behave(t, Behaviour{Network: &NetworkChange{Endpoints: []string{"token"}, Drop: true}})
	signIn()
	p.PickAccount("ada@nordhavn.example")
	p.See("EOF")
	s.tenant.Behave(t, Behaviour{Network: &NetworkChange{Endpoints: []string{"token"}, Status: 503}})
	signIn()
	p.PickAccount("ada@nordhavn.example")
	p.See("temporarily_unavailable")

	s.tenant.Behave(t, Behaviour{})
	s.tenant.RotateKeys(t)
	before := len(s.tenant.Asked(t, "keys"))
	signIn()
	p.PickAccount("ada@nordhavn.example")
	p.See(`"preferred_username"`)
	if after := len(s.tenant.Asked(t, "keys")); after != before+1 {
		t.Errorf("the keys were read %d times after their change, want once", after-before)
	}
}

func TestStageCatchesMail(t *testing.T) {
	t.Parallel()
	box := stage.Mailbox(t)
	from := strings.ToLower(rand.Text()) + "@pactius.example"
	message := "From: PACTIUS <" + from +
		">\r\nTo: Ada <ada@nordhavn.example>\r\nSubject: =?utf-8?q?Bl=C3=A5b=C3=A6r?= are ready\r\n" +
		"Auto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello " +
		"Ada\r\n"
	if err := smtp.SendMail(box.SMTP, nil, from, []string{"ada@nordhavn.example"}, []byte(message)); err != nil {
		t.Fatal(err)
	}
	got := box.WaitFor(t, from, "Ada@nordhavn.example", "Blåbær")
	if strings.TrimSpace(got.Text) != "Hello Ada" || got.Headers["auto-submitted"] != "auto-generated" {
		t.Errorf("got %+v", got)
	}
	if sent := box.Sent(t, from, "bo@nordhavn.example"); len(sent) != 0 {
		t.Errorf("Bo got %v, want nothing", sent)
	}
}

// form is a page with one of each thing that a person deals with.
const form = `<!DOCTYPE html>
<html lang="en">
<head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Form</title></head>
<body>
<main>
<h1>A form</h1>
<form method="post" action="/saved">
<p><label>Account name <input name="username" autocomplete="off" value="old"></label></p>
<p><label>End date <input name="end" type="date"></label></p>
<p><label>Access <select name="access"><option>Read</option><option>Write</option></select></label></p>
<p><label><input name="welcome" type="checkbox" value="yes"> Send a welcome email</label></p>
<p><button type="submit">Save</button></p>
</form>
<section aria-labelledby="anna"><h2 id="anna">Anna</h2><p><button type="button">Approve</button></p></section>
<section aria-labelledby="bo"><h2 id="bo">Bo</h2><p><button type="button">Approve</button></p></section>
</main>
</body>
</html>`

func newForm(t *testing.T) string {
	t.Helper()
	mux := http.NewServeMux()
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'; base-uri 'none'")
		_, _ = fmt.Fprint(w, form)
	})
	mux.HandleFunc("POST /saved", func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(http.StatusUnprocessableEntity)
		_ = r.ParseForm()
		_, _ = fmt.Fprintf(w, `<!DOCTYPE html><html lang="en"><title>Saved</title><p>%s</p>`,
			html.EscapeString(r.PostForm.Encode()))
	})
	mux.HandleFunc("GET /bad", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Security-Policy", "default-src 'self'")
		_, _ = fmt.Fprint(w, `<html><title>Bad</title><img src="/x"><button></button><script>1</script>`)
	})
	server := httptest.NewServer(mux)
	t.Cleanup(server.Close)
	return server.URL
}

func TestStageActsAsAPersonDoes(t *testing.T) {
	t.Parallel()
	p := stage.Person(t, "Ada", newForm(t))
	const want = "access=Write&end=2026-12-24&username=anna%40nordhavn.example&welcome=yes"
	for _, scripts := range []bool{true, false} {
		p.Scripts(scripts)
		p.Open("/")
		p.Fill("Account name", "anna@nordhavn.example")
		p.Fill("End date", "2026-12-24")
		p.Choose("Access", "Write")
		p.Check("Send a welcome email")
		if got := p.Value("Account name"); got != "anna@nordhavn.example" {
			t.Errorf("the field holds %q", got)
		}
		p.Within("region", "Bo").Click("button", "Approve")
		p.HasFocus(`button "Approve"`)
		p.Within("region", "Bo").SeeNot("Anna")
		p.Click("button", "Save")
		p.See(want)
		if got := p.Status(); got != http.StatusUnprocessableEntity {
			t.Errorf("got status %d, want 422", got)
		}
	}
}

func TestStageActsByKeyboardOnly(t *testing.T) {
	t.Parallel()
	p := stage.Person(t, "Ada", newForm(t))
	p.Open("/")
	p.TabTo("textbox", "Account name")
	p.Press("Control+a")
	p.Type("bo@nordhavn.example")
	p.TabTo("checkbox", "Send a welcome email")
	p.Press("Space")
	p.Press("Shift+Tab")
	p.HasFocus(`combobox "Access"`)
	p.TabTo("button", "Save")
	p.Press("Enter")
	p.See("access=Read&end=&username=bo%40nordhavn.example&welcome=yes")
}

func TestStageJudgesPages(t *testing.T) {
	t.Parallel()
	origin := newForm(t)
	p := stage.Person(t, "Ada", origin)
	p.Open("/")
	p.Look("form")
	p.Validate()

	// The judges must also find what is wrong.
	judged := &verdict{TB: t}
	bad := stage.Person(judged, "Bo", origin)
	bad.Open("/bad")
	bad.Axe()
	bad.Validate()
	for _, want := range []string{"button-name", "html-has-lang", "image-alt", "missing-doctype"} {
		if !strings.Contains(judged.text, want) {
			t.Errorf("nobody found %s; found: %s", want, judged.text)
		}
	}
	if faults := bad.Faults(); len(faults) != 1 || !strings.Contains(faults[0], "Content Security Policy") {
		t.Errorf("the console complains of %q, want one inline script", faults)
	}
}

// verdict keeps the errors that a test expects.
type verdict struct {
	testing.TB
	text string
}

func (v *verdict) Errorf(format string, args ...any) { v.text += fmt.Sprintf(format, args...) + "\n" }
