package view

import (
	"slices"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/help"
	"github.com/pactius/pactius/internal/names"
)

// Place is a page that one can go to.
type Place struct {
	Name  pactius.Text
	Also  pactius.Text // more words that find it; zero is none
	Href  string
	Icon  string
	Needs Need
}

// Need is who may open a place.
type Need int

// The needs.
const (
	NeedsNone          Need = iota // any user
	NeedsAdministrator             // of any business unit
	NeedsRoot                      // administrator of the whole environment
)

// places are the pages that searching finds, in the order of the menu. The pages of help follow.
var places = []Place{
	{Name: pactius.T("Home"), Href: "/", Icon: "home"},
	{Name: pactius.T("Users"), Also: pactius.T("people members accounts"), Href: UsersPath, Icon: "users",
		Needs: NeedsAdministrator},
	{Name: pactius.T("Add user"), Also: pactius.T("new invite create"), Href: UsersPath + "/add", Icon: "plus",
		Needs: NeedsAdministrator},
	{Name: pactius.T("Access requests"), Also: pactius.T("pending approve decline"), Href: RequestsPath, Icon: "inbox",
		Needs: NeedsAdministrator},
	{Name: pactius.T("Business units"), Also: pactius.T("tree company departments"), Href: UnitsPath, Icon: "units",
		Needs: NeedsAdministrator},
	{Name: pactius.T("Applications"), Also: pactius.T("apps programs"), Href: ApplicationsPath, Icon: "apps",
		Needs: NeedsRoot},
	{Name: pactius.T("Activity"), Also: pactius.T("log events history"), Href: ActivityPath, Icon: "activity",
		Needs: NeedsAdministrator},
	{Name: pactius.T("Sign-in help"), Also: pactius.T("explain why can't sign in"), Href: ExplainPath, Icon: "key",
		Needs: NeedsAdministrator},
	{Name: pactius.T("Environment"), Also: pactius.T("settings name language emails"), Href: EnvironmentPath,
		Icon: "sliders", Needs: NeedsAdministrator},
	{Name: pactius.T("Microsoft 365 connection"), Also: pactius.T("tenant secret certificate consent"),
		Href: ConnectionPath, Icon: "link", Needs: NeedsRoot},
	{Name: pactius.T("Request more access"), Also: pactius.T("more business units"), Href: MorePath, Icon: "plus"},
	{Name: pactius.T("Active sessions"), Also: pactius.T("sign out devices"), Href: "/sessions", Icon: "screen"},
}

// shownTopics is how many pages of help searching finds; the search on the page of help finds all.
const shownTopics = 3

// placesFor are the places that a reader may open: those that were typed, or all without a word.
func (f Finds) placesFor() []Place {
	need := NeedsNone
	switch {
	case f.People.RootAdministrator:
		need = NeedsRoot
	case f.People.Administrator:
		need = NeedsAdministrator
	}
	found := slices.DeleteFunc(slices.Clone(places), func(p Place) bool {
		if p.Needs > need || p.Href == MorePath && need == NeedsRoot {
			return true // an administrator of everything needs no more
		}
		words := f.Reader.Text(p.Name)
		if !p.Also.IsZero() {
			words += " " + f.Reader.Text(p.Also)
		}
		return f.Typed != "" && !names.Begin(words, f.Typed)
	})
	for _, topic := range help.Find(f.Reader.Language, f.Typed, shownTopics) {
		found = append(found, Place{Name: pactius.T("%s", topic.Title), Href: "/help/" + topic.Slug, Icon: "help"})
	}
	return found
}
