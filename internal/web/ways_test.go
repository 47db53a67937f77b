package web

import (
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
)

func TestAnUnknownPersonAsksAndIsLetIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	v := w.browser(nordHost)
	v.get("/").status(http.StatusOK).shows("Sign in to Nordhavn", "Sign in with Microsoft")
	asking := v.get(v.callback(vera)).to("/access").status(http.StatusOK).shows("Request access to Nordhavn",
		"Vera Visitor", "vera@nordhavn.example", "ada@nordhavn.example")
	asking.submit("/access", "message", "I start on Monday", "unit", string(w.north)).
		to("/access").shows("Your request is pending", "I start on Monday", "Sales / North", "Lone Local")

	l := w.as(lone)
	list := l.get("/settings/requests").status(http.StatusOK).shows("Vera Visitor", "Sales / North")
	path := link(t, list, "/settings/requests/")
	one := l.get(path).status(http.StatusOK).shows("I start on Monday")
	if got := one.fields(path + "/approve")["unit"]; len(got) != 1 || got[0] != string(w.north) {
		t.Errorf("prefilled units %v, want the wished one %s", got, w.north)
	}
	one.submit(path+"/approve", "access."+string(w.north), "write", "note", "Welcome").
		to("/settings/requests").shows("Vera Visitor now has access: Sales / North (")

	v.get("/access").status(http.StatusOK).shows("You now have access", "Welcome").
		submit("/access/enter").to("/").shows("Welcome, Vera", "Vera Visitor", "Sales / North", "Write")
	w.browser(nordHost).signIn(vera).get("/").shows("Welcome, Vera", "Vera Visitor")
	if got := w.db.Count(t, `SELECT COUNT(*) FROM users WHERE username_key = $1`, vera.username); got != 1 {
		t.Errorf("%d users, want 1", got)
	}
}

func TestAPersonAddedBeforehandSignsIn(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l := w.as(lone)
	form := l.get("/settings/users/add").status(http.StatusOK)
	answer := form.submit("/settings/users/add", "username", "Vera@Nordhavn.example", "name", "Vera V", "unit",
		string(w.north), "access."+string(w.north), "read")
	answer.status(http.StatusSeeOther)
	l.get(answer.Header.Get("Location")).shows("Vera V has been added.", "Invited", "Sales / North")
	v := w.browser(nordHost)
	v.get(v.callback(vera)).to("/").shows("Welcome, Vera", "Vera V", "Sales / North", "Read")
}

func TestApprovedWithoutUnitsLeadsToAssigningThem(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := requestPath(w.request(vera))
	a := w.as(ada)
	answer := a.get(q).submit(q + "/approve").status(http.StatusSeeOther)
	user := a.get(answer.Header.Get("Location")).status(http.StatusOK).
		shows("Vera Visitor now has access, but doesn't have any business units yet.")
	units := link(t, user, "/settings/users/")
	a.get(units).submit(units, "unit", string(w.it), "access."+string(w.it), "administer").
		status(http.StatusSeeOther)
	w.as(vera).get("/").shows("IT", "Administer")
}

func TestAddingSomebodyWhoAskedApprovesTheRequestOnceConfirmed(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.request(vera)
	a := w.as(ada)
	a.get("/settings/users/add/check?username=vera%40nordhavn.example").status(http.StatusOK).shows("requested access",
		"Adding this user approves that request.")
	first := a.get("/settings/users/add").submit("/settings/users/add", "username", vera.username, "name", "Vera V").
		status(http.StatusConflict).shows("Adding this user approves that request.", "Add and approve the request")
	if got := first.fields("/settings/users/add"); got.Get("name") != "Vera V" || got.Get("confirmed") == "" {
		t.Errorf("the form came back with %v", got)
	}
	done := first.submit("/settings/users/add").status(http.StatusSeeOther)
	a.get(done.Header.Get("Location")).shows("and the access request has been approved.")
	a.get(requestPath(q)).shows("Ada Root approved this request")
}

func TestADecisionThatComesLateIsToldWhoDecided(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := requestPath(w.request(vera, w.north))
	a, l := w.as(ada), w.as(lone)
	open := l.get(q)
	a.get(q).submit(q + "/approve").to("/settings/requests")
	before := w.db.Dump(t)
	open.submit(q+"/approve").status(http.StatusConflict).shows("Ada Root approved this request",
		"Your decision wasn't applied.")
	l.post(q+"/decline", url.Values{"note": {"no"}}).to(q).shows("Ada Root approved this request",
		"Someone decided before you.")
	same(t, before, w.db.Dump(t))
}

func TestTheSameClickTwiceIsDoneOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := requestPath(w.request(vera, w.north))
	a := w.as(ada)
	open := a.get(q)
	open.submit(q + "/approve").to("/settings/requests")
	open.submit(q + "/approve").to("/settings/requests").shows("Vera Visitor now has access: Sales / North (")
	add := a.get("/settings/users/add")
	first := add.submit("/settings/users/add", "username", "x@nordhavn.example", "name", "X").
		status(http.StatusSeeOther)
	second := add.submit("/settings/users/add", "username", "x@nordhavn.example", "name", "X").
		status(http.StatusSeeOther)
	if got, want := second.Header.Get("Location"), first.Header.Get("Location"); got != want {
		t.Errorf("the second click leads to %s, want %s", got, want)
	}
	a.get(second.Header.Get("Location")).shows("was added by your first click")
	v := w.browser(nordHost).signIn(walt)
	asking := v.get("/access")
	asking.submit("/access").to("/access")
	asking.submit("/access", "message", "again").to("/access").shows("Your request is pending")
	if got := w.db.Count(t, `SELECT COUNT(*) FROM access_requests WHERE username_key = $1`, walt.username); got != 1 {
		t.Errorf("%d requests, want 1", got)
	}
}

func TestDeclinedWithdrawnAndTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	v := w.browser(nordHost).signIn(vera)
	v.get("/access").submit("/access").to("/access")
	v.get("/access/withdraw").shows("Withdraw your request").submit("/access/withdraw").to("/access").
		shows("You withdrew your request").
		submit("/access").to("/access")
	q := link(t, a.get("/settings/requests"), "/settings/requests/")
	a.get(q).submit(q + "/approve").status(http.StatusSeeOther)
	a.get(q + "/take-back").shows("Undo the approval of Vera Visitor").submit(q + "/take-back").to(q).
		shows("The approval has been undone.")
	v.get("/access").shows("Your request is pending")

	// Once more, and now the person is in.
	a.get(q).submit(q + "/approve").status(http.StatusSeeOther)
	v.post("/access/enter", nil).to("/").shows("Welcome, Vera")
	a.get(q).shows("You can undo the approval for another 10 minutes.")
	a.get(q + "/take-back").shows("Vera Visitor is signed out everywhere immediately.").submit(q + "/take-back").to(q).
		shows("The approval has been undone.")
	v.get("/").status(http.StatusOK).shows("Sign in").lacks("Welcome, Vera")
	v = w.browser(nordHost).signIn(vera)
	v.get("/access").shows("Your request is pending")
	a.get(q+"/decline").submit(q+"/decline", "note", "Not here").to("/settings/requests").shows("has been declined")
	v.get("/access").status(http.StatusOK).shows("Your request was declined", "Not here", "You can send a new request:")
	v.post("/access", url.Values{"message": {"please"}}).status(http.StatusTooManyRequests)
	w.db.Clock.Advance(pactius.AskAgainInterval)
	w.browser(nordHost).signIn(vera).get("/access").shows("Your request was declined", "Not here", "Send a new request")
}

func TestABlockedPersonSeesWhoCanHelp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r := w.as(rikke)
	a := w.as(ada)
	path := userPath(w.users[rikke.username])
	a.get(path + "/deactivate").shows("Deactivate Rikke Reader").submit(path + "/deactivate").to(path).
		shows("Rikke Reader has been deactivated")
	r.get("/settings/users").to("/?return=%2Fsettings%2Fusers").shows("Your session has ended")
	b := w.browser(nordHost)
	b.get(b.callback(rikke)).to("/access").status(http.StatusForbidden).shows("Your access is deactivated",
		"ada@nordhavn.example")
	b.post("/access", url.Values{}).status(http.StatusForbidden)
	a.get(path + "/reactivate").submit(path + "/reactivate").to(path).shows("Rikke Reader has been reactivated.")
	b.post("/access/enter", nil).to("/").shows("Welcome, Rikke", "Rikke Reader")
}

func TestSomebodyWithoutANameTakesTheOneMicrosoftKnows(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.as(ada).get("/").shows("Welcome, Ada", "Ada Root")
}

// TestPagesDoWithoutRequestsThatAreNoLongerKept: one request was approved, another declined.
func TestPagesDoWithoutRequestsThatAreNoLongerKept(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.request(vera)
	w.approve(vera, pactius.Grant{Unit: w.it, Access: pactius.AccessRead})
	q := w.request(walt)
	_, err := w.site.Users.Decline(t.Context(), pactius.UserActor(w.nord.ID, w.users[ada.username], ""), q, "Not here")
	w.must(err)
	w.db.Clock.Advance(100 * 24 * time.Hour)
	w.must(w.db.Update(t.Context(), w.nord.ID, func(tx *store.Tx) error {
		n, err := tx.TrimRequests(w.db.Clock.Now(), 10)
		if n != 2 {
			t.Errorf("%d requests were deleted, want 2", n)
		}
		return err
	}))
	a := w.as(ada)
	a.get("/settings/activity?kind=request.").status(http.StatusOK).shows(
		"Ada Root approved the request from Vera Visitor",
		"Ada Root declined the request from someone who is no longer here").lacks("Not here", "Walt Waiting")
	a.get("/settings/requests?state=all").status(http.StatusOK).lacks("Walt Waiting")
	a.get(requestPath(q)).status(http.StatusNotFound)
	a.get("/settings/users?q=vera").status(http.StatusOK).shows("Vera Visitor")
	a.get(link(t, a.get("/settings/users?q=vera"), "/settings/users/0")).status(http.StatusOK).shows("Vera Visitor")
	a.get("/").status(http.StatusOK)
	w.as(walt).get("/access").status(http.StatusOK).lacks("declined", "Not here").submit("/access").to("/access").
		shows("Your request is pending")
}
