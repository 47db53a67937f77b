package users_test

import (
	"context"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// same approves a request as that of an invited user.
func (w *world) same(by pactius.Actor, q pactius.AccessRequest, u pactius.User, a users.Approval) (users.Decided,
	error) {
	return w.rules.SamePerson(context.Background(), by, q.ID, u.ID, a)
}

func TestSamePersonMendsAMistypedAccountName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	invited := w.Invite(t, "anna.hanson@nordhavn.example", "Anna Hansen", grant(w.sales, pactius.AccessWrite))
	w.db.Exec(t, `UPDATE users SET email = username WHERE id = $1`, invited.ID)
	p := storetest.Person("Anna.Hansen@nordhavn.example", "Anna Hansen")
	p.Email = "ah@nordhavn.example"
	q := w.ask(t, p)
	before := w.users(t)
	var d users.Decided
	w.expect(t, "the same person", func() {
		var err error
		if d, err = w.same(w.Actor(w.root), q, invited,
			users.Approval{Grants: []pactius.Grant{grant(w.legal, pactius.AccessRead)},
				Note: "A typo of mine"}); err != nil {
			t.Fatal(err)
		}
	}, []string{"user.changed", "user.linked", "user.units_assigned", "request.approved"},
		[]string{"account-name-changed to anna.hanson@nordhavn.example",
			"request-approved to ah@nordhavn.example"})
	if diff := cmp.Diff([]string{`{"fields":"username,email"}|`}, w.db.Rows(t, `SELECT facts FROM events
			WHERE environment_id = $1 AND kind = 'user.changed'`, w.Env)); diff != "" {
		t.Errorf("facts of what was corrected (-want +got):\n%s", diff)
	}
	u := w.Reload(t, invited.ID)
	if w.users(t) != before || u.Username != p.Username || u.Identity != p.Identity || u.Email != p.Email ||
		d.Created || d.User.ID != u.ID {
		t.Errorf("%d users, want %d; mended to %+v", w.users(t), before, u)
	}
	if diff := cmp.Diff(map[pactius.UnitID]pactius.Access{w.sales: pactius.AccessWrite, w.legal: pactius.AccessRead},
		w.Memberships(t, u.ID)); diff != "" {
		t.Errorf("business units (-want +got):\n%s", diff)
	}
	late, err := w.same(w.Actor(w.local), q, invited, users.Approval{})
	if pactius.KindOf(err) != pactius.KindForbidden && (err != nil || !late.Late) {
		t.Errorf("the second click: %+v, %v", late, err)
	}
	if in := w.signIn(t, p); in.Decision.Outcome != users.OutcomeEnter || in.Session.UserID != invited.ID {
		t.Errorf("the sign-in: %+v", in.Decision)
	}
}

func TestSamePersonCanBeTakenBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	invited := w.Invite(t, "anna.hanson@nordhavn.example", "Anna Hanson", grant(w.sales, pactius.AccessWrite))
	w.db.Exec(t, `UPDATE users SET email = username WHERE id = $1`, invited.ID)
	q := w.ask(t, storetest.Person("anna.hansen@nordhavn.example", "Anna Hansen"))
	if _, err := w.same(w.Actor(w.root), q, invited,
		users.Approval{Grants: []pactius.Grant{grant(w.sales, pactius.AccessAdminister)}}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.rules.TakeBack(t.Context(), w.Actor(w.root), q.ID); err != nil {
		t.Fatal(err)
	}
	u := w.Reload(t, invited.ID)
	if u.Username != invited.Username || u.Name != invited.Name || u.Email != invited.Username ||
		!u.Identity.IsZero() || w.request(t, q.ID).State != pactius.StatePending {
		t.Errorf("taken back to %+v", u)
	}
	if diff := cmp.Diff(map[pactius.UnitID]pactius.Access{w.sales: pactius.AccessWrite},
		w.Memberships(t, u.ID)); diff != "" {
		t.Errorf("business units (-want +got):\n%s", diff)
	}
}

func TestSamePersonIsRefused(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := build(t, w.db, "other.example")
	invited := w.Invite(t, "anna.hanson@nordhavn.example", "Anna Hansen", grant(w.sales, pactius.AccessWrite))
	elsewhere := w.Invite(t, "anna.hansson@nordhavn.example", "Anna Hansen", grant(w.legal, pactius.AccessWrite))
	off := w.Invite(t, "anna.hanzen@nordhavn.example", "Anna Hansen", grant(w.sales, pactius.AccessWrite))
	w.db.Exec(t, `UPDATE users SET deactivated_at = 1 WHERE id = $1`, off.ID)
	q := w.ask(t, storetest.Person("anna.hansen@nordhavn.example", "Anna Hansen"), w.sales)
	taken := storetest.Person("anna.h@nordhavn.example", "Anna Hansen")
	taken.VouchedAt = w.db.Clock.Now().Add(-time.Hour)
	stale := w.ask(t, taken, w.sales)
	linked := w.User(t, "anna.h@nordhavn.example", "Anna H", grant(w.sales, pactius.AccessRead))
	writer := w.User(t, "writer@nordhavn.example", "Will Write", grant(w.sales, pactius.AccessWrite))
	cross := other.Actor(other.root)
	cross.Environment = w.Env
	tests := []struct {
		name    string
		by      pactius.Actor
		request pactius.AccessRequest
		user    pactius.User
		want    pactius.Kind
		says    string
	}{
		{"a user whose account may still exist", w.Actor(w.root), q, linked, pactius.KindConflict, "still exists"},
		{"the acting administrator", w.Actor(w.root), q, w.root, pactius.KindForbidden, "your own"},
		{"a user who is deactivated must be reactivated first", w.Actor(w.root), q, off, pactius.KindConflict,
			"deactivated"},
		{"a user elsewhere is not the local administrator's to change", w.Actor(w.local), q, elsewhere,
			pactius.KindForbidden, ""},
		{"who administers nothing decides nothing", w.Actor(writer), q, invited, pactius.KindForbidden, ""},
		{"an administrator of another environment", cross, q, invited, pactius.KindNotSignedIn, ""},
		{"a user of another environment", w.Actor(w.root), q, other.root, pactius.KindNotFound, ""},
		{"a visitor", w.visitor(q.Person), q, invited, pactius.KindNotSignedIn, ""},
		{"an account name that somebody else has proved to have since", w.Actor(w.root), stale, invited,
			pactius.KindConflict, "already"},
	}
	for _, tt := range tests {
		w.refused(t, tt.name, tt.want, tt.says, func() error {
			_, err := w.same(tt.by, tt.request, tt.user, users.Approval{})
			return err
		})
	}
}

// TestAKnownAccountIsLinkedImmediately: the directory has identified the account, so
// that neither spelling nor a later rename matters.
func TestAKnownAccountIsLinkedImmediately(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storetest.Person("anna.hansen@nordhavn.example", "Anna Hansen")
	n := users.NewUser{Username: p.Username, Name: p.Name, Identity: p.Identity}
	added, err := w.rules.Add(t.Context(), w.Actor(w.root), n)
	if err != nil || added.User.Identity != p.Identity {
		t.Fatalf("%+v, %v", added, err)
	}
	p.Username = "anna.smith@nordhavn.example"
	if in := w.signIn(t, p); in.Decision.Outcome != users.OutcomeEnter || in.Session.UserID != added.User.ID {
		t.Errorf("renamed before the first sign-in: %+v", in.Decision)
	}
	w.refused(t, "the same account under its new name", pactius.KindConflict, "already", func() error {
		_, err := w.rules.Add(t.Context(), w.Actor(w.local),
			users.NewUser{Username: p.Username, Name: p.Name, Identity: p.Identity})
		return err
	})
	foreign := storetest.Person("bo@partner.example", "Bo")
	foreign.TenantID = "11111111-2222-3333-4444-555555555555"
	w.refused(t, "an account of another tenant", pactius.KindConflict, "a different Microsoft 365", func() error {
		_, err := w.rules.Add(t.Context(), w.Actor(w.root),
			users.NewUser{Username: foreign.Username, Name: "Bo", Identity: foreign.Identity})
		return err
	})
	w.db.Clock.Advance(time.Minute)
	twin := storetest.Person("anna.smith@nordhavn.example", "Anna Smith the second") // the name was given on
	added, err = w.rules.Add(t.Context(), w.Actor(w.root),
		users.NewUser{Username: twin.Username, Name: twin.Name, Identity: twin.Identity, Despite: true})
	if err != nil || added.User.Identity != twin.Identity {
		t.Errorf("the new owner of a freed name: %+v, %v", added, err)
	}
}

// TestAnAccountThatReturnsBringsItsUserBack: AccountGone had deactivated the user.
func TestAnAccountThatReturnsBringsItsUserBack(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	u := w.User(t, "anna@nordhavn.example", "Anna", grant(w.sales, pactius.AccessRead))
	w.db.Exec(t, `UPDATE users SET account_state = 'disabled', account_state_at = 1, swept_out = 1, deactivated_at = 1
			WHERE id = $1`, u.ID)
	p := pactius.Person{Identity: u.Identity, Username: u.Username, Name: u.Name}
	x, err := w.rules.Explain(t.Context(), w.Actor(w.root), p)
	if err != nil || x.Outcome != users.OutcomeBlocked || x.Reasons[1].Code != "account_disabled" {
		t.Errorf("explained as %+v, %v", x.Decision, err)
	}
	older := p
	older.VouchedAt = time.UnixMicro(1)
	if x, err := w.rules.Explain(t.Context(), w.Actor(w.root), older); err != nil || x.Outcome != users.OutcomeBlocked {
		t.Errorf("a word of Microsoft from before the account was disabled: %+v, %v", x.Decision, err)
	}
	w.expect(t, "Microsoft lets them in again", func() { w.signIn(t, p) },
		[]string{"user.account_back", "user.signed_in"}, nil)
	if back := w.Reload(t, u.ID); back.SweptOut || !back.DeactivatedAt.IsZero() ||
		back.AccountState != pactius.AccountPresent {
		t.Errorf("back as %+v", back)
	}
	w.db.Exec(t, `UPDATE users SET account_state = 'disabled', swept_out = 0, deactivated_at = 1 WHERE id = $1`, u.ID)
	if in := w.signIn(t, p); in.Decision.Outcome != users.OutcomeBlocked {
		t.Errorf("deactivated by a person: %+v", in.Decision)
	}
}

// TestAWaitingRequestLosesItsNameToTheNewOwner: the person of an old
// request is not mistaken for the present owner of the account name.
func TestAWaitingRequestLosesItsNameToTheNewOwner(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	before := storetest.Person("anna@nordhavn.example", "Anna Before")
	q := w.ask(t, before)
	after := storetest.Person("anna@nordhavn.example", "Anna After")
	w.signIn(t, after)
	if got := w.request(t, q.ID).Person.Username; got != "anna#before@nordhavn.example" {
		t.Errorf("the request of before is under %s", got)
	}
	added, err := w.rules.Add(t.Context(), w.Actor(w.root),
		users.NewUser{Username: "anna@nordhavn.example", Name: "Anna After", Despite: true, Settle: true})
	if err != nil || added.Settled != nil || !added.User.Identity.IsZero() {
		t.Errorf("adding the new owner settled %+v, %v", added.Settled, err)
	}
	if in := w.signIn(t, after); in.Decision.Outcome != users.OutcomeLink {
		t.Errorf("the new owner: %+v", in.Decision)
	}
	if in := w.signIn(t, before); in.Decision.Outcome == users.OutcomeEnter {
		t.Errorf("the owner of before enters as %+v", in.Decision.User)
	}
}
