package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/web/view"
)

// A form copies the access of a user into its choice: by account name, by a name that one user has, or by choosing one
// of several. What was chosen and typed stays, and of two accesses the higher one counts.
func TestAccessIsCopiedFromAnotherUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	ulla := human{username: "ulla@nordhavn.example", name: "Ulla Umbra", oid: oid(91)}
	w.user(ulla, pactius.Grant{Unit: w.north, Access: pactius.AccessWrite},
		pactius.Grant{Unit: w.it, Access: pactius.AccessRead})
	q := requestPath(w.request(vera, w.north))
	form := q + "/approve"
	a := w.as(ada)
	before := w.db.Dump(t)
	for _, typed := range []string{"ulla@nordhavn.example", "ulla umb"} {
		page := a.get(q).submit(form, view.FieldLike, typed, "note", "Hello", "ends_on", "2099-12-31").
			status(http.StatusOK).shows("2 business units were copied from Ulla Umbra and added to any already chosen.")
		got := page.fields(form)
		if len(got["unit"]) != 2 || got.Get("access."+string(w.north)) != "write" ||
			got.Get("access."+string(w.it)) != "read" || got.Get("note") != "Hello" ||
			got.Get("ends_on") != "2099-12-31" {
			t.Errorf("like %s the form has %v", typed, got)
		}
	}
	a.get(q).submit(form, "access."+string(w.north), "administer", view.FieldLike, "ulla").shows("2 business units")
	several := a.get(q).submit(form, view.FieldLike, "nordhavn").status(http.StatusOK).
		shows("Several users match.", "Ulla Umbra")
	several.submit(form, view.FieldCopy, string(w.users[ulla.username])).
		shows("2 business units were copied from Ulla Umbra and added to any already chosen.")
	a.get(q).submit(form, view.FieldLike, "nobody").status(http.StatusOK).shows("No user found. Check the spelling.")
	a.get(q).submit(form, view.FieldCopy, view.CopyTyped).status(http.StatusOK).
		shows("Type a name or an account name first.")
	same(t, before, w.db.Dump(t))

	// Lone administers Sales: IT is not Lone's to give, and users of IT alone are not seen.
	l := w.as(lone)
	page := l.get(q).submit(form, view.FieldLike, "ulla").shows("1 business unit was copied from Ulla Umbra",
		"1 unit is archived or not yours to give, and was left out.")
	page.submit(form).to(view.RequestsPath).shows("Vera Visitor now has access: Sales / North (write).", "Undo")

	// In Add and in Manage units.
	add := a.get("/settings/users/add").submit("/settings/users/add", "username", "x@nordhavn.example", "name", "X",
		view.FieldLike, "ulla").status(http.StatusOK).shows("2 business units were copied")
	if got := add.fields("/settings/users/add"); got.Get("username") != "x@nordhavn.example" || len(got["unit"]) != 2 {
		t.Errorf("the form that adds has %v", got)
	}
	units := userPath(w.users[rikke.username]) + "/units"
	manage := a.get(units).submit(units, view.FieldLike, "ulla").status(http.StatusOK).
		shows("2 business units were copied")
	if got := manage.fields(units); got.Get("access."+string(w.north)) != "write" || got.Get("version") == "" {
		t.Errorf("the form of units has %v", got)
	}
}

// The list keeps the search through its tabs, and says how it is sorted.
func TestRequestsAreSearchedByName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.request(vera, w.north)
	a := w.as(ada)
	a.get(view.RequestsPath).shows("Oldest first", "Vera Visitor", "waiting for")
	found := a.get(view.RequestsPath + "?q=visitor").shows("Vera Visitor")
	if !strings.Contains(found.Body, "?q=visitor&amp;state=decided") {
		t.Error("the tabs lose the search")
	}
	a.get(view.RequestsPath+"?q=nobody").lacks("Vera Visitor").shows("No access requests found", "Clear the search")
	a.get(view.RequestsPath + "?q=visitor&state=decided").lacks("Vera Visitor")
}

// An administrator who lost the right while the page was open is told so, nothing is done, and what was typed is shown.
func TestAnApprovalAfterTheRightIsLost(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := requestPath(w.request(vera, w.north))
	l := w.as(lone)
	open := l.get(q)
	w.as(ada).post(userPath(w.users[lone.username])+"/units", url.Values{"version": {"0"}, "unit": {string(w.it)},
		"access." + string(w.it): {"administer"}})
	w.db.Exec(t, `DELETE FROM memberships WHERE user_id = $1 AND unit_id <> $2`, w.users[lone.username], w.it)
	before := w.db.Dump(t)
	for _, button := range []string{"", view.TreeOpen + string(w.north)} {
		open.submit(q+"/approve", view.FieldTree, button).status(http.StatusForbidden)
	}
	open.submit(q+"/approve", view.FieldLike, "ada").status(http.StatusForbidden).lacks("What you typed")
	open.submit(q+"/approve", "note", "Welcome to\nthe <North>", "ends_on", "2099-12-31").
		status(http.StatusForbidden).shows("What you typed", "It wasn't saved.", "Welcome to the <North>", "2099-12-31")
	same(t, before, w.db.Dump(t))
}
