package server

import (
	"context"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/testbed/devtenant"
	"github.com/pactius/pactius/testbed/mailbox"
	"github.com/pactius/pactius/testbed/scripted"
)

// publicURL is the public URL of every instance; nothing listens on its port.
const publicURL = "http://localhost:1"

// The tenant of these tests, its application and the administrator's account.
const (
	tenantID     = "5b1c7f5e-6a0d-4a5c-9d3e-2f8b1a7c4e90"
	clientID     = "c0de1a5e-77aa-4b0b-8f3d-91e2d6a4b3c2"
	clientSecret = "the-very-secret-secret"
	adaID        = "0f3b6c1e-3333-4c5b-b112-00000000000a"
)

// patience bounds what takes milliseconds on an idle machine.
const patience = 30 * time.Second

// deployment is several instances on one database, with a tenant and a mail
// server.
type deployment struct {
	testing.TB
	cfg       config.Config
	logger    *slog.Logger
	microsoft *httptest.Server
	box       *mailbox.Mailbox
	instances []*instance
	env       pactius.EnvironmentID
}

// instance is one server that runs.
type instance struct {
	*Server
	address string
	stop    context.CancelFunc
	ended   chan error
}

// deploy starts so many instances on an empty database of an engine.
func deploy(t *testing.T, engine string, n int, more ...string) *deployment {
	t.Helper()
	d := &deployment{TB: t, logger: slog.New(slog.DiscardHandler)}
	d.startMicrosoft()
	d.box = mailbox.New(mailbox.Config{Logger: d.logger, Now: time.Now})
	d.must(d.box.Listen(t.Context(), "127.0.0.1:0"))
	t.Cleanup(func() { d.box.Close() })
	var err error
	d.cfg, err = config.Load(config.Sources{Require: config.ForServe(), Environ: append([]string{
		"PACTIUS_URL=" + publicURL, "PACTIUS_DATABASE=" +
			storetest.On(t, engine).URL, "PACTIUS_SECRET=0123456789abcdef0123456789abcdef",
		"PACTIUS_MICROSOFT_AUTHORITY=" + d.microsoft.URL, "PACTIUS_SMTP_URL=smtp://" + d.box.SMTPAddr() +
			"?tls=none", "PACTIUS_MAIL_FROM=p@nordhavn.example",
		"PACTIUS_MICROSOFT_CLIENT_ID=" + clientID, "PACTIUS_MICROSOFT_CLIENT_SECRET=" + clientSecret,
	}, more...)})
	d.must(err)
	for range n {
		d.start()
	}
	tenant := tenantID
	e, err := d.instances[0].Environments.Add(t.Context(), pactius.SupportActor(""), environments.NewEnvironment{
		Name: "Nordhavn", Host: "localhost", Update: pactius.EnvironmentUpdate{TenantID: &tenant},
		Administrator: "ada@nordhavn.example",
	})
	d.must(err)
	d.env = e.ID
	return d
}

func (d *deployment) must(err error) {
	d.Helper()
	if err != nil {
		d.Fatal(err)
	}
}

func (d *deployment) startMicrosoft() {
	server := httptest.NewUnstartedServer(nil)
	t, err := devtenant.New(devtenant.Config{
		URL: "http://" + server.Listener.Addr().String(), TenantID: tenantID, TenantName: "Nordhavn",
		ClientID:     clientID,
		ClientSecret: clientSecret, RedirectURLs: []string{publicURL + environments.CallbackPath, publicURL + "/"},
		People: []devtenant.Person{
			{ObjectID: adaID, AccountName: "ada@nordhavn.example", Name: "Ada Lund", Mail: "ada@nordhavn.example"},
		},
	})
	d.must(err)
	server.Config.Handler = t.Handler()
	server.Start()
	d.Cleanup(server.Close)
	d.microsoft = server
}

// start starts one more instance; it ends with the test, or when stopped.
func (d *deployment) start() *instance {
	d.Helper()
	core, err := Open(d.Context(), d.cfg, d.logger)
	d.must(err)
	s, err := New(core, d.cfg, d.logger)
	d.must(err)
	l, err := listen(d.Context(), "--listen", "127.0.0.1:0")
	d.must(err)
	ctx, cancel := context.WithCancel(d.Context())
	i := &instance{Server: s, address: l.Addr().String(), stop: cancel, ended: make(chan error, 1)}
	go func() { i.ended <- s.Run(ctx, l) }()
	d.Cleanup(func() {
		cancel()
		d.must(<-i.ended)
		d.must(core.Close())
	})
	d.instances = append(d.instances, i)
	return i
}

// browser is a person's browser; the load balancer in front of the instances
// sends its requests to one after the other.
type browser struct {
	*deployment
	*scripted.Browser
	turn atomic.Int64
}

func (d *deployment) browser() *browser {
	b := &browser{deployment: d}
	dialer := &net.Dialer{}
	b.Browser = scripted.New(publicURL, &http.Transport{
		DisableKeepAlives: true,
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			if address == "localhost:1" {
				address = d.instances[int(b.turn.Add(1))%len(d.instances)].address
			}
			return dialer.DialContext(ctx, network, address)
		},
	})
	return b
}

// at sends the next request to this instance.
func (b *browser) at(i int) *browser {
	b.turn.Store(int64(i + len(b.instances) - 1))
	return b
}

func (b *browser) get(path string) (int, string) {
	b.Helper()
	page, err := b.Send(b.Context(), http.MethodGet, path, nil)
	b.must(err)
	return page.StatusCode, page.Body
}

// signIn signs Ada in, each request at another instance than the one before.
func (b *browser) signIn() {
	b.Helper()
	page, err := b.SignIn(b.Context(), adaID)
	b.must(err)
	if status, body := b.get(page.Next()[len(publicURL):]); status != http.StatusOK ||
		!strings.Contains(body, "Ada Lund") {
		b.Fatalf("the sign-in ended with %s, and the page after it with %d\n%s", page.Status, status, body)
	}
}

// eventually waits until something is so.
func eventually(t testing.TB, what string, so func() bool) {
	t.Helper()
	for end := time.Now().Add(patience); !so(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("it does not come to pass that %s", what)
		}
	}
}

// onBoth runs a test on both engines. Two processes on one SQLite file are not
// what it is for, and nothing is lost there either.
func onBoth(t *testing.T, fn func(t *testing.T, engine string)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			t.Parallel()
			fn(t, engine)
		})
	}
}

func TestTwoInstancesAreOne(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, engine string) {
		d := deploy(t, engine, 2)
		b := d.browser()
		b.signIn() // begun on one, finished on the other
		for i := range d.instances {
			if status, body := b.at(i).get("/settings/users"); status != http.StatusOK ||
				!strings.Contains(body, "ada@nordhavn.example") {
				t.Errorf("instance %d does not know who is signed in: %d\n%s", i, status, body)
			}
		}
		ada, err := d.instances[0].Users.Find(t.Context(), pactius.SupportActor(d.env), "ada@nordhavn.example")
		d.must(err)
		if n, err := d.instances[0].Users.EndSessions(t.Context(), pactius.SupportActor(d.env), ada.ID); err != nil ||
			n == 0 {
			t.Fatalf("%d sessions were ended: %v", n, err)
		}
		// The very next request, at the other instance.
		if status, body := b.at(1).get("/settings/users"); strings.Contains(body, "ada@nordhavn.example") {
			t.Errorf("a session that was ended on one instance is taken by the other: %d", status)
		}
	})
}

func TestAMailIsDeliveredOnceByTwoInstances(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, engine string) {
		d := deploy(t, engine, 2)
		const people = 30
		var wg sync.WaitGroup
		for i := range people {
			wg.Go(func() {
				_, err := d.instances[i%2].Users.Add(t.Context(), pactius.SupportActor(d.env), users.NewUser{
					Username: fmt.Sprintf("p%d@nordhavn.example", i), Name: fmt.Sprint("Person ", i), Welcome: true,
					Despite: true}) // the names are alike
				if err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		eventually(t, "all mails are sent", func() bool {
			n, err := d.instances[0].store.Numbers(t.Context(), time.Now())
			return err == nil && n.MailsWaiting == 0
		})
		seen := map[string]int{}
		for _, m := range d.box.Messages() {
			seen[strings.Join(m.To, " ")]++
		}
		for i := range people {
			if to := fmt.Sprintf("p%d@nordhavn.example", i); seen[to] != 1 {
				t.Errorf("%s got %d mails", to, seen[to])
			}
		}
	})
}

// TestAnInstanceLeavesWithoutAnError: the load balancer asks for readiness, as
// they do, and sends no more to who says no.
func TestAnInstanceLeavesWithoutAnError(t *testing.T) {
	t.Parallel()
	onBoth(t, func(t *testing.T, engine string) {
		d := deploy(t, engine, 2, "PACTIUS_SHUTDOWN_DELAY=500ms")
		leaving := d.instances[1]
		var wg sync.WaitGroup
		var done atomic.Int64
		enough := make(chan struct{})
		for range 4 {
			wg.Go(func() {
				for {
					select {
					case <-enough:
						return
					default:
					}
					at := leaving
					if status, _ := ask(at.address, "/readyz"); status != http.StatusOK {
						at = d.instances[0]
					}
					if status, text := ask(at.address, "/"); status != http.StatusOK {
						t.Errorf("a request was answered %d %s", status, text)
						return
					}
					done.Add(1)
				}
			})
		}
		eventually(t, "both serve", func() bool { return done.Load() > 20 })
		leaving.stop()
		eventually(t, "the instance has left", func() bool {
			status, _ := ask(leaving.address, "/livez")
			return status == 0
		})
		before := done.Load()
		eventually(t, "the other serves on", func() bool { return done.Load() > before+20 })
		close(enough)
		wg.Wait()
	})
}

// ask sends GET on a connection of its own; status 0 says that no answer came.
func ask(address, path string) (int, string) {
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}, Timeout: patience}
	r, err := http.NewRequest(http.MethodGet, "http://"+address+path, nil)
	if err != nil {
		return 0, err.Error()
	}
	r.Host = "localhost:1"
	resp, err := client.Do(r)
	if err != nil {
		return 0, err.Error()
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	if err != nil {
		return 0, err.Error()
	}
	return resp.StatusCode, string(body)
}
