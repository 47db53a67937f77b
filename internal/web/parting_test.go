package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
)

func TestTwoUsersBecomeOneAndTwoAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	double := human{"0f3b6c1e-6666-4c5b-b112-000000000001", "rikke.new@nordhavn.example", "Rikke Double"}
	w.employ(double.account())
	w.as(rikke)
	w.db.Clock.Advance(time.Minute)
	otherID := w.user(double, pactius.Grant{Unit: w.it, Access: pactius.AccessWrite})
	w.as(double)
	a, path, other := w.as(ada), userPath(w.users[rikke.username]), userPath(otherID)
	a.get(path).shows("Merge with another user")
	a.get(path + "/merge").shows("Name or account name of the other user").lacks("Rikke Double")
	a.get(path + "/merge?q=nobody-at-all").status(http.StatusOK).shows("No other user found.")
	found := a.get(path + "/merge?q=double").shows("Rikke Double")
	ask := a.get(link(t, found, path+"/merge?with="))
	ask.shows("Merge Rikke Reader with another user", "User to merge into it", "rikke.new@nordhavn.example",
		"Microsoft 365 account to sign in with from now on", "2 sessions end.", "You can undo this for 10 minutes")
	if got := ask.fields(path + "/merge").Get("account"); got != string(users.AccountOfOther) {
		t.Errorf("the account chosen at first is %q, want the one that signed in last", got)
	}
	a.get(other + "/merge?with=" + strings.TrimPrefix(path, "/settings/users/")).shows("Merge Rikke Double")
	ask.submit(path+"/merge", "account", "kept").to(path).shows("Rikke Double has been merged into Rikke Reader.",
		"rikke.new@nordhavn.example", "Another user was merged into this one.",
		"Ada Root merged Rikke Double into Rikke")
	a.get(other).to(path)
	a.get("/settings/users?q=rikke.new").shows("Rikke Reader").lacks("Rikke Double")
	a.get("/settings/activity?user=" + strings.TrimPrefix(path, "/settings/users/")).shows("Rikke Reader signed in")

	// The other account meets a page that says what to do, and sign-in help explains it.
	b := w.browser(nordHost)
	b.get(b.callback(double)).to("/access").status(http.StatusForbidden).shows("Sign in with your other account",
		"Switch to that account", "ada@nordhavn.example")
	b.post("/access", url.Values{}).status(http.StatusForbidden)
	a.explained(double.username).shows("was given up when two users were merged", "rikke@nordhavn.example")

	a.get(path + "/unmerge").shows("Undo the merge of Rikke Reader").submit(path + "/unmerge").to(path).
		shows("Rikke Reader and Rikke Double are separate users again.")
	a.get(other).status(http.StatusOK).shows("Rikke Double")
	a.post(path+"/unmerge", nil).status(http.StatusConflict).shows("there's nothing to undo")
}

func TestAMergeThatCannotBeDoneSaysWhy(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, l, path := w.as(ada), w.as(lone), userPath(w.users[rikke.username])
	id := func(h human) string { return string(w.users[h.username]) }
	before := w.db.Dump(t)
	a.get(path + "/merge?with=" + id(rikke)).status(http.StatusUnprocessableEntity).shows("This is the same user.")
	a.get(path + "/merge?with=" + id(ada)).status(http.StatusConflict).
		shows("You can't merge your own user into another one.")
	a.get(path + "/merge?with=0f3b6c1e-6666-7c5b-b112-000000000001").status(http.StatusNotFound)
	a.post(path+"/merge", url.Values{"with": {id(nils)}}).status(http.StatusConflict).
		shows("One of the users has changed since you opened this page")
	a.post(path+"/merge", url.Values{"with": {"' OR 1=1"}, "seen": {"x"}}).status(http.StatusNotFound)
	open := a.get(path + "/merge?with=" + id(nils))
	a.post(path+"/merge", url.Values{"with": {id(nils)}, "seen": {open.fields(path + "/merge").Get("seen")},
		"account": {"neither"}}).status(http.StatusUnprocessableEntity).shows("Choose one of the two")
	l.get(path + "/merge?with=" + id(ada)).status(http.StatusForbidden)
	same(t, before, w.db.Dump(t))
}

func TestAUserIsDeletedAndAnotherErased(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	mistake := userPath(w.user(human{"", "mistake@nordhavn.example", "Mia Mistake"}))
	old := a.get(mistake+"/delete").shows("Delete Mia Mistake", "This can't be undone.")
	edit := a.get(mistake + "/edit")
	edit.submit(mistake+"/edit", "name", "Mia Changed").to(mistake)
	old.submit(mistake + "/delete").status(http.StatusConflict).shows("Someone has changed this").
		submit(mistake + "/delete").to("/settings/users").shows("Mia Changed has been deleted.")
	a.get(mistake).status(http.StatusNotFound)

	rikkes, r := userPath(w.users[rikke.username]), w.as(rikke)
	a.get(rikkes).lacks("added by mistake")
	a.post(rikkes+"/delete", url.Values{"version": {"1"}}).status(http.StatusConflict)
	a.get(rikkes+"/erase").shows("Erase Rikke Reader", "Existing backups").submit(rikkes + "/erase").
		to("/settings/users").shows("Rikke Reader has been erased.")
	a.get(rikkes).status(http.StatusNotFound)
	a.get("/settings/activity").shows("Ada Root erased a user and all personal data", "Erased user signed in").
		lacks("Rikke", "rikke")
	r.get("/").shows("Sign in")
	a.get(userPath(w.users[ada.username])).lacks("all personal data, for example")
	a.post(userPath(w.users[ada.username])+"/erase", url.Values{"version": {"1"}}).status(http.StatusConflict)
}
