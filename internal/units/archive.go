package units

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

// Archive takes a unit out of use. It must have no members, no units in use below it, and no application that requires
// access to it. Archiving an archived unit does nothing.
func (r *Rules) Archive(
	ctx context.Context, actor pactius.Actor, unit pactius.UnitID, version int,
) (pactius.Unit, error) {
	return r.update(ctx, actor, unit, func(e *edit) error { return e.archive(version) })
}

// ArchiveIn is Archive within a change that also moves the members.
func ArchiveIn(tx *change.Tx, unit pactius.UnitID, version int) (pactius.Unit, error) {
	e, err := begin(tx, unit)
	if err != nil {
		return pactius.Unit{}, err
	}
	err = e.archive(version)
	return e.unit, err
}

// archive takes the unit out of use.
func (e *edit) archive(version int) error {
	if err := e.mayArchive(); err != nil || e.unit.IsArchived() {
		return err
	}
	o, err := e.UnitUse(e.unit.ID)
	if err != nil {
		return err
	}
	if o.Below > 0 {
		return pactius.Refuse(pactius.KindConflict,
			pactius.T("There are units below %s. Move or archive them first.", e.unit.Name))
	}
	if o.Members > 0 {
		return pactius.Refuse(pactius.KindConflict,
			pactius.Plural(o.Members, "%d user still belongs to %s. Assign them elsewhere first.",
				"%d users still belong to %s. Assign them elsewhere first.", e.unit.Name))
	}
	if o.Applications > 0 {
		return required(o.Applications, e.unit.Name)
	}
	e.unit.ArchivedAt = e.Now
	return e.save(version, pactius.UnitArchived, nil)
}

// mayArchive refuses the root, and an actor who does not administer the unit above.
func (e *edit) mayArchive() error {
	switch {
	case e.unit.IsRoot():
		return errRoot
	case !e.unit.IsArchived() && !e.Rights.Administers(e.unit.ParentID):
		return errAbove
	}
	return nil
}

// Obstacles are what has to go before a unit is archived. Requests are no obstacle: an approver sees that the unit is
// archived and chooses another one.
type Obstacles store.UnitUse

// Obstacles tells what stands in the way of archiving a unit, to an actor who may archive it.
func (r *Rules) Obstacles(
	ctx context.Context, actor pactius.Actor, unit pactius.UnitID,
) (pactius.Unit, Obstacles, error) {
	var use store.UnitUse
	var u pactius.Unit
	err := r.db.Read(ctx, actor, change.RoleAdministrator, func(tx *change.Tx) error {
		e, err := begin(tx, unit)
		if err != nil {
			return err
		}
		if u, err = e.unit, e.mayArchive(); err == nil {
			use, err = tx.UnitUse(unit)
		}
		return err
	})
	return u, Obstacles(use), err
}

// checkNotRequired refuses to take a unit out of use that applications require access to.
func (e *edit) checkNotRequired() error {
	n, err := e.CountUnitApplications(e.unit.ID)
	if err == nil && n > 0 {
		err = required(n, e.unit.Name)
	}
	return err
}

func required(n int, name string) error {
	return pactius.Refuse(pactius.KindConflict,
		pactius.Plural(n, "%d application requires access to %s. Choose another unit for it first.",
			"%d applications require access to %s. Choose another unit for them first.", name))
}
