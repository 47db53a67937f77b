package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
)

func TestAnApplicationIsAddedChangedAndRemoved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	a.get("/").shows("Applications")
	a.get("/settings/applications").status(http.StatusOK).shows("No applications yet").lacks("Replace signing keys")
	added := a.get("/settings/applications/add").status(http.StatusOK).submit("/settings/applications/add", "name",
		"Contracts", "origin", "https://contracts.example\r\n\r\n https://Contracts.test.example:8443/ ", "parent",
		string(w.sales), "access", "write", "icon", "document").status(http.StatusSeeOther)
	path := added.Header.Get("Location")
	one := a.get(path).status(http.StatusOK).shows("Contracts has been added. Set up its proxy next",
		"/verify?application="+strings.TrimPrefix(path, "/settings/applications/"),
		`pactius application check --environment nordhavn.example "Contracts"`, "uri /verify?application=")
	if got := one.fields(path).Get("origin"); got != "https://contracts.example\nhttps://contracts.test.example:8443" {
		t.Errorf("the addresses are %q", got)
	}
	a.get("/settings/applications").shows("Contracts", "contracts.example", "+1 more", "Sales", "Write",
		"Replace signing keys")
	one.submit(path, "name", "Register", "preflight", "1").to(path).shows("Register has been saved.")
	late := one.submit(path, "name", "Too late").status(http.StatusConflict).shows("has changed this since")
	if got := late.fields(path).Get("name"); got != "Too late" {
		t.Errorf("the name came back as %q", got)
	}
	a.get("/settings/activity?kind=application.").shows("Ada Root added the application Contracts",
		"Ada Root changed the application Register", "Changed: Name", "Changed: CORS preflights")
	a.get(path+"/remove").shows("Remove Register", "2 addresses become available again.").submit(path+"/remove").
		to("/settings/applications").shows("Register has been removed.", "No applications yet")
	a.get("/settings/activity").shows("Ada Root removed the application Register")
	a.post(path+"/remove", nil).status(http.StatusNotFound)
	w.as(lone).get("/").lacks("/settings/applications")
}

func TestAFaultyApplicationComesBackWithAllThatWasTyped(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	contracts := w.contracts()
	a := w.as(ada)
	form := a.get("/settings/applications/add")
	before := w.db.Dump(t)
	tests := []struct {
		name string
		form url.Values
		want []string
	}{
		{"nothing", url.Values{}, []string{"Enter the address where people open", "Choose the business unit",
			"Access must be read, write or administer."}},
		{"everything wrong", url.Values{"name": {strings.Repeat("n", 200)}, "origin": {"http://x.example/path"},
			"parent": {string(w.nord.ID)}, "access": {"own"}, "icon": {"skull"}},
			[]string{"Use at most 100 characters.", "isn't in use", "Choose one of these icons"}},
		{"a name and an address that are taken", url.Values{"name": {"CONTRACTS"}, "origin": {contractsOrigin}},
			[]string{"There's already an application called Contracts.", "already belongs to another application"}},
		{"a wildcard", url.Values{"origin": {"https://*.example"}}, []string{"A wildcard would include"}},
		{"our own host", url.Values{"origin": {"https://" + nordHost + ":8443"}},
			[]string{"is the address of PACTIUS itself"}},
		{"an address with a path", url.Values{"origin": {"https://ok.example\nhttps://ok.example/x"}},
			[]string{"paths can't be separated safely"}},
		{"eleven addresses", url.Values{"origin": {"https://a.example\nhttps://b.example\n" +
			"https://c.example\nhttps://d.example\nhttps://e.example\nhttps://f.example\nhttps://g.example\n" +
			"https://h.example\nhttps://i.example\nhttps://j.example\nhttps://k.example"}},
			[]string{"Enter at most 10 addresses."}},
		{"bytes", url.Values{"name": {"\x01\u202e"}, "origin": {"\x00"}, "parent": {"\x7f"}}, nil},
	}
	for _, test := range tests {
		for _, path := range []string{"/settings/applications/add", "/settings/applications/" + string(contracts.ID)} {
			typed := url.Values{"version": {"1"}}
			for name, values := range test.form {
				typed[name] = values
			}
			want := test.want
			if strings.HasSuffix(path, string(contracts.ID)) && test.name == "a name and an address that are taken" {
				continue // they are its own
			}
			p := a.post(path, typed).status(http.StatusUnprocessableEntity).shows(want...)
			for _, name := range []string{"name", "origin"} {
				got := strings.ReplaceAll(p.fields(path).Get(name), "\r\n", "\n")
				if test.name != "bytes" && got != typed.Get(name) {
					t.Errorf("%s: %s came back as %q, want %q", test.name, name, got, typed.Get(name))
				}
			}
		}
	}
	same(t, before, w.db.Dump(t))

	searched := form.submit("/settings/applications/add", "name", "Orders", "origin", "https://orders.example", "find",
		"north").status(http.StatusOK).shows("North")
	if got := searched.fields("/settings/applications/add"); got.Get("name") != "Orders" ||
		got.Get("origin") != "https://orders.example" {
		t.Errorf("a search loses what was typed: %v", got)
	}
	same(t, before, w.db.Dump(t))
}

func TestSigningKeysAreReplaced(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.contracts()
	a := w.as(ada)
	const keys = `SELECT COUNT(*) FROM signing_keys`
	a.get("/settings/applications/keys").shows("takes effect in 24 hours", "Has a key leaked?").
		submit("/settings/applications/keys").to("/settings/applications").shows("It takes effect in 24 hours.")
	w.db.Clock.Advance(5 * time.Hour)
	a.post("/settings/applications/keys", nil).to("/settings/applications").shows("It takes effect in 19 hours.")
	if n := w.db.Count(t, keys); n != 2 {
		t.Errorf("%d keys, want the one in use and the next", n)
	}
	a.get("/settings/applications/keys/now").shows("Do this only if a key has leaked.").
		submit("/settings/applications/keys/now").to("/settings/applications").
		shows("The signing keys have been replaced.")
	if n := w.db.Count(t, keys); n != 1 {
		t.Errorf("%d keys, want the new one only", n)
	}
	a.get("/settings/activity?kind=environment.").shows("Ada Root replaced the signing keys")
}

func TestHomeShowsWhatCanBeOpened(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.contracts()
	name, access := "Handbook", pactius.AccessRead
	_, err := w.site.Applications.Add(w.Context(), pactius.SupportActor(w.nord.ID), pactius.ApplicationUpdate{
		Name: &name, Origins: &[]string{"https://handbook.example"}, Unit: &w.north, Access: &access})
	w.must(err)
	p := w.as(rikke).get("/").status(http.StatusOK).
		shows("Handbook", "1 application you don't have access to", "Contracts")
	open := `href="https://handbook.example/"`
	closed := `href="/access/more?application=` + string(a.ID) + `&amp;unit=` + string(w.sales) + `"`
	if !strings.Contains(p.Body, open) || !strings.Contains(p.Body, closed) ||
		strings.Contains(p.Body, contractsOrigin) {
		t.Errorf("the page lacks %s or %s, or has %s:\n%s", open, closed, contractsOrigin, p.Body)
	}
	p = w.as(lone).get("/").lacks("don't have access to")
	if !strings.Contains(p.Body, `href="`+contractsOrigin+`/"`) || !strings.Contains(p.Body, open) {
		t.Errorf("an administrator of Sales doesn't find both:\n%s", p.Body)
	}
}

func TestSignInHelpSaysWhyAnApplicationDoesNotOpen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.contracts()
	ask := func(h human) string {
		return "/settings/explain?" + url.Values{"username": {h.username}, "application": {string(a.ID)}}.Encode()
	}
	l := w.as(lone)
	l.get("/settings/explain").shows("Application", "Contracts")
	l.get(ask(rikke)).shows("Rikke Reader can't open Contracts.", "Contracts requires Write access to Sales.",
		"The user has no access to this unit or any of its parent units.", "or let them request it")
	l.get(ask(lone)).shows("Lone Local has the access that Contracts requires.",
		"The user has Administer access there.")
	l.get(ask(vera)).shows("can't open Contracts.", "The person isn't a user here.")
	w.user(walt, pactius.Grant{Unit: w.sales, Access: pactius.AccessWrite})
	l.get(ask(walt)).shows("Walt Waiting can open Contracts after the first sign-in.")
	_, err := w.site.Users.Deactivate(w.Context(), pactius.SupportActor(w.nord.ID), w.users[walt.username])
	w.must(err)
	l.get(ask(walt)).shows("Walt Waiting can't open Contracts.", "The user is deactivated.")

	ida := human{"", "ida@nordhavn.example", "Ida Hidden"}
	hidden := w.user(ida, pactius.Grant{Unit: w.it, Access: pactius.AccessRead})
	p := l.get(ask(ida)).status(http.StatusOK).lacks("Ida Hidden", "open Contracts.")
	if strings.Contains(p.Body, string(hidden)) {
		t.Error("a user elsewhere is named")
	}
	for _, h := range []human{lone, nils} {
		actor := pactius.UserActor(w.nord.ID, w.users[h.username], "")
		_, err = w.site.Applications.Explain(w.Context(), actor, hidden, a.ID)
		if pactius.KindOf(err) != pactius.KindForbidden {
			t.Errorf("%s asks about a user elsewhere: %v", h.name, err)
		}
	}
	l.get("/settings/explain?username=rikke%40nordhavn.example&application=" + string(w.nord.ID)).status(http.StatusOK).
		lacks("open Contracts")
}
