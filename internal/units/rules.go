package units

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// Rules are the rules of the tree. They are safe for concurrent use.
type Rules struct{ db *change.DB }

// New makes the rules.
func New(db *change.DB) *Rules { return &Rules{db} }

// NewRoot makes the company's unit, in the transaction that creates its environment.
func NewRoot(tx *change.Tx, name string) (pactius.Unit, error) {
	u := pactius.Unit{ID: pactius.UnitID(id.New()), Name: name, CreatedAt: tx.Now, Version: 1}
	return u, tx.InsertUnit(u)
}

// RenameRoot lets the company's unit follow a new name of its environment, in
// the same transaction, unless it had been given another name of its own.
func RenameRoot(tx *change.Tx, before, after string) error {
	root, err := tx.Root()
	if err != nil || root.Name != before || before == after {
		return err
	}
	root.Name = after
	tx.Record(pactius.Event{Kind: pactius.UnitRenamed, Unit: root.ID})
	return tx.UpdateUnit(root)
}

// edit is a change of one unit.
type edit struct {
	*change.Tx
	tree *pactius.Tree // the unit with everything above
	unit pactius.Unit
}

// update runs a change of a unit that the actor administers; fn demands more
// where more is needed.
func (r *Rules) update(
	ctx context.Context, actor pactius.Actor, unit pactius.UnitID, fn func(*edit) error,
) (pactius.Unit, error) {
	var changed pactius.Unit
	err := r.db.Change(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		e, err := begin(tx, unit)
		if err != nil {
			return err
		}
		err = fn(e)
		changed = e.unit
		return err
	})
	return changed, err
}

// begin reads a unit that the actor administers, to change it.
func begin(tx *change.Tx, unit pactius.UnitID) (*edit, error) {
	tree, err := tx.TreeOf(unit)
	if err != nil {
		return nil, err
	}
	u, ok := tree.Unit(unit)
	switch {
	case !ok:
		return nil, store.ErrNotFound
	case !tx.Rights.Administers(unit):
		return nil, change.ErrOutside
	}
	return &edit{tx, tree, u}, nil
}

func (e *edit) record(kind pactius.EventKind, facts pactius.Facts) {
	e.Record(pactius.Event{Kind: kind, Unit: e.unit.ID, Facts: facts})
}

// save stores the unit, which must be the one the form showed (version 0 skips
// the check), with its event. It says so when a sibling has its name.
func (e *edit) save(version int, kind pactius.EventKind, facts pactius.Facts) error {
	if version != 0 && version != e.unit.Version {
		return store.ErrStale
	}
	store := e.UpdateUnit
	if before, _ := e.tree.Unit(e.unit.ID); before.ParentID != e.unit.ParentID {
		store = e.MoveUnit
	}
	if err := store(e.unit); err != nil {
		return nameTaken(err, e.unit.Name)
	}
	e.unit.Version++
	e.record(kind, facts)
	return nil
}

func nameTaken(err error, name string) error {
	if !errors.Is(err, store.ErrTaken) {
		return err
	}
	return pactius.RefuseField("name",
		pactius.T("There's already a unit called %s in this place. Choose another name.", name))
}

// parseName parses the name of a unit.
func parseName(name string) (string, error) {
	clean, err := names.ParseName("name", name)
	switch {
	case err != nil:
		return "", err
	case len([]rune(clean)) > pactius.MaxUnitName:
		return "", pactius.RefuseField("name",
			pactius.T("The name is longer than %d characters. Choose a shorter one.", pactius.MaxUnitName))
	}
	return clean, nil
}

// checkSlash refuses a slash, which separates the names of a path. The root is never
// part of a path and may be called "Nordhavn A/S".
func checkSlash(name string) error {
	if strings.Contains(name, "/") {
		return pactius.RefuseField("name",
			pactius.T("A name can't contain a slash (/), which separates units in a path."))
	}
	return nil
}

// Add creates a unit below another.
func (r *Rules) Add(
	ctx context.Context, actor pactius.Actor, parent pactius.UnitID, name string,
) (pactius.Unit, error) {
	name, err := parseName(name)
	if err == nil {
		err = checkSlash(name)
	}
	if err != nil {
		return pactius.Unit{}, err
	}
	return r.update(ctx, actor, parent, func(e *edit) error {
		if err := e.roomFor(0, parent); err != nil {
			return err
		}
		if err := e.checkNumber(""); err != nil {
			return err
		}
		e.unit = pactius.Unit{ID: pactius.UnitID(id.New()), ParentID: parent, Name: name, CreatedAt: e.Now,
			AddedBy: e.Actor.User, Version: 1}
		if err := e.InsertUnit(e.unit); err != nil {
			return nameTaken(err, name)
		}
		e.record(pactius.UnitAdded, pactius.Facts{pactius.FactTo: string(parent)})
		return nil
	})
}

// roomFor makes sure that a unit with so many levels below it can stand
// below a parent.
func (e *edit) roomFor(height int, parent pactius.UnitID) error {
	u, _ := e.tree.Unit(parent)
	switch {
	case u.IsArchived():
		return pactius.RefuseField("parent",
			pactius.T("%s is archived. Restore it first, or choose another place.", u.Name))
	case len(e.tree.Up(parent))+1+height > pactius.MaxDepth:
		return pactius.RefuseField("parent",
			pactius.T("The tree can't have more than %d levels. Choose a place higher up.", pactius.MaxDepth))
	}
	return nil
}

// checkNumber makes sure that one more unit can be in use, and that it is not one too many of the actor's; of those the
// unit that is restored does not count. What an administrator added counts also while it is archived: the rows stay.
func (e *edit) checkNumber(restored pactius.UnitID) error {
	inUse, own, err := e.CountUnits(e.Actor.User, restored)
	switch {
	case err != nil:
		return err
	case inUse >= pactius.MaxUnits:
		return pactius.Refuse(pactius.KindConflict,
			pactius.T("There are already %d business units in use, which is the limit. Archive or delete some first.",
				inUse))
	case own >= pactius.MaxUnitsEach && !e.Rights.AdministersAll():
		return pactius.Refuse(pactius.KindConflict,
			pactius.T("You've already added %d business units, which is the limit for one local administrator. Delete "+
				"some, or ask an administrator of the whole company to add more.", own))
	}
	return nil
}

// Rename renames a unit; version is that of the form, 0 is not checked.
func (r *Rules) Rename(
	ctx context.Context, actor pactius.Actor, unit pactius.UnitID, version int, name string,
) (pactius.Unit, error) {
	name, err := parseName(name)
	if err != nil {
		return pactius.Unit{}, err
	}
	return r.update(ctx, actor, unit, func(e *edit) error {
		if e.unit.Name == name {
			return nil
		}
		if err := checkSlash(name); err != nil && !e.unit.IsRoot() {
			return err
		}
		e.unit.Name = name
		return e.save(version, pactius.UnitRenamed, nil)
	})
}

// Move moves a unit with all units below it to another parent.
func (r *Rules) Move(
	ctx context.Context, actor pactius.Actor, unit pactius.UnitID, version int, parent pactius.UnitID,
) (pactius.Unit, error) {
	return r.update(ctx, actor, unit, func(e *edit) error {
		from := e.unit.ParentID
		if err := e.checkMove(parent); err != nil || from == parent {
			return err
		}
		e.unit.ParentID = parent
		return e.save(version, pactius.UnitMoved,
			pactius.Facts{pactius.FactFrom: string(from), pactius.FactTo: string(parent)})
	})
}

func (e *edit) checkMove(parent pactius.UnitID) error {
	var err error
	if e.tree, err = e.TreeOf(parent); err != nil {
		return err
	}
	_, ok := e.tree.Unit(parent)
	switch {
	case e.unit.IsRoot():
		return errRoot
	case !ok:
		return pactius.RefuseField("parent",
			pactius.T("This place no longer exists. Reload the page and choose again."))
	case e.tree.Within(parent, e.unit.ID):
		return pactius.RefuseField("parent", pactius.T("A unit can't be moved below itself. Choose another place."))
	case !e.Rights.Administers(e.unit.ParentID) || !e.Rights.Administers(parent):
		return pactius.Refuse(pactius.KindForbidden,
			pactius.T("To move a unit, you must administer both its current parent unit and the new place. Ask an "+
				"administrator of the whole company."))
	}
	height, err := e.UnitHeight(e.unit.ID)
	if err != nil {
		return err
	}
	return e.roomFor(height, parent)
}

// Restore puts an archived unit into use again.
func (r *Rules) Restore(
	ctx context.Context, actor pactius.Actor, unit pactius.UnitID, version int,
) (pactius.Unit, error) {
	return r.update(ctx, actor, unit, func(e *edit) error {
		if !e.unit.IsArchived() {
			return nil
		}
		if !e.Rights.Administers(e.unit.ParentID) {
			return errAbove
		}
		if err := e.roomFor(0, e.unit.ParentID); err != nil {
			return err
		}
		if err := e.checkNumber(unit); err != nil {
			return err
		}
		e.unit.ArchivedAt, e.unit.AddedBy = time.Time{}, e.Actor.User
		return e.save(version, pactius.UnitRestored, nil)
	})
}

// Delete removes a unit, in use or archived, that has no members, no units below it and no access request that asked
// for it, and returns it as it was. Such a unit can be archived only: its members, units and history stay. Deleting
// cannot be undone. The event is about the parent, so that the administrators there go on seeing it.
func (r *Rules) Delete(
	ctx context.Context, actor pactius.Actor, unit pactius.UnitID, version int,
) (pactius.Unit, error) {
	return r.update(ctx, actor, unit, func(e *edit) error {
		switch {
		case e.unit.IsRoot():
			return errRootStays
		case !e.Rights.Administers(e.unit.ParentID):
			return errAboveDelete
		case version != 0 && version != e.unit.Version:
			return store.ErrStale
		}
		if err := e.checkUnused(); err != nil {
			return err
		}
		if err := e.DeleteUnit(e.unit); err != nil {
			return err
		}
		e.Record(pactius.Event{Kind: pactius.UnitDeleted, Unit: e.unit.ParentID,
			Facts:  pactius.Facts{pactius.FactFrom: string(e.unit.ID)},
			Detail: pactius.Facts{pactius.DetailName: e.unit.Name}})
		return nil
	})
}

// checkUnused refuses to delete a unit that other rows name.
func (e *edit) checkUnused() error {
	below, err := e.CountBelow(e.unit.ID)
	if err != nil {
		return err
	}
	if below > 0 {
		return pactius.Refuse(pactius.KindConflict,
			pactius.Plural(below, "There's %d unit below %s, counting archived ones. Move or delete it first.",
				"There are %d units below %s, counting archived ones. Move or delete them first.", e.unit.Name))
	}
	members, err := e.CountMembers(e.unit.ID)
	if err != nil {
		return err
	}
	if members > 0 {
		return pactius.Refuse(pactius.KindConflict,
			pactius.Plural(members, "%d user still belongs to %s. Assign them elsewhere first.",
				"%d users still belong to %s. Assign them elsewhere first.", e.unit.Name))
	}
	if err := e.checkNotRequired(); err != nil {
		return err
	}
	requests, err := e.CountUnitRequests(e.unit.ID)
	if err == nil && requests > 0 {
		err = pactius.Refuse(pactius.KindConflict,
			pactius.Plural(requests, "%d access request refers to %s, so the unit must be kept for its history. "+
				"Archive it instead.",
				"%d access requests refer to %s, so the unit "+
					"must be kept for its history. Archive it instead.", e.unit.Name))
	}
	return err
}

// Refusals of this package.
var (
	errRoot  = pactius.Refuse(pactius.KindConflict, pactius.T("The company itself can't be moved or archived."))
	errAbove = pactius.Refuse(pactius.KindForbidden,
		pactius.T("To archive or restore a unit, you must administer its parent unit. Ask an administrator there."))
	errRootStays   = pactius.Refuse(pactius.KindConflict, pactius.T("The company itself can't be deleted."))
	errAboveDelete = pactius.Refuse(pactius.KindForbidden,
		pactius.T("To delete a unit, you must administer its parent unit. Ask an administrator there."))
)
