package users_test

import (
	"testing"

	"github.com/pactius/pactius"
)

// TestHistoryKeepsToTheUnits: events by an administrator of the company about people
// elsewhere are not shown to a local one who sees that administrator.
func TestHistoryKeepsToTheUnits(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	boss := w.User(t, "boss@nordhavn.example", "Boss", grant(w.Root, pactius.AccessAdminister),
		grant(w.sales, pactius.AccessRead))
	name := "Seen Elsewhere"
	if _, err := w.rules.Edit(t.Context(), w.Actor(boss), w.plain.ID, 0, pactius.UserUpdate{Name: &name}); err != nil {
		t.Fatal(err)
	}
	w.session(t, boss)
	for who, want := range map[pactius.UserID]int{w.root.ID: 2, w.local.ID: 1} {
		v, err := w.rules.User(t.Context(), pactius.UserActor(w.Env, who, ""), boss.ID)
		if err != nil || len(v.History.Events) != want {
			t.Errorf("%s sees %d events, %v; want %d", who, len(v.History.Events), err, want)
		}
	}
}

func TestUsersShowsWhatIsTheirs(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	for name, test := range map[string]struct {
		actor pactius.Actor
		want  int
	}{"root": {w.Actor(w.root), 6}, "local": {w.Actor(w.local), 4}, "Support": {pactius.SupportActor(w.Env), 6}} {
		l, err := w.rules.Users(t.Context(), test.actor, pactius.UserFilter{})
		if err != nil || len(l.Users) != test.want || l.Total != test.want {
			t.Errorf("%s sees %d users of %d, %v; want %d", name, len(l.Users), l.Total, err, test.want)
		}
	}
	u, err := w.rules.Unfinished(t.Context(), w.Actor(w.local))
	if err != nil || u.Unassigned.N != 1 || u.SignIns != nil || u.Sent != nil {
		t.Errorf("unfinished %+v, %v", u, err)
	}
	mine, err := w.rules.Home(t.Context(), w.Actor(w.loose))
	if err != nil || len(mine.Memberships) != 0 || len(mine.Helpers) != 1 {
		t.Errorf("home %+v, %v", mine, err)
	}
}
