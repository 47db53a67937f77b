package users_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

const allowed = pactius.Kind(-1)

// TestWhoMayDoWhat is the table of roles and rules.
func TestWhoMayDoWhat(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	other := buildOffice(t, w.db, "other.example")
	cross := pactius.UserActor(w.Env, other.root.ID, "")
	actors := []struct {
		name  string
		actor pactius.Actor
	}{
		{"Support", pactius.SupportActor(w.Env)}, {"root administrator", w.Actor(w.root)},
		{"local administrator", w.Actor(w.local)},
		{"user", w.Actor(w.plain)}, {"visitor",
			pactius.Visitor(w.Env, storetest.Person("v@nordhavn.example", "V"), "")},
		{"another environment's administrator", cross}, {"nobody", pactius.Actor{Environment: w.Env}},
	}
	for _, test := range w.rulesByRole(t, other) {
		for i, a := range actors {
			w.undo(t)
			before := w.db.Dump(t)
			err := test.do(a.actor)
			got := allowed
			if err != nil {
				got = pactius.KindOf(err)
			}
			if got != test.want[i] {
				t.Errorf("%s may %s: kind %d, %v; want %d", a.name, test.rule, got, err, test.want[i])
			}
			if err != nil {
				if diff := cmp.Diff(before, w.db.Dump(t)); diff != "" {
					t.Errorf("%s, %s: the refusal changed something:\n%s", a.name, test.rule, diff)
				}
			}
		}
	}
}

// ruleByRole is a rule and what each actor of TestWhoMayDoWhat gets from it.
type ruleByRole struct {
	rule string
	do   func(pactius.Actor) error
	want []pactius.Kind
}

func (w *office) rulesByRole(t *testing.T, other *office) []ruleByRole {
	t.Helper()
	name, email, ctx := "Renamed", "elsewhere@nordhavn.example", t.Context()
	in, out, no, gone := allowed, pactius.KindForbidden, pactius.KindNotSignedIn, pactius.KindNotFound
	return []ruleByRole{
		{"list users", func(a pactius.Actor) error {
			_, err := w.rules.Users(ctx, a, pactius.UserFilter{})
			return err
		},
			[]pactius.Kind{in, in, in, out, no, no, no}},
		{"list users of Sales", func(a pactius.Actor) error {
			_, err := w.rules.Users(ctx, a, pactius.UserFilter{Unit: w.sales})
			return err
		}, []pactius.Kind{in, in, in, out, no, no, no}},
		{"list users of Legal", func(a pactius.Actor) error {
			_, err := w.rules.Users(ctx, a, pactius.UserFilter{Unit: w.legal})
			return err
		}, []pactius.Kind{in, in, out, out, no, no, no}},
		{"see a user of North", func(a pactius.Actor) error { _, err := w.rules.User(ctx, a, w.seller.ID); return err },
			[]pactius.Kind{in, in, in, out, no, no, no}},
		{"see a user who also works elsewhere",
			func(a pactius.Actor) error { _, err := w.rules.User(ctx, a, w.both.ID); return err },
			[]pactius.Kind{in, in, in, out, no, no, no}},
		{"see a user without units", func(a pactius.Actor) error {
			_, err := w.rules.User(ctx, a, w.loose.ID)
			return err
		}, []pactius.Kind{in, in, in, out, no, no, no}},
		{"see a user of Legal", func(a pactius.Actor) error { _, err := w.rules.User(ctx, a, w.plain.ID); return err },
			[]pactius.Kind{in, in, out, out, no, no, no}},
		{"see a user of another environment",
			func(a pactius.Actor) error { _, err := w.rules.User(ctx, a, other.seller.ID); return err },
			[]pactius.Kind{gone, gone, gone, out, no, no, no}},
		{"open a user of North to change",
			func(a pactius.Actor) error { _, err := w.rules.Managed(ctx, a, w.seller.ID); return err },
			[]pactius.Kind{in, in, in, out, no, no, no}},
		{"open a user to change who also works elsewhere",
			func(a pactius.Actor) error { _, err := w.rules.Managed(ctx, a, w.both.ID); return err },
			[]pactius.Kind{in, in, out, out, no, no, no}},
		{"find a user of Legal", func(a pactius.Actor) error {
			_, err := w.rules.Find(ctx, a, w.plain.Username)
			return err
		}, []pactius.Kind{in, in, out, out, no, no, no}},
		{"find nobody", func(a pactius.Actor) error {
			_, err := w.rules.Find(ctx, a, "no@nordhavn.example")
			return err
		},
			[]pactius.Kind{gone, gone, gone, out, no, no, no}},
		{"edit a user of North", func(a pactius.Actor) error {
			_, err := w.rules.Edit(ctx, a, w.seller.ID, 0, pactius.UserUpdate{Name: &name})
			return err
		}, []pactius.Kind{in, in, in, out, no, no, no}},
		{"edit a user who also works elsewhere", func(a pactius.Actor) error {
			_, err := w.rules.Edit(ctx, a, w.both.ID, 0, pactius.UserUpdate{Name: &name})
			return err
		}, []pactius.Kind{in, in, out, out, no, no, no}},
		{"open a user without units to change", func(a pactius.Actor) error {
			_, err := w.rules.Managed(ctx, a, w.loose.ID)
			return err
		}, []pactius.Kind{in, in, out, out, no, no, no}},
		{"edit a user without units", func(a pactius.Actor) error {
			_, err := w.rules.Edit(ctx, a, w.loose.ID, 0, pactius.UserUpdate{Email: &email})
			return err
		}, []pactius.Kind{in, in, out, out, no, no, no}},
		{"deactivate a user without units", func(a pactius.Actor) error {
			_, err := w.rules.Deactivate(ctx, a, w.loose.ID)
			return err
		}, []pactius.Kind{in, in, out, out, no, no, no}},
		{"reactivate a user without units", func(a pactius.Actor) error {
			_, err := w.rules.Reactivate(ctx, a, w.loose.ID)
			return err
		}, []pactius.Kind{in, in, out, out, no, no, no}},
		{"give Legal", func(a pactius.Actor) error {
			_, err := w.rules.Assign(ctx, a, w.loose.ID, []pactius.Grant{grant(w.legal, pactius.AccessRead)})
			return err
		}, []pactius.Kind{in, in, pactius.KindInvalid, out, no, no, no}},
		{"give North", func(a pactius.Actor) error {
			_, err := w.rules.Assign(ctx, a, w.loose.ID, []pactius.Grant{grant(w.north, pactius.AccessAdminister)})
			return err
		}, []pactius.Kind{in, in, in, out, no, no, no}},
		{"take Sales from a user who also works elsewhere", func(a pactius.Actor) error {
			_, err := w.rules.Assign(ctx, a, w.both.ID, []pactius.Grant{grant(w.sales, pactius.AccessNone)})
			return err
		}, []pactius.Kind{in, in, in, out, no, no, no}},
		{"take Legal", func(a pactius.Actor) error {
			_, err := w.rules.Assign(ctx, a, w.both.ID, []pactius.Grant{grant(w.legal, pactius.AccessNone)})
			return err
		}, []pactius.Kind{in, in, out, out, no, no, no}},
		{"raise Legal", func(a pactius.Actor) error {
			_, err := w.rules.Assign(ctx, a, w.both.ID, []pactius.Grant{grant(w.legal, pactius.AccessAdminister)})
			return err
		}, []pactius.Kind{in, in, pactius.KindInvalid, out, no, no, no}},
		{"make oneself administrator of the company", func(a pactius.Actor) error {
			_, err := w.rules.Assign(ctx, a, w.local.ID, []pactius.Grant{grant(w.Root, pactius.AccessAdminister)})
			return err
		}, []pactius.Kind{in, in, pactius.KindInvalid, out, no, no, no}},
		{"deactivate a user of North", func(a pactius.Actor) error {
			_, err := w.rules.Deactivate(ctx, a, w.seller.ID)
			return err
		}, []pactius.Kind{in, in, in, out, no, no, no}},
		{"deactivate a user who also works elsewhere",
			func(a pactius.Actor) error { _, err := w.rules.Deactivate(ctx, a, w.both.ID); return err },
			[]pactius.Kind{in, in, out, out, no, no, no}},
		{"reactivate a user of North", func(a pactius.Actor) error {
			_, err := w.rules.Reactivate(ctx, a, w.seller.ID)
			return err
		}, []pactius.Kind{in, in, in, out, no, no, no}},
		{"sign a user of North out", func(a pactius.Actor) error {
			_, err := w.rules.EndSessions(ctx, a, w.seller.ID)
			return err
		}, []pactius.Kind{in, in, in, out, no, no, no}},
		{"sign Pia Plain out", func(a pactius.Actor) error {
			_, err := w.rules.EndSessions(ctx, a, w.plain.ID)
			return err
		}, []pactius.Kind{in, in, out, in, no, no, no}},
		{"send the welcome email to a user of North again", func(a pactius.Actor) error {
			_, err := w.rules.Welcome(ctx, a, w.seller.ID)
			return err
		}, []pactius.Kind{in, in, in, out, no, no, no}},
		{"count what waits", func(a pactius.Actor) error { _, err := w.rules.Unfinished(ctx, a); return err },
			[]pactius.Kind{in, in, in, out, no, no, no}},
	}
}

// undo makes the people what they were: every call begins with the same ones.
func (w *office) undo(t *testing.T) {
	t.Helper()
	w.db.Exec(t, `UPDATE users SET deactivated_at = 0`)
	w.Update(t, func(tx *store.Tx) error {
		return errors.Join(
			tx.SetMemberships(w.loose.ID, []pactius.Grant{grant(w.legal, pactius.AccessNone),
				grant(w.north, pactius.AccessNone)}, w.db.Clock.Now()),
			tx.SetMemberships(w.both.ID, []pactius.Grant{grant(w.sales, pactius.AccessWrite),
				grant(w.legal, pactius.AccessRead)}, w.db.Clock.Now()),
			tx.SetMemberships(w.local.ID, []pactius.Grant{grant(w.Root, pactius.AccessNone)}, w.db.Clock.Now()))
	})
}
