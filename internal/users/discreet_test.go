package users_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// A local administrator learns that an account name is taken, and nothing else about
// people outside their business units.
func TestPeopleOutsideTheirUnitsHaveNoName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Invite(t, "invited@nordhavn.example", "Ida Secret", grant(w.legal, pactius.AccessRead))
	linked := w.User(t, "linked@nordhavn.example", "Bo Secret", grant(w.legal, pactius.AccessRead))
	off := w.User(t, "off@nordhavn.example", "Otto Secret", grant(w.legal, pactius.AccessRead))
	if _, err := w.rules.Deactivate(t.Context(), w.Actor(w.root), off.ID); err != nil {
		t.Fatal(err)
	}
	w.User(t, "freed@nordhavn.example", "Fie Secret", grant(w.legal, pactius.AccessRead))
	successor := w.signIn(t, storetest.Person("freed@nordhavn.example", "Nora New")).Session.Person
	w.ask(t, successor, w.sales)
	mine := w.Invite(t, "mine@nordhavn.example", "Mia Mine", grant(w.sales, pactius.AccessRead))
	stranger := storetest.Person(linked.Username, "Nils New").Identity
	for _, c := range []struct {
		name   string
		person pactius.Person
		want   users.Outcome
	}{
		{"somebody invited", pactius.Person{Username: "invited@nordhavn.example"}, users.OutcomeLink},
		{"somebody linked", pactius.Person{Username: linked.Username}, users.OutcomeEnter},
		{"somebody linked, by identity", pactius.Person{Identity: linked.Identity, Username: "other@nordhavn.example"},
			users.OutcomeEnter},
		{"somebody deactivated", pactius.Person{Username: off.Username}, users.OutcomeBlocked},
		{"the name of another", pactius.Person{Identity: stranger, Username: linked.Username},
			users.OutcomeUnrecognised},
	} {
		x, err := w.rules.Explain(t.Context(), w.Actor(w.local), c.person)
		if err != nil || x.Outcome != c.want || x.User != nil {
			t.Errorf("%s: %s, user %v, %v", c.name, x.Outcome, x.User, err)
		}
		if said := fmt.Sprint(x); strings.Contains(said, "Secret") {
			t.Errorf("%s: %s", c.name, said)
		}
		all, err := w.rules.Explain(t.Context(), w.Actor(w.root), c.person)
		if err != nil || all.Outcome != x.Outcome || all.Reasons[0].Code != x.Reasons[0].Code ||
			!strings.Contains(fmt.Sprint(all), "Secret") {
			t.Errorf("%s, explained to the administrator of all: %+v, %v", c.name, all, err)
		}
	}
	if x, err := w.rules.Explain(t.Context(), w.Actor(w.local), pactius.Person{Username: mine.Username}); err != nil ||
		x.User == nil {
		t.Errorf("one of their own: %+v, %v", x, err)
	}
}

// The page of a request warns of those who had its account name before, by name
// only where the reader may see them.
func TestARequestsPageNamesOnlyWhomItsReaderMaySee(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	old := w.User(t, "freed@nordhavn.example", "Fie Secret", grant(w.legal, pactius.AccessRead))
	q := w.ask(t, storetest.Person(old.Username, "Nora New"), w.sales)
	look := func(by pactius.User) users.RequestView {
		v, err := w.rules.Request(t.Context(), w.Actor(by), q.ID)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	w.db.Clock.Advance(1)
	if v := look(w.local); v.Existing == nil && v.TakenOver == nil || v.Existing != nil && v.Existing.Name != "" ||
		v.TakenOver != nil && v.TakenOver.Name != "" {
		t.Errorf("existing %+v, taken over %+v", v.Existing, v.TakenOver)
	}
	if v := look(w.local); strings.Contains(fmt.Sprint(v.Decision, v.Former), "Secret") {
		t.Errorf("decision %v, former %v", v.Decision, v.Former)
	}
	if v := look(w.root); !strings.Contains(fmt.Sprint(v.Decision), "Fie Secret") {
		t.Errorf("the administrator of all reads %v", v.Decision)
	}
	w.db.Exec(t, `UPDATE users SET last_sign_in_at = $2 WHERE id = $1`, old.ID,
		w.db.Clock.Now().Add(time.Hour).UnixMicro())
	for _, by := range []pactius.User{w.local, w.root} {
		_, err := w.rules.Approve(t.Context(), w.Actor(by), q.ID, users.Approval{})
		if said := fmt.Sprint(err); pactius.KindOf(err) != pactius.KindConflict ||
			strings.Contains(said, "Secret") != (by.ID == w.root.ID) {
			t.Errorf("%s is told: %s", by.Name, said)
		}
	}
	w.db.Clock.Advance(2 * time.Hour)
	moved := storetest.Person("fie.moved@nordhavn.example", old.Name)
	moved.Identity = old.Identity
	w.signIn(t, moved)
	if v := look(w.local); len(v.Former) != 1 || v.Former[0].Name != "" || v.Former[0].User != "" {
		t.Errorf("former %+v", v.Former)
	}
	if v := look(w.root); len(v.Former) != 1 || v.Former[0].Name != old.Name || v.Former[0].User != old.ID {
		t.Errorf("former, for the administrator of all: %+v", v.Former)
	}
}
