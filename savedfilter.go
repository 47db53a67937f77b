package pactius

// SavedFilter is a filter of the list of users that User, an administrator, keeps. It
// has no search, which may be a person's name.
type SavedFilter struct {
	User  UserID
	Name  string
	Shows string // a Status, FilterUnassigned or FilterGone; "" is all
	Unit  UnitID // "" is all
	Sort  UserSort
}

// Values of SavedFilter.Shows beside the statuses.
const (
	FilterUnassigned = "unassigned" // users without business units
	FilterGone       = "gone"       // users whose Microsoft 365 account is gone
)

// MaxSavedFilters is how many filters an administrator may keep: they stand in one row above the list.
const MaxSavedFilters = 20

// Shows is what the filter shows, as SavedFilter.Shows has it.
func (f UserFilter) Shows() string {
	switch {
	case f.Unassigned:
		return FilterUnassigned
	case f.Gone:
		return FilterGone
	}
	return string(f.Status)
}
