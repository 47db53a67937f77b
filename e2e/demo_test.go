package e2e

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/pactius/pactius/testbed/process"
)

// demo is a running pactius-demo.
type demo struct {
	t                      testing.TB
	binary, listen, data   string
	pactius, tenant, mails string // the addresses it prints
	contracts              string
	proc                   *process.Process // nil while it is stopped
}

// fourAddresses finds the addresses that the demo prints before its tour.
const fourAddresses = `(?s)PACTIUS +(http://\S+)\n +Microsoft 365 +(http://\S+)\n +Mailbox +(http://\S+)\n` +
	` +Contracts +(http://\S+)\n.*Ctrl\+C`

// startDemo starts the demo and reads the addresses it prints. It ends with the test.
func startDemo(t testing.TB, data string) *demo {
	t.Helper()
	stage.Need(t)
	binary, err := stage.demo()
	if err != nil {
		t.Fatal(err)
	}
	d := &demo{t: t, binary: binary, listen: freePort(t), data: data}
	t.Cleanup(d.stop)
	d.start()
	return d
}

func (d *demo) start() {
	d.t.Helper()
	cmd := exec.Command(d.binary, "--listen", d.listen, "--data", d.data)
	cmd.Env, cmd.Dir = process.Environ(), d.t.TempDir()
	var err error
	if d.proc, err = process.Start(cmd); err != nil {
		d.t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(d.t.Context(), Patience)
	defer cancel()
	found, err := d.proc.Await(ctx, fourAddresses)
	if err != nil {
		d.t.Fatal(err)
	}
	d.pactius, d.tenant, d.mails, d.contracts = found[1], found[2], found[3], found[4]
}

func (d *demo) stop() {
	if d.proc == nil {
		return
	}
	if err := d.proc.End(os.Interrupt, stopPatience); err != nil {
		d.t.Error(err)
	}
	d.proc = nil
}

// picks chooses someone on the sample tenant's page, by the name.
func (p *Person) picks(name string) { p.t.Helper(); p.clicksOne("button", name) }

// clicksOne clicks the first element whose name has a part.
func (p *Person) clicksOne(role, name string) {
	p.t.Helper()
	p.try(func(ctx context.Context) error {
		all, err := p.elements(ctx, role)
		if err != nil {
			return err
		}
		for _, e := range all {
			if strings.Contains(e.name, name) {
				return p.clickElement(ctx, e.node)
			}
		}
		return fmt.Errorf("%s is not offered; there are: %s", name, list(all))
	}, "pick %s", name)
	p.must(p.settle(), "pick %s", name)
}

// The tour that the demo prints, and the README shows.
func TestDemoLivesTheWholeStory(t *testing.T) {
	t.Parallel()
	d := startDemo(t, filepath.Join(t.TempDir(), "demo"))
	if got := d.proc.Log.String(); strings.Count(got, "\n  1. ")+strings.Count(got, "\n  6. ") != 2 {
		t.Errorf("the tour is not of six steps: %s", got)
	}

	frejas := stage.Person(t, "Freja", d.pactius)
	frejas.Open("/")
	frejas.Look("demo-door")
	frejas.Click("button", "Sign in with Microsoft")
	frejas.Has("searchbox", "Search people")
	frejas.Look("demo-tenant")
	frejas.picks("Freja Holm")
	frejas.See("Request access to Nordhavn Shipping")
	frejas.Fill("Message optional", "I am new in Key accounts.")
	frejas.Click("button", "Request access")
	frejas.See("Your request is pending")

	// Ada reads the email and follows its button, not signed in.
	adas := stage.Person(t, "Ada", d.pactius)
	adas.Open(d.mails)
	adas.See("Approval needed: Freja Holm requests access to Nordhavn Shipping")
	adas.Look("demo-mailbox")
	adas.Validate()
	adas.clicksOne("link", "Approval needed: Freja Holm requests")
	adas.Look("demo-mail")
	adas.Click("link", "Plain text")
	adas.See("Open the request")
	adas.Open(webAddress.FindString(adas.Text()))
	adas.picks("Ada Lund")
	adas.See("I am new in Key accounts.")
	request := adas.path()
	for name, path := range map[string]string{
		"home": "/", "users": "/settings/users", "requests": "/settings/requests", "units": "/settings/units",
		"activity": "/settings/activity",
	} {
		adas.Open(path)
		adas.Look("demo-" + name)
		adas.Validate()
	}
	adas.Open("/settings/users?q=%C3%B8sterg")
	adas.See("Ida Østergaard")
	adas.Open(request)
	adas.Look("demo-request")
	adas.Check("Key accounts")
	adas.Check("South")
	adas.Click("button", "Approve")
	adas.See("Freja Holm now has access: ")
	frejas.goesIn()
	frejas.See("You now have access:")
	frejas.See("Sales / Key accounts")
	readsAndLosesContracts(frejas, adas, d)
	finishesTheTour(frejas, adas, d)

	// All kept data is there again, sessions included.
	before := d.pactius
	d.stop()
	d.start()
	if d.pactius != before {
		t.Errorf("the demo is at %s after the restart, was at %s", d.pactius, before)
	}
	adas.Open("/settings/requests?state=decided")
	adas.Has("link", "Freja Holm freja.holm@nordhavn.example")
}

// readsAndLosesContracts goes through the third step of the tour.
func readsAndLosesContracts(frejas, adas *Person, d *demo) {
	frejas.Open(d.contracts)
	frejas.See("Container freight Hamburg")
	frejas.SeeNot("Credit facility")
	frejas.Look("demo-contracts")
	adas.Open("/settings/users?q=freja")
	adas.clicksOne("link", "Freja Holm freja.holm@nordhavn.example")
	adas.Click("link", "Deactivate")
	adas.Click("button", "Deactivate")
	frejas.Open(d.contracts)
	frejas.SeeNot("Container freight Hamburg")
	frejas.See("deactivated")
}

// finishesTheTour goes through the steps from the fourth on. Freja's browser is the private window.
func finishesTheTour(private, adas *Person, d *demo) {
	adas.Open("/settings/users")
	adas.Click("link", "Add")
	form := adas.Popup("Add a user")
	form.Fill("Account name", "gus")
	form.clicksOne("option", "Gustav Friis")
	form.Click("button", "Add")
	adas.See("Gustav Friis has been added.")
	private.Open(d.pactius)
	private.Look("demo-blocked")
	private.Click("button", "Not you? Switch account")
	private.picks("Gustav Friis")
	private.See("Welcome, Gustav")

	adas.Open("/settings/requests")
	adas.clicksOne("link", "Anna Hansen anna.hansen@nordhavn.example")
	adas.Look("demo-near-miss")
	adas.clicksOne("button", "Yes, same person")
	adas.See("Anna Hansen now has access as anna.hansen@nordhavn.example.")

	adas.Open(d.tenant)
	adas.Click("link", "Administer this tenant")
	adas.Fill("Search people", "signe")
	adas.Click("button", "Search")
	adas.clicksOne("link", "Signe Møller")
	adas.Click("button", "Block sign-in")
	adas.Open("/settings/users?q=signe")
	adas.See("Signe Møller")
}
