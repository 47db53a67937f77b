package view

import (
	"strings"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/units"
	"github.com/pactius/pactius/internal/users"
)

// SearchPath is the search over everything; FieldSearch is its query field.
const (
	SearchPath  = "/search"
	FieldSearch = "q"
)

// FoundOfEach is how many users, requests, units and applications the search shows.
const FoundOfEach = 5

// Search is the page with what was found. Scripts show it as a pop-up.
type Search struct {
	Base
	Finds Finds
}

// SearchPart is what a script fetches while someone types.
type SearchPart struct {
	Base
	Finds Finds
}

// Finds is what was found.
type Finds struct {
	Reader       language.Reader
	Typed        string
	People       users.Found
	Units        units.Part
	Applications []applications.Openable
}

// FindGroup is what was found of one kind.
type FindGroup struct {
	Kind string // of the ID of its heading
	Name pactius.Text
	Rows []Find
	All  string       // link to all of them; "" is none
	Rest pactius.Text // the text of that link
}

// Find is one thing that was found. It has a person, the face of an application, or an icon.
type Find struct {
	Href   string
	Person *Person
	Face   *AppFace
	Icon   string
	Name   string
	Sub    string
	Pills  []Pill
}

// Groups are the groups that have something, always in the same order.
func (f Finds) Groups() []FindGroup {
	var all []FindGroup
	for _, g := range []FindGroup{f.users(), f.requests(), f.units(), f.apps(), f.pages()} {
		if len(g.Rows) > 0 || g.All != "" {
			all = append(all, g)
		}
	}
	return all
}

// Count is the number of things shown.
func (f Finds) Count() int {
	n := 0
	for _, g := range f.Groups() {
		n += len(g.Rows)
	}
	return n
}

func (f Finds) users() FindGroup {
	page := f.People.Users
	g := FindGroup{Kind: "users", Name: pactius.T("Users")}
	for _, u := range page.Users {
		p := PersonOf(u)
		g.Rows = append(g.Rows, Find{Href: p.Href(), Person: &p, Pills: []Pill{statusPill(u.Status(f.People.Today))}})
	}
	switch {
	case page.More || page.Cut:
		g.Rest = pactius.T("See all in Users")
	case page.Total > len(page.Users):
		g.Rest = pactius.T("See all %d in Users", page.Total)
	}
	return g.leading(link(UsersPath, "q", f.Typed))
}

func (f Finds) requests() FindGroup {
	page := f.People.Requests
	g := FindGroup{Kind: "requests", Name: pactius.T("Access requests")}
	for _, q := range page.Requests {
		p := visitor(q.Person)
		g.Rows = append(g.Rows, Find{Href: RequestsPath + "/" + string(q.ID), Person: &p,
			Pills: []Pill{statePill(q.State)}})
	}
	if page.Next != "" {
		g.Rest = pactius.T("See all in Access requests")
	}
	return g.leading(link(RequestsPath, "state", string(RequestsAll), "q", f.Typed))
}

func (f Finds) units() FindGroup {
	g := FindGroup{Kind: "units", Name: pactius.T("Business units")}
	rows := f.Units.Rows
	for _, r := range rows[:min(len(rows), FoundOfEach)] {
		path := strings.TrimSuffix(f.Units.Tree.Path(r.Unit.ID), r.Unit.Name)
		g.Rows = append(g.Rows, Find{Href: UnitsPath + "/" + string(r.Unit.ID), Icon: "units", Name: r.Unit.Name,
			Sub: strings.TrimRight(path, " /")})
	}
	switch {
	case f.Units.More:
		g.Rest = pactius.T("See all in Business units")
	case len(rows) > len(g.Rows):
		g.Rest = pactius.T("See all %d in Business units", len(rows))
	}
	return g.leading(link(UnitsPath, FieldFind, f.Typed))
}

func (f Finds) apps() FindGroup {
	g := FindGroup{Kind: "applications", Name: pactius.T("Applications")}
	all := "/"
	if f.People.RootAdministrator {
		all = ApplicationsPath
	}
	for _, a := range f.Applications[:min(len(f.Applications), FoundOfEach)] {
		face := face(a.Application)
		found := Find{Href: a.Address(), Face: &face, Name: a.Name, Sub: a.Origins[0].Host()}
		if f.People.RootAdministrator {
			found.Href = ApplicationsPath + "/" + string(a.ID)
		}
		g.Rows = append(g.Rows, found)
	}
	if n := len(f.Applications); n > len(g.Rows) {
		g.Rest = pactius.T("See all %d in Applications", n)
		if all == "/" {
			g.Rest = pactius.T("See all %d on Home", n)
		}
	}
	return g.leading(all)
}

func (f Finds) pages() FindGroup {
	g := FindGroup{Kind: "pages", Name: pactius.T("Pages")}
	for _, p := range f.placesFor() {
		g.Rows = append(g.Rows, Find{Href: p.Href, Icon: p.Icon, Name: f.Reader.Text(p.Name)})
	}
	return g
}

// leading adds the link to all, if there are more.
func (g FindGroup) leading(all string) FindGroup {
	if !g.Rest.IsZero() {
		g.All = all
	}
	return g
}
