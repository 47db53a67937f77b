package users_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// told is a directory with these accounts, by object ID; it has no others.
type told map[string]pactius.Account

func (d told) Account(_ context.Context, _ pactius.Actor, objectID string) (pactius.Account, error) {
	a, ok := d[objectID]
	if !ok {
		return a, pactius.Refuse(pactius.KindNotFound, pactius.T("Nobody"))
	}
	a.Identity = pactius.Identity{TenantID: storetest.Tenant, ObjectID: objectID}
	return a, nil
}

// away is a directory that cannot be asked.
type away struct{}

func (away) Account(context.Context, pactius.Actor, string) (pactius.Account, error) {
	return pactius.Account{}, &pactius.DirectoryError{Trouble: pactius.TroubleAway}
}

// TestAStoredNameLinksNobody: a request waits for up to thirty days, and its account name may be another person's by
// then.
func TestAStoredNameLinksNobody(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	former := storetest.Person("anna@nordhavn.example", "Anna Before")
	q := w.ask(t, former)
	invited := w.Invite(t, "anna@nordhavn.example", "Anna Now", grant(w.Root, pactius.AccessAdminister))
	approve := func() error {
		_, err := w.rules.Approve(t.Context(), w.Actor(w.root), q.ID, users.Approval{Despite: true})
		return err
	}
	for name, d := range map[string]struct {
		directory users.Directory
		says      string
	}{
		"no directory":     {nil, "couldn't ask"},
		"it is away":       {away{}, "couldn't ask"},
		"the account left": {told{}, "has been deleted"},
		"it is in the bin": {told{former.ObjectID: {Username: former.Username, State: pactius.AccountDeleted}},
			"deleted"},
		"it was renamed":     {told{former.ObjectID: {Username: "a.before@nordhavn.example"}}, "called a.before@"},
		"it has no name yet": {told{former.ObjectID: {}}, "called"},
	} {
		w.rules.Directory = d.directory
		w.refused(t, name, pactius.KindConflict, d.says, approve)
	}
	w.rules.Directory = told{former.ObjectID: {Username: "ANNA@nordhavn.example"}}
	if err := approve(); err != nil || w.Reload(t, invited.ID).Identity != former.Identity {
		t.Errorf("the directory says that the name is the request's: %v", err)
	}
}

// TestSamePersonIsSaidOfANamesake: where the directory cannot be asked, the administrator answers.
func TestSamePersonIsSaidOfANamesake(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storetest.Person("anna@nordhavn.example", "Anna")
	q := w.ask(t, p, w.sales)
	invited := w.Invite(t, p.Username, "Anna", grant(w.north, pactius.AccessRead))
	w.rules.Directory = away{}
	d, err := w.rules.SamePerson(t.Context(), w.Actor(w.root), q.ID, "",
		users.Approval{Grants: []pactius.Grant{grant(w.sales, pactius.AccessWrite)}})
	if err != nil || d.Created || d.User.ID != invited.ID || d.User.UnitCount != 2 {
		t.Fatalf("%+v, %v", d, err)
	}
	if err := takeBack(t, w, w.root, q)(); err != nil || !w.Reload(t, invited.ID).Identity.IsZero() {
		t.Errorf("taking it back: %v", err)
	}
}

// TestARequestFollowsItsPersonsName: the next sign-in tells whose a name is. A person who is called otherwise by then
// takes the request along.
func TestARequestFollowsItsPersonsName(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storetest.Person("anna@nordhavn.example", "Anna Before")
	q := w.ask(t, p)
	w.Invite(t, p.Username, "Annette Now")
	w.db.Clock.Advance(time.Minute)
	p.Username = "a.before@nordhavn.example"
	w.signIn(t, p)
	if got := w.request(t, q.ID).Person; got.Username != p.Username || !got.VouchedAt.Equal(w.db.Clock.Now()) {
		t.Errorf("the request is of %+v", got)
	}
	if d := w.approve(t, w.root, q); !d.Created || d.User.Username != p.Username {
		t.Errorf("approved as %+v", d)
	}
}

// recreated is Rita, whose account was deleted and made again under the same name.
type recreated struct {
	*world
	rita pactius.User
	old  pactius.Person // the deleted account
	now  pactius.Person
	q    pactius.AccessRequest
}

func newRecreated(t *testing.T) *recreated {
	t.Helper()
	w := newWorld(t)
	rita := w.User(t, "rita@nordhavn.example", "Rita Lund", grant(w.sales, pactius.AccessWrite),
		grant(w.legal, pactius.AccessAdminister))
	r := &recreated{world: w,
		old: pactius.Person{Identity: rita.Identity, Username: rita.Username, Name: rita.Name}}
	w.signIn(t, r.old)
	r.rita = w.Reload(t, rita.ID)
	w.db.Clock.Advance(time.Hour)
	r.now = storetest.Person(rita.Username, "Rita Lund")
	r.q = w.ask(t, r.now, w.sales)
	w.signIn(t, r.now) // the visitor's session stays
	return r
}

func (r *recreated) sessions(t *testing.T) int {
	t.Helper()
	return r.db.Count(t, `SELECT COUNT(*) FROM sessions WHERE environment_id = $1 AND user_id = $2`, r.Env, r.rita.ID)
}

func (r *recreated) saySame(despite bool) error {
	_, err := r.rules.SamePerson(context.Background(), r.Actor(r.root), r.q.ID, r.rita.ID,
		users.Approval{Despite: despite})
	return err
}

// TestARecreatedAccountIsTheSamePerson: units and history stay, the sessions of the old account end.
func TestARecreatedAccountIsTheSamePerson(t *testing.T) {
	t.Parallel()
	r := newRecreated(t)
	r.rules.Directory = told{r.now.ObjectID: {Username: r.now.Username}}
	v, err := r.rules.Request(t.Context(), r.Actor(r.root), r.q.ID)
	if err != nil || v.TakenOver == nil || v.TakenOver.ID != r.rita.ID {
		t.Fatalf("the page shows %+v, %v", v.TakenOver, err)
	}
	r.refused(t, "creating another Rita unasked", pactius.KindConflict, "similar", func() error {
		_, err := r.rules.Approve(t.Context(), r.Actor(r.root), r.q.ID, users.Approval{})
		return err
	})
	same, err := r.rules.Same(t.Context(), r.Actor(r.root), r.q.ID, "")
	if err != nil || !same.Linked() || same.Lives() || same.Account.State != pactius.AccountDeleted || !same.Manages {
		t.Errorf("the question shows %+v, %v", same, err)
	}
	before := r.users(t)
	r.expect(t, "same person", func() {
		if err := r.saySame(false); err != nil {
			t.Fatal(err)
		}
	}, []string{"user.account_changed", "user.linked", "request.approved"},
		[]string{"request-approved to rita@nordhavn.example"})
	got := r.Reload(t, r.rita.ID)
	if got.Identity != r.now.Identity || got.Username != r.rita.Username || r.users(t) != before || r.sessions(t) != 0 {
		t.Errorf("Rita is %+v with %d sessions", got, r.sessions(t))
	}
	if diff := cmp.Diff(map[pactius.UnitID]pactius.Access{r.sales: pactius.AccessWrite,
		r.legal: pactius.AccessAdminister}, r.Memberships(t, r.rita.ID)); diff != "" {
		t.Errorf("business units (-want +got):\n%s", diff)
	}
	if in := r.signIn(t, r.old); in.Decision.Outcome != users.OutcomeUnrecognised {
		t.Errorf("the old account: %+v", in.Decision)
	}
	if in := r.signIn(t, r.now); in.Session.UserID != r.rita.ID {
		t.Errorf("the new account: %+v", in.Decision)
	}
	r.undone(t)
}

// undone takes it back: Rita is as before, and the old account goes in.
func (r *recreated) undone(t *testing.T) {
	t.Helper()
	must(t, takeBack(t, r.world, r.root, r.q)())
	got := r.Reload(t, r.rita.ID)
	got.Version = r.rita.Version
	if diff := cmp.Diff(r.rita, got); diff != "" {
		t.Errorf("taken back (-want +got):\n%s", diff)
	}
	if r.sessions(t) != 0 {
		t.Error("the new account is still in")
	}
	if in := r.signIn(t, r.now); in.Decision.Outcome != users.OutcomeUnrecognised {
		t.Errorf("the new account: %+v", in.Decision)
	}
	if in := r.signIn(t, r.old); in.Session.UserID != r.rita.ID {
		t.Errorf("the old account: %+v", in.Decision)
	}
	r.checked(t)
}

// TestADeactivationStays although the approval that came before it is undone.
func TestADeactivationStays(t *testing.T) {
	t.Parallel()
	r := newRecreated(t)
	must(t, r.saySame(true))
	r.signIn(t, r.now)
	_, err := r.rules.Deactivate(t.Context(), pactius.SupportActor(r.Env), r.rita.ID)
	must(t, err)
	must(t, takeBack(t, r.world, r.root, r.q)())
	if u := r.Reload(t, r.rita.ID); u.DeactivatedAt.IsZero() || u.Identity != r.old.Identity {
		t.Errorf("Rita is %+v", u)
	}
}

// TestARecreatedAccountCanBeTakenBack: Rita is as before, also where a sweep had deactivated her.
func TestARecreatedAccountCanBeTakenBack(t *testing.T) {
	t.Parallel()
	for _, swept := range []bool{false, true} {
		r := newRecreated(t)
		if swept {
			r.Update(t, func(tx *store.Tx) error {
				u := r.rita
				u.AccountState, u.AccountStateAt = pactius.AccountDeleted, r.db.Clock.Now()
				u.SweptOut, u.DeactivatedAt = true, r.db.Clock.Now()
				return tx.UpdateUser(u)
			})
			r.Update(t, func(tx *store.Tx) error {
				return tx.PutFinding(pactius.AccountFinding{User: r.rita.ID, State: pactius.AccountDeleted,
					FoundAt: r.db.Clock.Now()})
			})
		}
		r.rules.Directory = told{}
		was := r.Reload(t, r.rita.ID)
		if err := r.saySame(false); err != nil {
			t.Fatal(err)
		}
		if u := r.Reload(t, r.rita.ID); !u.MayEnter("2026-03-02") || u.AccountState.Gone() || u.SweptOut {
			t.Errorf("swept out %v: Rita is %+v", swept, u)
		}
		if n := r.db.Count(t, `SELECT COUNT(*) FROM sweep_findings WHERE environment_id = $1`, r.Env); n != 0 {
			t.Error("a finding about the old account waits")
		}
		if err := takeBack(t, r.world, r.root, r.q)(); err != nil {
			t.Fatal(err)
		}
		if n := r.db.Count(t, `SELECT COUNT(*) FROM sessions WHERE environment_id = $1 AND oid = $2`, r.Env,
			r.now.ObjectID); n != 1 {
			t.Errorf("%d sessions of the visitor, want the one from before", n)
		}
		got := r.Reload(t, r.rita.ID)
		got.Version = was.Version
		if diff := cmp.Diff(was, got); diff != "" {
			t.Errorf("swept out %v: taken back (-want +got):\n%s", swept, diff)
		}
	}
}

// TestAnEnteredVisitorIsTakenBack: the person entered from a session that began before the decision.
func TestAnEnteredVisitorIsTakenBack(t *testing.T) {
	t.Parallel()
	r := newRecreated(t)
	token := r.signIn(t, r.now).Token
	r.db.Clock.Advance(time.Minute)
	if err := r.saySame(true); err != nil {
		t.Fatal(err)
	}
	in, err := r.rules.Enter(t.Context(), r.Env, token, users.Visit{})
	if err != nil || in.Session.UserID != r.rita.ID {
		t.Fatalf("entering: %+v, %v", in.Decision, err)
	}
	r.undone(t)
}

// TestTwoLiveAccountsAreTwoPeople unless the administrator confirms otherwise.
func TestTwoLiveAccountsAreTwoPeople(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		directory users.Directory
		state     pactius.AccountState // as the sweeps know it
		says      string               // "": it is done unasked
	}{
		"the old account lives":                  {told{"old": {}}, "", "still\nexists"},
		"the old account is disabled":            {told{"old": {State: pactius.AccountDisabled}}, "", ""},
		"the old account is in the bin":          {told{"old": {State: pactius.AccountDeleted}}, "", ""},
		"nobody can be asked":                    {away{}, "", "couldn't ask"},
		"nobody can be asked, a sweep knows":     {away{}, pactius.AccountDeleted, ""},
		"a sweep knows, but the account is back": {told{"old": {}}, pactius.AccountDeleted, "still\nexists"},
	} {
		r := newRecreated(t)
		if d, ok := test.directory.(told); ok {
			test.directory = told{r.old.ObjectID: d["old"]}
		}
		r.rules.Directory = test.directory
		r.db.Exec(t, `UPDATE users SET account_state = $1 WHERE id = $2`, string(test.state), r.rita.ID)
		if test.says != "" {
			r.refused(t, name, pactius.KindConflict, strings.ReplaceAll(test.says, "\n", " "),
				func() error { return r.saySame(false) })
			var lives *users.AccountLivesError
			if err := r.saySame(false); !errors.As(err, &lives) {
				t.Errorf("%s: %v is no question", name, err)
			}
		}
		if err := r.saySame(test.says != ""); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestSamePersonReactivatesNoUser that an administrator has deactivated.
func TestSamePersonReactivatesNoUser(t *testing.T) {
	t.Parallel()
	r := newRecreated(t)
	r.rules.Directory = told{}
	for name, set := range map[string]string{"deactivated by a person": `deactivated_at = 1, swept_out = 0`,
		"past the end date":                `deactivated_at = 0, ends_on = '2026-03-01'`,
		"swept out, and past the end date": `deactivated_at = 1, swept_out = 1, ends_on = '2026-03-01'`} {
		r.db.Exec(t, `UPDATE users SET `+set+` WHERE id = $1`, r.rita.ID)
		r.refused(t, name, pactius.KindConflict, "reactivate", func() error { return r.saySame(true) })
	}
}

// TestAnAccompliceBySamePerson: an approver says that a request is from a user that others added. It takes one of them,
// or those of the root, to confirm it.
func TestAnAccompliceBySamePerson(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	added, err := w.rules.Add(t.Context(), w.Actor(w.root),
		users.NewUser{Username: "boss@nordhavn.example", Name: "Betty Boss"})
	if err != nil {
		t.Fatal(err)
	}
	accomplice := storetest.Person("accomplice@nordhavn.example", "Al Complice")
	q := w.ask(t, accomplice, w.sales)
	same := func(by pactius.User) (users.Decided, error) {
		return w.rules.SamePerson(t.Context(), w.Actor(by), q.ID, added.User.ID, users.Approval{})
	}
	w.rules.Directory = told{accomplice.ObjectID: {Username: accomplice.Username}}
	w.expect(t, "the approver proposes", func() {
		if d, err := same(w.local); err != nil || !d.Proposed || d.Request.State != pactius.StatePending {
			t.Fatalf("%+v, %v", d, err)
		}
	}, []string{"request.same_proposed"}, []string{"same-proposed to root@nordhavn.example"})
	w.unchanged(t, "a second click", func() error { _, err := same(w.local); return err })
	if u := w.Reload(t, added.User.ID); !u.Identity.IsZero() || u.Username != "boss@nordhavn.example" {
		t.Errorf("the user became %+v", u)
	}
	if in := w.signIn(t, accomplice); in.Decision.Outcome != users.OutcomeUnrecognised {
		t.Errorf("the accomplice: %+v", in.Decision)
	}
	v, err := w.rules.Request(t.Context(), w.Actor(w.local), q.ID)
	if err != nil || v.Proposed == nil || v.ProposedBy != "Lars Local" || v.CanConfirm {
		t.Errorf("the request's page shows %+v by %q, confirm %v, %v", v.Proposed, v.ProposedBy, v.CanConfirm, err)
	}
	if u, err := w.rules.User(t.Context(), w.Actor(w.root), added.User.ID); err != nil || len(u.Proposed) != 1 {
		t.Errorf("the user's page shows %+v, %v", u.Proposed, err)
	}
	w.expect(t, "it is refused", func() {
		if _, err := w.rules.RefuseSame(t.Context(), w.Actor(w.root), q.ID); err != nil {
			t.Fatal(err)
		}
	}, []string{"request.same_refused"}, []string{"same-refused to local@nordhavn.example"})
	w.unchanged(t, "refused twice", func() error {
		_, err := w.rules.RefuseSame(t.Context(), w.Actor(w.root), q.ID)
		return err
	})
	if _, err := same(w.local); err != nil {
		t.Fatal(err)
	}
	if d, err := same(w.root); err != nil || d.Proposed || d.User.Identity != accomplice.Identity {
		t.Errorf("an administrator of the root confirms: %+v, %v", d, err)
	}
	if p := w.request(t, q.ID).Proposal; p.User != "" {
		t.Errorf("the proposal stays: %+v", p)
	}
}

// TestTheCreatorConfirmsARequestOfOtherUnits: the proposal shows the request to an administrator who may not decide it
// otherwise.
func TestTheCreatorConfirmsARequestOfOtherUnits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	lea := w.User(t, "lea@nordhavn.example", "Lea Legal", grant(w.legal, pactius.AccessAdminister))
	added, err := w.rules.Add(t.Context(), w.Actor(lea), users.NewUser{Username: "ana@nordhavn.example", Name: "Anna"})
	if err != nil {
		t.Fatal(err)
	}
	q := w.ask(t, storetest.Person("anna@nordhavn.example", "Anna"), w.sales)
	confirm := func() error {
		_, err := w.rules.SamePerson(t.Context(), w.Actor(lea), q.ID, added.User.ID, users.Approval{})
		return err
	}
	look := func() error {
		_, err := w.rules.Same(t.Context(), w.Actor(lea), q.ID, added.User.ID)
		return err
	}
	refuse := func() error { _, err := w.rules.RefuseSame(t.Context(), w.Actor(lea), q.ID); return err }
	for name, step := range map[string]func() error{"confirming": confirm, "looking": look, "refusing": refuse} {
		w.refused(t, name+" before it is proposed", pactius.KindForbidden, "", step)
	}
	_, mails := w.news(t, func() {
		d, err := w.rules.SamePerson(t.Context(), w.Actor(w.local), q.ID, added.User.ID, users.Approval{})
		if err != nil || !d.Proposed {
			t.Fatalf("%+v, %v", d, err)
		}
	})
	if !slices.Equal(mails, []string{"same-proposed to lea@nordhavn.example"}) {
		t.Errorf("emails: %v", mails)
	}
	other := w.Invite(t, "anja@nordhavn.example", "Anja", grant(w.legal, pactius.AccessRead))
	w.refused(t, "another user than the proposed one", pactius.KindForbidden, "", func() error {
		_, err := w.rules.SamePerson(t.Context(), w.Actor(lea), q.ID, other.ID, users.Approval{})
		return err
	})
	w.unchanged(t, "looking", look)
	if err := confirm(); err != nil || w.Reload(t, added.User.ID).Username != "anna@nordhavn.example" {
		t.Errorf("confirming: %v", err)
	}
}

// TestTheDirectoryConfirmsWhomTheApproverMayNotChange: as the sign-in would link them. A linked user is another matter:
// the name says nothing about the human who has it now.
func TestTheDirectoryConfirmsWhomTheApproverMayNotChange(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	invited := w.Invite(t, "anna@nordhavn.example", "Anna", grant(w.Root, pactius.AccessRead))
	p := storetest.Person("anna@nordhavn.example", "Anna")
	w.db.Exec(t, `UPDATE users SET username_key = 'x' WHERE id = $1`, invited.ID)
	q := w.ask(t, p, w.sales)
	w.db.Exec(t, `UPDATE users SET username_key = 'anna@nordhavn.example' WHERE id = $1`, invited.ID)
	w.rules.Directory = told{p.ObjectID: {Username: p.Username}}
	d, err := w.rules.SamePerson(t.Context(), w.Actor(w.local), q.ID, "", users.Approval{})
	if err != nil || d.Proposed || d.User.Identity != p.Identity {
		t.Errorf("an invited user: %+v, %v", d, err)
	}

	w.User(t, "rita@nordhavn.example", "Rita", grant(w.Root, pactius.AccessAdminister))
	w.db.Clock.Advance(time.Hour)
	heir := storetest.Person("rita@nordhavn.example", "Rita the second")
	q = w.ask(t, heir, w.sales)
	w.rules.Directory = told{heir.ObjectID: {Username: heir.Username}}
	d, err = w.rules.SamePerson(t.Context(), w.Actor(w.local), q.ID, "", users.Approval{Despite: true})
	if err != nil || !d.Proposed {
		t.Errorf("a linked user whom others manage: %+v, %v", d, err)
	}
}

// TestCreatingADoubleAsksFirst, and both users' pages point at each other afterwards.
func TestCreatingADoubleAsksFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	hanson := w.Invite(t, "anna.hanson@nordhavn.example", "Anna Hansen", grant(w.sales, pactius.AccessWrite))
	q := w.ask(t, storetest.Person("anna.hansen@nordhavn.example", "Anna Hansen"))
	approve := func(despite bool) (users.Decided, error) {
		return w.rules.Approve(t.Context(), pactius.SupportActor(w.Env), q.ID, users.Approval{Despite: despite})
	}
	w.refused(t, "unasked", pactius.KindConflict, "similar", func() error { _, err := approve(false); return err })
	d, err := approve(true)
	if err != nil || !d.Created {
		t.Fatalf("%+v, %v", d, err)
	}
	for of, want := range map[pactius.UserID]pactius.UserID{hanson.ID: d.User.ID, d.User.ID: hanson.ID} {
		v, err := w.rules.User(t.Context(), w.Actor(w.root), of)
		if err != nil || len(v.Doubles) != 1 || v.Doubles[0].ID != want {
			t.Errorf("the page shows %+v, %v", v.Doubles, err)
		}
	}
	if v, err := w.rules.User(t.Context(), w.Actor(w.local), d.User.ID); err != nil || len(v.Doubles) != 1 {
		t.Errorf("a local administrator sees %+v, %v", v.Doubles, err)
	}
	if err := takeBack(t, w, w.root, q)(); err != nil {
		t.Fatal(err)
	}
	if v, err := w.rules.User(t.Context(), w.Actor(w.root), hanson.ID); err != nil || len(v.Doubles) != 0 {
		t.Errorf("after taking back the page shows %+v, %v", v.Doubles, err)
	}
}
