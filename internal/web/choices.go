package web

import (
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/units"
	"github.com/pactius/pactius/internal/web/view"
)

func userPath(id pactius.UserID) string       { return view.UsersPath + "/" + string(id) }
func requestPath(id pactius.RequestID) string { return view.RequestsPath + "/" + string(id) }
func unitPath(id pactius.UnitID) string       { return view.UnitsPath + "/" + string(id) }

// persons names users, at most so many.
func persons(users []pactius.User, most int) []view.Person {
	return view.Persons(users[:min(len(users), most)])
}

// browses reports whether a form asks only for another part of its tree of business units: by one of the tree's
// buttons, or with a search that was typed and not made yet; or for access to be copied. It is then shown again, with
// all that was typed.
func (f form) browses() bool { return f.has(view.FieldTree) || f.searches() || f.likes() }

func (f form) searches() bool {
	return f.has(view.FieldFind) && f.text(view.FieldFind) != strings.TrimSpace(f.text(view.FieldFound))
}

// look is the part of the tree that a form asks for, or shows.
func (f form) look() units.Look {
	button := f.text(view.FieldTree)
	switch {
	case f.searches(), strings.HasPrefix(button, view.TreeSearch):
		return units.Look{Search: cut(f.text(view.FieldFind), maxSearch)}
	case button == "", strings.HasPrefix(button, view.TreeDrop), strings.HasPrefix(button, view.TreeChips):
		look := lookOf(f.text(view.FieldShown))
		look.Search = cut(f.text(view.FieldFound), maxSearch)
		return look
	}
	return lookOf(button)
}

// lookOf is the part of the tree that a button shows.
func lookOf(button string) units.Look {
	kind, value, _ := strings.Cut(button, ":")
	if !id.Valid(value) {
		return units.Look{}
	}
	switch u := pactius.UnitID(value); kind + ":" {
	case view.TreeOpen:
		return units.Look{Open: u}
	case view.TreeAfter:
		return units.Look{After: u}
	case view.TreeSee:
		return units.Look{See: u}
	}
	return units.Look{}
}

// chips is the number of the first chosen unit that a form asks for, or shows.
func (f form) chips() int {
	from, ok := strings.CutPrefix(f.text(view.FieldTree), view.TreeChips)
	if !ok {
		from = f.text(view.FieldChips)
	}
	n, err := strconv.Atoi(from)
	if err != nil || n < 0 {
		return 0
	}
	return n
}

// dropped is the unit that a form removes from the chosen ones, "" for none.
func (f form) dropped() pactius.UnitID {
	dropped, _ := strings.CutPrefix(f.text(view.FieldTree), view.TreeDrop)
	return pactius.UnitID(dropped)
}

// choose makes the chooser of a form, or of a page that has not been posted yet. It adds access to copy to given.
func (s *Site) choose(v *visit, given map[pactius.UnitID]pactius.Access) (view.UnitChoice, error) {
	like, err := s.like(v, given)
	if err != nil {
		return view.UnitChoice{}, err
	}
	p, err := s.Units.Part(v.r.Context(), v.actor, v.lookWith(given))
	c := view.Choose(p, given)
	c.From, c.Like = v.form.chips(), like
	return c, err
}

// place makes the chooser of the unit above one that is added or moved.
func (s *Site) place(v *visit, parent, moved pactius.UnitID) (view.UnitChoice, error) {
	look := v.form.look()
	look.Chosen = []pactius.UnitID{parent}
	p, err := s.Units.Part(v.r.Context(), v.actor, look)
	return view.ChoosePlace(p, parent, moved), err
}

// wish makes the chooser of a visitor, or of a user who requests more access.
func (s *Site) wish(v *visit, given map[pactius.UnitID]pactius.Access) (view.UnitChoice, error) {
	p, err := s.Users.Requestable(v.r.Context(), v.actor, v.lookWith(given))
	c := view.Wish(p, given, v.wishPath())
	c.From = v.form.chips()
	return c, err
}

// wishPath is where scripts load parts of the tree to request units from.
func (v *visit) wishPath() string {
	if v.isUser() {
		return view.MoreUnitsPath
	}
	return view.WishPath
}

func (v *visit) lookWith(given map[pactius.UnitID]pactius.Access) units.Look {
	look := v.form.look()
	look.Chosen = slices.Sorted(maps.Keys(given))
	return look
}

// queryLook is the part of the tree that the address asks for.
func queryLook(v *visit) units.Look {
	return units.Look{
		Open: queryID[pactius.UnitID](v, "open"), After: queryID[pactius.UnitID](v, "after"),
		See: queryID[pactius.UnitID](v, "see"), Search: v.query(view.FieldFind, maxSearch),
		Archived: v.query("archived", 1) != "",
	}
}

// seeUnitPart answers a script with rows of the tree: the units below one, those that follow one, or those that are
// found. for says of which page: "list", "filter", "activity", "place" or, without it, a choice with access.
//
// GET /settings/units/part?for=&open=&after=&find=; local administrators.
func (s *Site) seeUnitPart(v *visit) error {
	look := queryLook(v)
	look.Only, look.Counts = look.Open != "" || look.After != "", v.query("for", maxSearch) == "list"
	p, err := s.Units.Part(v.r.Context(), v.actor, look)
	if err != nil {
		return err
	}
	part := view.UnitPart{Base: v.page(view.AtUnits)}
	switch v.query("for", maxSearch) {
	case "list":
		part.List = new(view.NewUnits(part.Base, p, false).UnitList)
	case "filter":
		part.List = new(view.NewChooseFilter(part.Base, p, userFilter(v)).UnitList)
	case "activity":
		part.List = new(view.NewChooseActivity(part.Base, p, activityOf(v.query)).UnitList)
	case "place":
		part.Choice = new(view.ChoosePlace(p, "", queryID[pactius.UnitID](v, "moved")))
	default:
		part.Choice = new(view.Choose(p, nil))
	}
	s.answer(v, http.StatusOK, part)
	return nil
}

// seeWishPart is seeUnitPart for a visitor who can request access now.
//
// GET /access/units?open=&after=&find=; visitors.
func (s *Site) seeWishPart(v *visit) error {
	if v.isUser() {
		return redirect(v, "/")
	}
	return s.wishPart(v)
}

// seeMorePart is seeUnitPart for a user who can request more access now.
//
// GET /access/more/units?open=&after=&find=; users.
func (s *Site) seeMorePart(v *visit) error { return s.wishPart(v) }

func (s *Site) wishPart(v *visit) error {
	look := queryLook(v)
	look.Only = look.Open != "" || look.After != ""
	p, err := s.Users.Requestable(v.r.Context(), v.actor, look)
	if err != nil {
		return err
	}
	s.answer(v, http.StatusOK, view.UnitPart{Base: v.page(""), Choice: new(view.Wish(p, nil, v.wishPath()))})
	return nil
}

// chooseUnitFilter shows the tree to choose the unit that the list of users is filtered by, or that of events.
//
// GET /settings/users/unit?for=&open=&after=&find=; local administrators.
func (s *Site) chooseUnitFilter(v *visit) error {
	look, unit := queryLook(v), queryID[pactius.UnitID](v, "unit")
	if look.See = unit; unit != "" {
		look.Chosen = []pactius.UnitID{unit}
	}
	p, err := s.Units.Part(v.r.Context(), v.actor, look)
	if err != nil {
		return err
	}
	if v.query("for", maxSearch) == "activity" {
		return s.ok(v, view.NewChooseActivity(v.page(view.AtActivity), p, activityOf(v.query)))
	}
	f := userFilter(v)
	f.After = ""
	return s.ok(v, view.NewChooseFilter(v.page(view.AtUsers), p, f))
}
