package units

import (
	"context"
	"errors"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/authority"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// Rules are the rules of the tree over a store. They are safe for concurrent use.
type Rules struct {
	store *store.Store
	now   func() time.Time
}

// New returns the rules.
func New(s *store.Store, now func() time.Time) *Rules { return &Rules{store: s, now: now} }

// NewRoot creates the root unit in the transaction that creates its environment.
func NewRoot(tx *store.Tx, name string, now time.Time) (pactius.Unit, error) {
	u := pactius.Unit{ID: pactius.UnitID(id.New()), Name: name, CreatedAt: now, Version: 1}
	return u, tx.InsertUnit(u)
}

// RenameRoot renames the root unit with its environment, in the same transaction,
// unless the two names differed before.
func RenameRoot(tx *store.Tx, p authority.Powers, before, after string) error {
	root, err := tx.Root()
	if err != nil || root.Name != before || before == after {
		return err
	}
	root.Name = after
	if err := tx.UpdateUnit(root); err != nil {
		return err
	}
	return audit.Record(tx, p.Now, p.Actor, pactius.Event{Kind: pactius.UnitRenamed, Unit: root.ID})
}

// change is a change of a unit, with the whole tree.
type change struct {
	authority.Powers
	tree *pactius.Tree
	unit pactius.Unit
}

// update runs a change on a unit. It refuses an actor who does not administer the
// unit; fn checks further rights.
func (r *Rules) update(ctx context.Context, actor pactius.Actor, unit pactius.UnitID, fn func(*store.Tx, *change) error) (pactius.Unit, error) {
	var c change
	err := r.store.Update(ctx, actor.Environment, func(tx *store.Tx) error {
		var err error
		if c.Powers, err = authority.Administrator(tx, r.now(), actor); err != nil {
			return err
		}
		if c.tree, err = tx.Tree(); err != nil {
			return err
		}
		if c.Rights, err = authority.On(tx, c.Powers, c.tree); err != nil {
			return err
		}
		var ok bool
		if c.unit, ok = c.tree.Unit(unit); !ok {
			return store.ErrNotFound
		}
		if !c.Rights.Administers(unit) {
			return authority.ErrOutside
		}
		return fn(tx, &c)
	})
	return c.unit, err
}

func (c *change) record(tx *store.Tx, kind pactius.EventKind, facts pactius.Facts) error {
	return audit.Record(tx, c.Now, c.Actor, pactius.Event{Kind: kind, Unit: c.unit.ID, Facts: facts})
}

// save stores the unit. It fails if the version differs from the form's (0 is not
// checked) or if a sibling has the same name.
func (c *change) save(tx *store.Tx, version int) error {
	if version != 0 && version != c.unit.Version {
		return store.ErrStale
	}
	if err := tx.UpdateUnit(c.unit); err != nil {
		return nameTaken(err, c.unit.Name)
	}
	c.unit.Version++
	return nil
}

func nameTaken(err error, name string) error {
	if !errors.Is(err, store.ErrTaken) {
		return err
	}
	return pactius.RefuseField("name",
		pactius.T("There is a unit called %s in this place already. Choose another name.", name))
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
			pactius.T("A name cannot contain a slash (/), which separates units in a path."))
	}
	return nil
}

// Add creates a unit below another.
func (r *Rules) Add(ctx context.Context, actor pactius.Actor, parent pactius.UnitID, name string) (pactius.Unit, error) {
	name, err := parseName(name)
	if err == nil {
		err = checkSlash(name)
	}
	if err != nil {
		return pactius.Unit{}, err
	}
	return r.update(ctx, actor, parent, func(tx *store.Tx, c *change) error {
		if err := c.roomFor(0, parent); err != nil {
			return err
		}
		if c.tree.Len() >= pactius.MaxUnits {
			return pactius.Refuse(pactius.Conflict,
				pactius.T("There are %d business units already, which is as many as there can be.", c.tree.Len()))
		}
		c.unit = pactius.Unit{ID: pactius.UnitID(id.New()), ParentID: parent, Name: name, CreatedAt: c.Now, Version: 1}
		if err := tx.InsertUnit(c.unit); err != nil {
			return nameTaken(err, name)
		}
		return c.record(tx, pactius.UnitAdded, pactius.Facts{pactius.FactTo: string(parent)})
	})
}

// roomFor refuses a unit with height levels below it if the tree under the parent
// would become too deep.
func (c *change) roomFor(height int, parent pactius.UnitID) error {
	u, _ := c.tree.Unit(parent)
	switch {
	case u.IsArchived():
		return pactius.RefuseField("parent",
			pactius.T("%s is archived. Restore it first, or choose another place.", u.Name))
	case len(c.tree.Up(parent))+1+height > pactius.MaxDepth:
		return pactius.RefuseField("parent",
			pactius.T("The tree would be deeper than %d levels. Choose a place further up.", pactius.MaxDepth))
	}
	return nil
}

// Rename renames a unit; version is that of the form, 0 is not checked.
func (r *Rules) Rename(ctx context.Context, actor pactius.Actor, unit pactius.UnitID, version int, name string) (pactius.Unit, error) {
	name, err := parseName(name)
	if err != nil {
		return pactius.Unit{}, err
	}
	return r.update(ctx, actor, unit, func(tx *store.Tx, c *change) error {
		if c.unit.Name == name {
			return nil
		}
		if err := checkSlash(name); err != nil && !c.unit.IsRoot() {
			return err
		}
		c.unit.Name = name
		if err := c.save(tx, version); err != nil {
			return err
		}
		return c.record(tx, pactius.UnitRenamed, nil)
	})
}

// Move moves a unit with all units below it to another parent.
func (r *Rules) Move(ctx context.Context, actor pactius.Actor, unit pactius.UnitID, version int, parent pactius.UnitID) (pactius.Unit, error) {
	return r.update(ctx, actor, unit, func(tx *store.Tx, c *change) error {
		from := c.unit.ParentID
		if err := c.checkMove(parent); err != nil || from == parent {
			return err
		}
		c.unit.ParentID = parent
		if err := c.save(tx, version); err != nil {
			return err
		}
		return c.record(tx, pactius.UnitMoved, pactius.Facts{pactius.FactFrom: string(from), pactius.FactTo: string(parent)})
	})
}

func (c *change) checkMove(parent pactius.UnitID) error {
	_, ok := c.tree.Unit(parent)
	switch {
	case c.unit.IsRoot():
		return errRoot
	case !ok:
		return pactius.RefuseField("parent",
			pactius.T("This place does not exist any more. Reload the page and choose again."))
	case c.tree.Within(parent, c.unit.ID):
		return pactius.RefuseField("parent", pactius.T("A unit cannot be moved beneath itself. Choose another place."))
	case !c.Rights.Administers(c.unit.ParentID) || !c.Rights.Administers(parent):
		return pactius.Refuse(pactius.Forbidden,
			pactius.T("To move a unit you must administer both the unit above it now and the new place. "+
				"Ask an administrator of the whole company."))
	}
	return c.roomFor(c.tree.Height(c.unit.ID), parent)
}

// Archive takes a unit out of use. It must have no members and no units in use below
// it. Archiving an archived unit does nothing.
func (r *Rules) Archive(ctx context.Context, actor pactius.Actor, unit pactius.UnitID, version int) (pactius.Unit, error) {
	return r.update(ctx, actor, unit, func(tx *store.Tx, c *change) error {
		switch {
		case c.unit.IsRoot():
			return errRoot
		case c.unit.IsArchived():
			return nil
		case !c.Rights.Administers(c.unit.ParentID):
			return errAbove
		}
		for _, child := range c.tree.Children(unit) {
			if !child.IsArchived() {
				return pactius.Refuse(pactius.Conflict,
					pactius.T("There are units beneath %s. Move or archive them first.", c.unit.Name))
			}
		}
		members, err := tx.CountMembers(unit)
		if err != nil {
			return err
		}
		if members > 0 {
			return pactius.Refuse(pactius.Conflict,
				pactius.Plural(members, "%d user still belongs to %s. Assign them elsewhere first.",
					"%d users still belong to %s. Assign them elsewhere first.", c.unit.Name))
		}
		c.unit.ArchivedAt = c.Now
		if err := c.save(tx, version); err != nil {
			return err
		}
		return c.record(tx, pactius.UnitArchived, nil)
	})
}

// Restore puts an archived unit into use again.
func (r *Rules) Restore(ctx context.Context, actor pactius.Actor, unit pactius.UnitID, version int) (pactius.Unit, error) {
	return r.update(ctx, actor, unit, func(tx *store.Tx, c *change) error {
		if !c.unit.IsArchived() {
			return nil
		}
		if !c.Rights.Administers(c.unit.ParentID) {
			return errAbove
		}
		if err := c.roomFor(0, c.unit.ParentID); err != nil {
			return err
		}
		c.unit.ArchivedAt = time.Time{}
		if err := c.save(tx, version); err != nil {
			return err
		}
		return c.record(tx, pactius.UnitRestored, nil)
	})
}

// Refusals of this package.
var (
	errRoot  = pactius.Refuse(pactius.Conflict, pactius.T("The company itself can be neither moved nor archived."))
	errAbove = pactius.Refuse(pactius.Forbidden,
		pactius.T("To archive or restore a unit you must administer the unit above it. Ask an administrator there."))
)
