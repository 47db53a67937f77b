package e2e

import (
	"testing"

	"github.com/pactius/pactius/testbed/devtenant"
)

func TestPickerLooksRight(t *testing.T) {
	t.Parallel()
	for _, language := range []string{"en", "da"} {
		t.Run(language, func(t *testing.T) {
			t.Parallel()
			o := newOffice(t)
			o.Must("user", "add", "--username", "gustava.holm@nordhavn.example", "--name", "Gustava Holm")
			adas := o.Person("Ada Lind")
			adas.Language(language)
			adas.Open("/")
			adas.Click("button", map[string]string{"en": "Sign in with Microsoft",
				"da": "Log på med Microsoft"}[language])
			adas.picks("Ada Lind")
			adas.Open("/settings/users/add")
			g := gallery{Person: adas, prefix: language + "-picker-"}
			look := func(name, typed, seen string) {
				t.Helper()
				adas.Fill(map[string]string{"en": "Account name", "da": "Kontonavn"}[language], typed)
				adas.See(seen)
				adas.Press("ArrowDown")
				g.judge(name)
			}
			look("list", "gust", "Gustav Friis")
			adas.Press("Enter")
			adas.Has("textbox", map[string]string{"en": "Name optional", "da": "Navn valgfrit"}[language])
			g.judge("chosen")
			look("meant", "gustav.fris@nordhavn.example", "Deck officer")
			look("similar", "gustava.holmm@nordhavn.example", "Gustava Holm")
			look("disabled", "mads.juhl@nordhavn.example", "Dispatcher")
			o.tenant.SetTrouble(devtenant.Trouble{Down: true})
			look("away", "zebedee@nordhavn.example", "Microsoft 365")
		})
	}
}

func TestPickerInThePopupLooksRight(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	adas, form := o.adding()
	adas.Type("gust")
	form.Has("option", gustav)
	adas.Press("ArrowDown")
	adas.Look("popup-picker-list")
	adas.Window(360, 740)
	adas.NoSideways()
	adas.Press("Enter")
	form.See("Access stays with this account")
	adas.Look("popup-picker-chosen")
}
