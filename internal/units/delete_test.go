package units_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

func (w *world) delete(actor pactius.Actor, unit pactius.UnitID, version int) func() error {
	return func() error { _, err := w.rules.Delete(ctx, actor, unit, version); return err }
}

// TestOnlyAUnitThatNothingNamesIsDeleted tries units that something refers to.
func TestOnlyAUnitThatNothingNamesIsDeleted(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	outsider := w.Actor(w.User(t, "legal@nordhavn.example", "Legal",
		pactius.Grant{Unit: w.legal, Access: pactius.AccessAdminister}))
	member, asked, settled := w.Unit(t, w.sales, "Member"), w.Unit(t, w.sales, "Asked"), w.Unit(t, w.sales, "Settled")
	w.User(t, "member@nordhavn.example", "Member", pactius.Grant{Unit: member, Access: pactius.AccessRead})
	parent := w.Unit(t, w.sales, "Parent")
	old := w.Unit(t, parent, "Old")
	must(t, w.archive(w.root, old))
	w.Update(t, func(tx *store.Tx) error {
		for state, unit := range map[pactius.RequestState]pactius.UnitID{pactius.StatePending: asked,
			pactius.StateWithdrawn: settled} {
			q := pactius.AccessRequest{ID: pactius.RequestID(state), Units: []pactius.UnitID{unit},
				Person: storetest.Person(string(state)+"@nordhavn.example", string(state)), State: state,
				CreatedAt: w.db.Clock.Now(), ExpiresAt: w.db.Clock.Now(), Version: 1}
			if err := tx.InsertRequest(q); err != nil {
				return err
			}
		}
		return nil
	})
	for name, unit := range map[string]pactius.UnitID{"the root": w.Root, "a unit with a member": member,
		"a unit above an archived one": parent, "a unit asked for": asked, "a unit that was asked for": settled} {
		w.refused(t, name, pactius.KindConflict, w.delete(w.root, unit, 0))
	}
	for _, unit := range []pactius.UnitID{asked, settled} { // by the rule, in words: the database would refuse it too
		if err := w.delete(w.root, unit, 0)(); err == nil || !strings.Contains(err.Error(), "Archive it instead") {
			t.Errorf("a unit that a request names: %v", err)
		}
	}
	empty := w.Unit(t, w.sales, "Empty")
	w.refused(t, "of others", pactius.KindForbidden, w.delete(outsider, empty, 0))
	w.refused(t, "from below", pactius.KindForbidden, w.delete(w.Actor(w.User(t, "own@nordhavn.example", "Own",
		pactius.Grant{Unit: w.north, Access: pactius.AccessAdminister})), w.north, 0))
	w.refused(t, "by a stale form", pactius.KindConflict, w.delete(w.local, empty, 7))
	must(t, w.delete(w.local, empty, 1))
	must(t, w.delete(w.root, old, 0))
	w.refused(t, "again", pactius.KindNotFound, w.delete(w.local, empty, 0))
	must(t, w.add(w.local, w.sales, "Empty")) // the name is free
	if n := w.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = 'unit.deleted' AND unit_id = $1
		AND actor_user = $2`, w.sales, w.local.User); n != 1 {
		t.Errorf("%d events about the parent, want 1", n)
	}
}

// TestOnlyUnitsInUseCount fills the environment.
func TestOnlyUnitsInUseCount(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(t, pactius.MaxUnits-w.units(t), "", 1)
	must(t, w.add(w.root, w.Root, "Among archived ones"))
	w.fill(t, pactius.MaxUnits-w.inUse(t), "", 0)
	w.refused(t, "one too many", pactius.KindConflict, w.add(w.root, w.Root, "One too many"))
	must(t, w.archive(w.root, w.legal))
	must(t, w.add(w.root, w.Root, "Instead"))
	w.refused(t, "restored, one too many", pactius.KindConflict, w.restore(w.root, w.legal))
}

// TestOneAdministratorCannotUseUpTheUnits lets a local administrator add as many as
// possible, and archive them.
func TestOneAdministratorCannotUseUpTheUnits(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	w.fill(t, pactius.MaxUnitsEach-1, w.local.User, 1)
	must(t, w.add(w.local, w.sales, "Last"))
	w.refused(t, "one too many", pactius.KindConflict, w.add(w.local, w.sales, "One too many"))
	colleague := w.Actor(w.User(t, "colleague@nordhavn.example", "Colleague",
		pactius.Grant{Unit: w.sales, Access: pactius.AccessAdminister}))
	must(t, w.add(colleague, w.sales, "Of a colleague"))
	must(t, w.add(w.root, w.sales, "Of the root"))
	must(t, w.archive(w.root, w.north))
	w.refused(t, "restores another's", pactius.KindConflict, w.restore(w.local, w.north))
	must(t, w.restore(w.local, "fill-0")) // counted already
	must(t, w.restore(colleague, "fill-1"))
	must(t, w.restore(w.local, w.north)) // the colleague has taken one over
	must(t, w.delete(w.local, "fill-2", 0))
	must(t, w.add(w.local, w.sales, "Room again"))
}

func (w *world) units(t *testing.T) int {
	return w.db.Count(t, `SELECT COUNT(*) FROM units WHERE environment_id = $1`, w.Env)
}

func (w *world) inUse(t *testing.T) int {
	return w.db.Count(t, `SELECT COUNT(*) FROM units WHERE environment_id = $1 AND archived_at = 0`, w.Env)
}

// fill adds units below Sales.
func (w *world) fill(t *testing.T, n int, by pactius.UserID, archivedAt int) {
	t.Helper()
	word := map[bool]string{true: "fill", false: "used"}[archivedAt != 0]
	w.db.Exec(t, fmt.Sprintf(`WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < %d)
		INSERT INTO units (environment_id, id, parent_id, name, name_key, created_at, archived_at, added_by)
		SELECT $1, '%s-' || i, $2, '%s ' || i, '%s ' || i, 1, %d, $3 FROM n`, n-1, word, word, word, archivedAt),
		w.Env, w.sales, by)
	w.db.Exec(t, `INSERT INTO unit_above (environment_id, unit_id, above_id)
		SELECT u.environment_id, u.id, a.above_id FROM units u CROSS JOIN unit_above a
		WHERE u.environment_id = $1 AND u.id LIKE $3 AND a.environment_id = $1 AND a.unit_id = $2
		UNION ALL SELECT environment_id, id, id FROM units WHERE environment_id = $1 AND id LIKE $3`,
		w.Env, w.sales, word+"-%")
}
