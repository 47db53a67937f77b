package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/internal/web/view"
)

// approving is the form that approves a request from its row on Home.
func (w *world) approving(q pactius.RequestID) string { return requestPath(q) + "/approve" }

// nothingApproved makes sure that a request is pending and that no user was made.
func (w *world) nothingApproved(t *testing.T, q pactius.RequestID, users int) {
	t.Helper()
	if n := w.db.Count(t, `SELECT COUNT(*) FROM access_requests WHERE id = $1 AND state = 'pending'`, q); n != 1 {
		t.Error("the request was decided")
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM users`); n != users {
		t.Errorf("there are %d users, want %d", n, users)
	}
}

// A local administrator approves from the row, without scripts: it says what is given, and so does the message.
func TestARequestIsApprovedFromHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	elsewhere := w.request(walt, w.it)
	q := w.request(vera, w.north)
	l := w.as(lone)
	home := l.get("/").shows("Vera Visitor", "Sales / North · Read", "Let me in").
		lacks("Walt Waiting", string(elsewhere))
	if got := home.fields(w.approving(q)); got.Get("unit") != string(w.north) ||
		got.Get("access."+string(w.north)) != "read" {
		t.Errorf("the row posts %v", got)
	}
	home.submit(w.approving(q)).to("/").shows("Vera Visitor now has access: Sales / North (read).", "Undo").
		lacks(string(q) + "/approve")
	home.submit(w.approving(q)).to("/").shows("Vera Visitor now has access: Sales / North (read).") // a second click
	w.as(vera).get("/").shows("Sales / North")
	l.get(requestPath(q) + "/take-back").submit(requestPath(q) + "/take-back").to(requestPath(q))
	l.get("/").shows("Sales / North · Read")
}

// A request from an account that cannot sign in any more has no button, and no form that was opened before decides it.
func TestACutOffRequestIsNotDecidedFromHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.request(vera, w.north)
	a := w.as(ada)
	home := a.get("/").has(w.approving(q))
	users := w.db.Count(t, `SELECT COUNT(*) FROM users`)
	w.db.Exec(t, `UPDATE access_requests SET tid = '8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0e' WHERE id = $1`, q)
	home.submit(w.approving(q)).status(http.StatusConflict).shows("Nothing was approved")
	a.get("/").shows("Vera Visitor").lacks(w.approving(q))
	w.nothingApproved(t, q, users)
}

// Only a request that the row says all about has a button on it.
func TestOtherRequestsAreOpenedFromHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	several, none := w.request(vera, w.north, w.it), w.request(walt)
	home := w.as(ada).get("/").shows("Sales / North", "None requested")
	for _, q := range []pactius.RequestID{several, none} {
		if strings.Contains(home.Body, w.approving(q)) || !strings.Contains(home.Body, `href="`+requestPath(q)) {
			t.Errorf("the row of %s:\n%s", q, home.Body)
		}
	}
	fields := url.Values{"unit": {string(w.north)}, "access." + string(w.north): {"read"}, "row": {"typed"}}
	for _, q := range []pactius.RequestID{several, none} {
		w.as(ada).post(w.approving(q), fields).status(http.StatusConflict).shows("Nothing was approved")
	}
}

// A form that was opened before something changed decides nothing: the request's page opens and says why.
func TestARowDecidesNothingThatItDidNotSay(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		change func(*world, pactius.RequestID)
		says   string
		added  int
	}{
		"the unit was renamed": {func(w *world, _ pactius.RequestID) {
			_, err := w.site.Units.Rename(w.Context(), pactius.SupportActor(w.nord.ID), w.north, 1, "Far North")
			w.must(err)
		}, "has changed since you opened Home", 0},
		"the unit above was renamed": {func(w *world, _ pactius.RequestID) {
			_, err := w.site.Units.Rename(w.Context(), pactius.SupportActor(w.nord.ID), w.sales, 1, "Trade")
			w.must(err)
		}, "has changed since you opened Home", 0},
		"the unit was archived": {func(w *world, _ pactius.RequestID) {
			w.db.Exec(w.TB.(*testing.T), `UPDATE units SET archived_at = 1 WHERE id = $1`, w.north)
		}, "has changed since you opened Home", 0},
		"the person was renamed": {func(w *world, q pactius.RequestID) {
			w.db.Exec(w.TB.(*testing.T), `UPDATE access_requests SET username = 'other@nordhavn.example'
				WHERE id = $1`, q)
		}, "has changed since you opened Home", 0},
		"somebody similar was added": {func(w *world, _ pactius.RequestID) {
			w.beside(human{"", "vera.visitor@nordhavn.example", "Vera Visitor"})
		}, "Someone very similar", 1},
		"the person was added": {func(w *world, _ pactius.RequestID) { w.beside(vera) }, "may already be a user", 1},
		"somebody had the name": {func(w *world, _ pactius.RequestID) {
			w.db.Exec(w.TB.(*testing.T), `INSERT INTO former_usernames
				(environment_id, user_id, username, username_key, until)
				VALUES ($1, $2, $3, $3, 1)`, w.nord.ID, w.users[nils.username], vera.username)
		}, "may already be a user", 0},
		"an administrator has suggested who it is": {func(w *world, q pactius.RequestID) {
			w.db.Exec(w.TB.(*testing.T), `UPDATE access_requests SET proposed_user = $1 WHERE id = $2`,
				w.users[nils.username], q)
		}, "has changed since you opened Home", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			q := w.request(vera, w.north)
			home := w.as(ada).get("/")
			users := w.db.Count(t, `SELECT COUNT(*) FROM users`)
			test.change(w, q)
			home.submit(w.approving(q), "despite", "1").status(http.StatusConflict).shows(test.says, "Your decision")
			w.nothingApproved(t, q, users+test.added)
		})
	}
}

// beside adds a user although a request is probably from the same person.
func (w *world) beside(h human) {
	w.Helper()
	_, err := w.site.Users.Add(w.Context(), pactius.SupportActor(w.nord.ID),
		users.NewUser{Username: h.username, Name: h.name, Despite: true})
	w.must(err)
}

// The rule refuses an own request, and what the actor does not administer; a decision of someone else stays.
func TestARowIsDecidedOnceAndByOthers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.request(vera, w.north)
	a, l := w.as(ada), w.as(lone)
	first, second := a.get("/"), l.get("/")
	first.submit(w.approving(q)).to("/")
	second.submit(w.approving(q)).status(http.StatusConflict).shows("Ada Root approved this request",
		"Your decision wasn't applied.")

	r := w.as(rikke)
	r.post(view.MorePath, url.Values{"unit": {string(w.it)}}).to(view.MorePath)
	own := w.pending(rikke)
	row := url.Values{"unit": {string(w.it)}, "access." + string(w.it): {"read"},
		"row": {"Rikke Reader, rikke@nordhavn.example: IT"}}
	l.get("/").lacks(string(own))
	l.post(w.approving(own), row).status(http.StatusForbidden)
	w.must(w.grant(rikke, pactius.Grant{Unit: w.it, Access: pactius.AccessAdminister}))
	r.get("/").shows("Rikke Reader").lacks(w.approving(own))
	row.Set("access."+string(w.it), "administer")
	r.post(w.approving(own), row).status(http.StatusForbidden).shows("This is your own request.")
}

// A user who requests more gets what the row says: write access where they read already.
func TestMoreAccessIsApprovedFromHome(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	r, l := w.as(rikke), w.as(lone)
	r.post(view.MorePath, url.Values{"unit": {string(w.north)}}).to(view.MorePath)
	q := w.pending(rikke)
	home := l.get("/").shows("Sales / North · Write", "already a user")
	w.must(w.grant(rikke, pactius.Grant{Unit: w.north, Access: pactius.AccessWrite}))
	home.submit(w.approving(q)).status(http.StatusConflict).shows("has changed since you opened Home")
	l.get("/").lacks(w.approving(q)) // nothing is left to give
	w.must(w.grant(rikke, pactius.Grant{Unit: w.north, Access: pactius.AccessRead}))
	l.get("/").submit(w.approving(q)).to("/").shows("Rikke Reader now also has access: Sales / North (write).")
}

func (w *world) grant(h human, g pactius.Grant) error {
	_, err := w.site.Users.Assign(w.Context(), pactius.SupportActor(w.nord.ID), w.users[h.username], []pactius.Grant{g})
	return err
}

// Invited users get the welcome email again from Home, but not too often, and not after the first sign-in.
func TestTheWelcomeEmailIsSentAgain(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a := w.as(ada)
	w.db.Exec(t, `UPDATE users SET first_sign_in_at = 1, standing = 1`)
	member := w.user(human{"", "mia@nordhavn.example", "Mia Member"}, pactius.Grant{Unit: w.north,
		Access: pactius.AccessRead})
	form := userPath(member) + "/welcome"
	home := a.get("/").shows("Invited, never signed in", "Mia Member")
	home.submit(form).to("/").shows("The welcome email to Mia Member is on its way again.")
	w.as(lone).get("/").submit(form).to("/").shows("is on its way again.")
	if n := w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE kind = 'welcome'
			AND to_address = 'mia@nordhavn.example'`); n != 2 {
		t.Errorf("%d emails were stored, want 2", n)
	}
	a.get("/settings/activity").shows("Ada Root sent the welcome email to Mia Member again")
	for range pactius.MailsAlikeADay - 1 {
		home.submit(form).to("/")
	}
	home.submit(form).to("/").shows("The welcome email wasn't sent again.", "No email was sent to Mia Member because")

	w.db.Exec(t, `UPDATE users SET first_sign_in_at = 1, standing = 1 WHERE id = $1`, member)
	home.submit(form).to("/").shows("Mia Member has signed in since you opened this page. No email was sent.")
	w.db.Exec(t, `UPDATE users SET first_sign_in_at = 0, deactivated_at = 1, standing = 2 WHERE id = $1`, member)
	home.submit(form).status(http.StatusConflict)
	a.get("/").lacks("Mia Member")
}

// A fresh environment has a checklist, which goes when all is done. One administrator alone is warned.
func TestTheChecklistEndsWhenAllIsDone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := w.browser(sydHost).signIn(sara)
	support := pactius.SupportActor(w.syd.ID)
	done := func(n string) *page { t.Helper(); return s.get("/").shows("Get started", n+" of 5 done") }
	done("1").shows("https://" + sydHost + "/")
	tree, err := w.site.Units.Tree(t.Context(), support)
	w.must(err)
	root := tree.Tree.Root().ID
	_, err = w.site.Units.Add(t.Context(), support, root, "Sales")
	w.must(err)
	done("2").lacks("Add a business unit<")
	add := func(username, name string, grants ...pactius.Grant) pactius.UserID {
		added, err := w.site.Users.Add(t.Context(), support, users.NewUser{Username: username, Name: name,
			Grants: grants})
		w.must(err)
		return added.User.ID
	}
	worker := add("worker@sydhavn.example", "Wim Worker")
	done("3")
	second := add("second@sydhavn.example", "Sif Second", pactius.Grant{Unit: root, Access: pactius.AccessAdminister})
	done("4").shows("Tell people the address")
	w.db.Exec(t, `UPDATE users SET first_sign_in_at = 1, last_sign_in_at = 1, standing = 1 WHERE id = $1`, worker)
	s.get("/").lacks("Get started", "the only administrator")
	_, err = w.site.Users.Deactivate(t.Context(), support, second)
	w.must(err)
	if last := s.get("/").lacks("Get started").shows("the only administrator"); !strings.Contains(last.Body,
		unitPath(root)+"/members/add") {
		t.Error("the warning has no way out")
	}
	w.as(lone).get("/").lacks("Get started", "the only administrator")
}

// A user sees what their access means, and who can help.
func TestHomeNamesWhoCanHelp(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.as(ada).get("/").lacks("They can change your access.")
	local, root := `href="mailto:`+lone.username+`"`, `href="mailto:`+ada.username+`"`
	home := w.as(rikke).get("/").shows("My access", "Can see information, but not change it", "Request more access",
		"support@pactius.example").lacks("Can see and change information")
	if !strings.Contains(home.Body, local) || strings.Index(home.Body, local) > strings.Index(home.Body, root) {
		t.Error("the nearest administrator does not come first")
	}
	home = w.as(nils).get("/").shows("you don't have any business units yet", "Request access")
	if !strings.Contains(home.Body, root) || strings.Contains(home.Body, local) {
		t.Error("others are named than the administrators of the whole company")
	}
}

// An approved person goes on into the application they came for.
func TestAnApprovedPersonGoesOnIntoTheApplication(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	app := w.contracts()
	v := w.browser(nordHost)
	back := v.get(entering(app, "/register/42")).microsoft(url.Values{"person": {vera.oid}})
	asked := v.get(v.get(back).status(http.StatusSeeOther).Header.Get("Location")).shows("Request access").
		submit("/access", "message", "Contracts, please")
	waiting := asked.Header.Get("Location")
	v.get(waiting).shows("Your request is pending").lacks("isn't available to this account")
	_, err := w.site.Users.Approve(t.Context(), pactius.UserActor(w.nord.ID, w.users[ada.username], ""),
		w.pending(vera), users.Approval{Grants: []pactius.Grant{{Unit: w.sales, Access: pactius.AccessWrite}}})
	w.must(err)
	in := v.get(waiting).shows("You now have access").submit("/access/enter").status(http.StatusOK)
	onward := strings.TrimPrefix(in.Header.Get("Refresh"), "0; url=") // no redirect after a form leaves this host
	if got := v.get(onward).finish(app); got.To != "/register/42" {
		t.Errorf("leads to %q", got.To)
	}
}
