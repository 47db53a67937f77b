package web

import (
	"net/http"
	"strconv"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/web/view"
)

// listUsers lists the users that the actor may see.
//
// GET /settings/users; local administrators.
func (s *Site) listUsers(v *visit) error {
	return s.showUsers(v, http.StatusOK, userFilter(v), view.Users{})
}

// userFilter reads the filter from the address. Unknown values do not filter.
func userFilter(v *visit) pactius.UserFilter {
	f := pactius.UserFilter{Search: v.query("q", maxSearch), Unit: queryID[pactius.UnitID](v, "unit"),
		After: v.query("after", maxCursor)}
	shows(&f, v.query("status", maxSearch), v.query("sort", maxSearch))
	if rows, err := strconv.Atoi(v.query("rows", maxSearch)); err == nil && rows > 0 {
		f.Limit = min(rows, pactius.PageSize) // fewer, for a page that shows some beside other things
	}
	return f
}

// shows sets what a filter shows, and in which order. Unknown values do not filter.
func shows(f *pactius.UserFilter, status, order string) {
	switch status {
	case pactius.FilterUnassigned:
		f.Unassigned = true
	case pactius.FilterGone:
		f.Gone = true
	case string(pactius.StatusInvited), string(pactius.StatusActive), string(pactius.StatusEnded),
		string(pactius.StatusDeactivated):
		f.Status = pactius.Status(status)
	}
	switch sort := pactius.UserSort(order); sort {
	case pactius.SortName, pactius.SortNewest, pactius.SortSeen, pactius.SortStatus, pactius.SortUnit:
		f.Sort = sort
	}
}

// lostInList answers a list that cannot be shown. A damaged link to one of its
// pages leads back to its first.
func (s *Site) lostInList(v *visit, err error, path string) error {
	if pactius.KindOf(err) == pactius.KindInvalid {
		v.flash = &view.Flash{Message: pactius.T("You can still open the list from the beginning."), Link: path,
			Label: pactius.T("Open the list")}
	}
	return err
}
