package users_test

import (
	"cmp"
	"context"
	"sync"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

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
			w.refused(t, "by themselves", pactius.KindConflict, "",
				func() error { return way(w, w.Actor(w.root), w.root) })
			w.refused(t, "by Support", pactius.KindConflict, "",
				func() error { return way(w, pactius.SupportActor(w.Env), w.root) })
			second := w.User(t, "second@nordhavn.example", "Second", grant(w.Root, pactius.AccessAdminister))
			for what, sql := range map[string]string{"deactivated": `deactivated_at = 1`,
				"going to end": `ends_on = '2027-01-01'`} {
				w.db.Exec(t, `UPDATE users SET `+sql+` WHERE id = $1`, second.ID)
				w.refused(t, "while the other is "+what, pactius.KindConflict, "",
					func() error { return way(w, pactius.SupportActor(w.Env), w.root) })
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

// identify and manage are the changes of a user that pactius.Rights.CanIdentify and CanManage decide.
var (
	identify = map[string]func(*office, pactius.Actor, pactius.UserID) error{
		"rename": func(w *office, a pactius.Actor, u pactius.UserID) error {
			name := "accomplice@nordhavn.example"
			_, err := w.rules.Edit(context.Background(), a, u, 0, pactius.UserUpdate{Username: &name})
			return err
		},
		"redirect the mail": func(w *office, a pactius.Actor, u pactius.UserID) error {
			email := "accomplice@nordhavn.example"
			_, err := w.rules.Edit(context.Background(), a, u, 0, pactius.UserUpdate{Email: &email})
			return err
		},
		"delete and add again": func(w *office, a pactius.Actor, u pactius.UserID) error {
			deleted, err := w.rules.Delete(context.Background(), a, u, 0)
			if err == nil {
				_, err = w.rules.Add(context.Background(), a,
					users.NewUser{Username: deleted.Username, Name: deleted.Name, Despite: true})
			}
			return err
		},
		"merge with one's own": func(w *office, a pactius.Actor, u pactius.UserID) error {
			own, err := w.rules.Add(context.Background(), a,
				users.NewUser{Username: id.New() + "@nordhavn.example", Name: "Al Own", Despite: true})
			if err == nil {
				_, err = w.rules.Merge(context.Background(), a,
					users.Merge{Kept: u, Other: own.User.ID, Account: users.AccountOfOther})
			}
			return err
		},
		"say same person": func(w *office, a pactius.Actor, u pactius.UserID) error {
			q, err := w.rules.Ask(context.Background(), w.visitor(storetest.Person("al@nordhavn.example",
				"Al Accomplice")), users.Wish{Units: []pactius.UnitID{w.north}})
			if err != nil {
				return err
			}
			d, err := w.rules.SamePerson(context.Background(), a, q.ID, u, users.Approval{})
			if d.Proposed { // an administrator who may change the user is asked, and refuses
				_, err = w.rules.RefuseSame(context.Background(), w.Actor(w.root), q.ID)
				err = cmp.Or(err, error(change.ErrOutside))
			}
			return err
		},
	}
	manage = map[string]func(*office, pactius.Actor, pactius.UserID) error{
		"end": func(w *office, a pactius.Actor, u pactius.UserID) error {
			end := pactius.Date("2027-01-01")
			_, err := w.rules.Edit(context.Background(), a, u, 0, pactius.UserUpdate{EndsOn: &end})
			return err
		},
		"sign out": func(w *office, a pactius.Actor, u pactius.UserID) error {
			_, err := w.rules.EndSessions(context.Background(), a, u)
			return err
		},
		"deactivate": func(w *office, a pactius.Actor, u pactius.UserID) error {
			_, err := w.rules.Deactivate(context.Background(), a, u)
			return err
		},
	}
)

// Every play begins anew with a user that the root has added without units, and two administrators of Sales, "local"
// and "second", who act together. Account name and email address stay out of their reach.
func TestNoPlayReachesTheAccountNameOfAUserOfOthers(t *testing.T) {
	t.Parallel()
	type step func(w *office, second pactius.User, invited pactius.UserID) error
	give := func(second bool, unit func(*office) pactius.UnitID, access pactius.Access) step {
		return func(w *office, accomplice pactius.User, invited pactius.UserID) error {
			by := w.local
			if second {
				by = accomplice
			}
			_, err := w.rules.Assign(context.Background(), w.Actor(by), invited,
				[]pactius.Grant{grant(unit(w), access)})
			return err
		}
	}
	promote := func(unit func(*office) pactius.UnitID, access pactius.Access) step {
		return func(w *office, _ pactius.User, invited pactius.UserID) error {
			_, err := w.rules.Assign(context.Background(), w.Actor(w.root), invited,
				[]pactius.Grant{grant(unit(w), access)})
			return err
		}
	}
	north, sales := func(w *office) pactius.UnitID { return w.north }, func(w *office) pactius.UnitID { return w.sales }
	plays := map[string]struct {
		steps   []step
		manages bool
	}{
		"nothing":                    {},
		"give a unit":                {steps: []step{give(false, north, pactius.AccessRead)}},
		"give and raise":             {steps: []step{give(false, north, 1), give(false, north, 2)}},
		"the accomplice gives":       {steps: []step{give(true, north, pactius.AccessRead)}, manages: true},
		"both give":                  {steps: []step{give(true, sales, 1), give(false, north, 1)}, manages: true},
		"the root gives":             {steps: []step{promote(north, pactius.AccessRead)}, manages: true},
		"the root gives, they raise": {steps: []step{promote(north, 1), give(false, north, 3)}, manages: true},
		"the root gives, they take it and give it back": {
			steps: []step{promote(north, 1), give(false, north, 0), give(false, north, 1)}},
		"the root gives, the other takes it and gives it back": {
			steps: []step{promote(north, 1), give(true, north, 0), give(true, north, 1)}, manages: true},
		"the root gives administer": {steps: []step{promote(sales, pactius.AccessAdminister)}, manages: true},
	}
	for name, play := range plays {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newOffice(t)
			second := w.User(t, "second@nordhavn.example", "Sven Second", grant(w.sales, pactius.AccessAdminister))
			added, err := w.rules.Add(t.Context(), w.Actor(w.root),
				users.NewUser{Username: "boss@nordhavn.example", Name: "Bea Boss"})
			if err != nil {
				t.Fatal(err)
			}
			for i, s := range play.steps {
				if err := s(w, second, added.User.ID); err != nil {
					t.Fatalf("step %d: %v", i+1, err)
				}
			}
			for what, act := range identify {
				err := act(w, w.Actor(w.local), added.User.ID)
				if pactius.KindOf(err) != pactius.KindForbidden {
					t.Errorf("%s: %v", what, err)
				}
			}
			v, err := w.rules.User(t.Context(), w.Actor(w.local), added.User.ID)
			if err != nil || v.CanIdentify || v.CanManage != play.manages || v.User.Username != added.User.Username {
				t.Errorf("the page says: identify %v, manage %v, %v", v.CanIdentify, v.CanManage, err)
			}
			for _, what := range []string{"end", "sign out", "deactivate"} {
				err := manage[what](w, w.Actor(w.local), added.User.ID)
				if (err == nil) != play.manages || (err != nil && pactius.KindOf(err) != pactius.KindForbidden) {
					t.Errorf("%s: %v", what, err)
				}
			}
		})
	}
}

// A request that leads to a user that the root has added meanwhile gives its approver nothing but the units to give.
func TestApprovingARequestOfAUserOfOthersIdentifiesNobody(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	q := w.ask(t, storetest.Person("boss@nordhavn.example", "Bea Boss"), w.north)
	boss := w.Invite(t, "boss@nordhavn.example", "Bea Boss")
	w.rules.Directory = told{q.Person.ObjectID: {Username: boss.Username}}
	if d := w.approve(t, w.local, q, grant(w.north, pactius.AccessRead)); d.Created || d.User.ID != boss.ID {
		t.Fatalf("led to %+v", d.User)
	}
	w.refused(t, "redirecting the mail", pactius.KindForbidden, "",
		func() error { return identify["redirect the mail"](w, w.Actor(w.local), boss.ID) })
}

// The administrator who added or approved a user changes account name and email address as long as the user has no
// units of others; the old address is told.
func TestTheCreatorIdentifiesAUser(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ctx, local := t.Context(), w.Actor(w.local)
	second := w.User(t, "second@nordhavn.example", "Sven Second", grant(w.sales, pactius.AccessAdminister))
	added, err := w.rules.Add(ctx, local, users.NewUser{Username: "added@nordhavn.example", Name: "Ada Added"})
	if err != nil {
		t.Fatal(err)
	}
	approved := w.approve(t, w.local, w.ask(t, storetest.Person("asked@nordhavn.example", "Ask Asked"), w.north))
	for what, act := range identify {
		for _, u := range []pactius.User{added.User, approved.User} {
			if err := act(w, w.Actor(second), u.ID); pactius.KindOf(err) != pactius.KindForbidden {
				t.Errorf("%s %s by an equal: %v", what, u.Name, err)
			}
		}
	}
	for what, act := range manage {
		for _, u := range []pactius.User{added.User, approved.User} {
			if err := act(w, w.Actor(second), u.ID); pactius.KindOf(err) != pactius.KindForbidden {
				t.Errorf("%s %s by an equal: %v", what, u.Name, err)
			}
		}
	}
	w.expect(t, "renaming", func() { must(t, identify["rename"](w, local, added.User.ID)) },
		[]string{"user.changed"}, []string{"account-name-changed to added@nordhavn.example"})
	w.expect(t, "redirecting", func() { must(t, identify["redirect the mail"](w, local, approved.User.ID)) },
		[]string{"user.changed"}, []string{"account-name-changed to asked@nordhavn.example"})
	for _, what := range []string{"end", "sign out"} {
		must(t, manage[what](w, local, added.User.ID))
	}
	// Access that the creator could not give ends it.
	if _, err := w.rules.Assign(ctx, w.Actor(w.root), added.User.ID,
		[]pactius.Grant{grant(w.Root, pactius.AccessAdminister)}); err != nil {
		t.Fatal(err)
	}
	for _, changes := range []map[string]func(*office, pactius.Actor, pactius.UserID) error{identify, manage} {
		for what, act := range changes {
			if err := act(w, local, added.User.ID); pactius.KindOf(err) != pactius.KindForbidden {
				t.Errorf("%s after the promotion: %v", what, err)
			}
		}
	}
	// It takes administer on some unit, too.
	if _, err := w.rules.Assign(ctx, w.Actor(w.root), w.local.ID,
		[]pactius.Grant{grant(w.sales, pactius.AccessRead)}); err != nil {
		t.Fatal(err)
	}
	if err := manage["deactivate"](w, local, approved.User.ID); pactius.KindOf(err) != pactius.KindForbidden {
		t.Errorf("without administer anywhere: %v", err)
	}
}

// An administrator who is about to give access is told of another account name or email address, until they have
// given some themselves: neither a sign-in nor a unit that an accomplice gives takes the warning away.
func TestAChangedAccountNameIsShownBeforeAccessIsGiven(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ctx := t.Context()
	added, err := w.rules.Add(ctx, w.Actor(w.local),
		users.NewUser{Username: "boss@nordhavn.example", Name: "Bea Boss"})
	if err != nil {
		t.Fatal(err)
	}
	changed := func(by pactius.User) *users.IdentityChange {
		t.Helper()
		v, err := w.rules.User(ctx, w.Actor(by), added.User.ID)
		if err != nil {
			t.Fatal(err)
		}
		return v.Changed
	}
	if c := changed(w.root); c != nil {
		t.Errorf("before any change: %+v", c)
	}
	opened := pactius.AccessVersion(added.User, nil)
	must(t, identify["rename"](w, w.Actor(w.local), added.User.ID))
	w.refused(t, "giving access on a page that shows the old name", pactius.KindConflict, "account name", func() error {
		_, err := w.rules.Replace(ctx, w.Actor(w.root), added.User.ID, opened,
			[]pactius.Grant{grant(w.Root, pactius.AccessAdminister)})
		return err
	})
	w.signIn(t, storetest.Person("accomplice@nordhavn.example", "Al Accomplice"))
	second := w.User(t, "second@nordhavn.example", "Sven Second", grant(w.sales, pactius.AccessAdminister))
	assign := func(by pactius.User, access pactius.Access) {
		t.Helper()
		if _, err := w.rules.Assign(ctx, w.Actor(by), added.User.ID,
			[]pactius.Grant{grant(w.north, access)}); err != nil {
			t.Fatal(err)
		}
	}
	assign(second, pactius.AccessRead)
	c := changed(w.root)
	if c == nil || c.Username != "boss@nordhavn.example" || c.By.Name != w.local.Name {
		t.Fatalf("after the change: %+v", c)
	}
	if c := changed(w.local); c != nil {
		t.Errorf("the administrator who did it is told: %+v", c)
	}
	assign(w.root, pactius.AccessWrite)
	if c := changed(w.root); c != nil {
		t.Errorf("after giving access: %+v", c)
	}
	must(t, identify["redirect the mail"](w, w.Actor(w.local), added.User.ID))
	if c := changed(w.root); c == nil || c.Username != "" || c.Email != "accomplice@nordhavn.example" {
		t.Errorf("after the next change: %+v", c)
	}
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func TestReactivatingLetsThePersonReallyIn(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	for ends, want := range map[pactius.Date]pactius.Date{"2026-03-01": "", "2026-03-02": "2026-03-02",
		"2027-01-01": "2027-01-01"} {
		w.db.Exec(t, `UPDATE users SET deactivated_at = 1, ends_on = $1 WHERE id = $2`, ends, w.seller.ID)
		u, err := w.rules.Reactivate(t.Context(), w.Actor(w.root), w.seller.ID)
		if err != nil || u.EndsOn != want || !u.MayEnter("2026-03-02") {
			t.Errorf("ending on %s: %+v, %v", ends, u, err)
		}
	}
}
