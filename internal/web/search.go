package web

import (
	"net/http"

	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/units"
	"github.com/pactius/pactius/internal/web/view"
)

// search finds users, access requests, business units, applications and pages by what the lists of each let the actor
// see. A script asks for a part of the page, with part=1, while someone types.
//
// GET /search?q=&part=; users.
func (s *Site) search(v *visit) error {
	ctx := v.r.Context()
	typed := v.query(view.FieldSearch, maxSearch)
	found, err := s.Users.Search(ctx, v.actor, typed, view.FoundOfEach)
	if err != nil {
		return err
	}
	f := view.Finds{Reader: v.reader, Typed: typed, People: found}
	if typed != "" {
		apps, err := s.Applications.Mine(ctx, v.actor)
		if err != nil {
			return err
		}
		for _, a := range apps {
			if (a.May || found.RootAdministrator) && names.Begin(a.Name, typed) {
				f.Applications = append(f.Applications, a)
			}
		}
	}
	if typed != "" && found.Administrator && !found.Exact {
		if f.Units, err = s.Units.Part(ctx, v.actor, units.Look{Search: typed}); err != nil {
			return err
		}
	}
	if v.query("part", 1) != "" {
		s.answer(v, http.StatusOK, view.SearchPart{Base: view.Base{Reader: v.reader}, Finds: f})
		return nil
	}
	return s.ok(v, view.Search{Base: v.page(view.AtSearch), Finds: f})
}
