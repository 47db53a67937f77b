package view

import (
	"net/url"
	"slices"

	"github.com/pactius/pactius"
)

// link makes a local path with the query fields that are not empty.
func link(path string, pairs ...string) string {
	query := url.Values{}
	for pair := range slices.Chunk(pairs, 2) {
		if pair[1] != "" {
			query.Set(pair[0], pair[1])
		}
	}
	if len(query) == 0 {
		return path
	}
	return path + "?" + query.Encode()
}

// Paths of the lists. One thing of a list is found at the path, "/" and its ID.
const (
	UsersPath        = "/settings/users"
	RequestsPath     = "/settings/requests"
	UnitsPath        = "/settings/units"
	UnitFilterPath   = UsersPath + "/unit"
	ApplicationsPath = "/settings/applications"
	KeysPath         = ApplicationsPath + "/keys"
	ActivityPath     = "/settings/activity"
	ExportPath       = ActivityPath + "/export"
	ExplainPath      = "/settings/explain"
	EnvironmentPath  = "/settings/environment"
	UndeliveredPath  = EnvironmentPath + "#undelivered"
	RetryMailsPath   = EnvironmentPath + "/mails/retry"
	BrandingPath     = EnvironmentPath + "/branding"
	SamplePath       = BrandingPath + "/preview.css"
)

// StatusField is the value of the query field "status".
func (p Users) StatusField() string { return p.Filter.Shows() }

func (p Users) link(status string, sort pactius.UserSort, after string) string {
	if sort == pactius.SortName {
		sort = ""
	}
	return link(UsersPath, "q", p.Filter.Search, "status", status, "unit", string(p.Filter.Unit), "sort", string(sort),
		"after", after)
}

// First leads to the first page.
func (p Users) First() string { return p.link(p.StatusField(), p.Filter.Sort, "") }

// Later reports whether this is not the first page.
func (p Users) Later() bool { return p.Filter.After != "" }

// Following leads to the next page, "" at the end.
func (p Users) Following() string {
	if p.Next == "" {
		return ""
	}
	return p.link(p.StatusField(), p.Filter.Sort, p.Next)
}

// By leads to the same list in another order.
func (p Users) By(sort string) string { return p.link(p.StatusField(), pactius.UserSort(sort), "") }

// Sorted is the order of the list.
func (p Users) Sorted() string {
	if p.Filter.Sort == "" || p.Unsorted {
		return string(pactius.SortName)
	}
	return string(p.Filter.Sort)
}

// MostSorted is the most users that are sorted by status or business unit.
func (p Users) MostSorted() int { return pactius.MaxCount }

// Filtered reports whether anything narrows the list.
func (p Users) Filtered() bool {
	return p.Filter.Search != "" || p.Filter.Status != "" || p.Filter.Unit != "" || p.Filter.Unassigned || p.Filter.Gone
}

// More is how many business units the row does not show.
func (r UserRow) More() int { return max(0, max(r.User.UnitCount, len(r.Units))-1) }

// Tab is the list's tab.
func (p Requests) Tab() string {
	if p.State == "" {
		return string(RequestsWaiting)
	}
	return string(p.State)
}

// First leads to the first page.
func (p Requests) First() string { return p.Show(string(p.State)) }

// Show leads to the first page of a tab with the same search.
func (p Requests) Show(state string) string { return link(RequestsPath, "state", state, "q", p.Search) }

// Unsearched leads to the same tab without the search.
func (p Requests) Unsearched() string { return link(RequestsPath, "state", string(p.State)) }

// Following leads to the next page, "" at the end.
func (p Requests) Following() string {
	if p.Next == "" {
		return ""
	}
	return link(RequestsPath, "state", string(p.State), "q", p.Search, "after", p.Next)
}

// pairs are the query fields of the choice.
func (c EventChoice) pairs() []string {
	signIns := ""
	if c.SignIns {
		signIns = "1"
	}
	return []string{"kind", string(c.Kind), "signins", signIns, "from", c.From, "to", c.To}
}

// Narrows reports whether the choice leaves out anything but sign-ins.
func (c EventChoice) Narrows() bool { return c.Kind != "" || c.From != "" || c.To != "" }

// Groups are the kinds of event to choose from.
func (EventChoice) Groups() []KindGroup { return kindGroups }

// pairs are the query fields of the list of a person, nil for all.
func (p Activity) pairs(of *Person) []string {
	user := ""
	if of != nil {
		user = string(of.ID)
	}
	return append(p.EventChoice.pairs(), "user", user, "unit", string(p.In))
}

func (p Activity) link(after string) string {
	return link(ActivityPath, append(p.pairs(p.Of), "q", p.Search, "after", after)...)
}

// First leads to the first page.
func (p Activity) First() string { return p.link("") }

// Following leads to the next page, "" at the end.
func (p Activity) Following() string {
	if p.Log.Next == "" {
		return ""
	}
	return p.link(p.Log.Next)
}

// Choose leads to the events of one of the people who match.
func (p Activity) Choose(who Person) string { return link(ActivityPath, p.pairs(&who)...) }

// Filtered reports whether anything narrows the list.
func (p Activity) Filtered() bool { return p.Narrows() || p.Search != "" || p.Of != nil || p.In != "" }

// Parameters are what a form that exports the list posts.
func (p Activity) Parameters() []Parameter {
	var all []Parameter
	for pair := range slices.Chunk(p.pairs(p.Of), 2) {
		if pair[1] != "" {
			all = append(all, Parameter{pair[0], pair[1]})
		}
	}
	return all
}

// UnitFilter is the part of the form that filters by a business unit.
func (p Activity) UnitFilter() UnitFilter {
	f := UnitFilter{Unit: p.Log.Unit, Path: p.Log.Path,
		Choose: link(UnitFilterPath, append(p.pairs(p.Of), "q", p.Search, "for", "activity")...)}
	p.In = ""
	f.All = p.First()
	return f
}

// Activity leads to all events of the user.
func (p OneUser) Activity() string { return link(ActivityPath, "user", string(p.Subject().ID)) }

func (p OneUser) historyLink(after string) string {
	return link(p.Person().Href(), append(p.Chosen.pairs(), "after", after)...) + "#history"
}

// LaterHistory reports whether the history does not begin with its newest event.
func (p OneUser) LaterHistory() bool { return p.After != "" }

// FirstHistory leads to the newest events of the history.
func (p OneUser) FirstHistory() string { return p.historyLink("") }

// FollowingHistory leads to older events of the history, "" at the end.
func (p OneUser) FollowingHistory() string {
	if p.History.Next == "" {
		return ""
	}
	return p.historyLink(p.History.Next)
}
