package units_test

import (
	"testing"

	"github.com/pactius/pactius"
)

// TestAUnitStaysWithTheAdministratorsAboveIt plays an administrator of two units who
// does not administer the unit above one of them.
func TestAUnitStaysWithTheAdministratorsAboveIt(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	both := w.Actor(w.User(t, "both@nordhavn.example", "Bo Both",
		pactius.Grant{Unit: w.north, Access: pactius.AccessAdminister},
		pactius.Grant{Unit: w.legal, Access: pactius.AccessAdminister}))
	w.refused(t, "moved away from a unit of others", pactius.KindForbidden, w.move(both, w.north, w.legal))
	w.refused(t, "archived below a unit of others", pactius.KindForbidden, w.archive(both, w.north))
	old := w.Unit(t, w.Root, "Old")
	must(t, w.archive(w.root, old))
	owner := w.Actor(w.User(t, "owner@nordhavn.example", "Ove Owner",
		pactius.Grant{Unit: old, Access: pactius.AccessAdminister}))
	w.refused(t, "restored below a unit of others", pactius.KindForbidden, w.restore(owner, old))
	must(t, w.restore(w.root, old))
}

// TestAUnitWithUnitsInUseStays archives a unit that has no members of its own.
func TestAUnitWithUnitsInUseStays(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	empty := w.Unit(t, w.Root, "Empty")
	below := w.Unit(t, empty, "Below")
	w.refused(t, "with a unit in use beneath", pactius.KindConflict, w.archive(w.root, empty))
	must(t, w.archive(w.root, below))
	must(t, w.archive(w.root, empty))
}
