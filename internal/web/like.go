package web

import (
	"net/http"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/web/view"
)

// likes reports whether a form asks for the access of a user to be copied into its choice of units: by a button, or
// with a name that was typed and not looked up yet.
func (f form) likes() bool {
	return f.has(view.FieldCopy) || f.text(view.FieldLike) != f.text(view.FieldLiked)
}

// like adds the access of the user that a form names to a choice of units; of two accesses the higher one counts.
func (s *Site) like(v *visit, given map[pactius.UnitID]pactius.Access) (view.Like, error) {
	l := view.Like{Typed: cut(v.form.text(view.FieldLike), maxSearch), Asked: v.form.likes()}
	who := l.Typed
	if id := v.form.text(view.FieldCopy); id != "" && id != view.CopyTyped {
		who = cut(id, maxSearch)
	}
	if !l.Asked || who == "" {
		return l, nil
	}
	found, err := s.Users.Like(v.r.Context(), v.actor, who)
	if kind := pactius.KindOf(err); err != nil && kind != pactius.KindNotFound && kind != pactius.KindForbidden {
		return l, err
	}
	if l.Like = found; found.User.ID != "" {
		l.Typed = ""
	}
	for _, g := range found.Grants {
		given[g.Unit] = max(g.Access, given[g.Unit])
	}
	return l, nil
}

// shownLike is how many users are offered while a name is typed.
const shownLike = 8

// findLike finds users, to copy their access, while the administrator types.
//
// GET /settings/users/like?q=; local administrators.
func (s *Site) findLike(v *visit) error {
	typed := v.query("q", maxSearch)
	l, err := s.Users.Users(v.r.Context(), v.actor, pactius.UserFilter{Search: typed, Limit: shownLike})
	if err != nil {
		return err
	}
	s.answer(v, http.StatusOK, view.LikePeople{Base: v.page(view.AtUsers), Found: l.Users, Typed: typed})
	return nil
}
