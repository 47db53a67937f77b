package change_test

import (
	"context"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// company is an environment with Sales, North below it, and Legal.
type company struct {
	*storetest.Ground
	db                  *storetest.DB
	work                *change.DB
	sales, north, legal pactius.UnitID
	root, local, plain  pactius.User
}

func newCompany(t *testing.T) *company {
	t.Helper()
	db := storetest.New(t)
	c := &company{Ground: db.Ground(t, "nordhavn.example"), db: db, work: db.Work()}
	c.sales = c.Unit(t, c.Root, "Sales")
	c.north = c.Unit(t, c.sales, "North")
	c.legal = c.Unit(t, c.Root, "Legal")
	c.root = c.User(t, "root@nordhavn.example", "Rikke Root", grant(c.Root, pactius.AccessAdminister))
	c.local = c.User(t, "local@nordhavn.example", "Lars Local", grant(c.sales, pactius.AccessAdminister))
	c.plain = c.User(t, "plain@nordhavn.example", "Pia Plain", grant(c.legal, pactius.AccessWrite))
	return c
}

func grant(u pactius.UnitID, a pactius.Access) pactius.Grant {
	return pactius.Grant{Unit: u, Access: a}
}

func TestARoleIsDemandedBeforeAnythingRuns(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	other := c.db.Ground(t, "other.example")
	gone := c.User(t, "gone@nordhavn.example", "Gert Gone", grant(c.Root, pactius.AccessAdminister))
	c.db.Exec(t, `UPDATE users SET deactivated_at = 1 WHERE id = $1`, gone.ID)
	person := storetest.Person("vera@nordhavn.example", "Vera Visitor")
	const no, out = pactius.KindForbidden, pactius.KindNotSignedIn
	const ok = pactius.Kind(-1)
	tests := []struct {
		name  string
		actor pactius.Actor
		want  [4]pactius.Kind // as a visitor, user, administrator, administrator of the root
	}{
		{"an administrator of the root", c.Actor(c.root), [4]pactius.Kind{out, ok, ok, ok}},
		{"a local administrator", c.Actor(c.local), [4]pactius.Kind{out, ok, ok, no}},
		{"a user", c.Actor(c.plain), [4]pactius.Kind{out, ok, no, no}},
		{"a deactivated administrator", c.Actor(gone), [4]pactius.Kind{out, out, out, out}},
		{"a user of another environment", pactius.UserActor(other.Env, c.root.ID, ""),
			[4]pactius.Kind{out, out, out, out}},
		{"a visitor", pactius.Visitor(c.Env, person, ""), [4]pactius.Kind{ok, out, out, out}},
		{"a visitor of no name", pactius.Visitor(c.Env, pactius.Person{}, ""), [4]pactius.Kind{out, out, out, out}},
		{"a visitor of nowhere", pactius.Visitor("", person, ""), [4]pactius.Kind{out, out, out, out}},
		{"Support", pactius.SupportActor(c.Env), [4]pactius.Kind{out, ok, ok, ok}},
		{"Support of nowhere", pactius.SupportActor(""), [4]pactius.Kind{no, no, no, no}},
		{"the system", pactius.System(c.Env, "test"), [4]pactius.Kind{out, ok, ok, ok}},
		{"an actor of no kind", pactius.Actor{Environment: c.Env}, [4]pactius.Kind{out, out, out, out}},
	}
	for _, test := range tests {
		for role, want := range test.want {
			for way, open := range map[string]func(context.Context, pactius.Actor, change.Role,
				func(*change.Tx) error) error{
				"change": c.work.Change, "read": c.work.Read,
			} {
				ran := false
				err := open(t.Context(), test.actor, change.Role(role),
					func(*change.Tx) error { ran = true; return nil })
				if (err == nil) != (want == ok) || ran != (want == ok) || (err != nil && pactius.KindOf(err) != want) {
					t.Errorf("%s, role %d, %s: ran %v, %v; want kind %d", test.name, role, way, ran, err, want)
				}
			}
		}
	}
}

// TestAnEventAndAnEmailStandOrFallWithTheChange plays a change that succeeds, one
// that fails after it recorded, and one whose event cannot be written.
func TestAnEventAndAnEmailStandOrFallWithTheChange(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	failure := errors.New("no")
	run := func(result error) error {
		return c.work.Change(t.Context(), c.Actor(c.root), change.RoleUser, func(tx *change.Tx) error {
			tx.Record(pactius.Event{Kind: pactius.UserChanged, User: c.plain.ID})
			tx.Record(pactius.Event{Kind: pactius.UserChanged, User: c.local.ID})
			tx.Mail(change.ToUser(c.plain), mail.RequestDeclined{By: "Rikke Root"})
			c.plain.Name = "Pia Poulsen"
			return errors.Join(tx.UpdateUser(c.plain), result)
		})
	}
	if err := run(failure); !errors.Is(err, failure) {
		t.Fatalf("a failing change: %v", err)
	}
	count := func(events, mails int) {
		t.Helper()
		e, m := c.db.Count(t, `SELECT COUNT(*) FROM events`), c.db.Count(t, `SELECT COUNT(*) FROM mails`)
		if e != events || m != mails {
			t.Errorf("%d events and %d emails, want %d and %d", e, m, events, mails)
		}
	}
	count(0, 0)
	if err := run(nil); err != nil {
		t.Fatal(err)
	}
	count(2, 1)
	c.db.Exec(t, `ALTER TABLE events RENAME TO lost_events`)
	c.plain = c.Reload(t, c.plain.ID)
	before := c.plain.Version
	if err := run(nil); err == nil {
		t.Error("a change went on without its event")
	}
	c.db.Exec(t, `ALTER TABLE lost_events RENAME TO events`)
	if got := c.Reload(t, c.plain.ID).Version; got != before {
		t.Errorf("the row was changed although its event was not written: version %d, want %d", got, before)
	}
	count(2, 1)
}

func TestRightsAreReadOnceAndExtended(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	err := c.work.Read(t.Context(), c.Actor(c.local), change.RoleAdministrator, func(tx *change.Tx) error {
		if !tx.Rights.Administers(c.sales) || tx.Rights.Administers(c.north) || tx.Rights.AdministersAll() {
			t.Error("the rights do not begin with the actor's own units")
		}
		tree, err := tx.TreeOf(c.north, "no such unit")
		if err != nil {
			return err
		}
		if _, ok := tree.Unit(c.north); !ok || !tx.Rights.Administers(c.north) || tx.Rights.Administers(c.legal) {
			t.Error("the rights were not extended to a unit below")
		}
		if _, ok := tree.Unit(c.legal); ok {
			t.Error("a unit was read that was not asked for")
		}
		whole, err := tx.Tree()
		if err != nil || whole.Len() != 4 || tx.Rights.Administers(c.legal) || !tx.Rights.Administers(c.north) {
			t.Errorf("the whole tree has %d units, %v", whole.Len(), err)
		}
		again, err := tx.TreeOf(c.legal)
		if again != whole {
			t.Error("units that are known were read again")
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestWhoIsSeenAndManaged(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	seller := c.User(t, "seller@nordhavn.example", "Sara Seller", grant(c.north, pactius.AccessRead))
	both := c.User(t, "both@nordhavn.example", "Bo Both", grant(c.sales, pactius.AccessWrite),
		grant(c.legal, pactius.AccessRead))
	loose := c.User(t, "loose@nordhavn.example", "Lou Loose")
	mine := c.User(t, "mine@nordhavn.example", "Mia Mine")
	c.db.Exec(t, `UPDATE users SET creator = $1 WHERE id = $2`, c.local.ID, mine.ID)
	ids := []pactius.UserID{seller.ID, both.ID, loose.ID, mine.ID, c.plain.ID, c.root.ID}
	tests := []struct {
		name          string
		actor         pactius.Actor
		seen, managed []pactius.UserID
	}{
		{"an administrator of the root", c.Actor(c.root), ids, ids},
		{"Support", pactius.SupportActor(c.Env), ids, ids},
		{"a local administrator", c.Actor(c.local), []pactius.UserID{seller.ID, both.ID, loose.ID, mine.ID},
			[]pactius.UserID{seller.ID, mine.ID}},
		{"a user", c.Actor(c.plain), nil, nil},
	}
	for _, test := range tests {
		err := c.work.Read(t.Context(), test.actor, change.RoleUser, func(tx *change.Tx) error {
			all, err := tx.SeesEach(ids)
			if err != nil {
				return err
			}
			var seen, managed []pactius.UserID
			for _, id := range ids {
				if all[id] {
					seen = append(seen, id)
				}
				memberships, err := tx.Memberships(id)
				if err != nil {
					return err
				}
				switch err := tx.CheckManage(id, change.UnitIDs(memberships)); {
				case err == nil:
					managed = append(managed, id)
				case !errors.Is(err, change.ErrOutside) && !errors.Is(err, change.ErrOfOthers):
					return err
				}
			}
			if diff := cmp.Diff(test.seen, seen); diff != "" {
				t.Errorf("%s sees (-want +got):\n%s", test.name, diff)
			}
			if diff := cmp.Diff(test.managed, managed); diff != "" {
				t.Errorf("%s manages (-want +got):\n%s", test.name, diff)
			}
			return nil
		})
		if err != nil {
			t.Fatalf("%s: %v", test.name, err)
		}
	}
}

func TestTheLastAdministratorOfTheRoot(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	keep := func(u pactius.User) error {
		return c.work.Read(t.Context(), pactius.SupportActor(c.Env), change.RoleUser, func(tx *change.Tx) error {
			memberships, err := tx.Memberships(u.ID)
			if err != nil {
				return err
			}
			return tx.KeepRoot(u.ID, memberships)
		})
	}
	if err := keep(c.root); pactius.KindOf(err) != pactius.KindConflict {
		t.Errorf("the only one: %v", err)
	}
	if err := keep(c.local); err != nil {
		t.Errorf("one who does not administer the root: %v", err)
	}
	c.User(t, "writer@nordhavn.example", "Willy Writer", grant(c.Root, pactius.AccessWrite))
	if err := keep(c.root); pactius.KindOf(err) != pactius.KindConflict {
		t.Errorf("beside one who only writes on the root: %v", err)
	}
	c.User(t, "second@nordhavn.example", "Sanne Second", grant(c.Root, pactius.AccessAdminister))
	if err := keep(c.root); err != nil {
		t.Errorf("beside a second one: %v", err)
	}
}

// TestAPageIsOneSnapshot changes the data between two reads of a page: the second
// read must not see it, on either engine.
func TestAPageIsOneSnapshot(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	name := func(ctx context.Context) string {
		var got string
		err := c.work.Read(ctx, c.Actor(c.root), change.RoleAdministrator, func(tx *change.Tx) error {
			u, err := tx.User(c.plain.ID)
			got = u.Name
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	err := c.work.Page(t.Context(), "nordhavn.example", func(ctx context.Context, env pactius.Environment) error {
		if env.ID != c.Env {
			t.Errorf("environment %s, want %s", env.ID, c.Env)
		}
		before := name(ctx)
		c.Update(t, func(tx *store.Tx) error {
			u := c.plain
			u.Name = "Pia Poulsen"
			return tx.UpdateUser(u)
		})
		if after := name(ctx); after != before {
			t.Errorf("a page read %q and then %q", before, after)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if got := name(t.Context()); got != "Pia Poulsen" {
		t.Errorf("after the page: %q", got)
	}
	err = c.work.Page(t.Context(), "nobody.example", func(context.Context, pactius.Environment) error {
		t.Error("a page of a host that no environment has")
		return nil
	})
	if pactius.KindOf(err) != pactius.KindNotFound {
		t.Errorf("an unknown host: %v", err)
	}
}

// TestAPageKeepsActorsApart reads as two users on one page: the second must not act
// with the rights of the first.
func TestAPageKeepsActorsApart(t *testing.T) {
	t.Parallel()
	c := newCompany(t)
	err := c.work.Page(t.Context(), "nordhavn.example", func(ctx context.Context, _ pactius.Environment) error {
		nothing := func(*change.Tx) error { return nil }
		change.SignedIn(ctx, c.root)
		if err := c.work.Read(ctx, c.Actor(c.root), change.RoleRootAdministrator, nothing); err != nil {
			t.Errorf("the administrator: %v", err)
		}
		if err := c.work.Read(ctx, c.Actor(c.plain), change.RoleAdministrator,
			nothing); pactius.KindOf(err) != pactius.KindForbidden {
			t.Errorf("a user on an administrator's page: %v", err)
		}
		other := pactius.UserActor("another environment", c.root.ID, "")
		if err := c.work.Read(ctx, other, change.RoleUser, nothing); err == nil {
			t.Error("a page of one environment served another")
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
