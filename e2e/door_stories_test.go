package e2e

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"testing"
)

// TestTheDoor tells its stories one after the other, so that an upstream's requests belong to one of them.
func TestTheDoor(t *testing.T) {
	t.Parallel()
	d := openDoor(t)
	stories := []struct {
		name string
		tell func(*door, *testing.T, proxy)
	}{
		{"a deep link leads in and back exactly", (*door).deepLink},
		{"nothing is lost without a session", (*door).withoutSession},
		{"signing out at the application", (*door).signOutThere},
		{"signing out at the portal", (*door).signOutAtPortal},
		{"a person without access, and another account", (*door).noAccess},
		{"a check from outside", (*door).checked},
		{"the contract register", (*door).reads},
		{"the longest name and as many units as there can be", (*door).longest},
	}
	for _, p := range []proxy{d.nginx, d.caddy} {
		for _, s := range stories {
			t.Run(p.name+": "+s.name, func(t *testing.T) { s.tell(d, t, p) })
		}
	}
	t.Run("forged", d.forged)
}

// enters opens a path at an application and signs in at Microsoft.
func (p *Person) enters(path string, a Account) {
	p.t.Helper()
	p.Open(path)
	p.PickAccount(a.Username)
}

func (d *door) deepLink(t *testing.T, p proxy) {
	gu := gu()
	b := d.visitor(t, "Gu", p.origin(contractsHost))
	for i, path := range []string{
		"/a%2Fb//c/%C3%A6%20;v=1?unit=7&q=%26%3D+x&u=%C3%B8&to=//evil.example&to=2",
		"/x/%2e%2e%2fy", "/?q='\"%5C|{}",
	} {
		if i == 0 {
			b.enters(path, gu)
		} else {
			b.Open(path)
		}
		b.See("Hello Gu Berg")
		uri := b.run(`document.querySelector('p').textContent`)
		want := b.run(fmt.Sprintf(`(({pathname, search}) => 'GET ' + pathname + search)(new URL(%q, location))`, path))
		if uri != want {
			t.Errorf("opened %s, came to %s, want %s", path, uri, want)
		}
	}
	if n := len(b.Visited()); n > 16 {
		t.Errorf("the browser was sent to %d addresses: %q", n, b.Visited())
	}
	if status, _, body := b.fetch("POST", "/data"); status != http.StatusOK || !strings.Contains(body, "Gu Berg") {
		t.Errorf("a script gets %d, %s", status, body)
	}
	if got := b.socket("/socket"); got != "Hello Gu Berg" {
		t.Errorf("the WebSocket says %q", got)
	}
	b.Open("/")
	b.Fill("Note", "Kept")
	b.Click("button", "Save")
	b.See("POST /save")
	d.contracts.check(t)
}

func (d *door) withoutSession(t *testing.T, p proxy) {
	gu := gu()
	b := d.visitor(t, "Gu", p.origin(contractsHost))
	b.enters("/form", gu)
	b.Fill("Note", "Not silently lost")
	d.Must("user", "sign-out", gu.Username, "--environment", "localhost")
	b.try(func(context.Context) error { // another process did that: the server notices within a second
		if status, _, _ := b.fetch("GET", "/data"); status != http.StatusUnauthorized {
			return fmt.Errorf("status %d", status)
		}
		return nil
	}, "be refused after all sessions were ended")
	d.contracts.check(t)

	status, media, body := b.fetch("GET", "/data")
	if status != http.StatusUnauthorized || media != "application/problem+json" ||
		!strings.Contains(body, `"enter":"`+p.origin(contractsHost)+`/.pactius/start?to=`) {
		t.Errorf("a script without a session gets %d, %s: %s", status, media, body)
	}
	if status, _, _ := b.fetch("POST", "/data"); status != http.StatusUnauthorized {
		t.Errorf("a script that posts without a session gets %d", status)
	}
	if got := b.socket("/socket"); got != "refused" {
		t.Errorf("the WebSocket says %q", got)
	}
	b.Click("button", "Save")
	b.See("Your form wasn't sent")
	if got := b.Status(); got != http.StatusUnauthorized {
		t.Errorf("the form's status is %d", got)
	}
	b.Axe()
	if got := d.contracts.took(); len(got) != 0 {
		t.Errorf("the application got %+v", got)
	}
	b.Open("/again?x=1")
	b.See("GET /again?x=1") // Microsoft remembers the account
}

func (d *door) signOutThere(t *testing.T, p proxy) {
	b := d.visitor(t, "Gu", p.origin(contractsHost))
	b.enters("/", gu())
	other := map[bool]proxy{true: d.caddy, false: d.nginx}[p.secure]
	for _, origin := range []string{p.origin(payrollHost), other.origin(contractsHost)} { // without more questions
		b.Open(origin + "/")
		b.See("Hello Gu Berg")
	}
	before := len(b.Visited())
	b.Open("/")
	if led := b.Visited()[before:]; len(led) != 1 {
		t.Errorf("another address of the application took the session of this one: %q", led)
	}
	b.Click("link", "Sign out")
	b.See("This signs you out of PACTIUS and all applications")
	b.Axe()
	b.Click("button", "Sign out")
	b.See("Sign in with Microsoft")
	d.signedOut(t, b, p)
}

func (d *door) signOutAtPortal(t *testing.T, p proxy) {
	b := d.visitor(t, "Gu", p.origin(contractsHost))
	b.enters("/", gu())
	b.See("Hello Gu Berg")
	b.Open(p.origin(payrollHost) + "/")
	b.See("Hello Gu Berg")
	b.Open(d.URL + "/")
	b.Click("button", "Gu Berg , your account")
	b.Click("button", "Sign out")
	b.See("Sign in with Microsoft")
	d.signedOut(t, b, p)
}

// signedOut checks that the applications refuse what the browser still has.
func (d *door) signedOut(t *testing.T, b *Person, p proxy) {
	t.Helper()
	d.contracts.check(t)
	d.payroll.check(t)
	for host, u := range map[string]*upstream{contractsHost: d.contracts, payrollHost: d.payroll} {
		status, answer := p.ask(t, "GET /data", host, b.cookiesAt(p.origin(host)))
		if status != http.StatusUnauthorized || len(u.took()) != 0 {
			t.Errorf("after signing out %s answers %s", host, answer)
		}
	}
}

// cookiesAt is the header with the cookies that the browser has for an application.
func (p *Person) cookiesAt(origin string) string {
	p.t.Helper()
	p.Open(origin + "/.pactius/nothing")
	p.See("Page not found")
	var pairs []string
	for _, c := range p.Cookies() {
		pairs = append(pairs, c.Name+"="+c.Value)
	}
	return "Cookie: " + strings.Join(pairs, "; ")
}

func (d *door) noAccess(t *testing.T, p proxy) {
	b := d.visitor(t, "Eva and Gu", p.origin(contractsHost))
	b.enters("/?a=1", eva())
	b.See("You don't have access to Contracts")
	if got := b.Status(); got != http.StatusForbidden {
		t.Errorf("the status is %d", got)
	}
	b.Click("link", "Request access")
	b.See("Sales")
	if got := d.contracts.took(); len(got) != 0 {
		t.Errorf("the application got %+v", got)
	}
	b.Open("/?a=2")
	b.Click("button", "Switch account")
	b.PickAccount(gu().Username)
	b.See("Hello Gu Berg")
	b.See("GET /?a=2")
	d.contracts.check(t)
}

// checked runs the command by which Support looks for what a proxy leaves open.
func (d *door) checked(t *testing.T, p proxy) {
	for name, host := range map[string]string{"Contracts": contractsHost, "Payroll": payrollHost} {
		address, asked := strings.Replace(p.origin(host), host, "127.0.0.1", 1), 0
		r := d.Run("application", "check", name, "--environment", "localhost", "--address", address, "--json")
		for line := range strings.Lines(r.Stdout) {
			var found struct{ Origin, Probe, Result, Detail string }
			if err := json.Unmarshal([]byte(line), &found); err != nil {
				t.Fatal(err)
			}
			if found.Origin != p.origin(host) {
				continue // of the other proxy, which is not at this address
			}
			if asked++; found.Result != "closed" {
				t.Errorf("%s: %+v", host, found)
			}
		}
		if asked < 20 {
			t.Errorf("%s was asked %d times:\n%s%s", host, asked, r.Stdout, r.Stderr)
		}
	}
	for _, u := range []*upstream{d.contracts, d.payroll} {
		for _, a := range u.check(t) {
			if a.Method != http.MethodOptions || !u.preflight {
				t.Errorf("%+v arrives without a session", a)
			}
		}
	}
}

// reads goes through the register: access is inherited, and its loss counts while the page is open.
func (d *door) reads(t *testing.T, p proxy) {
	assign := func(sales, south string) {
		d.Must("user", "assign", bo().Username, "--environment", "localhost", "--unit", "Sales", "--access", sales,
			"--unit", "Sales / South", "--access", south)
	}
	assign("read", "write")
	b := d.visitor(t, "Bo", p.origin(registerHost))
	b.enters("/", bo())
	b.See("Harbour cranes")
	b.SeeNot("Tugboats")
	b.Click("link", "Harbour cranes")
	b.Fill("Title", "Cranes of "+p.name)
	b.Click("button", "Save contract")
	b.See("Cranes of " + p.name)
	b.Click("link", "Cranes of "+p.name)
	b.Fill("Title", "Harbour cranes")
	b.Click("button", "Save contract")
	b.See("Harbour cranes")

	assign("none", "none")
	b.try(func(context.Context) error { // another process did that: the server notices within a second
		b.Reload()
		if got := b.Text(); !strings.Contains(got, "You don't have access to ") {
			return fmt.Errorf("the register shows %s", got)
		}
		return nil
	}, "lose the register with the access")
}

func (d *door) longest(t *testing.T, p proxy) {
	b := d.visitor(t, "Vera", p.origin(contractsHost))
	b.enters("/", vera())
	b.See("Hello Vera")
	arrivals := d.contracts.check(t)
	if len(arrivals) != 1 {
		t.Fatalf("%d requests arrived, want 1", len(arrivals))
	}
	a := arrivals[0]
	whole := len([]rune(a.Name)) == 200 && a.Name == vera().Name
	if !whole || a.Units != "" || a.UnitsURL != d.URL+"/api/v1/units" {
		t.Errorf("a name of %d characters, %d units: %+v", len([]rune(vera().Name)), manyUnits, a)
	}
	if a.HeaderBytes > 3500 {
		t.Errorf("the headers have %d bytes", a.HeaderBytes)
	}
}
