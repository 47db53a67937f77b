package users_test

import (
	"context"
	"sync"
	"testing"

	"github.com/pactius/pactius"
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

// A user without units is changed by the administrators who added or approved them, and
// by those of the root. Giving a unit first does not extend that.
func TestAUserWithoutUnitsIsChangedByWhoBroughtThemIn(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	ctx, local := t.Context(), w.Actor(w.local)
	second := w.User(t, "second@nordhavn.example", "Sven Second", grant(w.sales, pactius.AccessAdminister))
	invited := w.Invite(t, "invited@nordhavn.example", "Inga Invited")
	added, err := w.rules.Add(ctx, local, users.NewUser{Username: "added@nordhavn.example", Name: "Ada Added"})
	if err != nil {
		t.Fatal(err)
	}
	approved := w.approve(t, w.local, w.ask(t, storetest.Person("asked@nordhavn.example", "Ask Asked"), w.north))
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
		"deactivate": func(a pactius.Actor, u pactius.UserID) error {
			_, err := w.rules.Deactivate(ctx, a, u)
			return err
		},
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
			w.refused(t, name+" "+when, pactius.KindForbidden, "", func() error { return change(w.Actor(by), u) })
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
	if _, err := w.rules.Assign(ctx, w.Actor(w.root), w.local.ID,
		[]pactius.Grant{grant(w.sales, pactius.AccessRead)}); err != nil {
		t.Fatal(err)
	}
	w.refused(t, "without administer anywhere", pactius.KindForbidden, "",
		func() error { return changes["deactivate"](local, added.User.ID) })
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
