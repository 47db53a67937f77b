package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/web/view"
)

func TestARefusedDecisionKeepsWhatWasChosen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := requestPath(w.request(vera, w.north))
	l := w.as(lone)
	open := l.get(q)
	before := w.db.Dump(t)
	long := strings.Repeat("n", pactius.MaxNote+1)
	p := open.submit(q+"/approve", "unit", string(w.it), "access."+string(w.it), "read", "note", "hello").
		status(http.StatusUnprocessableEntity).shows("IT is outside the business units you administer.")
	form := p.fields(q + "/approve")
	if got := form.Get("note"); got != "hello" {
		t.Errorf("the note came back as %q", got)
	}
	if got := form["unit"]; len(got) != 1 || got[0] != string(w.north) {
		t.Errorf("the units came back as %v, want what is in reach", got)
	}
	open.submit(q+"/approve", "note", long).status(http.StatusUnprocessableEntity)
	declined := l.get(q+"/decline").submit(q+"/decline", "note", long).status(http.StatusUnprocessableEntity)
	if got := declined.fields(q + "/decline").Get("note"); got != long {
		t.Error("the note is lost")
	}
	same(t, before, w.db.Dump(t))
}

func TestApprovingSomebodyWhoIsThereLinksTheTwo(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := requestPath(w.request(vera))
	// The same person was added under a mistyped name, which is then corrected.
	mistyped := userPath(w.user(human{"", "vara@nordhavn.example", "Vera Mistyped"}, pactius.Grant{Unit: w.it,
		Access: pactius.AccessRead}))
	a := w.as(ada)
	a.get(mistyped+"/edit").submit(mistyped+"/edit", "username", vera.username).status(http.StatusConflict).
		shows("Saving approves that request.", "Save and approve the request").submit(mistyped + "/edit").to(mistyped).
		shows("and the access request has been approved.")
	a.get(q).shows("Ada Root approved this request", "Existing user, linked to the request")
	w.as(vera).get("/").shows("Welcome, Vera", "Vera Mistyped", "IT")
	a.get(mistyped+"/edit").lacks(`name="username"`).submit(mistyped+"/edit", "name", "Vera").to(mistyped)
	a.post(mistyped+"/edit", url.Values{"version": a.get(mistyped + "/edit").fields(mistyped + "/edit")["version"],
		"name": {"Vera"}, "username": {"other@nordhavn.example"}}).
		status(http.StatusUnprocessableEntity).shows("The account name follows Microsoft 365")
}

func TestTakingBackComesTooLate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := requestPath(w.request(vera, w.north))
	a := w.as(ada)
	a.get(q).submit(q + "/approve").to("/settings/requests")
	ask := a.get(q + "/take-back").status(http.StatusOK).lacks("signed out everywhere")
	w.as(vera).post(view.MorePath, url.Values{"message": {"I need Legal too."}}).status(http.StatusSeeOther)
	ask.submit(q+"/take-back").status(http.StatusConflict).shows("has since sent a new request",
		"Deactivate the user")
	a.get(q).lacks("You can undo the approval")
	a.get("/settings/requests?state=decided").shows("Vera Visitor", "Approved")
	a.get(q + "/decline").to(q)
}

func TestTheDoorIsPassedOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.as(vera)
	visitor := v.token()
	v.post("/access/enter", nil).to("/access").shows("Request access") // her request is not approved
	if v.token() != visitor {
		t.Error("the visitor's session changed for nothing")
	}
	w.user(vera, pactius.Grant{Unit: w.it, Access: pactius.AccessRead})
	stale := v.token()
	v.get("/access").shows("You now have access")
	leaving := v.post("/access/enter", nil) // added by name: a new sign-in links the user
	if v.token() != stale {
		t.Error("the visitor's session ended before Microsoft was asked")
	}
	// without a question, signed in there as she is
	v.get(leaving.microsoft(nil)).to("/").shows("Welcome, Vera", "Vera Visitor")
	v.setCookie("__Host-pactius", stale)
	v.post("/access/enter", nil).to("/").shows("Your session has ended")
}

func TestAVisitorWhoseEnvironmentChanges(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.as(vera)
	v.get("/").to("/access")
	v.get("/settings/users").to("/access?return=%2Fsettings%2Fusers")
	v.post("/settings/units/add", nil).status(http.StatusForbidden).
		shows("You don't have access yet, so nothing was changed.")
	support := pactius.SupportActor(w.nord.ID)
	other, none := "0f3b6c1e-9999-4c5b-b112-000000000009", ""
	_, err := w.site.Environments.Update(t.Context(), support, 0, pactius.EnvironmentUpdate{TenantID: &other})
	w.must(err)
	v.get("/access").status(http.StatusForbidden).shows("This account belongs to another organisation",
		"the local administrators of Nordhavn")
	v.post("/access/enter", nil).status(http.StatusForbidden)
	if v.token() != "" {
		t.Error("the visitor still has a session")
	}
	_, err = w.site.Environments.Update(t.Context(), support, 0, pactius.EnvironmentUpdate{TenantID: &none})
	w.must(err)
	v.get("/").shows("Sign-in isn't set up yet")
}

func TestSessionsEndOnTheirOwn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, v := w.as(rikke), w.as(vera)
	w.db.Clock.Advance(pactius.VisitorAbsolute)
	v.get("/access").to("/").shows("Your session has ended")
	v.post("/access", url.Values{"message": {"typed"}}).status(http.StatusUnauthorized).shows("so nothing was changed")
	r.get("/").shows("Welcome")
	w.db.Clock.Advance(pactius.SessionIdle)
	r.get("/").shows("Your session has ended")
	r.get("/").lacks("Your session has ended")
	a := w.as(ada)
	r.signIn(rikke)
	path := userPath(w.users[rikke.username])
	a.get(path + "/sign-out-everywhere").shows("1 session ends immediately.").submit(path + "/sign-out-everywhere").
		to(path).shows("1 session for Rikke Reader has been ended.")
	r.get("/").shows("Your session has ended")
}

func TestTheTreeStaysATree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	sales, north, root := unitPath(w.sales), unitPath(w.north), unitPath(w.root)
	a.get(north).status(http.StatusOK).shows("Rikke Reader", "Inherited from parent units", "Lone Local")
	moving := a.get(sales + "/move").lacks(`value="` + string(w.north) + `"`)
	moving.submit(sales+"/move", "parent", string(w.north)).status(http.StatusUnprocessableEntity).
		shows("A unit can't be moved below itself.")
	a.get(sales+"/archive").shows("1 unit below it is in use.", "It has 1 member").lacks("Move the members to")
	version := url.Values{"version": {"1"}}
	a.post(sales+"/archive", version).status(http.StatusConflict).shows("There are units below Sales.")
	a.post(north+"/archive", version).status(http.StatusConflict).shows("1 user still belongs to North.")
	a.get(root + "/archive").status(http.StatusConflict).
		shows("The company itself can't be moved or archived.")
	a.get(unitPath(w.it) + "/archive").submit(unitPath(w.it) + "/archive").to(unitPath(w.it)).
		shows("IT has been archived.")
	a.get("/settings/units").shows("Show archived").lacks(">IT<")
	a.get("/settings/units?archived=1").shows("IT", "Hide archived")
	a.get(unitPath(w.it) + "/restore").submit(unitPath(w.it) + "/restore").to(unitPath(w.it)).
		shows("IT has been restored.")
	a.get(north+"/move").submit(north+"/move", "parent", string(w.it)).to(north).shows("North has been moved.")
	a.get(north+"/rename").submit(north+"/rename", "name", "A/B").status(http.StatusUnprocessableEntity).
		shows("A name can't contain a slash")
	l := w.as(lone)
	l.get(north).status(http.StatusForbidden)
	l.get(sales + "/archive").status(http.StatusForbidden).
		shows("To archive or restore a unit, you must administer its parent unit.")
	l.post(root+"/rename", url.Values{"version": {"1"}, "name": {"Mine"}}).status(http.StatusForbidden)
}

func TestFindingUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, l := w.as(ada), w.as(lone)
	a.get("/settings/users").shows("4 users", "Ada Root", "Rikke Reader", "Nils Nothing")
	a.get("/settings/users?q=rik&sort=seen").shows("1 user", "Rikke Reader").lacks("Nils Nothing")
	a.get("/settings/users?status=unassigned&sort=newest").shows("Nils Nothing").lacks("Rikke Reader")
	for _, sort := range []string{"status", "unit"} {
		page := a.get("/settings/users?q=rik&sort="+sort).shows("1 user", "Rikke Reader")
		for _, holds := range []string{`aria-sort="ascending"><a href="/settings/users?q=rik&amp;sort=` + sort + `"`,
			`<input type="hidden" name="sort" value="` + sort + `">`} {
			if !strings.Contains(page.Body, holds) {
				t.Errorf("the list by %s lacks %s", sort, holds)
			}
		}
	}
	a.get("/settings/users?status=active").shows("Ada Root").lacks("Nils Nothing")
	a.get("/settings/users?unit="+string(w.sales)).shows("Rikke Reader", "Lone Local").lacks("Nils Nothing")
	a.get("/settings/users?q=nobody").shows("No users found", "Check the spelling, or clear the search.")
	a.get("/settings/users?status=deactivated").shows("No users found", "Clear the filter to see all users.").
		lacks("Check the spelling")
	l.get("/settings/users").shows("Rikke Reader", "Nils Nothing").lacks(">Ada Root<")
	l.get("/settings/users?unit=" + string(w.it)).status(http.StatusForbidden)
	l.get(userPath(w.users[ada.username])).status(http.StatusForbidden)
	l.get("/settings/users/add/check?username=" + ada.username).status(http.StatusOK).lacks("Open this user")
	l.post("/settings/users/add", url.Values{"username": {ada.username}, "name": {"Ada"}}).
		status(http.StatusUnprocessableEntity).
		shows("in business units you don't administer").lacks("Ada Root")
}

// A search on the home page shows few users, and every user's units are one step away.
func TestHomeFindsUsers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(ada)
	home := b.get("/")
	for _, want := range []string{`href="/settings/users/add" data-popup`, `action="/settings/users"`,
		`formaction="/settings/explain"`, `data-live="8"`} {
		if !strings.Contains(home.Body, want) {
			t.Errorf("the home page lacks %s", want)
		}
	}
	if page := w.as(rikke).get("/"); strings.Contains(page.Body, "/settings/") {
		t.Error("the home page of a user leads to settings")
	}
	b.get(view.UsersPath + "?q=rikke&rows=8").leads(userPath(w.users[rikke.username]) + "/units")
	for rows, want := range map[string]int{"1": 1, "0": 4, "-1": 4, "x": 4, "99999999999999999999": 4, "1000": 4} {
		page := b.get(view.UsersPath + "?rows=" + rows).status(http.StatusOK)
		if got := strings.Count(page.Body, "<tr data-row>"); got != want {
			t.Errorf("%s rows: the list has %d, want %d", rows, got, want)
		}
	}
}

// An administrator who can give access to one unit alone need not choose it.
func TestTheOnlyUnitIsChosen(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	it := human{"0f3b6c1e-7777-4c5b-b112-0000000000ac", "ib@nordhavn.example", "Ib It"}
	w.must(w.tenants[nordHost].Put(it.account()))
	w.user(it, pactius.Grant{Unit: w.it, Access: pactius.AccessAdminister})
	add := view.UsersPath + "/add"
	if got := w.as(it).get(add).fields(add)[view.FieldUnit]; len(got) != 1 || got[0] != string(w.it) {
		t.Errorf("the form has the units %v, want IT", got)
	}
	for _, several := range []human{ada, lone} {
		if got := w.as(several).get(add).fields(add)[view.FieldUnit]; len(got) != 0 {
			t.Errorf("%s: the form has the units %v, want none", several.name, got)
		}
	}
	w.unit(w.it, "Helpdesk")
	if got := w.as(it).get(add).fields(add)[view.FieldUnit]; len(got) != 0 {
		t.Errorf("with a unit below: the form has the units %v, want none", got)
	}
}

func TestMailsThatCouldNotBeDelivered(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.request(vera)
	mail := w.deadMail()
	a, l := w.as(ada), w.as(lone)
	a.get("/").shows("1 email couldn't be delivered.", "Pending requests")
	retry := view.EnvironmentPath + "/mails/" + mail + "/retry"
	shown := a.get(view.EnvironmentPath).shows("no such mailbox", "Send again")
	l.get(view.EnvironmentPath).lacks("no such mailbox")
	shown.submit(retry).status(http.StatusSeeOther)
	a.get(view.EnvironmentPath).shows("The email is on its way again.", "Every email has been delivered.")
	a.post(retry, nil).status(http.StatusSeeOther) // twice is fine
}
