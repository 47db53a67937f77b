package change_test

import (
	"context"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestAPageKeepsKindsOfActorsApart reads on one page as PACTIUS itself, which finds
// the session, and then as actors that have no user either.
func TestAPageKeepsKindsOfActorsApart(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	vera := pactius.Visitor(c.Env, storetest.Person("vera@nordhavn.example", "Vera Visitor"), "")
	walt := pactius.Visitor(c.Env, storetest.Person("walt@nordhavn.example", "Walt Waiting"), "")
	err := c.work.Page(t.Context(), "nordhavn.example", func(ctx context.Context, _ pactius.Environment) error {
		as := func(actor pactius.Actor, role change.Role) (got *change.Tx, err error) {
			err = c.work.Read(ctx, actor, role, func(tx *change.Tx) error { got = tx; return nil })
			return got, err
		}
		if _, err := as(pactius.System(c.Env, "session"), change.RoleRootAdministrator); err != nil {
			t.Fatalf("PACTIUS itself: %v", err)
		}
		for name, actor := range map[string]pactius.Actor{
			"an actor of no kind":     {Environment: c.Env},
			"a visitor of no name":    pactius.Visitor(c.Env, pactius.Person{}, ""),
			"a user without a name":   pactius.UserActor(c.Env, "", ""),
			"a visitor with a name":   vera,
			"a user who is not known": pactius.UserActor(c.Env, "no-such-user", ""),
		} {
			if _, err := as(actor, change.RoleUser); pactius.KindOf(err) != pactius.KindNotSignedIn {
				t.Errorf("%s after PACTIUS itself: %v", name, err)
			}
		}
		for _, visitor := range []pactius.Actor{vera, walt, vera} {
			tx, err := as(visitor, change.RoleVisitor)
			if err != nil {
				t.Fatal(err)
			}
			if tx.Actor.Person != visitor.Person || tx.Rights.AdministersAny() {
				t.Errorf("%s reads as %s", visitor.Person.Name, tx.Actor.Person.Name)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// TestAPageEndsWithItsSnapshot keeps the context of a page and uses it afterwards: a
// change does not read in the snapshot, and a read has none any more.
func TestAPageEndsWithItsSnapshot(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	nothing := func(*change.Tx) error { return nil }
	var kept context.Context
	err := c.work.Page(t.Context(), "nordhavn.example", func(ctx context.Context, _ pactius.Environment) error {
		kept = ctx
		change.SignedIn(ctx, c.root)
		if err := c.work.Read(ctx, c.Actor(c.root), change.RoleRootAdministrator, nothing); err != nil {
			return err
		}
		c.db.Exec(t, `UPDATE users SET deactivated_at = 1 WHERE id = $1`, c.root.ID)
		err := c.work.Change(ctx, c.Actor(c.root), change.RoleUser, nothing)
		if pactius.KindOf(err) != pactius.KindNotSignedIn {
			t.Errorf("a change with the rights of the page: %v", err)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	err = c.work.Read(kept, c.Actor(c.local), change.RoleUser, func(tx *change.Tx) error {
		_, err := tx.User(c.plain.ID)
		return err
	})
	if err == nil {
		t.Error("a page was read after its snapshot had ended")
	}
}

// TestAUserActsUnderTheirName: emails are signed with it.
func TestAUserActsUnderTheirName(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	for _, open := range []func(context.Context, pactius.Actor, change.Role, func(*change.Tx) error) error{
		c.work.Change, c.work.Read,
	} {
		err := open(t.Context(), c.Actor(c.local), change.RoleUser, func(tx *change.Tx) error {
			if tx.Actor.Name != "Lars Local" || tx.Self.ID != c.local.ID {
				t.Errorf("acts as %q, %s", tx.Actor.Name, tx.Self.Username)
			}
			return nil
		})
		if err != nil {
			t.Error(err)
		}
	}
}
