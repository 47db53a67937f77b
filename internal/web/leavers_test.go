package web

import (
	"fmt"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/web/view"
)

// leave has so many of Nordhavn's users leave Microsoft 365, as a sweep that was
// held has found it, and gives them.
func (w *world) leave(n int) []pactius.User {
	w.Helper()
	now := w.db.Clock.Now()
	users := make([]pactius.User, n)
	w.must(w.db.Update(w.Context(), w.nord.ID, func(tx *store.Tx) error {
		for i := range users {
			users[i] = pactius.User{ID: pactius.UserID(fmt.Sprintf("0192a000-0000-7000-8000-%012d", i)),
				Username: fmt.Sprintf("leaver%d@nordhavn.example", i),
				Name:     fmt.Sprintf("<b>Leaver %d</b>", i), CreatedAt: now, CreatedBy: pactius.ByAdd,
				Identity: pactius.Identity{TenantID: nordTenant, ObjectID: fmt.Sprintf("0f3b6c1e-5555-4c5b-b112-%012d",
					i)}}
			if err := tx.InsertUser(users[i], ""); err != nil {
				return err
			}
			if err := tx.PutFinding(pactius.AccountFinding{User: users[i].ID,
				State: pactius.AccountDisabled, FoundAt: now}); err != nil {
				return err
			}
		}
		if _, err := tx.ClaimSweep("x", now, now, true); err != nil {
			return err
		}
		return tx.SaveSweep("x", store.Sweep{TenantID: nordTenant, HeldAt: now, FinishedAt: now,
			DueAt: now.Add(time.Hour)})
	}))
	return users
}

// inside counts those who are not deactivated.
func (w *world) inside(users []pactius.User) (n, marked int) {
	w.Helper()
	w.must(w.db.View(w.Context(), w.nord.ID, func(tx *store.Tx) error {
		for _, u := range users {
			now, err := tx.User(u.ID)
			if err != nil {
				return err
			}
			if now.DeactivatedAt.IsZero() {
				n++
			}
			if now.AccountState.Gone() {
				marked++
			}
		}
		return nil
	}))
	return n, marked
}

func TestAnAdministratorDecidesAboutLeavers(t *testing.T) {
	t.Parallel()
	for _, tt := range []struct {
		path, says     string
		inside, marked int
	}{
		{"/settings/leavers/carry-out", "12 users are being handled.", 0, 12},
		{"/settings/leavers/drop", "12 users stay unchanged.", 12, 12},
	} {
		w := newWorld(t)
		b, late := w.as(ada), w.as(ada)
		users := w.leave(12)
		b.get("/settings/users").shows("12 users seem to have left Microsoft 365.")
		b.get("/settings/environment").shows("Last compared")
		b.get("/settings/leavers").shows("<b>Leaver 11</b>", "12 users seem to have left.").lacks("<b>Leaver")
		ask, forms := b.get(tt.path).shows("12 users"), late.get(tt.path).fields(tt.path)
		ask.submit(tt.path).to("/settings/leavers").shows(tt.says, "Nothing to decide")
		if n, marked := w.inside(users); n != tt.inside || marked != tt.marked {
			t.Errorf("after %s %d are inside and %d marked, want %d and %d", tt.path, n, marked, tt.inside, tt.marked)
		}
		for _, form := range []url.Values{forms, {}, {"version": {"-1"}}, {"version": {"99999999999999999999"}},
			{"version": {"abc"}}} {
			late.post(tt.path, form).to("/settings/leavers").shows("nothing was done")
		}
		late.get(tt.path).to("/settings/leavers")
		b.get("/settings/users?status=gone").shows("12 users", "Account disabled")
		b.get("/settings/users/" + string(users[0].ID)).
			shows("The Microsoft 365 account of <b>Leaver 0</b> is disabled.")
	}
}

// TestTheButtonNamesWhatTheRuleDoes: deactivates the leavers, or only flags them.
func TestTheButtonNamesWhatTheRuleDoes(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.leave(12)
	a := w.as(ada)
	const deactivate, flag = "Deactivate these users", "Flag these users"
	a.get("/settings/leavers").shows(deactivate, "Ignore").lacks(flag)
	a.get("/settings/leavers/carry-out").shows(deactivate).lacks(flag)
	a.get(view.EnvironmentPath).submit(view.EnvironmentPath, "leaver_rule", "mark").to(view.EnvironmentPath)
	a.get("/settings/leavers").shows(flag, "Ignore").lacks(deactivate)
	a.get("/settings/leavers/carry-out").shows(flag).lacks(deactivate)
}

// TestADecisionIsAboutWhatWasSeen: who is found after the page was opened waits on.
func TestADecisionIsAboutWhatWasSeen(t *testing.T) {
	t.Parallel()
	const path = "/settings/leavers/carry-out"
	w := newWorld(t)
	users := w.leave(8)
	ask := w.as(ada).get(path)
	w.db.Clock.Advance(time.Minute)
	w.must(w.db.Update(t.Context(), w.nord.ID, func(tx *store.Tx) error {
		return tx.PutFinding(pactius.AccountFinding{User: users[0].ID, State: pactius.AccountDeleted,
			FoundAt: w.db.Clock.Now()})
	}))
	ask.submit(path).to("/settings/leavers")
	if n, _ := w.inside(users); n != 1 {
		t.Errorf("%d are inside, want the one who was found later", n)
	}
}

func TestADamagedPageOfLeavers(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.leave(6)
	w.as(ada).get("/settings/leavers?after=nonsense!").status(http.StatusUnprocessableEntity).shows("Open the list")
}

// TestALocalAdministratorSeesWhoIsGone but neither what waits nor the trouble.
func TestALocalAdministratorSeesWhoIsGone(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.leave(6)
	w.as(lone).get("/settings/users?status=gone").status(http.StatusOK).lacks("seem to have left", "/settings/leavers")
}
