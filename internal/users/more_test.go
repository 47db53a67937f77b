package users_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/dbtool"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// askMore sends a user's request for more access, which must work.
func (w *world) askMore(t storetest.TB, u pactius.User, units ...pactius.UnitID) pactius.AccessRequest {
	t.Helper()
	q, err := w.rules.Ask(context.Background(), w.Actor(u), users.Wish{Units: units, Message: "I have a new task."})
	if err != nil {
		t.Fatalf("ask for more: %v", err)
	}
	return q
}

// access is a user's explicit access by the names of the units.
func (w *world) access(t storetest.TB, u pactius.User) map[string]pactius.Access {
	t.Helper()
	v, err := w.rules.User(context.Background(), pactius.SupportActor(w.Env), u.ID)
	if err != nil {
		t.Fatalf("the user's access: %v", err)
	}
	all := map[string]pactius.Access{}
	for _, m := range v.Memberships {
		all[v.Tree.Path(m.UnitID)] = m.Access
	}
	return all
}

// TestAUserIsGivenMore asks and approves: the user keeps everything, gets what is chosen, and no user is created.
func TestAUserIsGivenMore(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	var q pactius.AccessRequest
	w.expect(t, "asking", func() { q = w.askMore(t, w.both, w.north, w.sales) }, []string{"request.sent"},
		[]string{"request-arrived to local@nordhavn.example", "request-arrived to root@nordhavn.example"})
	w.unchanged(t, "asking twice", func() error {
		if again := w.askMore(t, w.both, w.legal); again.ID != q.ID {
			t.Errorf("request %s, want the first one %s", again.ID, q.ID)
		}
		return nil
	})
	s, err := w.rules.Standing(t.Context(), w.Actor(w.both))
	if err != nil || s.CanAsk || !s.More || s.Request == nil || s.Request.ID != q.ID || len(s.Deciders) != 2 ||
		len(s.Has) != 2 {
		t.Errorf("the user's page: %+v, %v", s, err)
	}
	before := w.users(t)
	w.expect(t, "approving", func() {
		d := w.approve(t, w.local, q, grant(w.north, pactius.AccessAdminister), grant(w.sales, pactius.AccessRead))
		if !d.More || d.Created || d.Late || d.User.ID != w.both.ID || d.User.UnitCount != 3 {
			t.Errorf("decided %+v", d)
		}
	}, []string{"user.units_assigned", "request.approved"}, []string{"request-approved to both@nordhavn.example"})
	want := map[string]pactius.Access{"Sales": pactius.AccessWrite, "Sales / North": pactius.AccessAdminister,
		"Legal": pactius.AccessRead}
	if diff := cmp.Diff(want, w.access(t, w.both)); diff != "" {
		t.Errorf("access (-want +got):\n%s", diff)
	}
	if got := w.users(t); got != before {
		t.Errorf("%d users, before the approval %d", got, before)
	}
	w.unchanged(t, "a second click", func() error {
		d, err := w.rules.Approve(t.Context(), w.Actor(w.root), q.ID, users.Approval{})
		if !d.Late || !d.More || d.User.ID != w.both.ID || d.Request.DecidedBy.User != w.local.ID {
			t.Errorf("the second click is told %+v", d)
		}
		return err
	})
	w.checked(t)
}

// TestMoreIsSaidInTheEmails reads what the emails say: the units of the request with the access that the user has now,
// and no word of a new user.
func TestMoreIsSaidInTheEmails(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	q := w.askMore(t, w.both, w.sales, w.north)
	w.db.Exec(t, `UPDATE users SET email = 'bo@elsewhere.example' WHERE id = $1`, w.both.ID) // since it was sent
	w.approve(t, w.local, q, grant(w.sales, pactius.AccessRead), grant(w.north, pactius.AccessRead))
	data := w.db.Rows(t, `SELECT to_address, data FROM mails WHERE kind = 'request-approved'`)
	if len(data) != 1 || !strings.Contains(data[0], "bo@elsewhere.example|") ||
		!strings.Contains(data[0], `"More":true`) || strings.Contains(data[0], "Legal") {
		t.Errorf("the email of the approval: %v", data)
	}
	for unit, access := range map[string]string{"Sales": `2`, "Sales / North": `1`} {
		if len(data) != 1 || !strings.Contains(data[0], `{"Unit":"`+unit+`","Access":`+access) {
			t.Errorf("the email does not say %s on %s: %v", access, unit, data)
		}
	}
	for _, m := range w.db.Rows(t, `SELECT data FROM mails WHERE kind = 'request-arrived'`) {
		if !strings.Contains(m, `"More":true`) || !strings.Contains(m, `"Known":false`) {
			t.Errorf("the email to an approver: %s", m)
		}
	}
}

func TestMoreThatCannotBeAskedFor(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	archived := w.Unit(t, w.Root, "Old")
	w.db.Exec(t, `UPDATE units SET archived_at = 1 WHERE id = $1`, archived)
	elsewhere := w.db.Ground(t, "other.example")
	invited := w.Invite(t, "invited@nordhavn.example", "Ida Invited")
	linked := w.User(t, "linked@nordhavn.example", "Line Linked")
	w.db.Exec(t, `UPDATE users SET first_sign_in_at = 0, last_sign_in_at = 0 WHERE id = $1`, linked.ID)
	off := w.User(t, "off@nordhavn.example", "Off")
	w.db.Exec(t, `UPDATE users SET deactivated_at = 1 WHERE id = $1`, off.ID)
	more := func(units ...pactius.UnitID) users.Wish { return users.Wish{Units: units, Message: "More"} }
	tests := []struct {
		name  string
		actor pactius.Actor
		wish  users.Wish
		kind  pactius.Kind
		says  string
	}{
		{"an administrator of everything", w.Actor(w.root), more(w.sales), pactius.KindConflict, "whole company"},
		{"a unit that the user administers", w.Actor(w.local), more(w.sales), pactius.KindInvalid, "administer Sales"},
		{"a unit below one that the user administers", w.Actor(w.local), more(w.legal, w.north), pactius.KindInvalid,
			"administer North"},
		{"nothing at all", w.Actor(w.plain), users.Wish{Message: " \n"}, pactius.KindInvalid, "Choose the business"},
		{"too many units", w.Actor(w.plain), more(make([]pactius.UnitID, pactius.MaxWishedUnits+1)...),
			pactius.KindInvalid, "at most 20"},
		{"an archived unit", w.Actor(w.plain), more(archived), pactius.KindInvalid, "archived"},
		{"a unit of another environment", w.Actor(w.plain), more(elsewhere.Root), pactius.KindInvalid,
			"no longer exists"},
		{"a linked user who has never signed in", w.Actor(linked), more(w.sales), pactius.KindNotSignedIn, "session"},
		{"a user who has never signed in", w.Actor(invited), more(w.sales), pactius.KindNotSignedIn, "session"},
		{"a deactivated user", w.Actor(off), more(w.sales), pactius.KindNotSignedIn, "signed in"},
		{"a user of another environment", pactius.UserActor(elsewhere.Env, w.plain.ID, ""), more(w.sales),
			pactius.KindNotSignedIn, "signed in"},
		{"Support", pactius.SupportActor(w.Env), more(w.sales), pactius.KindNotSignedIn, "signed in"},
	}
	for _, test := range tests {
		w.refused(t, test.name, test.kind, test.says, func() error {
			_, err := w.rules.Ask(t.Context(), test.actor, test.wish)
			return err
		})
	}
	q, err := w.rules.Ask(t.Context(), w.Actor(w.plain), users.Wish{Message: "Something in Sales"})
	if err != nil || len(q.Units) != 0 || q.UserID != w.plain.ID {
		t.Errorf("words alone: %+v, %v", q, err)
	}
}

// TestMoreHasTheLimitsOfEveryRequest: five a day, and a day of waiting after one that was declined.
func TestMoreHasTheLimitsOfEveryRequest(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ask := func() error {
		_, err := w.rules.Ask(t.Context(), w.Actor(w.plain), users.Wish{Units: []pactius.UnitID{w.sales}})
		return err
	}
	for range pactius.MaxRequestsADay {
		w.askMore(t, w.plain, w.sales)
		if _, err := w.rules.Withdraw(t.Context(), w.Actor(w.plain)); err != nil {
			t.Fatal(err)
		}
	}
	w.refused(t, "a sixth on one day", pactius.KindTooMany, "several requests today", ask)
	w.db.Clock.Advance(24 * time.Hour)
	q := w.askMore(t, w.plain, w.sales)
	w.expect(t, "declining", func() {
		if _, err := w.rules.Decline(t.Context(), w.Actor(w.local), q.ID, "Not yet."); err != nil {
			t.Fatal(err)
		}
	}, []string{"request.declined"}, []string{"request-declined to plain@nordhavn.example"})
	w.db.Clock.Advance(pactius.AskAgainInterval - time.Second)
	w.refused(t, "a second too early", pactius.KindTooMany, "a day after", ask)
	w.db.Clock.Advance(time.Second)
	if err := ask(); err != nil {
		t.Errorf("a day later: %v", err)
	}
	w.checked(t)
}

// TestApprovingMoreIsAssigning: the rules of assignment hold, and a request that cannot be approved stays.
func TestApprovingMoreIsAssigning(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	sub := w.Unit(t, w.north, "Sub")
	north := w.User(t, "north@nordhavn.example", "Nora North", grant(w.north, pactius.AccessAdminister))
	own := w.askMore(t, north, w.sales, w.legal)
	q := w.askMore(t, w.plain, w.sales)
	approve := func(by pactius.User, q pactius.AccessRequest, grants ...pactius.Grant) func() error {
		return func() error {
			_, err := w.rules.Approve(t.Context(), w.Actor(by), q.ID, users.Approval{Grants: grants, Despite: true})
			return err
		}
	}
	read := grant(w.sales, pactius.AccessRead)
	w.refused(t, "without business units", pactius.KindInvalid, "Choose the business units", approve(w.local, q))
	w.refused(t, "a unit that is not the approver's", pactius.KindInvalid, "outside the business units",
		approve(w.local, q, read, grant(w.legal, pactius.AccessWrite)))
	w.refused(t, "an approver of other units", pactius.KindForbidden, "outside", approve(north, q, read))
	w.refused(t, "a user who approves", pactius.KindForbidden, "administrators", approve(w.both, q, read))
	w.refused(t, "the own request", pactius.KindForbidden, "outside", approve(north, own, grant(sub, 1)))
	w.Update(t, func(tx *store.Tx) error {
		return tx.SetMemberships(north.ID, []pactius.Grant{grant(w.legal, pactius.AccessAdminister)}, w.db.Clock.Now())
	})
	w.refused(t, "the own request, administered by now", pactius.KindForbidden, "your own request",
		approve(north, own, grant(w.legal, pactius.AccessRead)))
	w.refused(t, "the same person as another", pactius.KindConflict, "nothing to link", func() error {
		_, err := w.rules.SamePerson(t.Context(), w.Actor(w.root), q.ID, w.seller.ID, users.Approval{})
		return err
	})
	w.db.Exec(t, `UPDATE users SET deactivated_at = 1 WHERE id = $1`, w.plain.ID)
	w.refused(t, "a user deactivated meanwhile", pactius.KindConflict, "reactivate", approve(w.root, q, read))
	w.refused(t, "one who is hidden from the approver", pactius.KindConflict, "already a user",
		approve(w.local, q, read))
	w.db.Exec(t, `UPDATE users SET deactivated_at = 0, ends_on = '2020-01-01' WHERE id = $1`, w.plain.ID)
	w.refused(t, "a user past the end date", pactius.KindConflict, "reactivate", approve(w.root, q, read))
	w.db.Exec(t, `UPDATE users SET ends_on = '' WHERE id = $1`, w.plain.ID)
	w.approve(t, w.local, q, read)
	w.checked(t)
}

// TestMoreNeverExceedsTheUnitsOfAUser: an approval gives at most as many as an assignment.
func TestMoreNeverExceedsTheUnitsOfAUser(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	var grants []pactius.Grant
	for i := range pactius.MaxGrants {
		grants = append(grants, grant(w.Unit(t, w.legal, fmt.Sprint("Unit ", i)), pactius.AccessRead))
	}
	full := w.User(t, "full@nordhavn.example", "Full", grants...)
	q := w.askMore(t, full, w.sales)
	w.refused(t, "one too many", pactius.KindInvalid, "more than", func() error {
		_, err := w.rules.Approve(t.Context(), w.Actor(w.root), q.ID,
			users.Approval{Grants: []pactius.Grant{grant(w.sales, pactius.AccessRead)}})
		return err
	})
}

func TestMoreEndsLikeEveryRequest(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	w.askMore(t, w.plain, w.sales)
	w.expect(t, "withdrawing", func() {
		if q, err := w.rules.Withdraw(t.Context(), w.Actor(w.plain)); err != nil || q.UserID != w.plain.ID {
			t.Fatal(q, err)
		}
	}, []string{"request.withdrawn"}, nil)
	w.refused(t, "nothing to withdraw", pactius.KindNotFound, "", func() error {
		_, err := w.rules.Withdraw(t.Context(), w.Actor(w.seller))
		return err
	})
	w.askMore(t, w.plain, w.sales)
	job := func(run func(context.Context, func()) error) func() {
		return func() {
			if err := run(t.Context(), func() {}); err != nil {
				t.Fatal(err)
			}
		}
	}
	w.db.Clock.Advance(pactius.RequestReminder)
	w.expect(t, "the reminder", job(w.rules.Remind), []string{"request.reminded"},
		[]string{"request-reminder to local@nordhavn.example", "request-reminder to root@nordhavn.example"})
	w.db.Clock.Advance(pactius.RequestLifetime)
	w.expect(t, "the expiry", job(w.rules.Expire), []string{"request.expired"},
		[]string{"request-expired to plain@nordhavn.example"})
	page := func() *pactius.AccessRequest {
		s, err := w.rules.Standing(t.Context(), w.Actor(w.plain))
		if err != nil || !s.CanAsk {
			t.Fatalf("%+v, %v", s, err)
		}
		return s.Request
	}
	if q := page(); q == nil || q.State != pactius.StateExpired {
		t.Errorf("after the expiry the page shows %+v", q)
	}
	w.db.Clock.Advance(pactius.RequestLifetime + time.Second)
	if q := page(); q != nil {
		t.Errorf("long after the expiry the page shows %+v", q)
	}
	w.checked(t)
}

// TestMoreIsTakenBack: within ten minutes the user is as before, and the request pending again.
func TestMoreIsTakenBack(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	q := w.askMore(t, w.both, w.north, w.sales)
	before := w.access(t, w.both)
	grants := []pactius.Grant{grant(w.north, pactius.AccessRead), grant(w.sales, pactius.AccessAdminister)}
	w.approve(t, w.local, q, grants...)
	if v, err := w.rules.Request(t.Context(), w.Actor(w.local), q.ID); err != nil || !v.CanTakeBack || !v.More {
		t.Errorf("the page of the request: %+v, %v", v, err)
	}
	w.expect(t, "taking it back", func() {
		if err := takeBack(t, w.world, w.local, q)(); err != nil {
			t.Fatal(err)
		}
	}, []string{"user.units_assigned", "request.taken_back"}, []string{"approval-taken-back to both@nordhavn.example"})
	if diff := cmp.Diff(before, w.access(t, w.both)); diff != "" {
		t.Errorf("access (-before +after):\n%s", diff)
	}
	if again := w.request(t, q.ID); again.State != pactius.StatePending || again.UserID != w.both.ID {
		t.Errorf("the request is %+v", again)
	}
	w.approve(t, w.local, q, grants...)
	w.askMore(t, w.both, w.legal)
	w.refused(t, "after another request", pactius.KindConflict, "since sent a new request",
		takeBack(t, w.world, w.local, q))
	if _, err := w.rules.Withdraw(t.Context(), w.Actor(w.both)); err != nil {
		t.Fatal(err)
	}
	w.db.Clock.Advance(pactius.TakeBackTime)
	w.refused(t, "too late", pactius.KindConflict, "no longer", takeBack(t, w.world, w.local, q))
	w.checked(t)
}

// TestTheApproverSeesWhatTheyMay: a user's units are shown to approvers who may open the user's page, and to no others.
func TestTheApproverSeesWhatTheyMay(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	seen, hidden := w.askMore(t, w.both, w.north), w.askMore(t, w.plain, w.north)
	look := func(by pactius.User, q pactius.AccessRequest) users.RequestView {
		v, err := w.rules.Request(t.Context(), w.Actor(by), q.ID)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	if v := look(w.local, seen); !v.More || !v.Seen || len(v.Memberships) != 2 || v.Existing.ID != w.both.ID {
		t.Errorf("a user of Sales and Legal: %+v", v)
	}
	v := look(w.local, hidden)
	if want := (pactius.User{Username: w.plain.Username}); v.Seen || len(v.Memberships) > 0 || *v.Existing != want {
		t.Errorf("a user of Legal: %+v, %+v", v, v.Existing)
	}
	if v := look(w.root, hidden); !v.Seen || len(v.Memberships) != 1 {
		t.Errorf("the same for an administrator of all: %+v", v)
	}
	for _, by := range []pactius.User{w.local, w.root} {
		if m, err := w.rules.Menu(t.Context(), w.Actor(by)); err != nil || m.Waiting != 2 {
			t.Errorf("%s has %d requests to decide, %v", by.Name, m.Waiting, err)
		}
	}
}

// TestMoreIsNoNearMiss: the person is a user, so the request is compared with no one who is added. The sign-in help
// names it.
func TestMoreIsNoNearMiss(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	q := w.askMore(t, w.plain, w.sales)
	invited := w.Invite(t, "pia.plain@nordhavn.example", "Pia Plain", grant(w.sales, pactius.AccessRead))
	v, err := w.rules.User(t.Context(), w.Actor(w.root), invited.ID)
	if err != nil || len(v.Around.Waiting) > 0 {
		t.Errorf("the request is compared with an invited user: %+v, %v", v.Around, err)
	}
	for _, by := range []pactius.User{w.local, w.root} {
		x, err := w.rules.Explain(t.Context(), w.Actor(by), pactius.Person{Username: w.plain.Username})
		if err != nil || x.Outcome != users.OutcomeEnter || x.Request == nil || x.Request.ID != q.ID {
			t.Errorf("%s is told %+v, %v", by.Name, x, err)
		}
	}
	namesake := storetest.Person(w.plain.Username, "Pia Later")
	w.db.Clock.Advance(time.Hour)
	w.signIn(t, namesake) // the account name has moved, the request has not
	if got := w.request(t, q.ID); got.Person.Username != w.plain.Username || got.State != pactius.StatePending {
		t.Errorf("the request is now %+v", got)
	}
	found, err := dbtool.Check(t.Context(), w.db.URL, dbtool.Options{Now: w.db.Clock.Now})
	for _, f := range found {
		if strings.Contains(f.Detail, "waits although") {
			t.Errorf("check warns of a user's own request: %+v", f)
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	w.checked(t)
}

// TestMoreIsOfItsUser: whatever account and name the user has by now, no approval makes the request another person's.
func TestMoreIsOfItsUser(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	q := w.askMore(t, w.plain, w.sales)
	w.db.Exec(t, `UPDATE users SET oid = $1, username = 'pia@nordhavn.example', username_key = 'pia@nordhavn.example'
		WHERE id = $2`, id.New(), w.plain.ID)
	w.refused(t, "approving", pactius.KindConflict, "nothing was changed", func() error {
		_, err := w.rules.Approve(t.Context(), w.Actor(w.root), q.ID,
			users.Approval{Grants: []pactius.Grant{grant(w.sales, pactius.AccessRead)}, Despite: true})
		return err
	})
}

// TestMoreEndsWithItsAccount: a request for more access is of the account that sent it. A merge waits for its decision,
// a new account withdraws it, an erasure removes it.
func TestMoreEndsWithItsAccount(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	q := w.askMore(t, w.plain, w.sales)
	w.refused(t, "merging", pactius.KindConflict, "pending access request", func() error {
		_, err := w.rules.Merge(t.Context(), w.Actor(w.root), users.Merge{Kept: w.seller.ID, Other: w.plain.ID})
		return err
	})
	w.rules.Directory = told{}
	w.db.Clock.Advance(time.Hour)
	again := w.ask(t, storetest.Person("pia.new@nordhavn.example", "Pia Plain"))
	d, err := w.rules.SamePerson(t.Context(), w.Actor(w.root), again.ID, w.plain.ID, users.Approval{})
	if err != nil || d.User.ID != w.plain.ID {
		t.Fatalf("%+v, %v", d, err)
	}
	if got := w.request(t, q.ID); got.State != pactius.StateWithdrawn {
		t.Errorf("after the account was replaced, the request is %s", got.State)
	}
	given := w.askMore(t, w.Reload(t, w.plain.ID), w.sales)
	w.approve(t, w.local, given, grant(w.sales, pactius.AccessRead))
	w.askMore(t, w.Reload(t, w.plain.ID), w.north)
	w.checked(t)
	if e, err := w.rules.Erase(t.Context(), w.Actor(w.root), w.plain.ID, 0); err != nil || e.Requests != 4 {
		t.Errorf("erased %+v, %v", e, err)
	}
	w.unchanged(t, "a late answer about an erased request", func() error {
		d, err := w.rules.SamePerson(t.Context(), w.Actor(w.root), given.ID, w.seller.ID, users.Approval{})
		if err == nil && !d.Late {
			t.Errorf("it is told %+v", d)
		}
		return err
	})
	if n := w.db.Count(t, `SELECT COUNT(*) FROM access_requests WHERE state = 'pending' OR message <> ''`); n > 0 {
		t.Errorf("%d requests are left", n)
	}
	w.checked(t)
}

// TestDecisionsAboutMoreRace: of several decisions and a withdrawal at the same time one counts, and the others are
// told.
func TestDecisionsAboutMoreRace(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	second := users.New(&change.DB{Store: w.db.Again(t), Now: w.db.Clock.Now})
	q := w.askMore(t, w.plain, w.sales)
	var wg sync.WaitGroup
	var mu sync.Mutex
	first := 0
	note := func(late bool, err error) {
		mu.Lock()
		defer mu.Unlock()
		if err != nil {
			t.Error(err)
		}
		if !late {
			first++
		}
	}
	for _, rules := range []*users.Rules{w.rules, second, w.rules, second} {
		wg.Go(func() {
			d, err := rules.Approve(context.Background(), w.Actor(w.local), q.ID,
				users.Approval{Grants: []pactius.Grant{grant(w.sales, pactius.AccessRead)}})
			note(d.Late, err)
		})
		wg.Go(func() {
			d, err := rules.Decline(context.Background(), w.Actor(w.root), q.ID, "")
			note(d.Late, err)
		})
		wg.Go(func() {
			_, err := rules.Withdraw(context.Background(), w.Actor(w.plain))
			note(true, err)
		})
	}
	wg.Wait()
	got := w.request(t, q.ID)
	if want := map[bool]int{true: 0, false: 1}[got.State == pactius.StateWithdrawn]; first != want {
		t.Errorf("%d decisions say that they were the first, of a request that is %s", first, describe(got))
	}
	if _, has := w.access(t, w.plain)["Sales"]; has != (got.State == pactius.StateApproved) {
		t.Errorf("the request is %s, and the user has Sales: %v", got.State, has)
	}
	w.checked(t)
}
