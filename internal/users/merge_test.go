package users_test

import (
	"context"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// merge merges as an administrator, which must work.
func (w *world) merge(t storetest.TB, by pactius.Actor, m users.Merge) users.MergePlan {
	t.Helper()
	p, err := w.rules.Merge(context.Background(), by, m)
	if err != nil {
		t.Fatalf("merge: %v", err)
	}
	return p
}

// personOf is the person that Microsoft authenticates for a user.
func personOf(u pactius.User) pactius.Person {
	return pactius.Person{Identity: u.Identity, Username: u.Username, Name: u.Name}
}

func TestAMergeLeavesOneUser(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	double := w.User(t, "sara.new@nordhavn.example", "Sara Seller", grant(w.north, pactius.AccessWrite),
		grant(w.sales, pactius.AccessRead))
	keptSession, otherSession := w.session(t, w.seller), w.session(t, double)
	m := users.Merge{Kept: w.seller.ID, Other: double.ID}
	var plan users.MergePlan
	w.unchanged(t, "planning", func() (err error) {
		plan, err = w.rules.PlanMerge(t.Context(), w.Actor(w.root), m)
		return err
	})
	if plan.Account != users.AccountOfKept || !plan.CanChoose || plan.Sessions != 1 || len(plan.Gains) != 2 {
		t.Errorf("the plan is %+v", plan)
	}
	m.Seen = plan.Seen
	w.expect(t, "merging", func() { w.merge(t, w.Actor(w.root), m) },
		[]string{"user.units_assigned", "user.merged"}, nil)
	want := map[pactius.UnitID]pactius.Access{w.north: pactius.AccessWrite, w.sales: pactius.AccessRead}
	if diff := cmp.Diff(want, w.Memberships(t, w.seller.ID)); diff != "" {
		t.Errorf("access (-want +got):\n%s", diff)
	}
	for token, over := range map[string]bool{keptSession: false, otherSession: true} {
		if _, err := w.rules.Session(t.Context(), w.Env, token); (err != nil) != over {
			t.Errorf("a session is over: %v, want %t", err, over)
		}
	}
	admin := w.Actor(w.root)
	v, err := w.rules.User(t.Context(), admin, double.ID)
	if err != nil || v.User.ID != w.seller.ID || !v.CanUnmerge || len(v.Merged) != 1 {
		t.Errorf("the other ID leads to %s, %v", v.User.ID, err)
	}
	if u, err := w.rules.Find(t.Context(), admin, "SARA.new@nordhavn.example"); err != nil || u.ID != w.seller.ID {
		t.Errorf("the other account name leads to %s, %v", u.ID, err)
	}
	l, err := w.rules.Users(t.Context(), admin, pactius.UserFilter{Search: "sara.new@"})
	if err != nil || len(l.Users) != 1 || l.Users[0].ID != w.seller.ID {
		t.Errorf("searching the other account name finds %+v, %v", l.Users, err)
	}
	kinds := map[pactius.EventKind]int{}
	for _, e := range v.History.Events {
		kinds[e.Kind]++
	}
	if kinds[pactius.UserSignedIn] != 2 {
		t.Errorf("the history has %v, want the sign-ins of both", kinds)
	}
	if v.History.Names.Users[double.ID] != w.seller.Name {
		t.Errorf("events name the other user %q", v.History.Names.Users[double.ID])
	}
}

func TestTheLosingAccountIsNotANewPerson(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	double := w.User(t, "sara.new@nordhavn.example", "Sara Seller", grant(w.north, pactius.AccessRead))
	w.merge(t, w.Actor(w.root), users.Merge{Kept: w.seller.ID, Other: double.ID})
	lost := personOf(double)
	for name, asked := range map[string]pactius.Person{"with its identity": lost,
		"by name": {Username: lost.Username}} {
		x, err := w.rules.Explain(t.Context(), w.Actor(w.root), asked)
		if err != nil || x.Outcome != users.OutcomeMerged || x.User == nil || x.User.ID != w.seller.ID ||
			!strings.Contains(x.Reasons[0].Text.String(), w.seller.Username) {
			t.Errorf("%s: explained as %+v, %v", name, x.Decision, err)
		}
	}
	in := w.signIn(t, lost)
	if in.Decision.Outcome != users.OutcomeMerged || !in.Session.IsVisitor() {
		t.Errorf("the account signs in as %+v", in.Decision)
	}
	w.refused(t, "asking", pactius.KindForbidden, "another Microsoft 365 account", func() error {
		_, err := w.rules.Ask(t.Context(), w.visitor(lost), users.Wish{})
		return err
	})
	w.refused(t, "adding the account again", pactius.KindConflict, "There's already a user", func() error {
		_, err := w.rules.Add(t.Context(), w.Actor(w.root), users.NewUser{Username: lost.Username, Name: lost.Name,
			Identity: lost.Identity, Despite: true})
		return err
	})
	renamed := lost
	renamed.Username = "someone.else@nordhavn.example"
	if in := w.signIn(t, renamed); in.Decision.Outcome != users.OutcomeMerged {
		t.Errorf("renamed, the account signs in as %+v", in.Decision)
	}
	if in := w.signIn(t, personOf(w.seller)); in.Decision.Outcome != users.OutcomeEnter {
		t.Errorf("the kept account signs in as %+v", in.Decision)
	}
	x, err := w.rules.Explain(t.Context(), w.Actor(w.local), storetest.Person(lost.Username, "Newcomer"))
	if err != nil || x.Outcome != users.OutcomeUnrecognised {
		t.Errorf("another account of the name: %+v, %v", x.Decision, err)
	}
}

func TestWhichAccountWins(t *testing.T) {
	t.Parallel()
	gone := func(w *office, t *testing.T, u pactius.User, swept bool) pactius.User {
		w.Update(t, func(tx *store.Tx) error {
			u.AccountState, u.AccountStateAt = pactius.AccountDeleted, w.db.Clock.Now()
			if u.SweptOut = swept; swept {
				u.DeactivatedAt = w.db.Clock.Now()
			}
			return tx.UpdateUser(u)
		})
		return w.Reload(t, u.ID)
	}
	cases := []struct {
		name    string
		make    func(*office, *testing.T) (kept, other pactius.User)
		account users.MergeAccount
		wins    users.MergeAccount
		choose  bool
	}{
		{"the one that signed in last", func(w *office, t *testing.T) (kept, other pactius.User) {
			kept = w.User(t, "a@nordhavn.example", "A")
			w.db.Clock.Advance(time.Hour)
			return kept, w.User(t, "b@nordhavn.example", "B")
		}, "", users.AccountOfOther, true},
		{"the chosen one", func(w *office, t *testing.T) (kept, other pactius.User) {
			kept = w.User(t, "a@nordhavn.example", "A")
			w.db.Clock.Advance(time.Hour)
			return kept, w.User(t, "b@nordhavn.example", "B")
		}, users.AccountOfKept, users.AccountOfKept, true},
		{"the linked one", func(w *office, t *testing.T) (kept, other pactius.User) {
			return w.Invite(t, "a@nordhavn.example", "A"), w.User(t, "b@nordhavn.example", "B")
		}, "", users.AccountOfOther, false},
		{"the one that is there", func(w *office, t *testing.T) (kept, other pactius.User) {
			kept = w.User(t, "a@nordhavn.example", "A")
			w.db.Clock.Advance(time.Hour)
			return kept, gone(w, t, w.User(t, "b@nordhavn.example", "B"), false)
		}, "", users.AccountOfKept, false},
		{"the recreated one, of a user who was swept out", func(w *office, t *testing.T) (kept, other pactius.User) {
			return gone(w, t, w.User(t, "a@nordhavn.example", "A"), true), w.User(t, "b@nordhavn.example", "B")
		}, "", users.AccountOfOther, false},
		{"a name, of two invited", func(w *office, t *testing.T) (kept, other pactius.User) {
			return w.Invite(t, "a@nordhavn.example", "A"), w.Invite(t, "b@nordhavn.example", "B")
		}, users.AccountOfOther, users.AccountOfOther, true},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			w := newOffice(t)
			kept, other := c.make(w, t)
			p := w.merge(t, w.Actor(w.root), users.Merge{Kept: kept.ID, Other: other.ID, Account: c.account})
			if p.Account != c.wins || p.CanChoose != c.choose {
				t.Fatalf("%q wins, choice %t; want %q, %t", p.Account, p.CanChoose, c.wins, c.choose)
			}
			u := w.Reload(t, kept.ID)
			if u.Username != p.Wins().Username || u.Identity != p.Wins().Identity || !u.MayEnter("2026-01-01") ||
				u.AccountState.Gone() {
				t.Errorf("the user is %+v", u)
			}
			if diff := cmp.Diff(p.Result, u, cmpopts.IgnoreFields(pactius.User{}, "UnitCount")); diff != "" {
				t.Errorf("planned and stored differ (-planned +stored):\n%s", diff)
			}
			if !p.Wins().Identity.IsZero() {
				if in := w.signIn(t, personOf(u)); in.Decision.Outcome != users.OutcomeEnter {
					t.Errorf("signs in as %+v", in.Decision)
				}
			}
		})
	}
}

func TestAMergeIsRefused(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	admin, local := w.Actor(w.root), w.Actor(w.local)
	off := w.User(t, "off@nordhavn.example", "Otto Off", grant(w.north, pactius.AccessRead))
	if _, err := w.rules.Deactivate(t.Context(), admin, off.ID); err != nil {
		t.Fatal(err)
	}
	ending := w.User(t, "ending@nordhavn.example", "Eva Ending")
	end := pactius.Date("2030-01-01")
	if _, err := w.rules.Edit(t.Context(), admin, ending.ID, 0, pactius.UserUpdate{EndsOn: &end}); err != nil {
		t.Fatal(err)
	}
	disabled := w.User(t, "disabled@nordhavn.example", "Dora Disabled")
	w.Update(t, func(tx *store.Tx) error {
		disabled.AccountState = pactius.AccountDisabled
		return tx.UpdateUser(disabled)
	})
	for _, c := range []struct {
		name string
		by   pactius.Actor
		m    users.Merge
		kind pactius.Kind
		says string
	}{
		{"with itself", admin, users.Merge{Kept: w.seller.ID, Other: w.seller.ID}, pactius.KindInvalid,
			"the same user"},
		{"with a user of other units", local, users.Merge{Kept: w.seller.ID, Other: w.plain.ID}, pactius.KindForbidden,
			""},
		{"with a user who has other units too", local, users.Merge{Kept: w.seller.ID, Other: w.both.ID},
			pactius.KindForbidden, ""},
		{"into a user of other units", local, users.Merge{Kept: w.plain.ID, Other: w.seller.ID}, pactius.KindForbidden,
			"outside"},
		{"with a user that does not exist", admin, users.Merge{Kept: w.seller.ID, Other: "none"}, pactius.KindNotFound,
			""},
		{"by a user who administers nothing", w.Actor(w.seller), users.Merge{Kept: w.loose.ID, Other: w.plain.ID},
			pactius.KindForbidden, "local administrators"},
		{"of the acting user", admin, users.Merge{Kept: w.seller.ID, Other: w.root.ID}, pactius.KindConflict,
			"your own user"},
		{"of the last administrator into one who ends", pactius.SupportActor(w.Env),
			users.Merge{Kept: ending.ID, Other: w.root.ID, Account: users.AccountOfKept}, pactius.KindConflict,
			"last administrator"},
		{"into a deactivated user", admin, users.Merge{Kept: off.ID, Other: w.seller.ID}, pactius.KindConflict,
			"deactivated or past the end date"},
		{"with an account that is gone", admin, users.Merge{Kept: w.seller.ID, Other: disabled.ID,
			Account: users.AccountOfOther}, pactius.KindInvalid, "can sign in"},
		{"with an account that does not exist", admin, users.Merge{Kept: w.seller.ID, Other: w.plain.ID,
			Account: "both"}, pactius.KindInvalid, "Choose one"},
		{"of users who have changed", admin, users.Merge{Kept: w.seller.ID, Other: w.plain.ID, Seen: "1.1.1.1"},
			pactius.KindConflict, "has changed"},
	} {
		w.refused(t, c.name, c.kind, c.says, func() error {
			_, err := w.rules.Merge(t.Context(), c.by, c.m)
			return err
		})
	}
	t.Run("a change since the preview", func(t *testing.T) {
		m := users.Merge{Kept: w.seller.ID, Other: w.plain.ID}
		p, err := w.rules.PlanMerge(t.Context(), admin, m)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.rules.Assign(t.Context(), admin, w.plain.ID,
			[]pactius.Grant{grant(w.legal, pactius.AccessAdminister)}); err != nil {
			t.Fatal(err)
		}
		m.Seen = p.Seen
		w.refused(t, "units changed", pactius.KindConflict, "has changed", func() error {
			_, err := w.rules.Merge(t.Context(), admin, m)
			return err
		})
	})
}

func TestAMergeIsUndone(t *testing.T) {
	t.Parallel()
	for _, account := range []users.MergeAccount{users.AccountOfKept, users.AccountOfOther} {
		t.Run(string(account), func(t *testing.T) {
			t.Parallel()
			w := newOffice(t)
			first := w.Invite(t, "first@nordhavn.example", "Sara Seller")
			double := w.User(t, "sara.new@nordhavn.example", "Sara Seller", grant(w.north, pactius.AccessWrite))
			// The other one has been merged and renamed before.
			w.merge(t, w.Actor(w.root), users.Merge{Kept: double.ID, Other: first.ID})
			before := w.state(t)
			w.db.Clock.Advance(time.Minute)
			w.merge(t, w.Actor(w.root), users.Merge{Kept: w.seller.ID, Other: double.ID, Account: account})
			if u, err := w.rules.Find(t.Context(), w.Actor(w.root), first.Username); err != nil || u.ID != w.seller.ID {
				t.Errorf("the first name leads to %s, %v", u.ID, err)
			}
			kept, other, err := w.rules.Unmerge(t.Context(), w.Actor(w.root), double.ID)
			if err != nil || kept.ID != w.seller.ID || other.ID != double.ID {
				t.Fatalf("%s, %s, %v", kept.ID, other.ID, err)
			}
			if diff := cmp.Diff(before, w.state(t)); diff != "" {
				t.Errorf("not as before (-before +after):\n%s", diff)
			}
			for _, u := range []pactius.User{w.seller, double} {
				if in := w.signIn(t, personOf(u)); in.Decision.User == nil || in.Decision.User.ID != u.ID {
					t.Errorf("%s signs in as %+v", u.Username, in.Decision)
				}
			}
		})
	}
}

// state reads what a merge changes and its undoing restores, without versions.
func (w *world) state(t storetest.TB) map[string][]string {
	t.Helper()
	return map[string][]string{
		"users": w.db.Rows(t, `SELECT id, username, username_key, name, name_key, email, tid, oid, language, created_at,
			created_by, creator, first_sign_in_at, last_sign_in_at, deactivated_at, ends_on, unit_count, account_state,
			account_state_at, swept_out FROM users`),
		"memberships": w.db.Rows(t, `SELECT * FROM memberships`),
		"former":      w.db.Rows(t, `SELECT * FROM former_usernames`),
		"words":       w.db.Rows(t, `SELECT * FROM user_words`),
		"keys":        w.db.Rows(t, `SELECT * FROM user_keys`),
		"merged":      w.db.Rows(t, `SELECT id, user_id, username, tid, oid, merged_at FROM merged_users`),
	}
}

func TestAMergeStandsOnceSomethingHappened(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	double := w.User(t, "sara.new@nordhavn.example", "Sara Seller", grant(w.north, pactius.AccessRead))
	w.merge(t, w.Actor(w.root), users.Merge{Kept: w.seller.ID, Other: double.ID, Account: users.AccountOfKept})
	w.signIn(t, personOf(double)) // refused, which is no change
	if _, _, err := w.rules.Unmerge(t.Context(), w.Actor(w.root), w.seller.ID); err != nil {
		t.Errorf("after a sign-in with the account that was given up: %v", err)
	}
	for name, c := range map[string]struct {
		do   func(*office, *testing.T) error
		says string
	}{
		"time has passed": {func(w *office, _ *testing.T) error {
			w.db.Clock.Advance(pactius.TakeBackTime)
			return nil
		}, "no longer be undone"},
		"the user signed in": {func(w *office, t *testing.T) error {
			w.signIn(t, personOf(w.seller))
			return nil
		}, "has changed since"},
		"the units changed": {func(w *office, t *testing.T) error {
			_, err := w.rules.Assign(t.Context(), w.Actor(w.root), w.seller.ID,
				[]pactius.Grant{grant(w.legal, pactius.AccessRead)})
			return err
		}, "has changed since"},
		"it was undone": {func(w *office, t *testing.T) error {
			_, _, err := w.rules.Unmerge(t.Context(), w.Actor(w.root), w.seller.ID)
			return err
		}, "nothing to undo"},
		"the name was given to a new user": {func(w *office, t *testing.T) error {
			_, err := w.rules.Add(t.Context(), w.Actor(w.root),
				users.NewUser{Username: "sara.new@nordhavn.example", Name: "Newcomer", Despite: true})
			return err
		}, "There's already a user with the account name"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newOffice(t)
			double := w.User(t, "sara.new@nordhavn.example", "Sara Seller", grant(w.north, pactius.AccessRead))
			w.merge(t, w.Actor(w.root), users.Merge{Kept: w.seller.ID, Other: double.ID, Account: users.AccountOfKept})
			if err := c.do(w, t); err != nil {
				t.Fatal(err)
			}
			w.refused(t, "undoing", pactius.KindConflict, c.says, func() error {
				_, _, err := w.rules.Unmerge(t.Context(), w.Actor(w.root), w.seller.ID)
				return err
			})
		})
	}
}

func TestAnApprovalIsNotTakenBackFromAMergedUser(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	p := storetest.Person("new@nordhavn.example", "New")
	q := w.ask(t, p, w.north)
	d := w.approve(t, w.root, q, grant(w.north, pactius.AccessRead))
	invited := w.Invite(t, "invited@nordhavn.example", "Invited", grant(w.north, pactius.AccessRead))
	for kept, other := range map[pactius.UserID]pactius.UserID{invited.ID: d.User.ID, d.User.ID: invited.ID} {
		w.merge(t, w.Actor(w.root), users.Merge{Kept: kept, Other: other})
		v, err := w.rules.Request(t.Context(), w.Actor(w.root), q.ID)
		if err != nil || v.CanTakeBack || v.Result == nil || v.Result.ID != kept {
			t.Errorf("the request shows %+v, take back %t, %v", v.Result, v.CanTakeBack, err)
		}
		w.refused(t, "taking back", pactius.KindConflict, "has been merged", takeBack(t, w.world, w.root, q))
		if _, _, err := w.rules.Unmerge(t.Context(), w.Actor(w.root), kept); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAMergeGivesOnlyWhatIsTheActorsToGive(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	add := func(by pactius.User, name string) pactius.UserID {
		a, err := w.rules.Add(t.Context(), w.Actor(by), users.NewUser{Username: name + "@nordhavn.example", Name: name,
			Grants: []pactius.Grant{grant(w.north, pactius.AccessRead)}, Despite: true})
		if err != nil {
			t.Fatal(err)
		}
		return a.User.ID
	}
	mine, alsoMine, others := add(w.local, "mine"), add(w.local, "also.mine"), add(w.root, "others")
	for kept, other := range map[pactius.UserID]pactius.UserID{mine: others, others: mine} {
		w.refused(t, "a user that another administrator added", pactius.KindForbidden, "", func() error {
			_, err := w.rules.Merge(t.Context(), w.Actor(w.local), users.Merge{Kept: kept, Other: other})
			return err
		})
	}
	w.merge(t, w.Actor(w.local), users.Merge{Kept: mine, Other: alsoMine})
	if _, _, err := w.rules.Unmerge(t.Context(), w.Actor(w.local), mine); err != nil {
		t.Error(err)
	}
	w.refused(t, "administer on the root", pactius.KindForbidden, "outside", func() error {
		_, err := w.rules.Merge(t.Context(), w.Actor(w.local), users.Merge{Kept: mine, Other: w.root.ID})
		return err
	})
}
