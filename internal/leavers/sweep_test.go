package leavers_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/dbtool"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

func TestWhoLeavesIsOutAndWhoReturnsIsIn(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := newCompany(t, db, "nordhavn.example", 5)
		other := newCompany(t, db, "sydhavn.example", 1)
		before := other.Dump(t)
		c.sweep(t)
		if n := c.mails(t, "leavers"); n != 0 {
			t.Errorf("%d mails after a round in which nothing happened", n)
		}
		anna, bo, ida := c.staff[0], c.staff[1], c.staff[2]
		c.leave(pactius.AccountDisabled, anna)
		c.leave(pactius.AccountDeleted, bo)
		report := c.sweep(t)
		want := leavers.Report{Outcome: leavers.RoundFinished, Pages: 1, Accounts: 2, Asked: 1, Found: 2,
			Done: map[pactius.Leaving]int{pactius.LeaverDeactivated: 2}}
		if diff := cmp.Diff(want, report); diff != "" {
			t.Errorf("the report (-want +got):\n%s", diff)
		}
		c.want(t, "disabled", anna, "deactivated, by the sweep, disabled")
		c.want(t, "deleted", bo, "deactivated, by the sweep, deleted")
		c.want(t, "untouched", ida, "active, signed in")
		if got, mails := c.events(t, pactius.UserAccountGone), c.mails(t, "leavers"); got != 2 || mails != 2 {
			t.Errorf("%d events and %d mails, want an event for each of 2 and a mail for each of 2 administrators", got,
				mails)
		}
		c.leave(pactius.AccountDeleted, anna) // first disabled, then deleted
		c.sweep(t)
		c.want(t, "disabled, then deleted", anna, "deactivated, by the sweep, deleted")
		if mails := c.mails(t, "leavers"); mails != 2 {
			t.Errorf("%d mails: nothing was done that an administrator does not know", mails)
		}
		c.leave(pactius.AccountPresent, anna, bo)
		c.sweep(t)
		c.want(t, "restored", anna, "active")
		c.want(t, "enabled", bo, "active")
		if got, mails := c.events(t, pactius.UserAccountBack), c.mails(t, "leavers"); got != 2 || mails != 4 {
			t.Errorf("%d events of return and %d mails, want 2 and 4", got, mails)
		}
		if diff := cmp.Diff(before, other.Dump(t)); diff != "" {
			t.Errorf("another environment changed (-before +after):\n%s", diff)
		}
		if findings, err := dbtool.Check(t.Context(), db.URL, dbtool.Options{Now: db.Clock.Now}); err != nil ||
			slices.ContainsFunc(findings, func(f dbtool.Flaw) bool { return !f.Warning && f.Check != "users" }) {
			t.Errorf("the check finds %v, %v", findings, err)
		}
	})
}

func TestAPersonsDecisionStands(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := newCompany(t, db, "nordhavn.example", 3)
		rules, root := users.New(db.Work()), c.Actor(c.root)
		must := func(_ pactius.User, err error) {
			t.Helper()
			if err != nil {
				t.Fatal(err)
			}
		}
		c.sweep(t)
		anna, bo := c.staff[0], c.staff[1]
		must(rules.Deactivate(t.Context(), root, anna.ID))
		c.leave(pactius.AccountDisabled, anna, bo)
		c.sweep(t)
		c.want(t, "deactivated by hand, then disabled", anna, "deactivated, disabled")
		must(rules.Reactivate(t.Context(), root, bo.ID))
		c.signIn(t, bo)
		c.sweep(t)
		c.want(t, "reactivated by hand while disabled", bo, "active, disabled, signed in")
		c.leave(pactius.AccountPresent, anna)
		c.leave(pactius.AccountDeleted, bo)
		c.sweep(t)
		c.want(t, "deactivated by hand, then back", anna, "deactivated")
		c.want(t, "reactivated by hand, then deleted", bo, "deactivated, by the sweep, deleted")
	})
}

func TestTheRuleThatOnlyMarks(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := newCompany(t, db, "nordhavn.example", 2)
		c.setRule(t, pactius.LeaversMarked, 0)
		c.sweep(t)
		c.leave(pactius.AccountDisabled, c.staff[0])
		c.sweep(t)
		c.want(t, "disabled", c.staff[0], "active, disabled")
		c.leave(pactius.AccountPresent, c.staff[0])
		c.sweep(t)
		c.want(t, "back", c.staff[0], "active")
	})
}

func TestTheLastAdministratorIsMarkedOnly(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := newCompany(t, db, "nordhavn.example", 1)
		c.sweep(t)
		c.leave(pactius.AccountDisabled, c.root, c.vic)
		report := c.sweep(t)
		if diff := cmp.Diff(map[pactius.Leaving]int{pactius.LeaverDeactivated: 1, pactius.LeaverLast: 1},
			report.Done); diff != "" {
			t.Errorf("what was done (-want +got):\n%s", diff)
		}
		n := db.Count(t, `SELECT COUNT(*) FROM users WHERE environment_id = $1 AND deactivated_at = 0
				AND account_state = 'disabled'`, c.Env)
		if n != 1 {
			t.Errorf("%d administrators stay, want 1", n)
		}
		// A spared administrator who cannot sign in does not count for the next one.
		next := c.hire(t, "next", pactius.Grant{Unit: c.Root, Access: pactius.AccessAdminister})
		c.due()
		c.sweep(t)
		c.leave(pactius.AccountDisabled, next)
		c.due()
		c.sweep(t)
		c.want(t, "the last who can sign in", next, "active, disabled")
	})
}

// TestAWholeRoundMissesThoseLongGone: an account deleted before the first round is in
// no list and must be queried.
func TestAWholeRoundMissesThoseLongGone(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := newCompany(t, db, "nordhavn.example", 8)
		gone, hidden := c.staff[3], c.staff[5]
		c.directory.drop(gone)
		c.directory.hidden[hidden.Identity.ObjectID] = true // the list forgets an account that is there
		invited := c.Invite(t, "new@nordhavn.example", "New")
		c.sweep(t)
		c.want(t, "not found once", gone, "active, signed in")
		db.Clock.Advance(leavers.SecondLook)
		c.sweep(t)
		c.want(t, "long gone", gone, "deactivated, by the sweep, deleted")
		c.want(t, "only missing in the list", hidden, "active, signed in")
		c.want(t, "invited, without an identity", invited, "active")
		if len(c.directory.asked) != 3 {
			t.Errorf("%d times an account was asked for, want 2 that were missing, one of them twice",
				len(c.directory.asked))
		}
		if n := db.Count(t, `SELECT COUNT(*) FROM sweep_seen`); n != 0 {
			t.Errorf("%d marks are left", n)
		}
	})
}

// TestAnEmptyListEndsNobodysAccess: the accounts missing from an empty list are queried.
func TestAnEmptyListEndsNobodysAccess(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := newCompany(t, db, "nordhavn.example", 30)
		for oid := range c.directory.accounts {
			c.directory.hidden[oid] = true
		}
		report := c.sweep(t)
		if len(report.Done) > 0 || report.Asked != 32 {
			t.Errorf("an empty list led to %+v", report)
		}
	})
}

func TestACursorThatIsGoneBeginsAgain(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := newCompany(t, db, "nordhavn.example", 4)
		c.sweep(t)
		c.leave(pactius.AccountDisabled, c.staff[0])
		c.directory.gone = 1 << 30
		report := c.sweep(t)
		if report.Pages < 3 || report.Done[pactius.LeaverDeactivated] != 1 {
			t.Errorf("%+v, want all pages and one leaver", report)
		}
		// One that is gone again and again is put off instead of asked without end.
		c.directory.before = func(int) error { return &pactius.DirectoryError{Trouble: pactius.TroubleCursorGone} }
		start := c.directory.calls
		report, err := c.rules.Sweep(t.Context(), pactius.SupportActor(c.Env))
		if err == nil || report.Outcome != leavers.RoundTroubled || c.directory.calls-start > 3 {
			t.Errorf("%+v, %v after %d calls", report, err, c.directory.calls-start)
		}
	})
}

// TestTheSamePageTwice: a page that comes again, or an account twice on one,
// changes nothing more; what is said last counts.
func TestTheSamePageTwice(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := newCompany(t, db, "nordhavn.example", 3)
		c.directory.size = 100
		c.sweep(t)
		anna, bo := c.staff[0], c.staff[1]
		c.leave(pactius.AccountDisabled, anna, anna, bo)
		c.leave(pactius.AccountPresent, bo)
		c.leave(pactius.AccountDisabled, anna)
		c.sweep(t)
		db.Exec(t, `UPDATE sweeps SET cursor = '5'`) // as if the answer had been lost
		c.sweep(t)
		c.want(t, "disabled", anna, "deactivated, by the sweep, disabled")
		c.want(t, "disabled and enabled within a page", bo, "active, signed in")
		if n := c.events(t, pactius.UserAccountGone); n != 1 {
			t.Errorf("%d events, want 1", n)
		}
	})
}

// TestWhatAnAnswerDoesNotSay: an account that turns up without its state stays
// what it was, unless it was deleted.
func TestWhatAnAnswerDoesNotSay(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := newCompany(t, db, "nordhavn.example", 3)
		c.sweep(t)
		anna, bo := c.staff[0], c.staff[1]
		c.leave(pactius.AccountDisabled, anna)
		c.leave(pactius.AccountDeleted, bo)
		c.sweep(t)
		c.leave(pactius.AccountUnknown, anna, bo, c.staff[2])
		c.sweep(t)
		c.want(t, "disabled, then renamed", anna, "deactivated, by the sweep, disabled")
		c.want(t, "deleted, then restored", bo, "active")
		c.want(t, "renamed", c.staff[2], "active, signed in")
	})
}

// TestASignInProvesTheAccount: Microsoft has vouched after what was found, so
// that counts no longer.
func TestASignInProvesTheAccount(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := newCompany(t, db, "nordhavn.example", 20)
		c.sweep(t)
		c.leave(pactius.AccountDisabled, c.staff[:7]...)
		if report := c.sweep(t); report.Outcome != leavers.RoundHeld || report.Waiting != 7 {
			t.Fatalf("%+v, want 7 held", report)
		}
		db.Clock.Advance(time.Minute)
		anna := c.staff[0]
		person := pactius.Person{Identity: anna.Identity, Username: anna.Username, Name: anna.Name}
		if _, err := users.New(db.Work()).SignIn(t.Context(), c.Env, person, users.Visit{}); err != nil {
			t.Fatal(err)
		}
		v, err := c.rules.View(t.Context(), c.Actor(c.root), "")
		if err != nil || v.Waiting != 6 || len(v.Leavers) != 6 {
			t.Errorf("%d of %d wait, %v", len(v.Leavers), v.Waiting, err)
		}
		if _, err := c.rules.Decide(t.Context(), c.Actor(c.root), pactius.SweepCarryOut, v.Until); err != nil {
			t.Fatal(err)
		}
		c.want(t, "signed in meanwhile", anna, "active, signed in")
		c.want(t, "released", c.staff[1], "deactivated, by the sweep, disabled")
	})
}

// TestNamesFollowTheDirectory of those who have not signed in yet, and only of them.
func TestNamesFollowTheDirectory(t *testing.T) {
	t.Parallel()
	c := newCompany(t, storetest.New(t), "nordhavn.example", 1)
	added := c.Invite(t, "anna.hansen@nordhavn.example", "Anna")
	added.Identity = pactius.Identity{TenantID: storetest.Tenant, ObjectID: id.New()}
	c.Update(t, func(tx *store.Tx) error { return tx.UpdateUser(added) })
	for _, u := range []pactius.User{added, c.staff[0]} {
		u.Username = "new." + u.Username
		c.directory.put(u, pactius.AccountPresent)
	}
	c.sweep(t)
	if got := c.Reload(t, added.ID).Username; got != "new.anna.hansen@nordhavn.example" {
		t.Errorf("who was added from the directory is called %s", got)
	}
	if got := c.Reload(t, c.staff[0].ID).Username; got != c.staff[0].Username {
		t.Errorf("who has signed in is called %s", got)
	}
	if n := c.events(t, pactius.UserRenamed); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
	added.Username = "deleted" + added.Identity.ObjectID + "@nordhavn.example" // as Microsoft renames them
	c.directory.put(added, pactius.AccountDeleted)
	c.sweep(t)
	if got := c.Reload(t, added.ID).Username; got != "new.anna.hansen@nordhavn.example" {
		t.Errorf("who was deleted is called %s", got)
	}
}

// TestAnotherTenant: when the environment is connected to another tenant its
// directory is read from the start, and what the old one said is forgotten.
func TestAnotherTenant(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := newCompany(t, db, "nordhavn.example", 20)
		c.sweep(t)
		c.leave(pactius.AccountDisabled, c.staff[:10]...)
		if report := c.sweep(t); report.Outcome != leavers.RoundHeld {
			t.Fatalf("%+v, want it held", report)
		}
		db.Exec(t, `UPDATE environments SET tenant_id = '00000000-0000-4000-8000-000000000001'`)
		c.directory.tenant = "00000000-0000-4000-8000-000000000001"
		c.directory.accounts = map[string]pactius.Account{}
		c.sweep(t)
		c.want(t, "of the old tenant", c.staff[0], "active, signed in")
		if state, err := c.rules.State(t.Context(), pactius.SupportActor(c.Env)); err != nil || !state.HeldAt.IsZero() {
			t.Errorf("still held: %+v, %v", state, err)
		}
	})
}

// TestWhatIsNobodysAnyMoreIsDropped: between finding and carrying out, an approval
// was taken back, or the environment was connected to another tenant.
func TestWhatIsNobodysAnyMoreIsDropped(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]string{
		"no longer bound": `UPDATE users SET tid = '', oid = '' WHERE name LIKE 'p%'`,
		"another tenant":  `UPDATE environments SET tenant_id = '00000000-0000-4000-8000-000000000001'`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			db := storetest.New(t)
			c := newCompany(t, db, "nordhavn.example", 20)
			c.sweep(t)
			c.leave(pactius.AccountDisabled, c.staff[:10]...)
			if report := c.sweep(t); report.Outcome != leavers.RoundHeld {
				t.Fatalf("%+v, want it held", report)
			}
			db.Exec(t, change)
			if _, err := c.rules.Decide(t.Context(), pactius.SupportActor(c.Env), pactius.SweepCarryOut,
				db.Clock.Now()); err != nil {
				t.Fatal(err)
			}
			c.want(t, "carried out", c.staff[0], "active, signed in")
		})
	}
}

func TestOnlyAdministratorsOfTheWholeCompany(t *testing.T) {
	t.Parallel()
	c := newCompany(t, storetest.New(t), "nordhavn.example", 1)
	other := newCompany(t, c.db, "sydhavn.example", 0)
	tests := []struct {
		name  string
		actor pactius.Actor
		want  pactius.Kind
	}{
		{"a user without administration", c.Actor(c.staff[0]), pactius.KindForbidden},
		{"a visitor", pactius.Visitor(c.Env, pactius.Person{}, ""), pactius.KindNotSignedIn},
		{"an administrator of another environment", pactius.UserActor(c.Env, other.root.ID, ""),
			pactius.KindNotSignedIn},
		{"nobody", pactius.Actor{}, pactius.KindForbidden},
	}
	before := c.db.Dump(t)
	for _, tt := range tests {
		_, swept := c.rules.Sweep(t.Context(), tt.actor)
		_, viewed := c.rules.View(t.Context(), tt.actor, "")
		_, asked := c.rules.State(t.Context(), tt.actor)
		_, decided := c.rules.Decide(t.Context(), tt.actor, pactius.SweepCarryOut, c.db.Clock.Now())
		for _, err := range []error{swept, viewed, asked, decided} {
			if err == nil || pactius.KindOf(err) != tt.want {
				t.Errorf("%s: %v, want kind %d", tt.name, err, tt.want)
			}
		}
	}
	if diff := cmp.Diff(before, c.db.Dump(t)); diff != "" {
		t.Errorf("the refusals changed something (-before +after):\n%s", diff)
	}
}
