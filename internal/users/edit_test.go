package users_test

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// office is a company with Sales, North beneath it, and Legal; an administrator
// of all and one of Sales; people in Sales, in both, and in none.
type office struct {
	*storetest.Ground
	db                         *storetest.DB
	rules                      *users.Rules
	sales, north, legal        pactius.UnitID
	root, local                pactius.User
	seller, both, loose, plain pactius.User
}

func newOffice(t *testing.T) *office {
	t.Helper()
	return buildOffice(t, storetest.New(t), "nordhavn.example")
}

func buildOffice(t *testing.T, db *storetest.DB, host string) *office {
	t.Helper()
	w := &office{Ground: db.Ground(t, host), db: db, rules: users.New(db.Work())}
	w.sales = w.Unit(t, w.Root, "Sales")
	w.north = w.Unit(t, w.sales, "North")
	w.legal = w.Unit(t, w.Root, "Legal")
	w.root = w.User(t, "root@nordhavn.example", "Rikke Root", grant(w.Root, pactius.AccessAdminister))
	w.local = w.User(t, "local@nordhavn.example", "Lars Local", grant(w.sales, pactius.AccessAdminister))
	w.seller = w.User(t, "seller@nordhavn.example", "Sara Seller", grant(w.north, pactius.AccessRead))
	w.both = w.User(t, "both@nordhavn.example", "Bo Both", grant(w.sales, pactius.AccessWrite), grant(w.legal, pactius.AccessRead))
	w.loose = w.User(t, "loose@nordhavn.example", "Lou Loose")
	w.plain = w.User(t, "plain@nordhavn.example", "Pia Plain", grant(w.legal, pactius.AccessWrite))
	return w
}

func (w *office) session(t *testing.T, u pactius.User) string {
	t.Helper()
	in, err := users.New(w.db.Work()).SignIn(t.Context(), w.Env, pactius.Person{Identity: u.Identity, Username: u.Username, Name: u.Name}, users.Visit{})
	if err != nil {
		t.Fatal(err)
	}
	return in.Token
}

// refused runs a step that must be refused, in words, and change nothing.
func (w *office) refused(t *testing.T, name string, want pactius.Kind, step func() error) {
	t.Helper()
	before := w.db.Dump(t)
	err := step()
	if err == nil || pactius.KindOf(err) != want {
		t.Errorf("%s: kind %d, %v; want kind %d", name, pactius.KindOf(err), err, want)
	}
	if diff := cmp.Diff(before, w.db.Dump(t)); diff != "" {
		t.Errorf("%s: the refusal changed something (-before +after):\n%s", name, diff)
	}
}

func TestTheLastAdministratorStays(t *testing.T) {
	t.Parallel()
	today := pactius.Date("2026-03-02")
	ways := map[string]func(*office, pactius.Actor, pactius.User) error{
		"deactivate": func(w *office, a pactius.Actor, u pactius.User) error {
			_, err := w.rules.Deactivate(context.Background(), a, u.ID)
			return err
		},
		"demote": func(w *office, a pactius.Actor, u pactius.User) error {
			_, err := w.rules.Assign(context.Background(), a, u.ID, []pactius.Grant{grant(w.Root, pactius.AccessWrite)})
			return err
		},
		"remove": func(w *office, a pactius.Actor, u pactius.User) error {
			_, err := w.rules.Assign(context.Background(), a, u.ID, []pactius.Grant{grant(w.Root, pactius.AccessNone)})
			return err
		},
		"give an end date": func(w *office, a pactius.Actor, u pactius.User) error {
			_, err := w.rules.Edit(context.Background(), a, u.ID, 0, pactius.UserUpdate{EndsOn: &today})
			return err
		},
	}
	for name, way := range ways {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newOffice(t)
			w.refused(t, "by themselves", pactius.KindConflict, func() error { return way(w, w.Actor(w.root), w.root) })
			w.refused(t, "by Support", pactius.KindConflict, func() error { return way(w, pactius.SupportActor(w.Env), w.root) })
			second := w.User(t, "second@nordhavn.example", "Second", grant(w.Root, pactius.AccessAdminister))
			for what, sql := range map[string]string{"deactivated": `deactivated_at = 1`, "going to end": `ends_on = '2027-01-01'`} {
				w.db.Exec(t, `UPDATE users SET `+sql+` WHERE id = $1`, second.ID)
				w.refused(t, "while the other is "+what, pactius.KindConflict, func() error { return way(w, pactius.SupportActor(w.Env), w.root) })
				w.db.Exec(t, `UPDATE users SET deactivated_at = 0, ends_on = '' WHERE id = $1`, second.ID)
			}
			// Two administrators remove each other at once: one stays.
			errs := make([]error, 2)
			var wg sync.WaitGroup
			for i, pair := range [][2]pactius.User{{w.root, second}, {second, w.root}} {
				wg.Go(func() { errs[i] = way(w, w.Actor(pair[0]), pair[1]) })
			}
			wg.Wait()
			if (errs[0] == nil) == (errs[1] == nil) {
				t.Errorf("both at once: %v and %v, want one of them refused", errs[0], errs[1])
			}
			for _, err := range errs {
				if err != nil && pactius.KindOf(err) == pactius.KindInternal {
					t.Errorf("refused without words: %v", err)
				}
			}
		})
	}
}

// A user whose units say nothing is changed by the administrators who brought
// them in, and from above. Giving a unit first opens no door.
func TestAUserWithoutUnitsIsChangedByWhoBroughtThemIn(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ctx, local := t.Context(), w.Actor(w.local)
	admissions := users.New(w.db.Work())
	second := w.User(t, "second@nordhavn.example", "Sven Second", grant(w.sales, pactius.AccessAdminister))
	invited := w.Invite(t, "invited@nordhavn.example", "Inga Invited")
	added, err := admissions.Add(ctx, local, users.NewUser{Username: "added@nordhavn.example", Name: "Ada Added"})
	if err != nil {
		t.Fatal(err)
	}
	asked := storetest.Person("asked@nordhavn.example", "Ask Asked")
	asked.VouchedAt = w.db.Clock.Now()
	q, err := admissions.Ask(ctx, pactius.Visitor(w.Env, asked, ""), users.Wish{Units: []pactius.UnitID{w.north}})
	if err != nil {
		t.Fatal(err)
	}
	approved, err := admissions.Approve(ctx, local, q.ID, users.Approval{})
	if err != nil {
		t.Fatal(err)
	}
	accomplice, email, end := "accomplice@nordhavn.example", "accomplice@nordhavn.example", pactius.Date("2027-01-01")
	changes := map[string]func(pactius.Actor, pactius.UserID) error{
		"rename": func(a pactius.Actor, u pactius.UserID) error {
			_, err := w.rules.Edit(ctx, a, u, 0, pactius.UserUpdate{Username: &accomplice})
			return err
		},
		"redirect the mail": func(a pactius.Actor, u pactius.UserID) error {
			_, err := w.rules.Edit(ctx, a, u, 0, pactius.UserUpdate{Email: &email})
			return err
		},
		"end": func(a pactius.Actor, u pactius.UserID) error {
			_, err := w.rules.Edit(ctx, a, u, 0, pactius.UserUpdate{EndsOn: &end})
			return err
		},
		"deactivate": func(a pactius.Actor, u pactius.UserID) error { _, err := w.rules.Deactivate(ctx, a, u); return err },
	}
	give := func(by pactius.User, access pactius.Access) {
		t.Helper()
		if _, err := w.rules.Assign(ctx, w.Actor(by), invited.ID, []pactius.Grant{grant(w.north, access)}); err != nil {
			t.Fatal(err)
		}
	}
	refused := func(when string, by pactius.User, u pactius.UserID) {
		t.Helper()
		for name, change := range changes {
			w.refused(t, name+" "+when, pactius.KindForbidden, func() error { return change(w.Actor(by), u) })
		}
		if v, err := w.rules.User(ctx, w.Actor(by), u); err != nil || v.CanManage || !v.OfOthers {
			t.Errorf("%s the page says: manage %v, of others %v, %v", when, v.CanManage, v.OfOthers, err)
		}
	}
	refused("of a user added from above", w.local, invited.ID)
	refused("of a user added by an equal", second, added.User.ID)
	refused("of a user let in by an equal", second, approved.User.ID)
	give(w.local, pactius.AccessRead)
	give(w.local, pactius.AccessWrite)
	refused("after giving a unit", w.local, invited.ID)
	give(w.root, pactius.AccessNone)
	give(w.root, pactius.AccessRead)
	give(w.local, pactius.AccessWrite)
	own := map[string]pactius.UserID{
		"added": added.User.ID, "approved": approved.User.ID, "given the unit from above": invited.ID}
	for name, u := range own {
		for _, change := range []string{"redirect the mail", "end", "deactivate"} {
			if err := changes[change](local, u); err != nil {
				t.Errorf("%s a user who was %s: %v", change, name, err)
			}
		}
	}
	// It takes administer on some unit, too.
	if _, err := w.rules.Assign(ctx, w.Actor(w.root), w.local.ID, []pactius.Grant{grant(w.sales, pactius.AccessRead)}); err != nil {
		t.Fatal(err)
	}
	w.refused(t, "without administer anywhere", pactius.KindForbidden, func() error { return changes["deactivate"](local, added.User.ID) })
}

func TestEdit(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	invited := w.Invite(t, "invted@nordhavn.example", "Inga Invited", grant(w.north, pactius.AccessRead))
	edit := func(u pactius.User, version int, up pactius.UserUpdate) func() error {
		return func() error {
			_, err := w.rules.Edit(t.Context(), w.Actor(w.local), u.ID, version, up)
			return err
		}
	}
	s := func(s string) *string { return &s }
	past := pactius.Date("2026-03-01")
	w.refused(t, "a stale form", pactius.KindConflict, edit(w.seller, w.seller.Version+1, pactius.UserUpdate{Name: s("X")}))
	w.refused(t, "an account name that follows Microsoft 365", pactius.KindInvalid, edit(w.seller, 0, pactius.UserUpdate{Username: s("x@nordhavn.example")}))
	w.refused(t, "an end that is over", pactius.KindInvalid, edit(w.seller, 0, pactius.UserUpdate{EndsOn: &past}))
	w.refused(t, "a wrong name and e-mail", pactius.KindInvalid, edit(w.seller, 0, pactius.UserUpdate{Name: s(""), Email: s("x")}))
	w.refused(t, "an account name that is taken", pactius.KindConflict, edit(invited, 0, pactius.UserUpdate{Username: s("SELLER@nordhavn.example")}))
	_, err := w.rules.Edit(t.Context(), w.Actor(w.local), invited.ID, 0, pactius.UserUpdate{Username: s("plain@nordhavn.example")})
	if e, ok := errors.AsType[*users.ExistsError](err); !ok || e.Visible {
		t.Errorf("a name of somebody out of sight: %v", err)
	}
	before := w.db.Dump(t)
	if err := edit(w.seller, w.seller.Version, pactius.UserUpdate{Name: s(w.seller.Name)})(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(before, w.db.Dump(t)); diff != "" {
		t.Errorf("a form saved unchanged changed something:\n%s", diff)
	}
	// The right account name had asked for access: correcting the typo settles that.
	rules := users.New(w.db.Work())
	p := storetest.Person("invited@nordhavn.example", "Inga")
	ask := func() pactius.AccessRequest {
		t.Helper()
		q, err := rules.Ask(t.Context(), pactius.Visitor(w.Env, p, ""), users.Wish{})
		if err != nil {
			t.Fatal(err)
		}
		return q
	}
	q := ask()
	if _, err := w.rules.Deactivate(t.Context(), w.Actor(w.local), invited.ID); err != nil {
		t.Fatal(err)
	}
	e, err := w.rules.Edit(t.Context(), w.Actor(w.local), invited.ID, 0, pactius.UserUpdate{Username: s("invited@nordhavn.example")})
	if err != nil || e.Settled != nil {
		t.Errorf("correcting a deactivated user: settled %v, %v; nobody is let in by that", e.Settled, err)
	}
	if _, err := w.rules.Edit(t.Context(), w.Actor(w.local), invited.ID, 0, pactius.UserUpdate{Username: s("invted@nordhavn.example")}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.rules.Reactivate(t.Context(), w.Actor(w.local), invited.ID); err != nil {
		t.Fatal(err)
	}
	e, err = w.rules.Edit(t.Context(), w.Actor(w.local), invited.ID, 0, pactius.UserUpdate{Username: s("invited@nordhavn.example")})
	if err != nil || e.Settled == nil || e.Settled.ID != q.ID || e.User.Identity != p.Identity {
		t.Errorf("correcting the account name: %+v, %v", e, err)
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE kind = 'request-approved'`); n != 1 {
		t.Errorf("%d mails of approval, want 1", n)
	}
}

func TestAssign(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	assign := func(u pactius.User, grants ...pactius.Grant) error {
		_, err := w.rules.Assign(t.Context(), w.Actor(w.root), u.ID, grants)
		return err
	}
	before := w.db.Dump(t)
	if err := assign(w.both, grant(w.sales, pactius.AccessWrite), grant(w.legal, pactius.AccessRead), grant(w.north, pactius.AccessNone)); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(before, w.db.Dump(t)); diff != "" {
		t.Errorf("a form saved unchanged changed something:\n%s", diff)
	}
	w.db.Exec(t, `UPDATE users SET created_by = 'request' WHERE id = $1`, w.loose.ID)
	for range 2 {
		if err := assign(w.loose, grant(w.north, pactius.AccessRead)); err != nil {
			t.Fatal(err)
		}
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE kind = 'access-assigned' AND to_address = 'loose@nordhavn.example'`); n != 1 {
		t.Errorf("%d mails to somebody who waited for units, want 1", n)
	}
	w.refused(t, "a level that does not exist", pactius.KindInvalid, func() error { return assign(w.loose, grant(w.north, 9)) })
	w.refused(t, "a negative level", pactius.KindInvalid, func() error { return assign(w.loose, grant(w.north, -1)) })
	w.refused(t, "a unit that does not exist", pactius.KindInvalid, func() error { return assign(w.loose, grant("no", pactius.AccessRead)) })
	w.refused(t, "a unit twice", pactius.KindInvalid, func() error {
		return assign(w.loose, grant(w.legal, pactius.AccessRead), grant(w.legal, pactius.AccessWrite))
	})
}

// TestAFullUserCanStillBeChanged: changing the access to a unit was counted as
// one unit more.
func TestAFullUserCanStillBeChanged(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	var grants []pactius.Grant
	w.Update(t, func(tx *store.Tx) error {
		for i := range pactius.MaxGrants {
			u := pactius.Unit{ID: pactius.UnitID(id.New()), ParentID: w.legal, Name: fmt.Sprint("Unit ", i), CreatedAt: w.db.Clock.Now()}
			if err := tx.InsertUnit(u); err != nil {
				return err
			}
			grants = append(grants, grant(u.ID, pactius.AccessRead))
		}
		return tx.SetMemberships(w.loose.ID, grants, w.db.Clock.Now())
	})
	assign := func(grants ...pactius.Grant) error {
		_, err := w.rules.Assign(t.Context(), w.Actor(w.root), w.loose.ID, grants)
		return err
	}
	if err := assign(grant(grants[0].Unit, pactius.AccessWrite)); err != nil {
		t.Errorf("changing: %v", err)
	}
	w.refused(t, "one more", pactius.KindInvalid, func() error { return assign(grant(w.sales, pactius.AccessRead)) })
	if err := assign(grant(grants[1].Unit, pactius.AccessNone), grant(w.sales, pactius.AccessRead)); err != nil {
		t.Errorf("exchanging: %v", err)
	}
}

func TestSessions(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	session := func(token string) error {
		s, err := w.rules.Session(t.Context(), w.Env, token)
		if err == nil && s.Due {
			err = w.rules.See(t.Context(), w.Env, token)
		}
		return err
	}
	over := func(name, token string) {
		t.Helper()
		if err := session(token); pactius.KindOf(err) != pactius.KindNotSignedIn {
			t.Errorf("%s: %v, want NotSignedIn", name, err)
		}
	}
	token := w.session(t, w.root)
	s, err := w.rules.Session(t.Context(), w.Env, token)
	if err != nil || s.User.ID != w.root.ID || s.Session.IsVisitor() {
		t.Fatalf("%+v, %v", s, err)
	}
	if m, err := w.rules.Menu(t.Context(), w.Actor(w.root)); err != nil || !m.RootAdministrator || !m.Administrator {
		t.Errorf("the menu of an administrator of the root: %+v, %v", m, err)
	}
	over("no token", "")
	over("a forged token", "x")
	other := buildOffice(t, w.db, "other.example")
	if _, err := w.rules.Session(t.Context(), other.Env, token); pactius.KindOf(err) != pactius.KindNotSignedIn {
		t.Errorf("in another environment: %v", err)
	}
	for range 4 { // kept alive
		w.db.Clock.Advance(pactius.SessionIdle - time.Second)
		if err := session(token); err != nil {
			if w.db.Clock.Now().Sub(storetest.Start) < pactius.SessionAbsolute {
				t.Errorf("ended after %v: %v", w.db.Clock.Now().Sub(storetest.Start), err)
			}
		}
	}
	over("past the absolute end", token)
	token = w.session(t, w.root)
	w.db.Clock.Advance(pactius.SessionIdle)
	over("idle", token)
	token = w.session(t, w.seller)
	if n, err := w.rules.EndSessions(t.Context(), w.Actor(w.seller), w.seller.ID); n != 3-2 || err != nil {
		t.Errorf("signing oneself out everywhere: %d, %v", n, err)
	}
	over("revoked", token)
	w.refused(t, "signing somebody else out", pactius.KindForbidden, func() error { _, err := w.rules.EndSessions(t.Context(), w.Actor(w.seller), w.both.ID); return err })
	token = w.session(t, w.seller)
	if _, err := w.rules.Deactivate(t.Context(), w.Actor(w.root), w.seller.ID); err != nil {
		t.Fatal(err)
	}
	over("deactivated", token)
	if _, err := w.rules.Reactivate(t.Context(), w.Actor(w.root), w.seller.ID); err != nil {
		t.Fatal(err)
	}
	over("the session does not come back with the user", token)
	token = w.session(t, w.seller)
	w.db.Exec(t, `UPDATE users SET ends_on = '2026-01-01' WHERE id = $1`, w.seller.ID)
	over("past the last day", token)
	token = w.session(t, w.both)
	for range 2 {
		if err := w.rules.SignOut(t.Context(), w.Env, token, ""); err != nil {
			t.Errorf("sign out: %v", err)
		}
	}
	over("signed out", token)
	if n := w.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = 'user.signed_out'`); n != 1 {
		t.Errorf("%d events of one sign-out", n)
	}
}

// TestSessionsOfAnotherTenantEnd: an environment that is connected to another
// tenant goes on with nobody whom the old one has vouched for.
func TestSessionsOfAnotherTenantEnd(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	token := w.session(t, w.root)
	for _, step := range []struct {
		name, tenant string
		over         bool
	}{
		{"without connection whoever is in stays in", "", false},
		{"another tenant knows nobody", "11111111-0b5a-4c7d-9e21-5f4a3b2c1d0e", true},
		{"the old one still does", storetest.Tenant, false},
	} {
		w.db.Exec(t, `UPDATE environments SET tenant_id = $1 WHERE id = $2`, step.tenant, w.Env)
		_, err := w.rules.Session(t.Context(), w.Env, token)
		if got := pactius.KindOf(err) == pactius.KindNotSignedIn; got != step.over || (err != nil) != step.over {
			t.Errorf("%s: %v", step.name, err)
		}
	}
}

func TestReactivatingLetsThePersonReallyIn(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	for ends, want := range map[pactius.Date]pactius.Date{"2026-03-01": "", "2026-03-02": "2026-03-02", "2027-01-01": "2027-01-01"} {
		w.db.Exec(t, `UPDATE users SET deactivated_at = 1, ends_on = $1 WHERE id = $2`, ends, w.seller.ID)
		u, err := w.rules.Reactivate(t.Context(), w.Actor(w.root), w.seller.ID)
		if err != nil || u.EndsOn != want || !u.MayEnter("2026-03-02") {
			t.Errorf("ending on %s: %+v, %v", ends, u, err)
		}
	}
}

// TestHistoryKeepsToTheUnits: what an administrator of the company did to people
// elsewhere is not shown to a local one who sees that administrator.
func TestHistoryKeepsToTheUnits(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	boss := w.User(t, "boss@nordhavn.example", "Boss", grant(w.Root, pactius.AccessAdminister), grant(w.sales, pactius.AccessRead))
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
	if err != nil || u.Unassigned != 1 || u.SignIns != nil {
		t.Errorf("unfinished %+v, %v", u, err)
	}
	mine, err := w.rules.Home(t.Context(), w.Actor(w.loose))
	if err != nil || len(mine.Memberships) != 0 || len(mine.Assigners) != 1 {
		t.Errorf("home %+v, %v", mine, err)
	}
}
