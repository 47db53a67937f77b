package web

import (
	"net/http"
	"testing"

	"github.com/pactius/pactius/internal/users"
)

// TestPeopleEndTheirOwnSessions uses three browsers of an employee without any
// administration, without scripts.
func TestPeopleEndTheirOwnSessions(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	here, there, third, other := w.as(rikke), w.as(rikke), w.as(rikke), w.as(nils)
	here.get("/").shows("Active sessions") // in the menu of the account
	shown := here.get("/sessions").status(http.StatusOK).shows("this browser", "192.0.2.7", "End all other sessions")
	ids := w.db.Rows(t, `SELECT id FROM sessions WHERE oid = $1 AND token_hash <> $2 ORDER BY id`, rikke.oid,
		users.TokenHash(here.token()))
	if len(ids) != 2 {
		t.Fatalf("%d other sessions, want 2", len(ids))
	}
	ended := "/sessions/" + ids[0][:len(ids[0])-1] + "/end"
	shown.submit(ended).to("/sessions").shows("The session has been ended.")
	here.post(ended, nil).to("/sessions").shows("This session had already ended.")
	open := 0
	for _, b := range []*browser{there, third} {
		if b.get("/sessions").StatusCode == http.StatusOK {
			open++
		}
	}
	if open != 1 {
		t.Errorf("%d of the other two browsers are signed in, want 1", open)
	}
	theirs := w.db.Rows(t, `SELECT id FROM sessions WHERE oid = $1`, nils.oid)[0]
	here.post("/sessions/"+theirs[:len(theirs)-1]+"/end", nil).to("/sessions").shows("This session had already ended.")
	here.post("/sessions/x/end", nil).status(http.StatusNotFound)

	confirm := here.get("/sessions/end-others").shows("1 other session ends immediately.", "You stay signed in here.")
	confirm.submit("/sessions/end-others").to("/sessions").shows("1 other session has been ended.").
		lacks("End all other sessions")
	here.get("/sessions/end-others").shows("You aren't signed in anywhere else right now.")
	here.post("/sessions/end-others", nil).to("/sessions").shows("You weren't signed in anywhere else.")
	for _, b := range []*browser{there, third} {
		b.get("/sessions").status(http.StatusSeeOther)
	}
	other.get("/sessions").status(http.StatusOK)
	w.as(vera).get("/sessions").to("/access?return=%2Fsessions")
	w.as(ada).get("/settings/activity").shows("Rikke Reader ended their own sessions")
}

// TestAnUnusedUnitIsDeleted deletes one on its page, and meets one that was used.
func TestAnUnusedUnitIsDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	b := w.as(lone)
	typo := w.unit(w.sales, "Nroth")
	b.get(unitPath(typo)).shows("Delete")
	b.get(unitPath(w.north)).lacks(unitPath(w.north) + "/delete") // it has a member
	used := w.unit(w.sales, "Asked for")
	w.request(walt, used)
	b.get(unitPath(used)+"/delete").submit(unitPath(used)+"/delete").status(http.StatusConflict).
		shows("1 access request refers to Asked for", "Archive it instead")
	b.get(unitPath(typo)+"/delete").shows("Delete Nroth", "This can't be undone.").
		submit(unitPath(typo) + "/delete").to(unitPath(w.sales)).shows("Nroth has been deleted.")
	b.get(unitPath(typo)).status(http.StatusNotFound)
	b.get("/settings/activity").shows("Lone Local deleted the business unit Nroth")
	w.as(ada).get("/settings/activity").shows("added a business unit that no longer exists")
}
