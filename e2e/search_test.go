package e2e

import (
	"context"
	"fmt"
	"testing"
)

const searchEverything = "Search everything"

// searchesAt waits until the search points at a result; "" is none. The focus stays in the field.
func (p *Person) searchesAt(result string) {
	p.t.Helper()
	p.try(func(context.Context) error {
		if c := p.combobox(searchEverything); c.active != result {
			return fmt.Errorf("it points at %q", c.active)
		}
		return nil
	}, "point at %q", result)
	p.HasFocus(mark{"combobox", searchEverything}.String())
}

func TestSearchFromAnywhereByKeyboard(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Must("user", "add", "--username", "gustav.friis@nordhavn.example", "--name", "Gustav Friis")
	o.Must("user", "add", "--username", "gustava.holm@nordhavn.example", "--name", "Gustava Holm")
	adas := o.comes("Ada Lind")
	adas.Press("Control+k")
	found := adas.Popup(searchEverything)
	found.Has("listbox", "Results")
	found.Has("option", "Sign-in help") // a place to go to
	adas.searchesAt("")
	adas.Axe()
	adas.Type("gustav")
	found.Has("group", "Users")
	adas.See("2 results")
	adas.searchesAt("Gustav Friis")
	adas.Look("search")
	adas.Press("ArrowDown")
	adas.searchesAt("Gustava Holm")
	adas.Press("ArrowDown") // round
	adas.searchesAt("Gustav Friis")
	adas.Press("End")
	adas.searchesAt("Gustava Holm")
	adas.Press("Home")
	adas.searchesAt("Gustav Friis")
	adas.Press("Enter")
	adas.Has("heading", "Gustav Friis")

	// Where the page has no search of its own, / opens this one; Esc closes it.
	adas.Press("/")
	found = adas.Popup(searchEverything)
	adas.Type("north")
	found.Has("group", "Business units")
	adas.searchesAt("North")
	adas.Press("Escape")
	adas.HasNo("dialog", searchEverything)
	adas.Open("/settings/users")
	adas.PressFor("/", `searchbox "Search users"`)

	// The session ends elsewhere: the dialog says so.
	adas.Open("/settings/environment")
	adas.Press("Control+k")
	found = adas.Popup(searchEverything)
	adas.run(`fetch('/sign-out', {method: 'POST'}).then(() => '')`)
	adas.Type("gu")
	found.See("You're no longer signed in.")
	found.Has("link", "Sign in")
}

func TestSearchWithoutScripts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Must("user", "add", "--username", "gustav.friis@nordhavn.example", "--name", "Gustav Friis")
	adas := o.Person("Ada Lind")
	adas.Scripts(false)
	adas.Open("/")
	adas.Click("button", "Sign in with Microsoft")
	adas.picks("Ada Lind")
	adas.Click("link", "Search")
	adas.Fill(searchEverything, "gust")
	adas.Click("button", "Search")
	adas.Has("heading", "Users")
	adas.Validate()
	adas.NoSideways()
	adas.clicksOne("link", "Gustav Friis")
	adas.Has("heading", "Gustav Friis")
}
