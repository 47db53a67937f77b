package web

import (
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/web/view"
)

// openArchive asks before a unit goes out of use, or says what stands in the way.
//
// GET /settings/units/{id}/archive; administrators of the unit above.
func (s *Site) openArchive(v *visit) error { return s.archiveForm(v, http.StatusOK, "", nil) }

// archiveForm shows what archiving means for the unit as it is now. target is the unit that members would move to.
func (s *Site) archiveForm(v *visit, status int, target pactius.UnitID, e *pactius.Error) error {
	id, err := pathID[pactius.UnitID](v)
	if err != nil {
		return err
	}
	u, obstacles, err := s.Units.Obstacles(v.r.Context(), v.actor, id)
	if err != nil {
		return err
	}
	page := view.ArchiveUnit{Base: v.page(view.AtUnits), Form: view.FormOf(e).At(u.Version), Unit: u,
		Obstacles: obstacles}
	if page.CanMove() {
		if page.Target, err = s.place(v, target, id); err != nil {
			return err
		}
	}
	s.show(v, status, page)
	return nil
}

// archiveUnit takes a unit out of use; a target gets its members.
//
// POST /settings/units/{id}/archive; administrators of the unit above, and of the target.
func (s *Site) archiveUnit(v *visit) error {
	id, err := pathID[pactius.UnitID](v)
	if err != nil {
		return err
	}
	target := pactius.UnitID(v.form.text(view.FieldParent))
	if v.form.browses() {
		return s.archiveForm(v, http.StatusOK, target, nil)
	}
	var u pactius.Unit
	moved := 0
	if v.form.has(view.FieldMoves) {
		u, moved, err = s.Users.ArchiveInto(v.r.Context(), v.actor, id, v.form.version(), target)
	} else {
		u, err = s.Units.Archive(v.r.Context(), v.actor, id, v.form.version())
	}
	if e, ok := inForm(err); ok {
		return s.archiveForm(v, statusOf(err), target, e)
	}
	if err != nil {
		return err
	}
	if moved == 0 {
		s.say(v, done(pactius.T("%s has been archived.", u.Name)))
		return redirect(v, unitPath(id))
	}
	s.say(v, linked(done(pactius.Plural(moved, "%d member has been moved, and %s has been archived.",
		"%d members have been moved, and %s has been archived.", u.Name)), unitPath(target),
		pactius.T("Open their new business unit")))
	return redirect(v, unitPath(id))
}
