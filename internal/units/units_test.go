package units_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/units"
)

var ctx = context.Background()

// world is a company with Sales, North below it, and Legal; an administrator of all
// and one of Sales.
type world struct {
	*storetest.Ground
	db                  *storetest.DB
	rules               *units.Rules
	sales, north, legal pactius.UnitID
	root, local         pactius.Actor
}

func newWorld(t *testing.T) *world {
	t.Helper()
	return build(t, storetest.New(t), "nordhavn.example")
}

func build(t *testing.T, db *storetest.DB, host string) *world {
	t.Helper()
	w := &world{Ground: db.Ground(t, host), db: db, rules: units.New(db.Work())}
	w.sales = w.Unit(t, w.Root, "Sales")
	w.north = w.Unit(t, w.sales, "North")
	w.legal = w.Unit(t, w.Root, "Legal")
	w.root = w.Actor(w.User(t, "root@nordhavn.example", "Root",
		pactius.Grant{Unit: w.Root, Access: pactius.AccessAdminister}))
	w.local = w.Actor(w.User(t, "local@nordhavn.example", "Local",
		pactius.Grant{Unit: w.sales, Access: pactius.AccessAdminister}))
	return w
}

func (w *world) refused(t *testing.T, name string, want pactius.Kind, step func() error) {
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

func (w *world) add(actor pactius.Actor, parent pactius.UnitID, name string) func() error {
	return func() error { _, err := w.rules.Add(ctx, actor, parent, name); return err }
}

func (w *world) rename(actor pactius.Actor, unit pactius.UnitID, version int, name string) func() error {
	return func() error { _, err := w.rules.Rename(ctx, actor, unit, version, name); return err }
}

func (w *world) move(actor pactius.Actor, unit, parent pactius.UnitID) func() error {
	return func() error { _, err := w.rules.Move(ctx, actor, unit, 0, parent); return err }
}

func (w *world) archive(actor pactius.Actor, unit pactius.UnitID) func() error {
	return func() error { _, err := w.rules.Archive(ctx, actor, unit, 0); return err }
}

func (w *world) restore(actor pactius.Actor, unit pactius.UnitID) func() error {
	return func() error { _, err := w.rules.Restore(ctx, actor, unit, 0); return err }
}

// must fails the test for an error.
func must(t *testing.T, step func() error) {
	t.Helper()
	if err := step(); err != nil {
		t.Fatal(err)
	}
}

func TestWhoMayChangeTheTree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	other := build(t, w.db, "other.example")
	plain := w.Actor(w.User(t, "plain@nordhavn.example", "Plain",
		pactius.Grant{Unit: w.sales, Access: pactius.AccessWrite}))
	visitor := pactius.Visitor(w.Env, storetest.Person("v@nordhavn.example", "V"), "")
	for _, who := range []struct {
		name  string
		actor pactius.Actor
		kind  pactius.Kind
	}{{"a user who writes", plain, pactius.KindForbidden}, {"a visitor", visitor, pactius.KindNotSignedIn},
		{"another environment's administrator", pactius.UserActor(w.Env, other.root.User, ""),
			pactius.KindNotSignedIn}} {
		for name, step := range map[string]func() error{
			"adds": w.add(who.actor, w.sales, "X"), "renames": w.rename(who.actor, w.north, 0, "X"),
			"moves":    w.move(who.actor, w.north, w.legal),
			"archives": w.archive(who.actor, w.north), "restores": w.restore(who.actor, w.north),
			"sees":     func() error { _, err := w.rules.Tree(ctx, who.actor); return err },
			"sees one": func() error { _, err := w.rules.Unit(ctx, who.actor, w.sales); return err },
		} {
			w.refused(t, who.name+" "+name, who.kind, step)
		}
	}
	w.refused(t, "the local one adds beside", pactius.KindForbidden, w.add(w.local, w.Root, "X"))
	w.refused(t, "the local one renames elsewhere", pactius.KindForbidden, w.rename(w.local, w.legal, 0, "X"))
	w.refused(t, "the local one moves out", pactius.KindForbidden, w.move(w.local, w.north, w.legal))
	w.refused(t, "the local one moves their own top", pactius.KindForbidden, w.move(w.local, w.sales, w.legal))
	w.refused(t, "the local one archives their own top", pactius.KindForbidden, w.archive(w.local, w.sales))
	w.refused(t, "the local one looks elsewhere", pactius.KindForbidden,
		func() error { _, err := w.rules.Unit(ctx, w.local, w.legal); return err })
	w.refused(t, "a unit of another environment", pactius.KindNotFound, w.rename(w.root, other.sales, 0, "X"))
	w.refused(t, "into another environment", pactius.KindInvalid, w.move(w.root, w.north, other.sales))
	w.refused(t, "beneath a unit of another environment", pactius.KindNotFound, w.add(w.root, other.sales, "X"))
	must(t, w.rename(w.local, w.sales, 0, "Selling"))
	must(t, w.add(w.local, w.north, "Far North"))
	must(t, w.archive(pactius.SupportActor(w.Env), w.legal))
}

func TestATreeStaysATree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.refused(t, "beneath itself", pactius.KindInvalid, w.move(w.root, w.sales, w.sales))
	w.refused(t, "beneath its own child", pactius.KindInvalid, w.move(w.root, w.sales, w.north))
	w.refused(t, "the company moves", pactius.KindConflict, w.move(w.root, w.Root, w.sales))
	w.refused(t, "nowhere", pactius.KindInvalid, w.move(w.root, w.sales, ""))
	w.refused(t, "the company is archived", pactius.KindConflict, w.archive(w.root, w.Root))
	w.refused(t, "a sibling's name", pactius.KindInvalid, w.add(w.root, w.Root, " SALES "))
	w.refused(t, "renamed to a sibling", pactius.KindInvalid, w.rename(w.root, w.legal, 0, "sales"))
	must(t, w.add(w.root, w.Root, "North"))
	w.refused(t, "moved beside one of its name", pactius.KindInvalid, w.move(w.root, w.north, w.Root))
	for _, name := range []string{"", "  ", "A/B", "a\x00b", "a\u202eb", strings.Repeat("x", pactius.MaxUnitName+1)} {
		w.refused(t, fmt.Sprintf("the name %.10q", name), pactius.KindInvalid, w.add(w.root, w.Root, name))
		w.refused(t, fmt.Sprintf("renamed %.10q", name), pactius.KindInvalid, w.rename(w.root, w.legal, 0, name))
	}
	w.refused(t, "a stale form", pactius.KindConflict, w.rename(w.root, w.legal, 7, "Law"))
	must(t, w.rename(w.root, w.Root, 0, "Nordhavn A/S")) // as companies are called in Denmark
	if u, err := w.rules.Find(ctx, w.root, "nordhavn a/s / sales"); err != nil || u.ID != w.sales {
		t.Errorf("found %v, %v", u, err)
	}
	must(t, w.move(w.root, w.north, w.legal))
	o, err := w.rules.Tree(ctx, w.root)
	if err != nil || o.Tree.Path(w.north) != "Legal / North" {
		t.Errorf("moved to %q, %v", o.Tree.Path(w.north), err)
	}
	before := w.db.Dump(t)
	must(t, w.move(w.root, w.north, w.legal))
	must(t, w.rename(w.root, w.north, 0, "North"))
	must(t, w.restore(w.root, w.north))
	if diff := cmp.Diff(before, w.db.Dump(t)); diff != "" {
		t.Errorf("doing it twice changed something:\n%s", diff)
	}
}

func TestTheTreeHasADepth(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	at, chain := w.Root, []pactius.UnitID{w.Root}
	for i := range pactius.MaxDepth - 1 {
		u, err := w.rules.Add(ctx, w.root, at, fmt.Sprint("Level ", i))
		if err != nil {
			t.Fatalf("level %d: %v", i+2, err)
		}
		at, chain = u.ID, append(chain, u.ID)
	}
	w.refused(t, "one level more", pactius.KindInvalid, w.add(w.root, at, "Too deep"))
	w.refused(t, "a branch that would reach too deep", pactius.KindInvalid,
		w.move(w.root, w.sales, chain[pactius.MaxDepth-2]))
	must(t, w.move(w.root, w.sales, chain[pactius.MaxDepth-3]))
	o, err := w.rules.Tree(ctx, w.root)
	if err != nil || !o.Rights.Administers(at) || !o.Rights.Administers(w.north) {
		t.Errorf("the deepest units are not reached from the root: %v", err)
	}
}

func TestArchiving(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.refused(t, "with units beneath", pactius.KindConflict, w.archive(w.root, w.sales))
	must(t, w.archive(w.root, w.north))
	w.refused(t, "with members", pactius.KindConflict, w.archive(w.root, w.sales)) // its administrator
	off := w.User(t, "off@nordhavn.example", "Off", pactius.Grant{Unit: w.legal, Access: pactius.AccessRead})
	w.db.Exec(t, `UPDATE users SET deactivated_at = 1 WHERE id = $1`, off.ID)
	w.refused(t, "with a deactivated member, who may come back", pactius.KindConflict, w.archive(w.root, w.legal))
	must(t, w.archive(w.root, w.north)) // twice is fine
	w.refused(t, "a unit beneath an archived one", pactius.KindInvalid, w.add(w.root, w.north, "X"))
	w.refused(t, "moved beneath an archived one", pactius.KindInvalid, w.move(w.root, w.legal, w.north))
	must(t, w.add(w.root, w.sales, "North"))
	w.refused(t, "restored beside one of its name", pactius.KindInvalid, w.restore(w.root, w.north))
	must(t, w.rename(w.root, w.north, 0, "Old North"))
	must(t, w.restore(w.root, w.north))
	deep := w.Unit(t, w.north, "Deep")
	must(t, w.archive(w.root, deep))
	must(t, w.archive(w.root, w.north))
	w.refused(t, "restored beneath an archived parent", pactius.KindInvalid, w.restore(w.root, deep))
	must(t, w.restore(w.root, w.north))
	must(t, w.restore(w.root, deep))
	if _, err := w.rules.Find(ctx, w.root, "sales / OLD NORTH / deep"); err != nil {
		t.Error(err)
	}
	w.refused(t, "a path that leads nowhere", pactius.KindInvalid,
		func() error { _, err := w.rules.Find(ctx, w.root, "Sales / South"); return err })
}

func TestMembersComeFromHereAndAbove(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.User(t, "anna@nordhavn.example", "Anna", pactius.Grant{Unit: w.north, Access: pactius.AccessRead})
	for _, test := range []struct {
		by     pactius.Actor
		want   []string
		others int
	}{
		{w.root, []string{"Anna read", "Local administer", "Root administer"}, 0},
		{w.local, []string{"Anna read", "Local administer"}, 1}, // those of the company are not theirs to see
	} {
		v, err := w.rules.Unit(ctx, test.by, w.north)
		if err != nil {
			t.Fatal(err)
		}
		got := []string{}
		for _, m := range append(v.Explicit, v.FromAbove...) {
			got = append(got, m.User.Name+" "+m.Access.String())
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("members (-want +got):\n%s", diff)
		}
		if v.Members[w.north] != 1 || len(v.Administrators[w.sales]) != 1 || v.Others != test.others {
			t.Errorf("counts %v, administrators %v, others %d", v.Members, v.Administrators, v.Others)
		}
	}
}
