package web

import (
	"context"
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/units"
	"github.com/pactius/pactius/internal/web/view"
)

// listUnits shows the tree: the part that is open, or what is found.
//
// GET /settings/units?open=&after=&find=&archived=; local administrators.
func (s *Site) listUnits(v *visit) error {
	look := queryLook(v)
	look.Counts = true
	p, err := s.Units.Part(v.r.Context(), v.actor, look)
	if err != nil {
		return err
	}
	archived, err := s.Units.AnyArchived(v.r.Context(), v.actor)
	if err != nil {
		return err
	}
	return s.ok(v, view.NewUnits(v.page(view.AtUnits), p, archived))
}

// unit reads the unit that the path names.
func (s *Site) unit(v *visit) (units.View, error) { return readUnit(v, s.Units.Unit) }

// briefUnit is unit for a form with a tree, which shows less than the unit's page.
func (s *Site) briefUnit(v *visit) (units.View, error) { return readUnit(v, s.Units.Brief) }

func readUnit(v *visit,
	read func(context.Context, pactius.Actor, pactius.UnitID) (units.View, error)) (units.View, error) {
	id, err := pathID[pactius.UnitID](v)
	if err != nil {
		return units.View{}, err
	}
	return read(v.r.Context(), v.actor, id)
}

// seeUnit shows one business unit with its people.
//
// GET /settings/units/{id}?after=; administrators of the unit.
func (s *Site) seeUnit(v *visit) error {
	return s.unitPage(v, http.StatusOK, v.query("after", maxCursor), view.Form{})
}

// unitPage shows a unit with the members behind a cursor, and what was refused there.
func (s *Site) unitPage(v *visit, status int, after string, form view.Form) error {
	id, err := pathID[pactius.UnitID](v)
	if err != nil {
		return err
	}
	u, err := s.Units.UnitFrom(v.r.Context(), v.actor, id, after)
	if err != nil {
		return s.lostInList(v, err, unitPath(id))
	}
	s.show(v, status, view.OneUnit{Base: v.page(view.AtUnits), Form: form, View: u})
	return nil
}

// openAddUnit opens the form that adds a unit.
//
// GET /settings/units/add?parent=; local administrators.
func (s *Site) openAddUnit(v *visit) error {
	return s.addUnitForm(v, http.StatusOK, queryID[pactius.UnitID](v, "parent"), view.AddUnit{})
}

func (s *Site) addUnitForm(v *visit, status int, parent pactius.UnitID, page view.AddUnit) error {
	var err error
	if page.Parent, err = s.place(v, parent, ""); err != nil {
		return err
	}
	page.Base = v.page(view.AtUnits)
	s.show(v, status, page)
	return nil
}

// addUnit adds a business unit.
//
// POST /settings/units/add; administrators of the unit above.
func (s *Site) addUnit(v *visit) error {
	page, parent := view.AddUnit{Name: v.form.text("name")}, pactius.UnitID(v.form.text(view.FieldParent))
	if v.form.browses() {
		return s.addUnitForm(v, http.StatusOK, parent, page)
	}
	u, err := s.Units.Add(v.r.Context(), v.actor, parent, page.Name)
	if e, ok := inForm(err); ok {
		page.Form = view.FormOf(e)
		return s.addUnitForm(v, statusOf(err), parent, page)
	}
	if err != nil {
		return err
	}
	s.say(v, linked(done(pactius.T("%s has been added.", u.Name)), unitPath(u.ID),
		pactius.T("Open this business unit")))
	return redirect(v, unitPath(u.ParentID))
}

// openRenameUnit opens the form that renames a unit.
//
// GET /settings/units/{id}/rename; administrators of the unit.
func (s *Site) openRenameUnit(v *visit) error {
	u, err := s.unit(v)
	if err != nil {
		return err
	}
	return s.ok(v, s.renameForm(v, u, u.Unit.Name, nil))
}

func (s *Site) renameForm(v *visit, u units.View, name string, e *pactius.Error) view.RenameUnit {
	return view.RenameUnit{Base: v.page(view.AtUnits), Form: view.FormOf(e).At(u.Unit.Version), Unit: u.Unit,
		Path: u.Tree.Path(u.Unit.ID), Name: name}
}

// renameUnit gives a unit another name.
//
// POST /settings/units/{id}/rename; administrators of the unit.
func (s *Site) renameUnit(v *visit) error {
	id, err := pathID[pactius.UnitID](v)
	if err != nil {
		return err
	}
	u, err := s.Units.Rename(v.r.Context(), v.actor, id, v.form.version(), v.form.text("name"))
	if e, ok := inForm(err); ok {
		shown, readErr := s.unit(v)
		if readErr != nil {
			return readErr
		}
		s.show(v, statusOf(err), s.renameForm(v, shown, v.form.text("name"), e))
		return nil
	}
	if err != nil {
		return err
	}
	s.say(v, done(pactius.T("The business unit is now called %s.", u.Name)))
	return redirect(v, unitPath(id))
}

// openMoveUnit opens the form that moves a unit.
//
// GET /settings/units/{id}/move; administrators of the unit above.
func (s *Site) openMoveUnit(v *visit) error {
	u, err := s.briefUnit(v)
	if err != nil {
		return err
	}
	return s.moveForm(v, http.StatusOK, u, u.Unit.ParentID, view.Form{Version: u.Unit.Version})
}

func (s *Site) moveForm(v *visit, status int, u units.View, parent pactius.UnitID, form view.Form) error {
	place, err := s.place(v, parent, u.Unit.ID)
	if err != nil {
		return err
	}
	s.show(v, status, view.MoveUnit{Base: v.page(view.AtUnits), Form: form, Unit: u.Unit,
		Path: u.Tree.Path(u.Unit.ID), Parent: place})
	return nil
}

// moveUnit moves a unit, with all units below it, to another parent.
//
// POST /settings/units/{id}/move; administrators of the unit above, and of the new place.
func (s *Site) moveUnit(v *visit) error {
	id, err := pathID[pactius.UnitID](v)
	if err != nil {
		return err
	}
	parent := pactius.UnitID(v.form.text(view.FieldParent))
	if v.form.browses() {
		shown, err := s.unit(v)
		if err != nil {
			return err
		}
		return s.moveForm(v, http.StatusOK, shown, parent, view.Form{Version: v.form.version()})
	}
	u, err := s.Units.Move(v.r.Context(), v.actor, id, v.form.version(), parent)
	if e, ok := inForm(err); ok {
		shown, readErr := s.unit(v)
		if readErr != nil {
			return readErr
		}
		return s.moveForm(v, statusOf(err), shown, parent, view.FormOf(e).At(shown.Unit.Version))
	}
	if err != nil {
		return err
	}
	s.say(v, done(pactius.T("%s has been moved.", u.Name)))
	return redirect(v, unitPath(id))
}

// askUnit shows a confirm page about the unit that the path names.
func (s *Site) askUnit(v *visit, status int, e *pactius.Error, page func(pactius.Unit) view.Confirm) error {
	u, err := s.unit(v)
	if err != nil {
		return err
	}
	p := page(u.Unit)
	p.Base, p.Form, p.Cancel = v.page(view.AtUnits), view.FormOf(e).At(u.Unit.Version), unitPath(u.Unit.ID)
	s.show(v, status, p)
	return nil
}

func restoring(u pactius.Unit) view.Confirm {
	return view.Confirm{Title: pactius.T("Restore %s", u.Name),
		Will:   []pactius.Text{pactius.T("%s can be assigned again.", u.Name)},
		Action: unitPath(u.ID) + "/restore", Button: pactius.T("Restore")}
}

// confirmRestore asks before a unit is used again.
//
// GET /settings/units/{id}/restore; administrators of the unit above.
func (s *Site) confirmRestore(v *visit) error { return s.askUnit(v, http.StatusOK, nil, restoring) }

// restoreUnit takes an archived unit into use again.
//
// POST /settings/units/{id}/restore; administrators of the unit above.
func (s *Site) restoreUnit(v *visit) error {
	id, err := pathID[pactius.UnitID](v)
	if err != nil {
		return err
	}
	u, err := s.Units.Restore(v.r.Context(), v.actor, id, v.form.version())
	if e, ok := inForm(err); ok {
		return s.askUnit(v, statusOf(err), e, restoring)
	}
	if err != nil {
		return err
	}
	s.say(v, done(pactius.T("%s has been restored.", u.Name)))
	return redirect(v, unitPath(id))
}

func deletingUnit(u pactius.Unit) view.Confirm {
	return view.Confirm{Title: pactius.T("Delete %s", u.Name), Will: []pactius.Text{
		pactius.T("%s is permanently deleted. This can't be undone.", u.Name),
		pactius.T("It must have no members, no units below it, and never have been named in an access request."),
		pactius.T("To keep its history, archive it instead."),
	}, Action: unitPath(u.ID) + "/delete", Button: pactius.T("Delete"), Danger: true, Then: unitPath(u.ParentID)}
}

// confirmDeleteUnit asks before a unit is removed.
//
// GET /settings/units/{id}/delete; administrators of the unit above.
func (s *Site) confirmDeleteUnit(v *visit) error {
	return s.askUnit(v, http.StatusOK, nil, deletingUnit)
}

// deleteUnit removes a unit that nothing refers to.
//
// POST /settings/units/{id}/delete; administrators of the unit above.
func (s *Site) deleteUnit(v *visit) error {
	id, err := pathID[pactius.UnitID](v)
	if err != nil {
		return err
	}
	u, err := s.Units.Delete(v.r.Context(), v.actor, id, v.form.version())
	if e, ok := inForm(err); ok {
		return s.askUnit(v, statusOf(err), e, deletingUnit)
	}
	if err != nil {
		return err
	}
	s.say(v, done(pactius.T("%s has been deleted.", u.Name)))
	return redirect(v, unitPath(u.ParentID))
}
