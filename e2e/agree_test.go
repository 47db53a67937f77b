package e2e

import (
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// landing is where a sign-in leads that was decided in a way.
type landing struct {
	status  int
	says    string
	verdict string // of Sign-in help, after the name
}

// landings of the decisions that people of the environment's tenant can meet.
var landings = map[string]landing{
	"enter":        {http.StatusOK, "Welcome", "has access."}, // the directory is not connected
	"bind":         {http.StatusOK, "Welcome", "has been added and has never signed in."},
	"unrecognised": {http.StatusOK, "Request access to Nordhavn", "isn't recognised and can only request access."},
	"blocked":      {http.StatusForbidden, "Who can help", "is a user, but can't sign in."},
}

// situation is someone who signs in, and what must come of it.
type situation struct {
	Account
	decision string
	reasons  []string // codes, when the account is known by its object ID
	near     []string // account names of those who are probably meant
	asked    bool     // has a request that waits, which is where the sign-in leads
}

// situations is an environment with one person in every situation.
func situations(c *company) []situation {
	c.t.Helper()
	person := func(username, name string) Account {
		return c.Tenant.Put(c.t, Account{Username: username + "@nordhavn.example", Name: name})
	}
	added := func(a Account, more ...string) Account {
		c.Must(append([]string{"user", "add", "--username", a.Username, "--name", a.Name}, more...)...)
		return a
	}
	bound := added(person("bodil.friis", "Bodil Friis"), "--unit", "Operations")
	c.signedIn(bound)
	off := added(person("carl.dahl", "Carl Dahl"), "--unit", "Operations")
	c.signedIn(off)
	c.Must("user", "deactivate", off.Username)
	asked := person("hans.krog", "Hans Krog")
	c.signedIn(asked).submit("/access", "/access", url.Values{"message": {"Please."}})
	meant := person("ingrid.mølgaard", "Ingrid Mølgaard")
	added(Account{Username: "ingrid.moelgard@nordhavn.example", Name: "Ingrid Mølgaard"})
	return []situation{
		{Account: bound, decision: "enter", reasons: []string{"identity"}},
		{
			Account: added(person("erik.toft", "Erik Toft"), "--unit", "Sales"), decision: "bind",
			reasons: []string{"invited_name"},
		},
		{
			Account: added(person("fie.holm", "Fie Holm")), decision: "bind",
			reasons: []string{"invited_name", "no_units"},
		},
		{Account: off, decision: "blocked", reasons: []string{"identity", "deactivated"}},
		{
			Account: person("wilhelmina.stranger", "Wilhelmina Stranger"), decision: "unrecognised",
			reasons: []string{"unknown_name"},
		},
		{Account: asked, decision: "unrecognised", reasons: []string{"unknown_name"}, asked: true},
		{
			Account: meant, decision: "unrecognised", reasons: []string{"unknown_name"},
			near: []string{"ingrid.moelgard@nordhavn.example"},
		},
	}
}

// codes are the codes of the reasons.
func (x explained) codes() []string {
	var codes []string
	for _, r := range x.Reasons {
		codes = append(codes, r.Code)
	}
	return codes
}

// helps is Sign-in help about an account name, as an administrator reads it.
func (w *wire) helps(username, name string) string {
	w.t.Helper()
	page := w.get("/settings/explain?" + url.Values{"username": {username}, "name": {name}}.Encode())
	if page.StatusCode != http.StatusOK {
		w.t.Fatalf("Sign-in help about %s: status %d", username, page.StatusCode)
	}
	return page.Text()
}

// The command and the page foretell the outcome of the sign-in that follows, with
// the reasons in the same words.
func TestCommandPageAndSignInAgree(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	adas := c.signedIn(ada())
	for _, s := range situations(c) {
		x := c.explains(s.Username, "--name", s.Name, "--oid", s.OID)
		if diff := cmp.Diff(s.reasons, x.codes()); x.Decision != s.decision || diff != "" {
			t.Errorf("of %s the command says %+v, want %s and (-want +got)\n%s", s.Username, x, s.decision, diff)
		}
		if !slices.Equal(x.NearMisses, s.near) || (x.Request != "") != s.asked {
			t.Errorf(
				"of %s the command says %+v, want the near misses %q and a request: %t", s.Username, x, s.near, s.asked,
			)
		}
		wants := landings[x.Decision]
		named := c.explains(s.Username, "--name", s.Name)
		if named.Decision != x.Decision || named.User != x.User || named.Remedy != x.Remedy {
			t.Errorf("of %s the command says %+v, and %+v by the account name alone", s.Username, x, named)
		}
		page := adas.helps(s.Username, s.Name)
		says := []string{s.Name + " " + wants.verdict, named.Remedy}
		for _, r := range named.Reasons {
			says = append(says, r.Text)
		}
		for _, text := range append(says, named.NearMisses...) {
			if !strings.Contains(page, text) {
				t.Errorf("Sign-in help about %s does not say %q: %s", s.Username, text, page)
			}
		}
		w := c.signedIn(s.Account)
		if s.asked {
			wants.says = "Your request is pending"
		}
		at := "/"
		if x.Decision != "enter" && x.Decision != "bind" {
			at = "/access"
		}
		w.get(at).wants(t, s.Username, wants.status, wants.says)
		if x.Decision == "bind" {
			if again := c.explains(s.Username, "--oid", s.OID); again.Decision != "enter" || again.User != x.User {
				t.Errorf("of %s the command says %+v after the sign-in, want enter for %s", s.Username, again, x.User)
			}
		}
	}
}

// Before people begin, Support checks a list in which some lines are broken.
func TestBatchTellsOfBrokenLinesAndGoesOn(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	all := situations(c)
	long := `{"username": "` + strings.Repeat("a", 10_000) + `@nordhavn.example"}`
	broken := []string{
		`this is not JSON`, `{"username": "half@nordhavn.example"`, `{"name": "Nobody"}`, `["a", "b"]`, `null`,
		`{"username": 7}`,
		`{"username": "x@nordhavn.example", "oid": "no GUID"}`, "{\"username\": \"x\xff@nordhavn.example\"}",
		`<!DOCTYPE html>`,
	}
	// A broken line after each good one, and an empty one, which counts and has no answer.
	type wanted struct {
		line int
		of   *situation // nil: broken
	}
	var in strings.Builder
	var want []wanted
	line := 0
	write := func(text string) int {
		in.WriteString(text + "\n")
		line++
		return line
	}
	in.WriteString("\ufeff")
	for i, s := range all {
		text, err := json.Marshal(map[string]string{"username": s.Username, "name": s.Name, "oid": s.OID})
		if err != nil {
			t.Fatal(err)
		}
		want = append(want, wanted{write(string(text)), &s}, wanted{write(broken[i]), nil})
		write("")
	}
	for _, text := range broken[len(all):] {
		want = append(want, wanted{write(text), nil})
	}
	odd := []string{`{"username": "o'brien\"\\&😀@nordhavn.example"}`, `{"username": "no at sign"}`, long}
	for _, text := range odd {
		write(text)
	}

	r := c.RunWith(in.String(), "explain", "--batch", "-")
	if r.Code != 1 || !strings.Contains(r.Stderr, fmt.Sprintf("lines that couldn't be read: %d", len(broken))) {
		t.Errorf("the batch ended with %d: %s", r.Code, r.Stderr)
	}
	var got []explained
	for text := range strings.Lines(r.Stdout) {
		var x explained
		if err := json.Unmarshal([]byte(text), &x); err != nil {
			t.Fatalf("the batch answers %s: %v", text, err)
		}
		got = append(got, x)
	}
	if len(got) != len(want)+len(odd) {
		t.Fatalf("%d answers, want %d: %s", len(got), len(want)+len(odd), r.Stdout)
	}
	for i, w := range want {
		x := got[i]
		switch {
		case x.Line != w.line:
			t.Errorf("answer %d is about line %d, want %d", i, x.Line, w.line)
		case w.of == nil && (x.Error == "" || x.Decision != ""):
			t.Errorf("line %d is broken, and the answer is %+v", w.line, x)
		case w.of != nil:
			alone := c.explains(w.of.Username, "--name", w.of.Name, "--oid", w.of.OID)
			if alone.Line = w.line; x.Decision != w.of.decision || cmp.Diff(alone, x) != "" {
				t.Errorf("line %d (-alone +batch): %s", w.line, cmp.Diff(alone, x))
			}
		}
	}
	for _, x := range got[len(want):] {
		if x.Decision != "unrecognised" || x.Error != "" {
			t.Errorf("an odd account name is answered with %.300s", fmt.Sprintf("%+v", x))
		}
	}
}

// A number and a reference mean the same to the command and on the page.
func TestCommandAndPageKnowNumbersAndReferences(t *testing.T) {
	t.Parallel()
	c := newCompany(t, eva())
	adas := c.signedIn(ada())
	pasted := func(text string) string {
		t.Helper()
		found := adas.submit("/settings/explain", "/settings/explain", url.Values{"pasted": {text}})
		if found.StatusCode != http.StatusSeeOther {
			t.Fatalf("%q pasted: status %d: %s", text, found.StatusCode, found.Text())
		}
		return adas.get(found.Header.Get("Location")).Text()
	}
	for _, number := range []string{"50105", "65001", "50020", "53003", "50011", "700016", "50057", "54005", "500212"} {
		text := "Sorry, but we're having trouble signing you in. AADSTS" + number + ": <b>Something</b> went wrong."
		var n struct{ Code, Title, Cause, Next string }
		if out := c.Must("explain", "--json", "--number", text); json.Unmarshal([]byte(out), &n) != nil ||
			n.Code != "AADSTS"+number {
			t.Fatalf("pactius explain --number %s prints %s", number, out)
		}
		page := pasted(text)
		for _, says := range []string{n.Code, n.Title, n.Cause, n.Next} {
			if !strings.Contains(page, says) {
				t.Errorf("about %s the page does not say %q: %s", number, says, page)
			}
		}
	}

	// Eva is turned away by Microsoft, and then not let in by us.
	c.Tenant.Behave(t, refusal("access_denied", "AADSTS53003: Access has been blocked by Conditional Access policies."))
	evas := newWire(t, c.URL)
	failed := evas.travel(http.MethodGet, evas.post("/sign-in", nil).link(t, "/authorize", "/auth"), nil)
	c.Tenant.Behave(t, Behaviour{})
	reference := aReference.FindString(failed.Text())
	if reference == "" {
		t.Fatalf("the page has no reference: %s", failed.Text())
	}
	if got := c.Must("explain", "--reference", reference); !strings.Contains(got, "AADSTS53003") ||
		!strings.Contains(pasted(reference), "AADSTS53003") {
		t.Errorf("the command says %s", got)
	}

	stranger := c.signedIn(eva())
	page := stranger.get("/access").Text()
	_, page, _ = strings.Cut(page, "Details for Support")
	reference = aReference.FindString(page)
	said, shown := c.Must("explain", "--reference", "They sent me this: "+page), pasted(page)
	for _, says := range []string{reference, eva().Username, "No user has the account name " + eva().Username} {
		if says == "" || !strings.Contains(fold(said), says) || !strings.Contains(shown, says) {
			t.Errorf(
				"of the reference %q the command says %s and the page says %s, want %q in both", reference, said, shown,
				says,
			)
		}
	}
	if strings.Contains(said+shown, "code=") {
		t.Error("an answer holds what belongs to a token")
	}
}
