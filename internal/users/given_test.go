package users_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// approving approves with an end date.
func (w *world) approving(t *testing.T, q pactius.AccessRequest, a users.Approval) func() error {
	t.Helper()
	return func() error {
		_, err := w.rules.Approve(t.Context(), w.Actor(w.root), q.ID, a)
		return err
	}
}

func TestAnApprovalSetsAnEndDate(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	today := pactius.DateOf(w.db.Clock.Now())
	q := w.ask(t, storetest.Person("new@nordhavn.example", "New"), w.sales)
	grants := []pactius.Grant{grant(w.sales, pactius.AccessRead)}
	w.refused(t, "a day that is over", pactius.KindInvalid, "This date is in the past",
		w.approving(t, q, users.Approval{Grants: grants, EndsOn: "2020-02-29"}))
	w.refused(t, "no date", pactius.KindInvalid, "year-month-day",
		w.approving(t, q, users.Approval{Grants: grants, EndsOn: "31/3"}))
	d, err := w.rules.Approve(t.Context(), w.Actor(w.root), q.ID, users.Approval{Grants: grants, EndsOn: today})
	if err != nil || d.User.EndsOn != today || w.Reload(t, d.User.ID).EndsOn != today {
		t.Errorf("the user is %+v, %v", d.User, err)
	}
	if rows := w.db.Rows(t, `SELECT detail FROM events WHERE kind = 'request.approved'`); len(rows) != 1 ||
		rows[0] != fmt.Sprintf(`{"ends_on":%q}|`, today) {
		t.Errorf("the event tells %v", rows)
	}
	told := sent[mail.RequestApproved](t, w)
	if diff := cmp.Diff(told, []mail.RequestApproved{{By: w.root.Name, EndsOn: today,
		Units: []mail.UnitAccess{{Unit: "Sales", Access: pactius.AccessRead}}}}); diff != "" {
		t.Errorf("the email (-got +want):\n%s", diff)
	}
}

// sent are the emails of a kind, the oldest first.
func sent[M mail.Message](t *testing.T, w *world) []M {
	t.Helper()
	var zero M
	var all []M
	for _, row := range w.db.Rows(t, `SELECT data FROM mails WHERE kind = $1 ORDER BY id`, zero.Kind()) {
		m, err := mail.Decode(zero.Kind(), []byte(strings.TrimSuffix(row, "|")))
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, m.(M))
	}
	return all
}

func TestAnApprovalSetsNoEndDateOfAnExistingUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storetest.Person("new@nordhavn.example", "New")
	q := w.ask(t, p)
	w.Invite(t, p.Username, "New", grant(w.sales, pactius.AccessRead))
	w.rules.Directory = told{p.ObjectID: {Username: p.Username}}
	w.refused(t, "the user exists by now", pactius.KindInvalid, "already a user",
		w.approving(t, q, users.Approval{EndsOn: "2099-12-31"}))
	more, err := w.rules.Ask(t.Context(), w.Actor(w.local), users.Wish{Units: []pactius.UnitID{w.legal}})
	if err != nil {
		t.Fatal(err)
	}
	w.refused(t, "more access", pactius.KindInvalid, "already a user", w.approving(t, more,
		users.Approval{Grants: []pactius.Grant{grant(w.legal, pactius.AccessRead)}, EndsOn: "2099-12-31"}))
}

func TestADecisionTellsWhatWasGiven(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	want := []pactius.Grant{grant(w.legal, pactius.AccessRead)}
	q, err := w.rules.Ask(t.Context(), w.Actor(w.seller), users.Wish{Units: []pactius.UnitID{w.legal}})
	if err != nil {
		t.Fatal(err)
	}
	// The read access to North is the user's already.
	d := w.approve(t, w.root, q, want[0], grant(w.north, pactius.AccessRead))
	if diff := cmp.Diff(want, d.Given); diff != "" || d.Tree.Path(w.legal) == "" {
		t.Errorf("given (-want +got):\n%s", diff)
	}
	late := w.approve(t, w.root, q, want...)
	v, err := w.rules.Request(t.Context(), w.Actor(w.root), q.ID)
	if err != nil || !late.Late || !cmp.Equal(want, late.Given) || !cmp.Equal(want, v.Given) {
		t.Errorf("later it was %+v and %+v, %v", late.Given, v.Given, err)
	}
}

func TestLike(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	like := func(by pactius.User, who string) users.Like {
		t.Helper()
		l, err := w.rules.Like(t.Context(), w.Actor(by), who)
		if err != nil {
			t.Fatalf("like %s: %v", who, err)
		}
		return l
	}
	legal, sales := grant(w.legal, pactius.AccessRead), grant(w.sales, pactius.AccessWrite)
	for _, who := range []string{"both@nordhavn.example", "BOTH@nordhavn.example", "bo both", string(w.both.ID)} {
		l := like(w.root, who)
		if l.User.ID != w.both.ID || len(l.Grants) != 2 || l.LeftOut != 0 {
			t.Errorf("like %s is %+v", who, l)
		}
		if l := like(w.local, who); !cmp.Equal(l.Grants, []pactius.Grant{sales}) || l.LeftOut != 1 {
			t.Errorf("the administrator of Sales copies %+v, %d left out; %v is not theirs to give", l.Grants,
				l.LeftOut, legal)
		}
	}
	if l := like(w.root, "nordhavn"); l.User.ID != "" || len(l.Found) < 5 || l.Grants != nil {
		t.Errorf("a search that finds several: %+v", l)
	}
	for _, who := range []string{"plain@nordhavn.example", "pia", "nobody"} {
		if l := like(w.local, who); l.User.ID != "" || len(l.Found) > 0 {
			t.Errorf("the administrator of Sales finds %s: %+v", who, l)
		}
	}
	if _, err := w.rules.Like(t.Context(), w.Actor(w.local), string(w.plain.ID)); err == nil {
		t.Error("a user of Legal is copied by ID")
	}
	if _, err := w.rules.Like(t.Context(), w.Actor(w.seller), "bo"); pactius.KindOf(err) != pactius.KindOf(
		change.ErrOutside) {
		t.Errorf("a user without rights: %v", err)
	}
}

func TestTheListOfRequestsMarksThoseWhoWereProbablyAdded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.Invite(t, "anna.hanson@nordhavn.example", "Anna Hansen", grant(w.sales, pactius.AccessRead))
	w.Invite(t, "ole.beck@nordhavn.example", "Ole Beck")
	near := w.ask(t, storetest.Person("anna.hansen@nordhavn.example", "Anna Hansen"))
	typo := w.ask(t, storetest.Person("ole.bock@nordhavn.example", "Ole Bock"))
	other := w.ask(t, storetest.Person("zita.quist@nordhavn.example", "Zita Quist"))
	page, err := w.rules.RequestsAlike(t.Context(), w.Actor(w.root),
		pactius.RequestFilter{State: pactius.StatePending})
	if err != nil {
		t.Fatal(err)
	}
	for _, q := range []pactius.AccessRequest{near, typo, other} {
		v, err := w.rules.Request(t.Context(), w.Actor(w.root), q.ID)
		if err != nil || page.Alike[q.ID] != (len(v.Similar) > 0) {
			t.Errorf("%s is marked %v, and its page names %d; %v", q.Person.Name, page.Alike[q.ID], len(v.Similar),
				err)
		}
	}
	if !page.Alike[near.ID] || page.Alike[other.ID] {
		t.Errorf("marked are %v", page.Alike)
	}
}
