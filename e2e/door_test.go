package e2e

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/chromedp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/examples/contracts/register"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/server"
	"github.com/pactius/pactius/internal/users"
)

const (
	contractsHost = "contracts.localhost"
	payrollHost   = "payroll.localhost"
	fjordHost     = "contracts.fjord.localhost"
	registerHost  = "register.localhost"

	manyUnits = pactius.MaxGrants
)

// door is a company with two applications behind a real nginx and a real Caddy, and another environment with one.
// Nginx is reached by https, Caddy by http. The hosts differ from that of the portal: browsers share cookies between
// the ports of a host, so tests with one host alone would pass by mistake.
type door struct {
	*company
	nginx, caddy              proxy
	contracts, payroll, fjord *upstream
}

// vera has the longest name, in characters that take most room in a header, and as many business units as there can be.
func vera() Account {
	return Account{Username: "vera@nordhavn.example", Name: veraName}
}

var veraName = "Vera " + strings.Repeat("ÆØÅ ", 48) + "Øst"

func finn() Account { return Account{Username: "finn@fjord.example", Name: "Finn Fjord"} }

func openDoor(t *testing.T) *door {
	t.Helper()
	proxyProgram(t, "nginx")
	proxyProgram(t, "caddy")
	dir := t.TempDir()
	writeCertificate(t, dir)
	d := &door{company: newCompanyWith(t, []string{"PACTIUS_TRUSTED_PROXIES=127.0.0.1",
		"SSL_CERT_FILE=" + filepath.Join(dir, "pem")}, gu(), bo(), eva(),
		vera())}
	d.nginx = proxy{name: "nginx", address: freePort(t), secure: true}
	d.caddy = proxy{name: "Caddy", address: freePort(t)}
	d.Must("user", "add", "--username", gu().Username, "--name", gu().Name, "--unit", "Sales", "--access", "read")
	for _, who := range []Account{bo(), eva()} {
		d.Must("user", "add", "--username", who.Username, "--name", who.Name)
	}
	d.addVera()
	fjord := d.stage.Microsoft(t).NewTenant(t, []string{d.Origin("fjord.localhost")}, finn())
	d.AddEnvironment("Fjord", "fjord.localhost", fjord, finn().Username)

	d.contracts = d.add("localhost", "Contracts", contractsHost, "Sales")
	d.payroll = d.add("localhost", "Payroll", payrollHost, "Sales", "--preflight")
	d.payroll.preflight = true
	d.fjord = d.add("fjord.localhost", "Contracts", fjordHost, "/")
	sites := []site{d.contracts.site("contracts", contractsHost), d.payroll.site("payroll", payrollHost),
		d.fjord.site("fjord", fjordHost), d.register()}
	startNginx(t, d.nginx, dir, d.listen, sites)
	startCaddy(t, d.caddy, d.listen, sites)
	return d
}

// add adds an application that people open through both proxies, and an upstream for it.
func (d *door) add(environment, name, host, unit string, more ...string) *upstream {
	d.t.Helper()
	u := newUpstream(d.t)
	u.serves(d.addApplication(environment, name, host, unit, more...), d.Origin(environment), d.listen,
		d.nginx.origin(host), d.caddy.origin(host))
	return u
}

// addApplication adds an application that people open through both proxies, and returns its ID.
func (d *door) addApplication(environment, name, host, unit string, more ...string) string {
	d.t.Helper()
	origins := []string{d.nginx.origin(host), d.caddy.origin(host)}
	args := append([]string{"application", "add", name, "--environment", environment, "--origin", origins[0],
		"--origin", origins[1], "--unit", unit, "--access", "read", "--json"}, more...)
	var added struct{ ID string }
	if err := json.Unmarshal([]byte(d.Must(args...)), &added); err != nil {
		d.t.Fatal(err)
	}
	return added.ID
}

// register starts the contract register of the examples, with one contract in each of two business units.
func (d *door) register() site {
	d.t.Helper()
	units := map[string]string{}
	for _, u := range d.list("unit", "list", "--environment", "localhost") {
		units[u.Unit] = u.ID
	}
	app := d.addApplication("localhost", "Register", registerHost, "Sales")
	r, err := register.New(register.Config{Pactius: d.URL, Application: app, Logger: slog.New(slog.DiscardHandler),
		Sample: []register.Contract{{Unit: units["Sales / South"], Title: "Harbour cranes", Partner: "Kran"},
			{Unit: units["Operations"], Title: "Tugboats", Partner: "Bugser"}}})
	if err != nil {
		d.t.Fatal(err)
	}
	server := httptest.NewServer(r)
	d.t.Cleanup(func() { server.Close(); _ = r.Close() })
	return site{"register", registerHost, app, server.Listener.Addr().String()}
}

// addVera adds Vera and her business units below Sales by the rules: a command for each unit would take a minute.
func (d *door) addVera() {
	d.t.Helper()
	cfg, err := config.Load(config.Sources{Environ: d.env, Require: config.ForCommands()})
	if err != nil {
		d.t.Fatal(err)
	}
	core, err := server.Open(d.t.Context(), cfg, slog.New(slog.DiscardHandler))
	if err != nil {
		d.t.Fatal(err)
	}
	ctx, fail := context.WithoutCancel(d.t.Context()), func(err error) {
		if err != nil {
			d.t.Fatal(err)
		}
	}
	defer func() { fail(core.Close()) }()
	env, err := core.Environments.ByHost(ctx, "localhost")
	fail(err)
	support := pactius.SupportActor(env.ID)
	sales, err := core.Units.Find(ctx, support, "Sales")
	fail(err)
	v := users.NewUser{Username: vera().Username, Name: vera().Name,
		Grants: []pactius.Grant{{Unit: sales.ID, Access: pactius.AccessRead}}}
	for i := range manyUnits - 1 {
		u, err := core.Units.Add(ctx, support, sales.ID, fmt.Sprintf("Region %d", i))
		fail(err)
		v.Grants = append(v.Grants, pactius.Grant{Unit: u.ID, Access: pactius.AccessWrite})
	}
	_, err = core.Users.Add(ctx, support, v)
	fail(err)
}

// visitor opens a private browser for someone at an application. The certificate of the test is accepted.
func (d *door) visitor(t *testing.T, name, origin string) *Person {
	t.Helper()
	p := d.stage.Person(t, name, origin)
	_, err := chromedp.Call(p.ctx, security.SetIgnoreCertificateErrors,
		security.SetIgnoreCertificateErrorsParams{Ignore: true})
	p.must(err, "accept the certificate")
	return p
}

// run runs a script in the page and returns the text it promises.
func (p *Person) run(script string) string {
	p.t.Helper()
	ctx, cancel := p.bounded()
	defer cancel()
	text, err := chromedp.Run(ctx, chromedp.Evaluate[string](script,
		func(e *runtime.EvaluateParams) { e.AwaitPromise = new(true) }))
	p.must(err, "run %s", script)
	return text
}

// fetch sends a request as a script of the application does: status, media type and body.
func (p *Person) fetch(method, path string) (status int, media, body string) {
	p.t.Helper()
	var got struct {
		Status      int
		Media, Body string
	}
	text := p.run(fmt.Sprintf(`fetch(%q, {method: %q}).then(async (r) => JSON.stringify(
		{status: r.status, media: r.headers.get('Content-Type'), body: await r.text()}))`, path, method))
	if err := json.Unmarshal([]byte(text), &got); err != nil {
		p.t.Fatal(err)
	}
	return got.Status, got.Media, got.Body
}

// socket opens a WebSocket and returns its first message, or "refused".
func (p *Person) socket(path string) string {
	p.t.Helper()
	return p.run(fmt.Sprintf(`new Promise((done) => {
		const s = new WebSocket(location.origin.replace('http', 'ws') + %q);
		s.onmessage = (m) => { done(m.data); s.close() };
		s.onerror = () => done('refused');
	})`, path))
}

// check fails the test if anything reached an upstream that PACTIUS did not say.
func (u *upstream) check(t *testing.T) []arrival {
	t.Helper()
	arrivals := u.took()
	for _, a := range arrivals {
		for _, fault := range a.Faults {
			t.Errorf("%s %s: %s", a.Method, cmp.Or(a.Case, a.URI), fault)
		}
	}
	return arrivals
}
