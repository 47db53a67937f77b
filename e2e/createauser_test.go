package e2e

import (
	"fmt"
	"strings"
	"testing"
)

// TestCreateAUser walks the guide "Create a user" in the order of its text, in each language. With -update it takes the
// pictures again:
//
//	go test ./e2e -run CreateAUser -update
func TestCreateAUser(t *testing.T) {
	t.Parallel()
	for _, code := range []string{"en", "da"} {
		t.Run(code, func(t *testing.T) {
			t.Parallel()
			w := &creation{company: newCompany(t, anna(), gu(), eva()), guide: readGuide(t, code, "create-a-user")}
			for _, path := range []string{"Finance", "Sales / West"} {
				w.Must("unit", "add", path)
			}
			for name, unit := range map[string]string{"Bo Juhl": "Sales / South", "Dagny Moe": "Operations",
				"Ida Winther": "Finance"} {
				username := strings.ToLower(strings.ReplaceAll(name, " ", ".")) + "@nordhavn.example"
				w.Must("user", "add", "--username", username, "--name", name, "--unit", unit)
			}
			w.firstMethod()
			w.secondMethod()
			w.mistyping()
			w.guide.done()
		})
	}
}

// creation is the guide and the company in which it is walked.
type creation struct {
	*company
	*guide
	adas *Person
}

// visitor opens a private browser in the language of the guide.
func (w *creation) visitor(a Account) *Person {
	p := w.company.Person(a.Name)
	p.Language(w.code)
	p.TimeZone("Europe/Copenhagen")
	p.Window(guideWidth, guideHeight)
	return p
}

// gives chooses access to a unit in the tree of a form.
func (w *creation) gives(form *Person, unit, access string) {
	form.Check(unit)
	form.Choose(fmt.Sprintf(w.text("Access to %s"), unit), w.text(access))
}

func (w *creation) firstMethod() {
	g, annas := w.guide, w.visitor(anna())
	annas.Open("/")
	g.step("sign-in", func(s *guideWalk) {
		s.clicks(annas, "button", "Sign in with Microsoft")
		annas.PickAccount(anna().Username)
	})
	g.step("request", func(s *guideWalk) {
		s.fills(annas, "Message", "I start in Sales on Monday.")
		s.shows(annas, "request", "main > .card", 470)
		s.clicks(annas, "button", "Request access")
		annas.At("/access")
	})
	w.adas = w.visitor(ada())
	g.step("email", func(s *guideWalk) {
		w.adas.follow(w.Mail(ada().Username, "Anna Hansen"))
		w.adas.PickAccount(ada().Username)
		s.sees(w.adas, "Settings")
		s.sees(w.adas, "Access requests")
	})
	request := w.adas.path()
	g.step("units", func(s *guideWalk) {
		w.adas.Open(request) // without the greeting of the sign-in
		s.sees(w.adas, "Business units")
		w.gives(w.adas, "North", "Write")
		s.shows(w.adas, "decide", ".columns", 720)
	})
	g.step("approve", func(s *guideWalk) {
		s.clicks(w.adas, "button", "Approve")
		w.adas.Open(request)
		s.sees(w.adas, "Undo")
		s.shows(w.adas, "approved", ".columns > section:last-child", 480)
	})
	annas.At("/")
	g.step("later", func(s *guideWalk) {
		s.sees(w.adas, "Settings")
		s.clicks(w.adas, "link", "Users")
		w.adas.Click("link", row(anna()))
		s.shows(w.adas, "user", "main", 560)
		s.sees(w.adas, "Business units")
		s.clicks(w.adas, "link", "Manage")
	})
	g.step("save", func(s *guideWalk) {
		form := w.adas.Within("dialog", "Anna Hansen")
		w.gives(form, "Operations", "Read")
		s.clicks(form, "button", "Save")
		w.adas.HasNo("dialog", fmt.Sprintf(w.text("Business units for %s"), "Anna Hansen"))
	})
	w.given(anna(), "Operations read, Sales / North write")
}

func (w *creation) secondMethod() {
	g := w.guide
	g.step("users", func(s *guideWalk) {
		s.sees(w.adas, "Settings")
		s.clicks(w.adas, "link", "Users")
		s.shows(w.adas, "users", "main", 440)
		s.clicks(w.adas, "link", "Add")
	})
	form := w.adas.Within("dialog", w.text("Add a user"))
	g.step("account-name", func(s *guideWalk) { s.fills(form, "Account name", gu().Username) })
	g.step("details", func(s *guideWalk) {
		s.fills(form, "Name", "Gu Berg")
		s.fills(form, "End date", "2099-12-31")
		s.shows(w.adas, "add", "dialog", 600)
	})
	g.step("choose", func(s *guideWalk) {
		s.sees(form, "Business units")
		w.gives(form, "South", "Read")
	})
	g.step("add", func(s *guideWalk) {
		s.ticks(form, "Send a welcome email")
		s.clicks(form, "button", "Add")
		w.adas.HasNo("dialog", w.text("Add a user"))
	})
	gus := w.visitor(gu())
	gus.Open("/")
	g.step("first", func(s *guideWalk) {
		s.clicks(gus, "button", "Sign in with Microsoft")
		gus.PickAccount(gu().Username)
		gus.At("/")
		gus.See("Sales / South")
	})
	g.step("more-units", func(s *guideWalk) {
		s.sees(w.adas, "Settings")
		s.clicks(w.adas, "link", "Users")
		w.adas.Click("link", row(gu()))
		s.sees(w.adas, "Business units")
		s.clicks(w.adas, "link", "Manage")
		form := w.adas.Within("dialog", "Gu Berg")
		w.gives(form, "Operations", "Read")
		s.clicks(form, "button", "Save")
		w.adas.HasNo("dialog", fmt.Sprintf(w.text("Business units for %s"), "Gu Berg"))
	})
	w.given(gu(), "Operations read, Sales / South read")
}

func (w *creation) mistyping() {
	g := w.guide
	w.Must("user", "add", "--username", "eva.kjar@nordhavn.example", "--name", "Eva Kjær", "--unit", "Finance",
		"--despite")
	evas := w.visitor(eva())
	g.step("not-recognised", func(s *guideWalk) {
		evas.Open("/")
		evas.Click("button", w.text("Sign in with Microsoft"))
		evas.PickAccount(eva().Username)
		s.clicks(evas, "button", "Request access")
		evas.At("/access")
	})
	g.step("same", func(s *guideWalk) {
		w.adas.Open("/settings/requests/" + w.only(w.requests(), eva()).ID)
		s.shows(w.adas, "same", "main", 440)
		s.clicks(w.adas, "button", "Yes, same person")
		evas.At("/")
	})
	w.given(eva(), "Finance read")
}
