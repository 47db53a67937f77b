package web

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
)

// The pages of a unit without scripts, for its local administrator.
func TestAUnitsPageAddsChangesAndRemovesMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	l, north := w.as(lone), unitPath(w.north)
	add, rikkes := north+"/members/add", north+"/members/"+string(w.users[rikke.username])
	form := l.get(add).status(http.StatusOK).shows("Add a member to North")
	form.submit(add).status(http.StatusUnprocessableEntity).shows("Type a name or an account name.")
	form.submit(add, "q", "xyz").status(http.StatusUnprocessableEntity).shows("No user found.")
	form.submit(add, "q", "ada").status(http.StatusUnprocessableEntity).shows("No user found.") // not Lone's to see
	found := form.submit(add, "q", "nil", "look_up", "1").status(http.StatusOK).shows("Nils Nothing")
	found = found.submit(add, "access", "write").status(http.StatusUnprocessableEntity).
		shows("Choose the user from the list.", "Nils Nothing")
	if got := found.fields(add).Get("access"); got != "write" {
		t.Errorf("the typed access has become %q", got)
	}
	// Typed anew, then sent with the old choice.
	anew := found.submit(add, "q", "rik", "user", string(w.users[nils.username]))
	anew.status(http.StatusUnprocessableEntity).shows("Rikke Reader").lacks("Nils Nothing")
	found.submit(add, "user", string(w.users[nils.username])).to(north).
		shows("Nils Nothing now has Write access to North.", "Members 2")
	form.submit(add, "q", nils.username, "access", "read").status(http.StatusUnprocessableEntity).
		shows("Nils Nothing already has Write access to North.")
	form.submit(add, "q", "nils", "user", string(w.users[nils.username]), "access", "nothing").
		status(http.StatusUnprocessableEntity)

	page := l.get(north)
	page.submit(rikkes, "access", "administer").to(north).
		shows("Rikke Reader now has Administer access to North.")
	page.submit(rikkes, "access", "write").status(http.StatusConflict). // by the page as it was
										shows("Someone has changed the access of Rikke Reader to North")
	page.submit(rikkes, "access", "none").status(http.StatusUnprocessableEntity)
	asked := l.get(rikkes+"/remove").shows("Rikke Reader loses Administer access to North and all units below it.",
		"can no longer approve requests", "no other business unit")
	asked.submit(rikkes+"/remove").to(north).shows("Rikke Reader has been removed from North.", "Members 1")
	asked.submit(rikkes + "/remove").to(north)
	l.get(rikkes + "/remove").shows("Rikke Reader is no longer a member of North.")

	// Lone takes their own right away, and has a page of it open.
	sales := unitPath(w.sales) + "/members/" + string(w.users[lone.username]) + "/remove"
	open := l.get(add)
	l.get(sales).shows("This is your own access.").submit(sales).status(http.StatusSeeOther)
	open.submit(add, "q", nils.username).status(http.StatusForbidden)
	l.get(north).status(http.StatusForbidden)
}

func TestTheCompanyKeepsItsAdministrator(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, own := w.as(ada), unitPath(w.root)+"/members/"+string(w.users[ada.username])
	a.get(unitPath(w.root)).submit(own, "access", "read").status(http.StatusConflict)
	a.get(own + "/remove").submit(own + "/remove").status(http.StatusConflict)
}

func TestArchivingOffersToMoveTheMembers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	a, north := w.as(ada), unitPath(w.north)
	archive := north + "/archive"
	w.request(walt, w.north)
	form := a.get(archive).shows("1 member moves to the business unit you choose", "1 pending request names it.")
	form.submit(archive).status(http.StatusUnprocessableEntity).
		shows("Choose the business unit to move the members to.")
	form.submit(archive, "find", "IT").status(http.StatusOK).submit(archive, "parent", string(w.it)).to(north).
		shows("1 member has been moved, and North has been archived.", "archived")
	a.get(unitPath(w.it)).shows("Rikke Reader")

	// The target of an open form is archived by someone else.
	south, old := w.unit(w.sales, "South"), w.unit(w.root, "Old")
	w.user(human{"", "sven@nordhavn.example", "Sven South"}, pactius.Grant{Unit: south, Access: pactius.AccessRead})
	archive = unitPath(south) + "/archive"
	form = a.get(archive)
	w.as(ada).post(unitPath(old)+"/archive", url.Values{"version": {"1"}}).status(http.StatusSeeOther)
	form.submit(archive, "parent", string(old)).status(http.StatusUnprocessableEntity).shows("Old is archived.")
	a.post(unitPath(south)+"/rename", url.Values{"version": {"1"}, "name": {"Southern"}}).
		status(http.StatusSeeOther)
	form.submit(archive, "parent", string(w.it)).status(http.StatusConflict) // the form shows the former name
}

// TestACrowdedUnitIsPaged has 10,000 members and names of 100 wide characters.
func TestACrowdedUnitIsPaged(t *testing.T) {
	onceOnly(t)
	t.Parallel()
	w := newWorld(t)
	wide := w.unit(w.sales, strings.Repeat("\U0001F468", pactius.MaxUnitName))
	w.must(func() error {
		_, err := w.site.Units.Add(w.Context(), pactius.SupportActor(w.nord.ID), w.sales, strings.Repeat("鷗", 200))
		if pactius.KindOf(err) != pactius.KindInvalid {
			return fmt.Errorf("a name of 200 characters: %w", err)
		}
		return nil
	}())
	f := &forest{world: w}
	f.fill(wide)
	b := w.as(lone)
	rows, seen := regexp.MustCompile(`action="[^"]*/members/[^"]*"`), map[string]bool{}
	path := unitPath(wide)
	for range 3 {
		before := w.db.Statements()
		page := b.get(path).status(http.StatusOK).shows("1,000+")
		if ran := w.db.Statements() - before; ran > 15 || len(page.Body) >= pageLimit {
			t.Errorf("%s runs %d statements and has %d bytes", path, ran, len(page.Body))
		}
		for _, action := range rows.FindAllString(page.Body, -1) {
			if seen[action] {
				t.Errorf("%s is on two pages", action)
			}
			seen[action] = true
		}
		_, rest, found := strings.Cut(page.Body, `rel="next" href="`)
		if !found {
			t.Fatal("there is no next page")
		}
		path, _, _ = strings.Cut(rest, `"`)
	}
	if len(seen) != 3*pactius.PageSize {
		t.Errorf("%d members on three pages", len(seen))
	}
	b.get(unitPath(wide) + "/archive").status(http.StatusOK).shows("At most 500 can be moved together").
		lacks("Move the members to")
	b.get(unitPath(wide) + "?after=damaged").status(http.StatusUnprocessableEntity)
	b.get(unitPath(wide) + "/members/people?q=rik").status(http.StatusOK).shows("Rikke Reader")
	if users.MaxMoved >= crowd {
		t.Error("the crowd is too small")
	}
}
