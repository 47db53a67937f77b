package web

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"

	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/testbed/devtenant"
)

// TestPagesShowWhateverMicrosoftVouchesFor walks people of strange names from the first sign-in to their page.
func TestPagesShowWhateverMicrosoftVouchesFor(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	boss := w.as(ada)
	for i, name := range []string{"gerd+x@n.example", "r&d@n.example", "1/2@n.example", "taro.@docomo.example",
		"+45 12345678", "a@b@c", "<b>'\"@n.example", "ida@münchen.example", "an\u200bna@n.example"} {
		n := strconv.Itoa(i)
		h := human{"0f3b6c1e-5555-4c5b-b112-00000000000" + n, "upn" + n + "@nordhavn.example", "Strange ❤\ufe0f " + n}
		p := h.account()
		p.SignInName, p.Mail = name, ""
		w.must(w.tenants[nordHost].Put(p))
		want := name
		if names.Vouched(name).Key == "" { // then the directory says it
			want = h.username
		}
		w.walk(boss, h, want)
	}
}

// walk walks a person from the first sign-in to the user's page; every page shows a text about the account name.
func (w *world) walk(boss *browser, h human, shown string) {
	w.Helper()
	b := w.as(h)
	b.get("/access").status(http.StatusOK).shows(h.name)
	b.get("/access").submit("/access", "message", "Let me in").to("/access").status(http.StatusOK)
	waiting := w.db.Rows(w, `SELECT id FROM access_requests WHERE oid = $1`, h.oid)
	if len(waiting) != 1 {
		w.Fatalf("%s has %d requests", h.name, len(waiting))
	}
	request := "/settings/requests/" + waiting[0][:len(waiting[0])-1]
	boss.get("/").status(http.StatusOK).shows(h.name, shown)
	boss.get("/settings/requests").status(http.StatusOK).shows(h.name, shown)
	boss.get(request).status(http.StatusOK).shows(h.name, shown).
		submit(request + "/approve").status(http.StatusSeeOther)
	boss.get(request).status(http.StatusOK).shows(h.name, shown)
	w.as(h).get("/").status(http.StatusOK).shows(h.name)
	found := w.db.Rows(w, `SELECT id FROM users WHERE oid = $1`, h.oid)
	if len(found) != 1 {
		w.Fatalf("%s is %d users", h.name, len(found))
	}
	user := "/settings/users/" + found[0][:len(found[0])-1]
	for _, path := range []string{user, user + "/edit", user + "/deactivate"} {
		boss.get(path).status(http.StatusOK).shows(h.name)
	}
	boss.get(user).shows(shown)
	boss.get("/settings/users").status(http.StatusOK).shows(h.name, shown)
	boss.get("/settings/activity").status(http.StatusOK).shows(h.name)
	boss.get("/settings/explain?username=" + url.QueryEscape(shown)).status(http.StatusOK)
}

// TestSomeoneWithoutAccountNameIsAskedForInTheDirectory signs in with a token that has no account name.
func TestSomeoneWithoutAccountNameIsAskedForInTheDirectory(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	nameless := func(h human) {
		p := h.account()
		p.Nameless, p.Mail = true, ""
		w.must(w.tenants[nordHost].Put(p))
	}
	boss := w.as(ada)
	nameless(vera)
	w.walk(boss, vera, vera.username)

	// The directory has the name of someone who was added by it.
	nameless(nils)
	w.as(nils).get("/").status(http.StatusOK)
	if u := w.users[nils.username]; w.db.Count(t, `SELECT COUNT(*) FROM users WHERE id = $1 AND oid <> ''`, u) != 1 {
		t.Error("an invited user is not linked by the directory's account name")
	}

	// Without permission to read it, the person stands by identity and display name.
	w.must(w.tenants[nordHost].Grant(application))
	w.tenants[nordHost].EndTokens()
	nameless(walt)
	w.walk(boss, walt, "No account name")
	w.as(walt).get("/").status(http.StatusOK)
	if n := w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE to_address = ''`); n > 0 {
		t.Errorf("%d emails to nowhere", n)
	}
}

// TestANameOfTheDirectoryCanBeSaved fills in the form with a person from the directory and saves it.
func TestANameOfTheDirectoryCanBeSaved(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	boss := w.as(ada)
	for i, p := range []devtenant.Person{
		{AccountName: "heart@nordhavn.example", Name: "Anna ❤\ufe0f", Mail: "taro.@docomo.example"},
		{AccountName: "long@nordhavn.example", Name: strings.Repeat("å", 256)},
		{AccountName: "coder@nordhavn.example", Name: "Ida 👩\u200d💻"},
		{AccountName: "r&d+x=1/2@nordhavn.example", Name: "Rob Dee"},
		{AccountName: "hidden@nordhavn.example", Name: "\u202eHid\u200bden"},
	} {
		p.ObjectID = "0f3b6c1e-6666-4c5b-b112-00000000000" + strconv.Itoa(i)
		w.must(w.tenants[nordHost].Put(p))
		boss.get(addPath).submit(addPath, "choose", p.ObjectID).status(http.StatusOK).submit(addPath).
			status(http.StatusSeeOther)
		if n := w.db.Count(t, `SELECT COUNT(*) FROM users WHERE oid = $1 AND username = $2`, p.ObjectID,
			p.AccountName); n != 1 {
			t.Errorf("%s was not added", p.AccountName)
		}
	}
}
