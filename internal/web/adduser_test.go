package web

import (
	"context"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/directory"
	"github.com/pactius/pactius/testbed/devtenant"
)

const addPath = "/settings/users/add"

// employ puts somebody into Nordhavn's Microsoft 365.
func (w *world) employ(p devtenant.Person) devtenant.Person {
	w.Helper()
	if p.ObjectID == "" {
		p.ObjectID = "0f3b6c1e-6666-4c5b-b112-00000000000a"
	}
	w.must(w.tenants[nordHost].Put(p))
	return p
}

func (w *world) tenant() *devtenant.Tenant { return w.tenants[nordHost] }

// added is the user with an account name, as stored.
func (w *world) added(username string) pactius.User {
	w.Helper()
	u, err := w.site.Users.Find(w.Context(), pactius.SupportActor(w.nord.ID), username)
	w.must(err)
	return u
}

func TestPeopleAreFoundWhileTyping(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employ(devtenant.Person{AccountName: "gustav.friis@nordhavn.example", Name: "Gustav <Friis> & \"Sons\"",
		JobTitle: "Deck officer"})
	b := w.as(ada)
	found := b.get(addPath + "/people?q=gust").status(http.StatusOK)
	found.shows(`Gustav <Friis> & "Sons"`, "gustav.friis@nordhavn.example", "Deck officer", "1 person found.").
		lacks("<Friis>", "<html")
	if got := found.Header.Get("Cache-Control"); got != "no-store" {
		t.Errorf("Cache-Control is %q", got)
	}
	b.get(addPath+"/people?q=rikke").shows("Rikke Reader", "Already invited")
	for name, typed := range map[string]string{"nothing": "", "one letter": "a",
		"10,000 characters": strings.Repeat("å", 10_000), "a quote": `"`, "a script": "<script>alert(1)</script>"} {
		got := b.get(addPath + "/people?q=" + url.QueryEscape(typed)).status(http.StatusOK)
		got.lacks("role=\"option\"", "<script>")
		if typed == "" && got.text() != "" {
			t.Errorf("%s: the answer says %q", name, got.text())
		}
	}
	w.tenant().SetTrouble(devtenant.Trouble{Down: true})
	b.get(addPath+"/people?q=somebody").status(http.StatusOK).shows("Microsoft 365 can't be reached",
		"You can still add the user.")
}

func TestPictures(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gustav := w.employ(devtenant.Person{AccountName: "gustav.friis@nordhavn.example", Name: "Gustav Friis",
		Photo: true})
	b := w.as(lone)
	got := b.get(addPath + "/photo?oid=" + gustav.ObjectID).status(http.StatusOK)
	for name, want := range map[string]string{
		"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Cache-Control": "private, max-age=3600",
		"Content-Security-Policy": "default-src 'none'; sandbox",
	} {
		if have := got.Header.Get(name); have != want {
			t.Errorf("%s is %q, want %q", name, have, want)
		}
	}
	// Where there is none, a point that shows the initials beneath it.
	for _, oid := range []string{ada.oid, "../../me", "", "0f3b6c1e-9999-4c5b-b112-00000000000a"} {
		none := b.get(addPath + "/photo?oid=" + url.QueryEscape(oid)).status(http.StatusNotFound)
		if kind := http.DetectContentType([]byte(none.Body)); none.Header.Get("Content-Type") != "image/gif" ||
			kind != "image/gif" {
			t.Errorf("%q: %s, seen as %s", oid, none.Header.Get("Content-Type"), kind)
		}
	}
}

func TestWhatIsKnownBeforeSaving(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employ(devtenant.Person{AccountName: "gustav.friis@nordhavn.example", Name: "Gustav Friis"})
	w.request(walt)
	b := w.as(ada)
	for name, test := range map[string]struct {
		username string
		shows    []string
		lacks    []string
	}{
		"an account that exists": {"Gustav.Friis@nordhavn.example", []string{"Gustav Friis",
			"Access stays with this account"}, []string{"despite"}},
		"a mistyped account name": {"gustav.fris@nordhavn.example",
			[]string{"No one in Microsoft 365 has the account name", "Did you mean:", "Gustav Friis"},
			[]string{"Access stays", "Saving links"}},
		"nobody at all": {"zebedee.quux@nordhavn.example",
			[]string{"No one in Microsoft 365 has the account name", "Check the spelling"}, []string{"despite",
				"Did you mean"}},
		"a user": {rikke.username, []string{"Rikke Reader is already a user here."},
			[]string{"Access stays", "Saving links"}},
		"somebody who has asked": {walt.username, []string{"Walt Waiting requested access",
			"Adding this user approves that request."}, nil},
		"half an account name": {"gustav@", nil, []string{"Microsoft 365", "notice"}},
		"markup":               {`"><script>alert(1)</script>@nordhavn.example`, nil, []string{"<script>"}},
	} {
		b.get(addPath + "/check?username=" + url.QueryEscape(test.username)).status(http.StatusOK).shows(test.shows...).
			lacks(test.lacks...)
		if t.Failed() {
			t.Fatal(name)
		}
	}
}

func TestChoosingBindsWhatMicrosoftSays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gustav := w.employ(devtenant.Person{AccountName: "gustav.friis@nordhavn.example", Name: "Gustav Friis",
		Mail: "gf@mail.nordhavn.example"})
	b := w.as(ada)
	post := func(pairs ...string) *page { return b.get(addPath).submit(addPath, pairs...) }

	// Values of the form about an account are never stored.
	post("username", "gustav.friis@nordhavn.example", "name", "Gustav", "oid", strings.ToUpper(gustav.ObjectID),
		"chosen", "GUSTAV.FRIIS@nordhavn.example").status(http.StatusSeeOther)
	want := pactius.Identity{TenantID: nordTenant, ObjectID: gustav.ObjectID}
	if u := w.added("gustav.friis@nordhavn.example"); u.Identity != want || u.Name != "Gustav" ||
		u.Username != "gustav.friis@nordhavn.example" {
		t.Errorf("stored %+v", u)
	}

	// Renamed between choosing and saving: the account counts, under its new name.
	hanne := w.employ(devtenant.Person{ObjectID: "0f3b6c1e-6666-4c5b-b112-00000000000b",
		AccountName: "hanne.before@nordhavn.example", Name: "Hanne Before"})
	w.must(w.tenant().Rename(hanne.ObjectID, "hanne.after@nordhavn.example", "Hanne After"))
	post("username", hanne.AccountName, "name", hanne.Name, "oid", hanne.ObjectID, "chosen", hanne.AccountName).
		status(http.StatusSeeOther)
	if u := w.added("hanne.after@nordhavn.example"); u.Identity.ObjectID != hanne.ObjectID {
		t.Errorf("stored %+v", u)
	}

	// Bound already: which user it is.
	again := post("username", "hanne.after@nordhavn.example", "name", "Hanne Again", "oid", hanne.ObjectID, "chosen",
		"hanne.after@nordhavn.example")
	again.status(http.StatusUnprocessableEntity).shows("Hanne Before", "Open this user")
}

// A request is found by the account, also under a new account name.
func TestChoosingSomebodyWhoHasAsked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.request(walt)
	w.must(w.tenant().Rename(walt.oid, "walt.holm@nordhavn.example", "Walt Holm"))
	b := w.as(ada)
	b.get(addPath+"/check?username=walt.holm%40nordhavn.example").shows("Walt Waiting requested access",
		"Adding this user approves that request.")
	form := []string{"username", "walt.holm@nordhavn.example", "name", "Walt Holm", "oid", walt.oid, "chosen",
		"walt.holm@nordhavn.example"}
	asked := b.get(addPath).submit(addPath, form...).status(http.StatusConflict).
		shows("Adding this user approves that request.")
	asked.submit(addPath).status(http.StatusSeeOther)
	if u := w.added("walt.holm@nordhavn.example"); u.Identity.ObjectID != walt.oid {
		t.Errorf("stored %+v", u)
	}
	seen, err := w.site.Users.Request(w.Context(), pactius.SupportActor(w.nord.ID), q)
	w.must(err)
	if seen.Request.State != pactius.StateApproved {
		t.Errorf("the request is %s", seen.Request.State)
	}
	w.as(walt).get("/").status(http.StatusOK).shows("Welcome")
}

func TestAChoiceThatDoesNotHold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gustav := w.employ(devtenant.Person{AccountName: "gustav.friis@nordhavn.example", Name: "Gustav Friis"})
	b := w.as(ada)
	post := func(pairs ...string) *page { return b.get(addPath).submit(addPath, pairs...) }
	before := w.db.Dump(t)

	edited := post("username", "gustav.other@nordhavn.example", "name", "Gustav", "oid", gustav.ObjectID, "chosen",
		gustav.AccountName)
	edited.status(http.StatusUnprocessableEntity).
		shows("You changed the account name, so gustav.friis@nordhavn.example is no longer chosen.")
	if f := edited.fields(addPath); f.Get("oid") != "" || f.Get("chosen") != "" ||
		f.Get("username") != "gustav.other@nordhavn.example" {
		t.Errorf("the form still holds %v", f)
	}
	same(t, before, w.db.Dump(t))

	// An account that is gone, of another tenant, or no ID at all: the name counts, and that is said.
	for i, oid := range []string{"0f3b6c1e-9999-4c5b-b112-00000000000a", sara.oid, "../../me"} {
		username := []string{"gone", "theirs", "path"}[i] + "@nordhavn.example"
		b.get(addPath)
		post("username", username, "name", "Somebody "+username, "oid", oid, "chosen", username, "despite", username,
			"similar", "1").
			status(http.StatusSeeOther)
		if u := w.added(username); !u.Identity.IsZero() {
			t.Errorf("%s is bound to %+v", username, u.Identity)
		}
		b.get("/settings/users").shows("the account you chose is no longer in Microsoft 365")
	}
	w.tenant().SetTrouble(devtenant.Trouble{Down: true})
	post("username", gustav.AccountName, "name", gustav.Name, "oid", gustav.ObjectID, "chosen", gustav.AccountName).
		status(http.StatusSeeOther)
	if u := w.added(gustav.AccountName); !u.Identity.IsZero() {
		t.Error("bound without Microsoft's word")
	}
	b.get("/settings/users").shows(
		"has been added. Microsoft 365 can't be reached, so names aren't being checked right now.")
}

func TestAMistypedNameIsAskedAboutOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employ(devtenant.Person{AccountName: "gustav.friis@nordhavn.example", Name: "Gustav Friis"})
	b := w.as(ada)
	before := w.db.Dump(t)
	asked := b.get(addPath).submit(addPath, "username", "gustav.fris@nordhavn.example", "name", "Gustav Fris")
	asked.status(http.StatusUnprocessableEntity).shows("Did you mean:", "Gustav Friis", "Add anyway")
	same(t, before, w.db.Dump(t))

	// The offer stays in view when something else is wrong, and the name is asked for.
	nameless := asked.fields(addPath)
	nameless.Set("name", " ")
	b.post(addPath, nameless).status(http.StatusUnprocessableEntity).shows("Enter the person's name.", "Did you mean:",
		"Gustav Friis", "Add anyway").lacks("Enter a name.")
	same(t, before, w.db.Dump(t))

	// A confirmation is good for the name it was given for.
	fields := asked.fields(addPath)
	fields.Set("username", "gustav.frii@nordhavn.example")
	b.post(addPath, fields).status(http.StatusUnprocessableEntity).shows("gustav.frii@nordhavn.example")
	same(t, before, w.db.Dump(t))

	asked.submit(addPath).status(http.StatusSeeOther)
	if u := w.added("gustav.fris@nordhavn.example"); !u.Identity.IsZero() {
		t.Errorf("stored %+v", u)
	}
}

// A typed account name that the directory knows links the account that has it,
// with nothing chosen in the form.
func TestATypedNameLinksTheAccountThatHasIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := w.employ(devtenant.Person{AccountName: "gustav.friis@nordhavn.example", Name: "Gustav Before"})
	gone := w.employ(devtenant.Person{
		ObjectID: "0f3b6c1e-6666-4c5b-b112-00000000000b", AccountName: "hanne.holm@nordhavn.example",
		Name: "Hanne Holm"})
	w.must(w.tenant().Delete(gone.ObjectID))
	b := w.as(ada)
	post := func(username, name string) *page {
		return b.get(addPath).submit(addPath, "username", username, "name", name)
	}
	b.get(addPath + "/check?username=" + url.QueryEscape(before.AccountName)).shows("Gustav Before")
	w.must(w.tenant().Rename(before.ObjectID, "gustav.before@nordhavn.example", before.Name))
	gustav := w.employ(devtenant.Person{
		ObjectID: "0f3b6c1e-6666-4c5b-b112-00000000000c", AccountName: before.AccountName, Name: "Gustav Friis"})

	post("Gustav.FRIIS@nordhavn.example", "Gustav").status(http.StatusSeeOther)
	u := w.added(gustav.AccountName)
	if u.Identity.ObjectID != gustav.ObjectID || u.Username != gustav.AccountName || u.Name != "Gustav" {
		t.Errorf("stored %+v", u)
	}
	w.request(walt)
	post(walt.username, "Walt").status(http.StatusConflict).shows("Adding this user approves that request.").
		submit(addPath).status(http.StatusSeeOther)
	if u := w.added(walt.username); u.Identity.ObjectID != walt.oid {
		t.Errorf("stored %+v", u)
	}
	post(gone.AccountName, gone.Name).status(http.StatusSeeOther)
	if u := w.added(gone.AccountName); !u.Identity.IsZero() {
		t.Errorf("linked to a deleted account: %+v", u)
	}
	w.tenant().SetTrouble(devtenant.Trouble{Down: true})
	post("away@nordhavn.example", "Aage Away").status(http.StatusSeeOther)
	if u := w.added("away@nordhavn.example"); !u.Identity.IsZero() {
		t.Errorf("linked without an answer: %+v", u)
	}
}

// The request of a former owner of the account name waits on while its present
// owner is added, also after the question about similar people was confirmed.
func TestAConfirmedNameLinksItsPresentOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	former := w.employ(devtenant.Person{AccountName: "anna.vestergaard@nordhavn.example", Name: "Anna Before"})
	asked := human{former.ObjectID, former.AccountName, former.Name}
	w.request(asked)
	w.must(w.tenant().Rename(former.ObjectID, "anna.before@nordhavn.example", former.Name))
	owner := w.employ(devtenant.Person{
		ObjectID: "0f3b6c1e-6666-4c5b-b112-00000000000b", AccountName: former.AccountName, Name: "Anna Vestergaard"})
	w.user(human{"", "anna.vestergard@nordhavn.example", owner.Name}) // a similar user
	b := w.as(ada)
	b.get(addPath).submit(addPath, "username", owner.AccountName, "name", owner.Name).
		status(http.StatusConflict).
		shows("This looks like someone who's already here:", "Add anyway", "Access stays with this account").
		submit(addPath).status(http.StatusSeeOther)
	if u := w.added(owner.AccountName); u.Identity.ObjectID != owner.ObjectID {
		t.Errorf("stored %+v", u)
	}
	w.pending(asked)
}

func TestLookingUpWithoutScripts(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gustav := w.employ(devtenant.Person{AccountName: "gustav.friis@nordhavn.example", Name: "Gustav Friis",
		Mail: "gf@mail.nordhavn.example"})
	b := w.as(ada)
	before := w.db.Dump(t)
	press := func(p *page, pairs ...string) *page { return p.submit(addPath, pairs...) }

	found := press(b.get(addPath), "username", "gust", "look_up", "1", "unit", string(w.north),
		"access."+string(w.north), "write").status(http.StatusOK)
	found.shows("Gustav Friis", "None of these", "You're giving this user access to Sales / North (Write).")
	press(b.get(addPath), "username", "gustav.fris@nordhavn.example", "look_up", "1").status(http.StatusOK).
		shows("Gustav Friis")
	press(b.get(addPath), "username", "zzz", "look_up", "1").status(http.StatusOK).
		shows("No one found in Microsoft 365.")
	chosen := press(b.get(addPath), "username", "gust", "choose", gustav.ObjectID).status(http.StatusOK).
		shows("Access stays with this account", "Without a business unit, Gustav Friis can sign in")
	if diff := cmp.Diff([]string{gustav.AccountName, gustav.Name, gustav.Mail, gustav.ObjectID}, []string{
		chosen.fields(addPath).Get("username"), chosen.fields(addPath).Get("name"), chosen.fields(addPath).Get("email"),
		chosen.fields(addPath).Get("oid")}); diff != "" {
		t.Errorf("choosing fills in (-want +got):\n%s", diff)
	}
	press(b.get(addPath), "username", "gust", "choose", "0f3b6c1e-9999-4c5b-b112-00000000000a").status(http.StatusOK).
		shows("no longer in Microsoft 365")
	same(t, before, w.db.Dump(t))

	fields := found.fields(addPath)
	fields.Set("oid", gustav.ObjectID) // the button of the radio
	b.post(addPath, fields).status(http.StatusSeeOther)
	u := w.added(gustav.AccountName)
	if u.Identity.ObjectID != gustav.ObjectID || u.Name != gustav.Name || u.Email != gustav.Mail || u.UnitCount != 1 {
		t.Errorf("stored %+v", u)
	}
}

// A typed name alone is enough where the directory knows the account: its name and
// email are taken, with nothing chosen and no script.
func TestAnAccountNameIsEnough(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gustav := w.employ(devtenant.Person{AccountName: "gustav.friis@nordhavn.example", Name: "Gustav Friis",
		Mail: "gf@mail.nordhavn.example"})
	b := w.as(ada)
	b.get(addPath).shows("Leave blank to use the name from Microsoft 365.").
		submit(addPath, "username", gustav.AccountName).status(http.StatusSeeOther)
	if u := w.added(gustav.AccountName); u.Name != gustav.Name || u.Email != gustav.Mail ||
		u.Identity.ObjectID != gustav.ObjectID {
		t.Errorf("stored %+v", u)
	}
	b.get(addPath).submit(addPath, "username", "not.there@nordhavn.example").
		status(http.StatusUnprocessableEntity).shows("Enter")
}

// An administrator of Sales learns that a person has requested access elsewhere, and
// neither when nor which request.
func TestARequestElsewhereIsTold(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.request(walt, w.it)
	b := w.as(lone)
	hidden := []string{string(q), "/settings/requests/", "Walt Waiting requested access", "See the request"}
	told := "This person also has a pending access request that only other administrators can decide on."
	b.get(addPath + "/check?username=" + url.QueryEscape(walt.username)).shows(told).lacks(hidden...)
	b.get(addPath + "/people?q=walt").shows("Has requested access elsewhere").lacks(hidden...)
	b.get(addPath).submit(addPath, "username", walt.username, "unit", string(w.sales),
		"access."+string(w.sales), "read").status(http.StatusSeeOther)
	b.get("/settings/users").shows(told).lacks(string(q))
	w.pending(walt)
	w.as(walt).get("/").shows("Welcome")
}

// A directory that is late, and one that answers differently the second time.
func TestWhatWasConfirmedIsWhatWasShown(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.employ(devtenant.Person{AccountName: "gustav.friis@nordhavn.example", Name: "Gustav Friis"})
	b := w.as(ada)
	before := w.db.Count(t, `SELECT COUNT(*) FROM users`)
	form := []string{"username", "gustav.fris@nordhavn.example", "name", "Gustav Fris"}
	late := w.site.Directory.Graph
	w.site.Directory.Graph = lateSearch{late}
	asked := b.get(addPath).submit(addPath, form...).status(http.StatusUnprocessableEntity).
		shows("No one in Microsoft 365 has the account name", "Similar names haven't been checked yet.", "Add anyway").
		lacks("Gustav Friis")
	typing := b.get(addPath + "/check?username=" + url.QueryEscape(form[1])).
		shows("Similar names haven't been checked yet.")
	if !strings.Contains(typing.Body, "data-again") {
		t.Error("the page does not ask again")
	}
	w.site.Directory.Graph = late
	w.db.Clock.Advance(time.Minute)
	asked = asked.submit(addPath).status(http.StatusUnprocessableEntity).shows("Did you mean:", "Gustav Friis")
	w.employ(devtenant.Person{ObjectID: "0f3b6c1e-6666-4c5b-b112-00000000000b",
		AccountName: "gustav.frits@nordhavn.example", Name: "Gustav Frits"})
	w.db.Clock.Advance(time.Minute)
	asked = asked.submit(addPath).status(http.StatusUnprocessableEntity).shows("Gustav Frits")
	if got := w.db.Count(t, `SELECT COUNT(*) FROM users`); got != before {
		t.Errorf("%d users were added", got-before)
	}
	w.site.Directory.Graph = lateSearch{late}
	w.db.Clock.Advance(time.Minute)
	asked.submit(addPath).status(http.StatusSeeOther)
	b.get("/settings/users").shows("similar names weren't checked")
}

// lateSearch is a directory whose search does not answer in time.
type lateSearch struct{ directory.Graph }

func (lateSearch) Search(context.Context, pactius.Credentials, int, ...string) ([]pactius.Account, error) {
	return nil, &pactius.DirectoryError{Trouble: pactius.TroubleSlow}
}

// An account name that is corrected is checked as that of a new user is.
func TestACorrectedAccountNameIsChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	gustav := w.employ(devtenant.Person{AccountName: "gustav.friis@nordhavn.example", Name: "Gustav Friis"})
	w.user(human{"", "wilhelmina.kjeldsen@nordhavn.example", "Wilhelmina Kjeldsen"})
	edit := userPath(w.user(human{"", "gustaf@nordhavn.example", "Gustav Friis"},
		pactius.Grant{Unit: w.it, Access: pactius.AccessRead})) + "/edit"
	b := w.as(ada)
	before := w.db.Dump(t)
	asked := b.get(edit).submit(edit, "username", "gustav.fris@nordhavn.example").
		status(http.StatusUnprocessableEntity).shows("Did you mean:", "Gustav Friis", "Save anyway")
	chosen := asked.submit(edit, "choose", gustav.ObjectID).status(http.StatusOK)
	if got := chosen.fields(edit).Get("username"); got != gustav.AccountName {
		t.Errorf("choosing fills in %q", got)
	}
	asked.submit(edit, "choose", "0f3b6c1e-9999-4c5b-b112-00000000000a").status(http.StatusOK).
		shows("no longer in Microsoft 365")
	fields := asked.fields(edit)
	fields.Set("username", "gustav.frii@nordhavn.example") // another than was confirmed
	b.post(edit, fields).status(http.StatusUnprocessableEntity).shows("gustav.frii@nordhavn.example")
	b.get(edit).submit(edit, "username", "wilhelmina.kjelsen@nordhavn.example", "name", "Wilhelmina Kjeldsen").
		status(http.StatusConflict).shows("Wilhelmina Kjeldsen", "Save anyway")
	w.tenant().SetTrouble(devtenant.Trouble{Delay: 100 * time.Millisecond, Path: "/v1.0/users"})
	same(t, before, w.db.Dump(t))

	chosen.submit(edit).status(http.StatusSeeOther)
	if u := w.added(gustav.AccountName); u.Identity.ObjectID != gustav.ObjectID {
		t.Errorf("stored %+v", u)
	}
	w.tenant().SetTrouble(devtenant.Trouble{})
	edit = userPath(w.user(human{"", "zoe@nordhavn.example", "Zoe Quux"})) + "/edit"
	b.get(edit).submit(edit, "username", "zebedee.quux@nordhavn.example").status(http.StatusSeeOther)
	b.get("/settings/users").shows("Microsoft 365 has no account with this name.")
	w.tenant().SetTrouble(devtenant.Trouble{Down: true})
	b.get(edit).submit(edit, "username", "zebedee.other@nordhavn.example").status(http.StatusSeeOther)
	b.get("/settings/users").shows(
		"have been saved. Microsoft 365 can't be reached, so names aren't being checked right now.")
}

// Saving tells why a name was not checked. It calls a cause temporary only where it is.
func TestSavingTellsWhyANameIsNotChecked(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	edit := userPath(w.user(human{"", "zoe@nordhavn.example", "Zoe Quux"})) + "/edit"
	b := w.as(ada)
	w.must(w.tenants[nordHost].Grant(application))
	w.tenants[nordHost].EndTokens()
	const why = "PACTIUS isn't allowed to read the Microsoft 365 directory, so names aren't checked."
	b.get(addPath).submit(addPath, "username", "wilma@nordhavn.example", "name", "Wilma Ek").status(http.StatusSeeOther)
	b.get("/settings/users").shows("Wilma Ek has been added. " + why).lacks("just now")
	b.get(edit).submit(edit, "username", "zebedee@nordhavn.example").status(http.StatusSeeOther)
	b.get("/settings/users").shows("Changes to Zoe Quux have been saved. " + why).lacks("just now")
}
