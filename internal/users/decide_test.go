package users_test

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

func TestApproveCreatesOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storetest.Person("new@nordhavn.example", "New Person")
	q := w.ask(t, p, w.north)
	var d users.Decided
	w.expect(t, "approving", func() { d = w.approve(t, w.local, q, grant(w.north, pactius.AccessWrite)) },
		[]string{"user.admitted", "user.units_assigned", "request.approved"},
		[]string{"request-approved to new@nordhavn.example"})
	if !d.Created || d.Late || d.User.Identity != p.Identity || d.User.Status("2026-03-02") != pactius.StatusInvited ||
		d.User.UnitCount != 1 {
		t.Errorf("decided %+v", d)
	}
	decided := w.db.Clock.Now()
	w.db.Clock.Advance(time.Minute)
	w.unchanged(t, "a late click of another administrator", func() error {
		late := w.approve(t, w.root, q, grant(w.legal, pactius.AccessAdminister))
		by := late.Request.DecidedBy
		if !late.Late || late.User.ID != d.User.ID || by.User != w.local.ID || by.Name != "Lars Local" ||
			!late.Request.DecidedAt.Equal(decided) {
			t.Errorf("the late one is told: late %v, %s, name %q", late.Late, describe(late.Request), by.Name)
		}
		return nil
	})
	w.unchanged(t, "a late decline", func() error {
		late, err := w.rules.Decline(t.Context(), w.Actor(w.root), q.ID, "No.")
		if err == nil && (!late.Late || late.Request.State != pactius.StateApproved) {
			t.Errorf("the late one is told: %s", describe(late.Request))
		}
		return err
	})
	if in := w.signIn(t, p); in.Session.UserID != d.User.ID {
		t.Errorf("signed in as %q, want the user %s", in.Session.UserID, d.User.ID)
	}
}

func TestApproveWithoutUnits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.ask(t, storetest.Person("new@nordhavn.example", "New"))
	w.expect(t, "approving", func() { w.approve(t, w.root, q) }, []string{"user.admitted", "request.approved"},
		[]string{"request-approved to new@nordhavn.example"})
}

func TestApproveLinksAnAccountThatExistsByNow(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	invited := w.Invite(t, "New@Nordhavn.example", "New Person", grant(w.sales, pactius.AccessAdminister))
	asked := storetest.Person("new@nordhavn.example", "N. Person")
	// The request was sent before the account was added under that very name.
	w.db.Exec(t, `UPDATE users SET username_key = 'x' WHERE id = $1`, invited.ID)
	q := w.ask(t, asked)
	w.db.Exec(t, `UPDATE users SET username_key = 'new@nordhavn.example' WHERE id = $1`, invited.ID)
	before := w.users(t)
	view, err := w.rules.Request(t.Context(), w.Actor(w.root), q.ID)
	if err != nil || view.Existing == nil || view.Existing.ID != invited.ID {
		t.Errorf("the page does not say that they are linked: %+v, %v", view.Existing, err)
	}
	w.rules.Directory = told{asked.ObjectID: {Username: asked.Username}}
	var d users.Decided
	w.expect(t, "approving", func() {
		d = w.approve(t, w.root, q, grant(w.sales, pactius.AccessRead), grant(w.legal, pactius.AccessRead))
	}, []string{"user.linked", "user.units_assigned", "request.approved"},
		[]string{"request-approved to new@nordhavn.example"})
	if d.Created || d.User.ID != invited.ID || d.User.Identity != asked.Identity || w.users(t) != before {
		t.Errorf("decided %+v with %d users, want %d", d, w.users(t), before)
	}
	want := map[pactius.UnitID]pactius.Access{w.sales: pactius.AccessAdminister, w.legal: pactius.AccessRead}
	if diff := cmp.Diff(want, w.Memberships(t, invited.ID)); diff != "" {
		t.Errorf("access is never lowered by an approval (-want +got):\n%s", diff)
	}
}

// TestApproveAfterTheNameWasGivenToSomebodyNew: in Microsoft 365 a name belongs
// to one account at a time: the one authenticated last.
func TestApproveAfterTheNameWasGivenToSomebodyNew(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	leaver := w.User(t, "anna@nordhavn.example", "Anna Before", grant(w.legal, pactius.AccessAdminister))
	w.db.Exec(t, `UPDATE users SET email = username WHERE id = $1`, leaver.ID)
	after := storetest.Person("anna@nordhavn.example", "Anna After")
	after.VouchedAt = w.db.Clock.Now()
	q := w.ask(t, after)
	approve := func() error {
		_, err := w.rules.Approve(t.Context(), w.Actor(w.root), q.ID, users.Approval{})
		return err
	}
	w.refused(t, "the owner has signed in under the name since", pactius.KindConflict, "out of date", approve)
	w.db.Exec(t, `UPDATE users SET last_sign_in_at = last_sign_in_at - 1 WHERE id = $1`, leaver.ID)
	view, err := w.rules.Request(t.Context(), w.Actor(w.root), q.ID)
	if err != nil || view.TakenOver == nil || view.TakenOver.ID != leaver.ID || view.Existing != nil {
		t.Errorf("the page warns of %+v and links to %+v, %v", view.TakenOver, view.Existing, err)
	}
	// changes nothing: it is not this person
	w.db.Exec(t, `UPDATE users SET deactivated_at = 1 WHERE id = $1`, leaver.ID)
	var d users.Decided
	w.refused(t, "it may be the leaver with a new account", pactius.KindConflict, "similar", approve)
	w.expect(t, "the name has a new owner", func() {
		if d, err = w.rules.Approve(t.Context(), w.Actor(w.root), q.ID, users.Approval{Despite: true}); err != nil {
			t.Fatal(err)
		}
	},
		[]string{"user.name_released", "user.admitted", "request.approved"},
		[]string{"request-approved to anna@nordhavn.example"})
	if d.User.ID == leaver.ID || !d.Created || d.User.Username != "anna@nordhavn.example" {
		t.Errorf("decided %+v", d)
	}
	was := w.Reload(t, leaver.ID)
	if was.Username != "anna#before@nordhavn.example" || was.Email != "" || was.Identity != leaver.Identity {
		t.Errorf("the former owner is %+v", was)
	}
	leaver.Username = "anna.smith@nordhavn.example"
	w.db.Exec(t, `UPDATE users SET deactivated_at = 0 WHERE id = $1`, leaver.ID)
	w.signIn(t, pactius.Person{Identity: leaver.Identity, Username: leaver.Username, Name: "Anna Smith"})
	if got := w.Reload(t, leaver.ID).Username; got != leaver.Username {
		t.Errorf("after the next sign-in the former owner is called %s", got)
	}
}

func TestWhoMayDecide(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := build(t, w.db, "other.example")
	legal := w.User(t, "legal@nordhavn.example", "Lea Legal", grant(w.legal, pactius.AccessAdminister))
	writer := w.User(t, "writer@nordhavn.example", "Will Write", grant(w.sales, pactius.AccessWrite))
	p := storetest.Person("new@nordhavn.example", "New")
	q := w.ask(t, p, w.north)
	mine := w.ask(t, pactius.Person{Identity: pactius.Identity{TenantID: storetest.Tenant, ObjectID: "o"},
		Username: "own@nordhavn.example", Name: "Own"}, w.sales)
	own := w.User(t, "own@nordhavn.example", "Own", grant(w.Root, pactius.AccessAdminister))
	cross := other.Actor(other.root)
	cross.Environment = w.Env
	tests := []struct {
		name    string
		actor   pactius.Actor
		request pactius.RequestID
		grants  []pactius.Grant
		kind    pactius.Kind
		says    string
	}{
		{"nobody", pactius.Actor{Environment: w.Env}, q.ID, nil, pactius.KindNotSignedIn, "signed in"},
		{"the visitor", w.visitor(p), q.ID, nil, pactius.KindNotSignedIn, "signed in"},
		{"a user with write access", w.Actor(writer), q.ID, nil, pactius.KindForbidden, "local administrators"},
		{"the administrator of other units", w.Actor(legal), q.ID, nil, pactius.KindForbidden, "outside"},
		{"another environment's administrator", other.Actor(other.root), q.ID, nil, pactius.KindNotFound, ""},
		{"another environment's administrator who claims to be here", cross, q.ID, nil, pactius.KindNotSignedIn, ""},
		{"the person themselves", w.Actor(own), mine.ID, nil, pactius.KindForbidden, "your own request"},
		{"a request that does not exist", w.Actor(w.root), "no", nil, pactius.KindNotFound, ""},
		{"giving a unit outside one's own", w.Actor(w.local), q.ID, []pactius.Grant{grant(w.legal, pactius.AccessRead)},
			pactius.KindInvalid, "outside"},
		{"giving the whole company", w.Actor(w.local), q.ID, []pactius.Grant{grant(w.Root, pactius.AccessRead)},
			pactius.KindInvalid, "outside"},
		{"giving a unit of another environment", w.Actor(w.root), q.ID,
			[]pactius.Grant{grant(other.sales, pactius.AccessRead)}, pactius.KindInvalid, "no longer exists"},
		{"giving no access", w.Actor(w.root), q.ID, []pactius.Grant{grant(w.sales, pactius.AccessNone)},
			pactius.KindInvalid, "read, write"},
		{"giving more than there is", w.Actor(w.root), q.ID, []pactius.Grant{grant(w.sales, 4)}, pactius.KindInvalid,
			"read, write"},
		{"giving a unit twice", w.Actor(w.root), q.ID,
			[]pactius.Grant{grant(w.sales, pactius.AccessRead), grant(w.sales, pactius.AccessAdminister)},
			pactius.KindInvalid, "once"},
	}
	for _, test := range tests {
		w.refused(t, test.name+" approves", test.kind, test.says, func() error {
			_, err := w.rules.Approve(t.Context(), test.actor, test.request, users.Approval{Grants: test.grants})
			return err
		})
		if test.grants != nil {
			continue
		}
		w.refused(t, test.name+" declines", test.kind, test.says, func() error {
			_, err := w.rules.Decline(t.Context(), test.actor, test.request, "")
			return err
		})
	}
	listed := func(actor pactius.Actor) int {
		page, err := w.rules.Requests(t.Context(), actor, pactius.RequestFilter{State: pactius.StatePending})
		menu, countErr := w.rules.Menu(t.Context(), actor)
		if err != nil || countErr != nil || len(page.Requests) != menu.Waiting {
			t.Errorf("%d requests, %d waiting, %v, %v", len(page.Requests), menu.Waiting, err, countErr)
		}
		return menu.Waiting
	}
	if got := []int{listed(w.Actor(w.root)), listed(w.Actor(w.local)), listed(w.Actor(legal)),
		listed(pactius.SupportActor(w.Env))}; !cmp.Equal(got, []int{2, 2, 0, 2}) {
		t.Errorf("requests of root, local, legal, Support: %v", got)
	}
}

func TestNobodyIsLetInWithoutConnection(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.ask(t, storetest.Person("new@nordhavn.example", "New"))
	w.db.Exec(t, `UPDATE environments SET tenant_id = '' WHERE id = $1`, w.Env)
	w.refused(t, "approving", pactius.KindNotConnected, "Support", func() error {
		_, err := w.rules.Approve(t.Context(), w.Actor(w.root), q.ID, users.Approval{})
		return err
	})
	w.refused(t, "adding", pactius.KindNotConnected, "Support", func() error {
		_, err := w.rules.Add(t.Context(), w.Actor(w.root), users.NewUser{Username: "a@nordhavn.example", Name: "A"})
		return err
	})
	w.unchanged(t, "signing in", func() error {
		if in := w.signIn(t, storetest.Person("x@nordhavn.example",
			"X")); in.Decision.Outcome != users.OutcomeUnconnected || in.Token != "" {
			t.Errorf("%s with token %q", in.Decision.Outcome, in.Token)
		}
		return nil
	})
}

func TestNotesAreBounded(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	q := w.ask(t, storetest.Person("new@nordhavn.example", "New"))
	for name, decide := range map[string]func(string) error{
		"approving": func(note string) error {
			_, err := w.rules.Approve(t.Context(), w.Actor(w.root), q.ID, users.Approval{Note: note})
			return err
		},
		"declining": func(note string) error {
			_, err := w.rules.Decline(t.Context(), w.Actor(w.root), q.ID, note)
			return err
		},
	} {
		w.refused(t, name, pactius.KindInvalid, "too long",
			func() error { return decide(strings.Repeat("x", pactius.MaxNote+1)) })
		w.refused(t, name+" with NUL", pactius.KindInvalid, "invisible", func() error { return decide("a\x00") })
	}
}

// TestRequestsOfAnEarlierTenantLeadNowhere: a request from the time of a connection to
// another tenant links no user and gives no access.
func TestRequestsOfAnEarlierTenantLeadNowhere(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	const username = "anna@nordhavn.example"
	stranger := storetest.Person(username, "Anna Elsewhere")
	q, support := w.ask(t, stranger), pactius.SupportActor(w.Env)
	w.db.Exec(t, `UPDATE environments SET tenant_id = '11111111-0b5a-4c7d-9e21-5f4a3b2c1d0e' WHERE id = $1`, w.Env)
	w.refused(t, "approving the request", pactius.KindConflict, "a different Microsoft 365 organisation", func() error {
		_, err := w.rules.Approve(t.Context(), support, q.ID, users.Approval{})
		return err
	})
	added, err := w.rules.Add(t.Context(), support, users.NewUser{Username: username, Name: "Anna Hansen"})
	if err != nil || added.Settled != nil || !added.User.Identity.IsZero() {
		t.Fatalf("adding somebody with the same name: %+v, %v", added, err)
	}
	w.refused(t, "linking the user who was added", pactius.KindConflict, "a different Microsoft 365 organisation",
		func() error {
			_, err := w.rules.Approve(t.Context(), support, q.ID, users.Approval{})
			return err
		})
	wrong := w.Invite(t, "ana@nordhavn.example", "Ana")
	w.db.Exec(t, `DELETE FROM users WHERE id = $1`, added.User.ID)
	name := username
	edited, err := w.rules.Edit(t.Context(), support, wrong.ID, 0, pactius.UserUpdate{Username: &name})
	if err != nil || edited.Settled != nil || !w.Reload(t, wrong.ID).Identity.IsZero() {
		t.Errorf("correcting a name to it: %+v, %v", edited, err)
	}
	if got := w.request(t, q.ID).State; got != pactius.StatePending {
		t.Errorf("the request is %s", got)
	}
	if _, err := w.rules.Decline(t.Context(), support, q.ID, ""); err != nil {
		t.Errorf("declining it: %v", err)
	}
}
