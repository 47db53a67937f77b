package e2e

import (
	"context"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/accessibility"
	"github.com/chromedp/chromedp"

	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/testbed/devtenant"
)

// office is a company whose directory PACTIUS may read: a tenant in this
// process, so that tests can rename people and slow it down.
type office struct {
	*company
	tenant *devtenant.Tenant
}

const (
	officeTenant = "5b1c7f5e-6a0d-4a5c-9d3e-2f8b1a7c4e91"
	officeClient = "c0de1a5e-77aa-4b0b-8f3d-91e2d6a4b3c3"
	officeSecret = "only-for-this-test-and-no-other"
)

// officePeople are in Microsoft 365; Ada is the administrator here.
var officePeople = []devtenant.Person{
	{ObjectID: "0f3b6c1e-3333-4c5b-b112-00000000000a", AccountName: "ada@nordhavn.example", Name: "Ada Lind"},
	{ObjectID: "0f3b6c1e-3333-4c5b-b112-00000000000b", AccountName: "gustav.friis@nordhavn.example",
		Mail: "gf@mail.nordhavn.example", Name: "Gustav Friis", JobTitle: "Deck officer", Department: "Fleet",
		Photo: true},
	{ObjectID: "0f3b6c1e-3333-4c5b-b112-00000000000c", AccountName: "gustava.holm@nordhavn.example",
		Name: "Gustava Holm", JobTitle: "Controller"},
	{ObjectID: "0f3b6c1e-3333-4c5b-b112-00000000000d", AccountName: "mads.juhl@nordhavn.example", Name: "Mads Juhl",
		JobTitle: "Dispatcher", Disabled: true},
	{ObjectID: "0f3b6c1e-3333-4c5b-b112-00000000000e", AccountName: "petra_revision.example#EXT#@nordhavn.example",
		SignInName: "petra@revision.example", Mail: "petra@revision.example", Name: "Petra Novak", Guest: true},
}

func newOffice(t *testing.T, env ...string) *office {
	t.Helper()
	microsoft := httptest.NewUnstartedServer(nil)
	origin := "http://" + microsoft.Listener.Addr().String()
	env = append(env, "PACTIUS_MICROSOFT_AUTHORITY="+origin, "PACTIUS_MICROSOFT_GRAPH="+origin)
	server := stage.Serve(t, ServerOptions{People: []Account{ada()}, Env: env})
	tenant, err := devtenant.New(devtenant.Config{URL: origin, TenantID: officeTenant, TenantName: "Nordhavn",
		ClientID: officeClient, ClientSecret: officeSecret,
		RedirectURLs: []string{server.URL + environments.CallbackPath, server.URL + "/"}, People: officePeople})
	if err != nil {
		t.Fatal(err)
	}
	microsoft.Config.Handler = tenant.Handler()
	microsoft.Start()
	t.Cleanup(microsoft.Close)
	server.AddEnvironment("Nordhavn", "localhost",
		&Tenant{ID: officeTenant, ClientID: officeClient, ClientSecret: officeSecret}, "ada@nordhavn.example")
	o := &office{company: &company{t: t, Server: server}, tenant: tenant}
	o.Must("unit", "add", "--parents", "Sales / North")
	return o
}

// comes opens a private browser for someone and signs them in.
func (o *office) comes(name string) *Person {
	o.t.Helper()
	p := o.Person(name)
	p.Open("/")
	p.Click("button", "Sign in with Microsoft")
	p.picks(name)
	return p
}

// asks signs someone unknown in and sends a request without wishes.
func (o *office) asks(name string) *Person {
	o.t.Helper()
	p := o.comes(name)
	p.Fill("Message optional", "I work here.")
	p.Click("button", "Request access")
	p.See("Your request is pending")
	return p
}

// adding is Ada with the form open.
func (o *office) adding() (adas, form *Person) {
	o.t.Helper()
	adas = o.comes("Ada Lind")
	adas.Open("/settings/users")
	adas.Click("link", "Add")
	form = adas.Popup("Add a user")
	if !o.plain {
		form.Has("combobox", "Account name")
	}
	return adas, form
}

// Options as a screen reader reads them.
const (
	gustav  = "Gustav Friis gustav.friis@nordhavn.example Deck officer · Fleet"
	gustava = "Gustava Holm gustava.holm@nordhavn.example Controller"
)

// combobox is what assistive technology is told of the field.
type combobox struct {
	expanded string
	active   string // name of the option that is pointed at
}

func (p *Person) combobox(name string) combobox {
	p.t.Helper()
	var c combobox
	p.try(func(ctx context.Context) error {
		e, err := p.find(ctx, name, "combobox")
		if err != nil {
			return err
		}
		tree, err := chromedp.Call(ctx, accessibility.GetPartialAXTree,
			accessibility.GetPartialAXTreeParams{BackendNodeID: e.node, FetchRelatives: new(false)})
		if err != nil {
			return err
		}
		for _, property := range tree.Nodes[0].Properties {
			switch property.Name {
			case accessibility.PropertyNameExpanded:
				c.expanded = string(property.Value.Value)
			case accessibility.PropertyNameAutocomplete:
				if got := axText(property.Value); got != "list" {
					return fmt.Errorf("it completes by %q", got)
				}
			}
		}
		object, err := resolve(ctx, e.node)
		if err != nil {
			return err
		}
		return apply(ctx, object, `function() {
			const option = document.getElementById(this.getAttribute('aria-activedescendant') ?? '');
			const list = document.getElementById(this.getAttribute('aria-controls'));
			if (!option || !list.contains(option) || option.role !== 'option') return '';
			return option.ariaSelected === 'true' ? option.querySelector('strong').innerText : '';
		}`, &c.active)
	}, "look at the combobox %q", name)
	c.active = fold(c.active)
	return c
}

// pointsAt waits until the combobox points at an option; "" is none.
func (p *Person) pointsAt(option string) {
	p.t.Helper()
	p.try(func(context.Context) error {
		if c := p.combobox("Account name"); c.active != option {
			return fmt.Errorf("it points at %q", c.active)
		}
		return nil
	}, "point at %q", option)
	p.HasFocus(`combobox "Account name"`)
}

func TestPickerByKeyboardAlone(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	adas, form := o.adding()
	if got := adas.combobox("Account name"); got.expanded != "false" {
		t.Errorf("before anything is typed it is %+v", got)
	}
	adas.Type("gust")
	form.Has("option", gustav)
	form.Has("option", gustava)
	form.Has("listbox", "People in Microsoft 365")
	adas.See("2 people found.")
	if got := adas.combobox("Account name"); got.expanded != "true" || got.active != "" {
		t.Errorf("with a list it is %+v", got)
	}
	adas.Axe()

	adas.Press("ArrowDown")
	adas.pointsAt("Gustav Friis")
	adas.Press("ArrowDown")
	adas.pointsAt("Gustava Holm")
	adas.Press("ArrowDown") // round
	adas.pointsAt("Gustav Friis")
	adas.Press("ArrowUp")
	adas.pointsAt("Gustava Holm")
	adas.Press("Home")
	adas.pointsAt("Gustav Friis")
	adas.Press("End")
	adas.pointsAt("Gustava Holm")

	// Escape closes the list and not the pop-up; what was typed stays.
	adas.Press("Escape")
	form.HasNo("option", gustav)
	if got := form.Value("Account name"); got != "gust" {
		t.Errorf("the field holds %q", got)
	}
	adas.Press("ArrowDown")
	adas.pointsAt("Gustav Friis")
	adas.Type("av f") // typing on searches on
	adas.pointsAt("")
	form.HasNo("option", gustava)
	adas.Press("Enter") // no whole account name: goes into the list
	adas.pointsAt("Gustav Friis")
	adas.Press("Enter")
	form.HasNo("option", gustav)
	for label, want := range map[string]string{"Account name": "gustav.friis@nordhavn.example",
		"Name optional": "Gustav Friis", "Email optional": "gf@mail.nordhavn.example"} {
		if got := form.Value(label); got != want {
			t.Errorf("%s holds %q, want %q", label, got, want)
		}
	}
	form.See("Access stays with this account")
	adas.Axe()
	adas.Press("Enter") // the field holds a whole account name: saves
	adas.See("Gustav Friis has been added.")

	// He is bound: whatever his account is called when he comes, he is known.
	if err := o.tenant.Rename(officePeople[1].ObjectID, "gustav.holm@nordhavn.example", "Gustav Holm"); err != nil {
		t.Fatal(err)
	}
	o.comes("Gustav Holm").See("Welcome, Gustav")
	if got := len(o.users()); got != 2 {
		t.Errorf("there are %d users, want Ada and Gustav", got)
	}
}

func TestPickerWithTabAndMouse(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	adas, form := o.adding()
	adas.Type("gust")
	form.Has("option", gustava)
	adas.Press("End") // moves in the text while nothing is pointed at
	adas.pointsAt("")
	adas.Press("ArrowUp") // the last
	adas.pointsAt("Gustava Holm")
	adas.Press("Tab") // takes it and goes on
	if got := form.Value("Name optional"); got != "Gustava Holm" {
		t.Errorf("the name is %q", got)
	}
	form.See("Access stays with this account")

	// Another one by the mouse, and the account name edited afterwards.
	form.Fill("Account name", "friis")
	form.See("You changed the account name, so Gustava Holm is no longer chosen.")
	if got := form.Value("Name optional"); got != "" {
		t.Errorf("the name is still %q", got)
	}
	form.Click("option", gustav)
	if got := form.Value("Account name"); got != "gustav.friis@nordhavn.example" {
		t.Errorf("the account name is %q", got)
	}
	form.See("Access stays with this account")
	form.SeeNot("no longer chosen")
	form.Fill("Account name", "gustav.friis@nordhavn.exampl")
	form.See("You changed the account name, so Gustav Friis is no longer chosen.")
	form.See("Did you mean:")
	form.Has("button", "Add anyway")
	form.Fill("Account name", "gustav.friis@nordhavn.examp")
	form.SeeNot("no longer chosen") // said once: by now another name is asked about
	form.Click("button", gustavMeant(form))
	form.See("Access stays with this account")
	form.HasNo("button", "Add anyway")
	form.Click("button", "Add")
	adas.See("Gustav Friis has been added.")
}

// gustavMeant is the name of the button that offers Gustav.
func gustavMeant(form *Person) string {
	form.t.Helper()
	name := ""
	form.try(func(ctx context.Context) error {
		all, err := form.elements(ctx, "button")
		for _, e := range all {
			if strings.HasPrefix(e.name, "Gustav Friis") {
				name = e.name
				return nil
			}
		}
		return fmt.Errorf("Gustav is not offered: %w", err)
	}, "find Gustav")
	return name
}

// An account under exactly the typed name is shown, and bound like one that was chosen.
func TestTypedNameThatExistsIsBound(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	adas, form := o.adding()
	adas.Type("Gustav.Friis@NORDHAVN.example")
	form.See("Access stays with this account")
	form.HasNo("option", gustav) // nothing to choose from
	if got := form.Value("Name optional"); got != "Gustav Friis" {
		t.Errorf("the name is %q", got)
	}
	form.Click("button", "Add")
	adas.See("Gustav Friis has been added.")
	o.only(o.users(), Account{Username: "gustav.friis@nordhavn.example"})
	if err := o.tenant.Rename(officePeople[1].ObjectID, "gf@nordhavn.example", ""); err != nil {
		t.Fatal(err)
	}
	o.comes("Gustav Friis").Greeted("Gustav Friis")
}

func TestPickerTellsWhatOneShouldKnow(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.Must("user", "add", "--username", "gustava.holm@nordhavn.example", "--name", "Gustava Holm")
	adas, form := o.adding()
	for _, test := range []struct{ typed, option, told string }{
		{"mads", "Mads Juhl mads.juhl@nordhavn.example Dispatcher Disabled in Microsoft 365",
			"The person can't sign in until the company's IT enables it"},
		{"gustava", gustava + " Already invited", "Gustava Holm is already a user here."},
		{"petra", "Petra Novak petra_revision.example#EXT#@nordhavn.example Guest",
			"Guests sign in with the account of their own organisation."},
	} {
		form.Fill("Account name", test.typed)
		form.Click("option", test.option)
		form.See(test.told)
		adas.Axe()
	}
	// A guest's name at home is another than in the directory: bound, she is known.
	form.Click("button", "Add")
	adas.See("Petra Novak has been added.")
	o.comes("Petra Novak").Greeted("Petra Novak")

	adas.Open("/settings/users")
	adas.Click("link", "Add")
	form.Has("combobox", "Account name")
	adas.Type("nobody at all")
	adas.See("No one found in Microsoft 365.")
	form.Fill("Account name", "zebedee@nordhavn.example")
	form.See("No one in Microsoft 365 has the account name zebedee@nordhavn.example.")
	form.Fill("Name optional", "Zebedee")
	form.Click("button", "Add") // he may have no account yet
	adas.See("Microsoft 365 has no account with this name.")
}

func TestMistypedNameIsAskedAbout(t *testing.T) {
	t.Parallel()
	withAndWithoutScripts(t, func(t *testing.T, plain bool) {
		o := newOffice(t)
		o.plain = plain
		adas, form := o.adding()
		form.Fill("Account name", "gustav.fris@nordhavn.example")
		form.Fill("Name optional", "Gustav")
		if plain {
			form.Click("button", "Add")
		}
		form.See("No one in Microsoft 365 has the account name gustav.fris@nordhavn.example. Did you mean:")
		form.Has("button", "Add anyway")
		form.Click("button", gustavMeant(form))
		form.See("Access stays with this account")
		if got := form.Value("Account name"); got != "gustav.friis@nordhavn.example" {
			t.Errorf("the account name is %q", got)
		}
		form.Click("button", "Add")
		adas.See("Gustav Friis has been added.")
	})
}

func TestPickerWithoutScripts(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	o.plain = true
	adas, form := o.adding()
	form.Fill("Account name", "gust")
	form.Click("button", "Look up in Microsoft 365")
	adas.Validate()
	adas.Screenshot("picker-plain")
	if !form.Checked("None of these: use the account name as typed") {
		t.Error("somebody is chosen already")
	}
	form.Check(gustav)
	form.Check("North")
	form.Click("button", "Add")
	adas.See("Gustav Friis has been added.")
	if got := o.only(o.users(), Account{Username: "gustav.friis@nordhavn.example"}); len(got.Units) != 1 {
		t.Errorf("he has %+v", got.Units)
	}
	if err := o.tenant.Rename(officePeople[1].ObjectID, "g@nordhavn.example", ""); err != nil {
		t.Fatal(err)
	}
	o.comes("Gustav Friis").Greeted("Gustav Friis")

	// One that is chosen and then edited is not bound, and that is said.
	adas.Open("/settings/users/add")
	form.Fill("Account name", "gustava.holmm@nordhavn.example")
	form.Click("button", "Look up in Microsoft 365")
	form.Check(gustava + " one letter differs")
	form.Click("button", "Add")
	adas.See("Gustava Holm has been added.")
}

func TestSlowDirectoryHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	adas, form := o.adding()
	o.tenant.SetTrouble(devtenant.Trouble{Delay: 1500 * time.Millisecond})
	o.tenant.ForgetCalls()
	adas.Type("gust")
	adas.See("Still checking with Microsoft 365.")
	adas.Axe()
	form.Has("option", gustav) // the answer that came later
	adas.SeeNot("Still checking")
	if got := o.tenant.AtOnce("/v1.0/"); got != 1 {
		t.Errorf("%d questions at once, want 1", got)
	}
	o.tenant.SetTrouble(devtenant.Trouble{Down: true})
	form.Fill("Account name", "somebody.new@nordhavn.example")
	form.See("Microsoft 365 can't be reached, so names aren't being checked right now.")
	form.Fill("Name optional", "Somebody New")
	form.Click("button", "Add")
	adas.See("Somebody New has been added.")
}

func TestWithoutPermissionTypingGoesOn(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	if err := o.tenant.Grant(officeClient); err != nil {
		t.Fatal(err)
	}
	o.tenant.EndTokens()
	adas, form := o.adding()
	adas.Type("gust")
	form.See("PACTIUS isn't allowed to read the Microsoft 365 directory")
	form.Fill("Account name", "gustav.friis@nordhavn.example")
	form.Fill("Name optional", "Gustav Friis")
	form.Click("button", "Add")
	adas.See("Gustav Friis has been added.")
	o.comes("Gustav Friis").Greeted("Gustav Friis")
}

func TestChosenAccountThatVanishes(t *testing.T) {
	t.Parallel()
	o := newOffice(t)
	adas, form := o.adding()
	choose := func(typed, option string) {
		t.Helper()
		form.Fill("Account name", typed)
		form.Click("option", option)
		form.See("Access stays with this account")
	}
	choose("gustava", gustava)
	o.tenant.Remove(officePeople[2].ObjectID)
	form.Click("button", "Add")
	adas.See("Gustava Holm has been added by account name only, " +
		"because the account you chose is no longer in Microsoft 365.")

	adas.Click("link", "Users")
	adas.Click("link", "Add")
	choose("friis", gustav)
	o.tenant.SetTrouble(devtenant.Trouble{Down: true})
	form.Click("button", "Add")
	adas.See("Gustav Friis has been added. Microsoft 365 can't be reached, so names aren't being checked right now.")
	o.tenant.SetTrouble(devtenant.Trouble{})
	o.comes("Gustav Friis").Greeted("Gustav Friis")
}
