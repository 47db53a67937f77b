package e2e

import (
	"context"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// demo is a running pactius-demo.
type demo struct {
	t                      testing.TB
	binary, listen, data   string
	pactius, tenant, mails string // the three addresses it prints
	cmd                    *exec.Cmd
	out                    *tail
}

var threeAddresses = regexp.MustCompile(`(?m)^ *(PACTIUS|Microsoft 365|Mailbox) +(http://\S+)$`)

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
	d.out = &tail{}
	d.cmd = exec.Command(d.binary, "--listen", d.listen, "--data", d.data)
	d.cmd.Env, d.cmd.Dir = ambient(), d.t.TempDir()
	d.cmd.Stdout, d.cmd.Stderr = d.out, d.out
	endWithParent(d.cmd)
	if err := d.cmd.Start(); err != nil {
		d.t.Fatalf("start pactius-demo: %v", err)
	}
	err := eventually(d.t.Context(), Patience, func() error {
		for _, found := range threeAddresses.FindAllStringSubmatch(d.out.String(), -1) {
			*map[string]*string{"PACTIUS": &d.pactius, "Microsoft 365": &d.tenant, "Mailbox": &d.mails}[found[1]] = found[2]
		}
		if d.pactius == "" || d.tenant == "" || d.mails == "" {
			return fmt.Errorf("it has printed: %s", d.out)
		}
		resp, err := http.Get(d.pactius + "/readyz")
		if err != nil {
			return err
		}
		return resp.Body.Close()
	})
	if err != nil {
		d.t.Fatalf("pactius-demo did not become ready: %v", err)
	}
}

func (d *demo) stop() {
	if d.cmd == nil {
		return
	}
	_ = d.cmd.Process.Signal(os.Interrupt)
	waitOrKill(d.cmd)
	d.cmd = nil
}

// picks chooses somebody on the sample tenant's page, by the name.
func (p *Person) picks(name string) {
	p.t.Helper()
	p.try(func(ctx context.Context) error {
		all, err := p.elements(ctx, "button")
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
	if got := d.out.String(); strings.Count(got, "\n  1. ")+strings.Count(got, "\n  5. ") != 2 {
		t.Errorf("the tour is not of five lines: %s", got)
	}

	frejas := stage.Person(t, "Freja", d.pactius)
	frejas.Open("/")
	frejas.Look("demo-door")
	frejas.Click("button", "Sign in with Microsoft")
	frejas.Has("searchbox", "Search people")
	frejas.Look("demo-tenant")
	frejas.picks("Freja Holm")
	frejas.See("Ask for access to Nordhavn Shipping")
	frejas.Fill("Message optional", "I am new in Key accounts.")
	frejas.Click("button", "Ask for access")
	frejas.See("Your request is on its way")

	postbox := stage.Person(t, "the mailbox", d.mails)
	postbox.Open("/")
	postbox.See("Decide: Freja Holm asks for access to Nordhavn Shipping")
	postbox.Look("demo-mailbox")
	postbox.Validate()

	adas := stage.Person(t, "Ada", d.pactius)
	adas.Open("/")
	adas.Click("button", "Sign in with Microsoft")
	adas.picks("Ada Lund")
	adas.See("Welcome, Ada Lund")
	for name, path := range map[string]string{
		"home": "/", "users": "/settings/users", "requests": "/settings/requests", "units": "/settings/units", "activity": "/settings/activity",
	} {
		adas.Open(path)
		adas.Look("demo-" + name)
		adas.Validate()
	}
	adas.Open("/settings/users?q=%C3%B8sterg")
	adas.See("Ida Østergaard")
	adas.Open("/settings/requests")
	adas.Click("link", "Freja Holm freja.holm@nordhavn.example")
	adas.Look("demo-request")
	adas.Check("Key accounts")
	adas.Click("button", "Approve and assign")
	adas.See("Freja Holm has been let in.")
	frejas.See("You have access now.")
	frejas.Click("button", "Continue")
	frejas.See("Sales / Key accounts")

	// What is kept is there again, sessions included.
	before := d.pactius
	d.stop()
	d.start()
	if d.pactius != before {
		t.Errorf("the demo is at %s after the restart, was at %s", d.pactius, before)
	}
	frejas.Reload()
	frejas.See("Sales / Key accounts")
	adas.Open("/settings/requests?state=decided")
	adas.Has("link", "Freja Holm freja.holm@nordhavn.example")
}
