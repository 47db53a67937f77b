package users_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/users"
)

// sets changes a user's access to one unit.
func (w *world) sets(by, user pactius.User, unit pactius.UnitID, seen, access pactius.Access) error {
	_, err := w.rules.SetAccess(context.Background(), w.Actor(by), user.ID, unit, seen, access)
	return err
}

const (
	none       = pactius.AccessNone
	read       = pactius.AccessRead
	write      = pactius.AccessWrite
	administer = pactius.AccessAdminister
)

func TestAMemberIsAddedChangedAndRemoved(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	assigned := []string{"user.units_assigned"}
	set := func(name string, seen, access pactius.Access, events []string, want map[pactius.UnitID]pactius.Access) {
		t.Helper()
		w.expect(t, name, func() {
			if err := w.sets(w.local, w.loose, w.north, seen, access); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		}, events, nil)
		if diff := cmp.Diff(want, w.Memberships(t, w.loose.ID)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	north := func(a pactius.Access) map[pactius.UnitID]pactius.Access {
		return map[pactius.UnitID]pactius.Access{w.north: a}
	}
	set("added", none, read, assigned, north(read))
	set("added by a second click", none, read, nil, north(read))
	set("made an administrator", read, administer, assigned, north(administer))
	set("changed by a second click", read, administer, nil, north(administer))
	set("removed", administer, none, assigned, map[pactius.UnitID]pactius.Access{})
	set("removed by a second click", administer, none, nil, map[pactius.UnitID]pactius.Access{})
}

func TestAnAccessThatChangedMeanwhileStays(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	for _, test := range []struct {
		name         string
		seen, access pactius.Access
		user         pactius.User
		unit         pactius.UnitID
		kind         pactius.Kind
		says         string
	}{
		{"added with another access", none, write, w.seller, w.north, pactius.KindInvalid, "already has Read access"},
		{"changed from what it was", write, administer, w.seller, w.north, pactius.KindConflict, "has changed"},
		{"changed after the removal", read, write, w.loose, w.north, pactius.KindConflict, "has removed Lou Loose"},
		{"removed with another access", administer, none, w.seller, w.north, pactius.KindConflict, "has changed"},
	} {
		err := w.sets(w.local, test.user, test.unit, test.seen, test.access)
		if pactius.KindOf(err) != test.kind || !strings.Contains(err.Error(), test.says) {
			t.Errorf("%s: kind %d, %v", test.name, pactius.KindOf(err), err)
		}
	}
}

func TestMembersAreTheAdministratorsOfTheUnitAffair(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	before := w.db.Dump(t)
	for _, test := range []struct {
		name         string
		by, user     pactius.User
		unit         pactius.UnitID
		seen, access pactius.Access
		kind         pactius.Kind
	}{
		{"a unit elsewhere", w.local, w.both, w.legal, read, none, pactius.KindForbidden},
		{"a user elsewhere", w.local, w.plain, w.north, none, read, pactius.KindForbidden},
		{"the unit above", w.local, w.seller, w.Root, none, administer, pactius.KindForbidden},
		{"someone who reads", w.seller, w.loose, w.north, none, read, pactius.KindForbidden},
		{"an unknown unit", w.root, w.loose, "0f3b6c1e-9999-4c5b-b112-000000000001", none, read, pactius.KindNotFound},
		{"no such access", w.root, w.loose, w.north, none, 9, pactius.KindInvalid},
		{"the last administrator of the company", w.root, w.root, w.Root, administer, none, pactius.KindConflict},
		{"the last one, to write", w.root, w.root, w.Root, administer, write, pactius.KindConflict},
	} {
		if err := w.sets(test.by, test.user, test.unit, test.seen, test.access); pactius.KindOf(err) != test.kind {
			t.Errorf("%s: kind %d, %v; want %d", test.name, pactius.KindOf(err), err, test.kind)
		}
	}
	if diff := cmp.Diff(before, w.db.Dump(t)); diff != "" {
		t.Errorf("a refusal has changed something (-before +after):\n%s", diff)
	}
}

func TestCandidatesAreUsersTheActorSees(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	find := func(by pactius.User, search string) string {
		t.Helper()
		found, err := w.rules.FindCandidates(context.Background(), w.Actor(by), w.north, search)
		if err != nil {
			t.Fatal(err)
		}
		var all []string
		for _, c := range found.Users {
			all = append(all, c.User.Name+" "+c.Access.String())
		}
		return strings.Join(all, ", ")
	}
	for search, want := range map[string]string{"": "", "seller": "Sara Seller read", "loose": "Lou Loose none",
		"bo": "Bo Both none", "plain": ""} {
		if got := find(w.local, search); got != want {
			t.Errorf("%q finds %q, want %q", search, got, want)
		}
	}
	if got := find(w.root, "plain"); got != "Pia Plain none" {
		t.Errorf("an administrator of all finds %q", got)
	}
	_, err := w.rules.FindCandidates(context.Background(), w.Actor(w.local), w.legal, "a")
	if pactius.KindOf(err) != pactius.KindForbidden {
		t.Errorf("for a unit elsewhere: %v", err)
	}
}

func (w *world) archiveInto(by pactius.User, unit, target pactius.UnitID, version int) (int, error) {
	_, moved, err := w.rules.ArchiveInto(context.Background(), w.Actor(by), unit, version, target)
	return moved, err
}

func TestMembersMoveBeforeTheirUnitIsArchived(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	south := w.Unit(t, w.sales, "South")
	strong := w.User(t, "strong@nordhavn.example", "Stig Strong", grant(w.north, read), grant(south, administer))
	weak := w.User(t, "weak@nordhavn.example", "Vera Weak", grant(w.north, write), grant(south, read))
	w.expect(t, "archiving", func() {
		if moved, err := w.archiveInto(w.local, w.north, south, 1); moved != 3 || err != nil {
			t.Fatalf("%d moved, %v; want 3", moved, err)
		}
	}, []string{"user.units_moved", "user.units_moved", "user.units_moved", "unit.archived"}, nil)
	for user, want := range map[*pactius.User]pactius.Access{&w.seller: read, &strong: administer, &weak: write} {
		if diff := cmp.Diff(map[pactius.UnitID]pactius.Access{south: want}, w.Memberships(t, user.ID)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", user.Name, diff)
		}
		if n := w.Reload(t, user.ID).UnitCount; n != 1 {
			t.Errorf("%s is counted with %d units", user.Name, n)
		}
	}
	if moved, err := w.archiveInto(w.local, w.north, south, 1); moved != 0 || err != nil { // a second click
		t.Errorf("again: %d moved, %v", moved, err)
	}
}

// TestAMoveGivesNobodyAUser: a user of others with the access that a local administrator gave is not theirs to change,
// and does not become so when someone else archives the unit. Nor does a move take a user from them.
func TestAMoveGivesNobodyAUser(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	a, b, c := w.Unit(t, w.sales, "A"), w.Unit(t, w.sales, "B"), w.Unit(t, w.sales, "C")
	if err := w.sets(w.local, w.loose, a, none, read); err != nil {
		t.Fatal(err)
	}
	manages := func(when string, user pactius.User, want bool) {
		t.Helper()
		v, err := w.rules.User(t.Context(), w.Actor(w.local), user.ID)
		if err != nil || v.CanManage != want {
			t.Errorf("%s: the administrator of Sales manages %s: %v, %v", when, user.Name, v.CanManage, err)
		}
	}
	manages("at first", w.loose, false)
	manages("at first", w.seller, true) // Support gave North
	for _, move := range []struct {
		by       pactius.User
		from, to pactius.UnitID
	}{{w.root, a, b}, {w.root, b, c}, {w.local, w.north, c}} {
		if _, err := w.archiveInto(move.by, move.from, move.to, 1); err != nil {
			t.Fatal(err)
		}
		manages("after a move", w.loose, false)
		manages("after a move", w.seller, true)
	}
}

func TestMembersStayWhereTheUnitCannotBeArchived(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	gone, below := w.Unit(t, w.Root, "Gone"), w.Unit(t, w.north, "Below")
	archive := func(unit pactius.UnitID) {
		t.Helper()
		w.Update(t, func(tx *store.Tx) error {
			units, err := tx.UnitsAbove([]pactius.UnitID{unit})
			for _, u := range units {
				if u.ID == unit {
					u.ArchivedAt = w.db.Clock.Now()
					err = tx.UpdateUnit(u)
				}
			}
			return err
		})
	}
	archive(gone)
	archive(below)
	crowded := w.Unit(t, w.sales, "Crowded")
	w.crowd(t, crowded, users.MaxMoved+1)
	before := w.db.Dump(t)
	for _, test := range []struct {
		name         string
		by           pactius.User
		unit, target pactius.UnitID
		version      int
		kind         pactius.Kind
	}{
		{"without a target", w.root, w.north, "", 1, pactius.KindInvalid},
		{"into itself", w.root, w.north, w.north, 1, pactius.KindInvalid},
		{"to below it", w.root, w.north, below, 1, pactius.KindInvalid},
		{"to an archived unit", w.root, w.north, gone, 1, pactius.KindInvalid},
		{"to an unknown unit", w.root, w.north, "0f3b6c1e-9999-4c5b-b112-000000000001", 1, pactius.KindInvalid},
		{"to a unit of others", w.local, w.north, w.legal, 1, pactius.KindInvalid},
		{"of others", w.local, w.legal, w.north, 1, pactius.KindForbidden},
		{"the local administrator's own top", w.local, w.sales, w.north, 1, pactius.KindInvalid},
		{"with units below it", w.root, w.sales, w.legal, 1, pactius.KindConflict},
		{"as seen before a change", w.root, w.north, w.legal, 7, pactius.KindConflict},
		{"a crowd", w.root, crowded, w.legal, 1, pactius.KindConflict},
		{"the company", w.root, w.Root, w.legal, 1, pactius.KindInvalid},
	} {
		moved, err := w.archiveInto(test.by, test.unit, test.target, test.version)
		if pactius.KindOf(err) != test.kind {
			t.Errorf("%s: %d moved, kind %d, %v; want %d", test.name, moved, pactius.KindOf(err), err, test.kind)
		}
	}
	if diff := cmp.Diff(before, w.db.Dump(t)); diff != "" {
		t.Errorf("a refusal has changed something (-before +after):\n%s", diff)
	}
}

// TestAMoveIsNoLookAtTheUser: the warning that someone else changed the email address of a user stays for the
// administrator who moves the user with a whole unit.
func TestAMoveIsNoLookAtTheUser(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	rival := w.User(t, "rival@nordhavn.example", "Rival", grant(w.Root, administer))
	target := w.Unit(t, w.sales, "South")
	_, err := w.rules.Edit(t.Context(), w.Actor(rival), w.seller.ID, 0,
		pactius.UserUpdate{Email: new("elsewhere@nordhavn.example")})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.archiveInto(w.root, w.north, target, 1); err != nil {
		t.Fatal(err)
	}
	v, err := w.rules.User(t.Context(), w.Actor(w.root), w.seller.ID)
	if err != nil || v.Changed == nil || v.Changed.By.User != rival.ID {
		t.Errorf("after the move the page warns of %+v, %v", v.Changed, err)
	}
}

// crowd gives a unit so many members.
func (w *world) crowd(t *testing.T, unit pactius.UnitID, n int) {
	t.Helper()
	for i := range n {
		w.Invite(t, fmt.Sprintf("crowd%d@nordhavn.example", i), fmt.Sprintf("Crowd %d", i), grant(unit, read))
	}
}
