package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"net/http"
	"net/mail"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/pactius/pactius/examples/contracts/register"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/server"
	"github.com/pactius/pactius/testbed/devtenant"
	"github.com/pactius/pactius/testbed/mailbox"
)

// demo is the parts of a demo: four listeners and what stands behind them.
type demo struct {
	flags
	keep                 string // folder of the database and the secret; "" is a temporary one, removed at the end
	logger               *slog.Logger
	data                 string // keep, or the temporary folder
	people               []person
	pages, tenant, mails net.Listener
	applications         net.Listener
	public, tenantURL    *url.URL
	mailsURL             *url.URL
	cfg                  config.Config
	microsoft            *devtenant.Tenant
	mailbox              *mailbox.Mailbox
	register             *register.Register // the sample application
	door                 *door              // before it
}

// serve runs PACTIUS with the sample company, its tenant and its mailbox until
// the context ends.
func (d *demo) serve(ctx context.Context) error {
	d.logger = d.newLogger()
	defer d.close()
	if err := d.prepareFolder(); err != nil {
		return err
	}
	if d.keep == "" {
		defer os.RemoveAll(d.data) // a temporary folder; the system removes leftovers
	}
	if err := d.listen(ctx); err != nil {
		return err
	}
	if err := d.configure(); err != nil {
		return err
	}
	core, err := server.Open(ctx, d.cfg, d.logger)
	if err != nil {
		return err
	}
	defer core.Close()
	if err := d.startTenant(); err != nil {
		return err
	}
	d.mailbox = mailbox.New(mailbox.Config{Logger: d.logger, Now: time.Now})
	if err := d.mailbox.Listen(ctx, "127.0.0.1:0"); err != nil {
		return err
	}
	d.cfg.SMTPURL = config.Secret("smtp://" + d.mailbox.SMTPAddr() + "?tls=none")
	if err := d.seed(ctx, core); err != nil {
		return err
	}
	if err := d.openRegister(ctx, core); err != nil {
		return err
	}
	s, err := server.New(core, d.cfg, d.logger)
	if err != nil {
		return err
	}
	s.Wrap(d.redirectToPublicURL)
	d.printTour()
	return d.run(ctx, s)
}

// prepareFolder makes the folder of the database and reads the sample company.
func (d *demo) prepareFolder() error {
	var err error
	if d.people, err = samplePeople(); err != nil {
		return err
	}
	if d.keep == "" {
		d.data, err = os.MkdirTemp("", "pactius-demo-")
		return err
	}
	d.data = d.keep
	if err := os.MkdirAll(d.data, 0o700); err != nil {
		return fmt.Errorf("make the folder of the demo: %w", err)
	}
	return nil
}

// listen opens the four ports.
func (d *demo) listen(ctx context.Context) error {
	var err error
	if d.pages, err = listen(ctx, d.address); err != nil {
		return err
	}
	at, err := netip.ParseAddrPort(d.pages.Addr().String())
	if err != nil {
		return err
	}
	if d.tenant, err = listenNear(ctx, at.Port()+1); err != nil {
		return err
	}
	if d.mails, err = listenNear(ctx, at.Port()+2); err != nil {
		return err
	}
	if d.applications, err = listenNear(ctx, at.Port()+3); err != nil {
		return err
	}
	// PACTIUS and the tenant have host names of their own, so that they share no cookies.
	d.public = &url.URL{Scheme: "http", Host: fmt.Sprintf("localhost:%d", at.Port())}
	d.tenantURL, d.mailsURL = originOf(d.tenant), originOf(d.mails)
	return nil
}

// listen opens a port; the error says what to do when it is taken.
func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; stop what uses the port or choose another with --listen", address,
			err)
	}
	return l, nil
}

// listenNear opens a port on loopback, or any other if it is taken.
func listenNear(ctx context.Context, port uint16) (net.Listener, error) {
	l, err := listen(ctx, fmt.Sprintf("127.0.0.1:%d", port))
	if err != nil {
		l, err = listen(ctx, "127.0.0.1:0")
	}
	return l, err
}

// originOf returns the web address of a listener.
func originOf(l net.Listener) *url.URL { return &url.URL{Scheme: "http", Host: l.Addr().String()} }

// configure makes the configuration that a deployment would be given.
func (d *demo) configure() error {
	secret, err := d.secret()
	if err != nil {
		return err
	}
	d.cfg = config.Config{
		URL:                d.public,
		Database:           config.Database{Engine: config.EngineSQLite, Path: filepath.Join(d.data, "pactius.db")},
		Secrets:            []config.Secret{config.Secret(secret)},
		MailFrom:           &mail.Address{Name: "PACTIUS", Address: "no-reply@pactius.example"},
		SupportContact:     "support@pactius.example",
		MicrosoftAuthority: d.tenantURL, MicrosoftGraph: d.tenantURL,
		TrustedProxies: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		// Sign-out addresses of applications on this machine may be called.
		AllowedNetworks: []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8")},
		DirectorySweep:  time.Minute, // the tour blocks an account and waits for the effect
	}
	return nil
}

// secret makes the deployment's secret, and keeps it beside a database that is kept.
func (d *demo) secret() (string, error) {
	file := filepath.Join(d.data, "secret")
	kept, err := os.ReadFile(file)
	if err == nil {
		return strings.TrimSpace(string(kept)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	secret := rand.Text() + rand.Text()
	return secret, os.WriteFile(file, []byte(secret+"\n"), 0o600)
}

// run serves all four until the context ends.
func (d *demo) run(ctx context.Context, s *server.Server) error {
	tenant := edge.NewServer(d.microsoft.Handler(), d.logger)
	mails := edge.NewServer(d.mailbox.Handler(), d.logger)
	applications := edge.NewServer(d.door, d.logger)
	go func() { _ = tenant.Serve(d.tenant) }() // ends with Close
	go func() { _ = mails.Serve(d.mails) }()
	go func() { _ = applications.Serve(d.applications) }()
	err := s.Run(ctx, d.pages)
	return errors.Join(err, applications.Close(), d.register.Close(), tenant.Close(), mails.Close(), d.mailbox.Close(),
		d.keepTenant())
}

// redirectToPublicURL redirects from this machine's other names to the one that
// the sample environment has.
func (d *demo) redirectToPublicURL(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		probe := r.URL.Path == "/livez" || r.URL.Path == "/readyz"
		door := r.URL.Path == verifyPath || strings.HasPrefix(r.URL.Path, doorPath)
		if r.Host == d.public.Host || probe || door || r.Method != http.MethodGet {
			next.ServeHTTP(w, r)
			return
		}
		http.Redirect(w, r, d.public.String()+r.URL.RequestURI(), http.StatusTemporaryRedirect)
	})
}

// close closes the ports that were opened, whether or not they were served.
func (d *demo) close() {
	for _, l := range []net.Listener{d.pages, d.tenant, d.mails, d.applications} {
		if l != nil {
			_ = l.Close() // already closed by its server
		}
	}
}

// printTour prints the addresses and what to try.
func (d *demo) printTour() {
	keeps := "Nothing is kept; --data DIR keeps it."
	if d.keep != "" {
		keeps = "Everything is kept in " + d.data + "."
	}
	fmt.Fprintf(d.stdout, `
  PACTIUS        %s
  Microsoft 365  %s
  Mailbox        %s
  Contracts      http://%s

  Use two windows: this browser for Ada Lund, the administrator, and a private window for everyone else.

  1. In the private window open PACTIUS, sign in with Microsoft and choose Freja Holm. She's unknown here: request
     access, and leave the page open.
  2. In the other window open the mailbox and Ada's email about Freja. Its button leads to Microsoft: choose Ada Lund.
     Select business units, among them Sales / South, and approve. Within seconds Freja's page takes her in.
  3. As Freja open Contracts, an application behind PACTIUS: she reads the contracts of Sales / South and not those of
     Finance. As Ada open her under Settings > Users and deactivate her: her next click in Contracts is refused.
  4. As Ada: Settings > Users > Add. Type "gus", choose Gustav Friis and add him. In the private window open PACTIUS,
     select "Not you? Switch account" and choose him: he's in.
  5. Anna Hansen was added as anna.hanson@%s, so she wasn't recognised and has requested access. Her
     request is already waiting: as Ada open it under Access requests and select "Yes, same person".
  6. In Microsoft 365 open "Administer this tenant". Rename Rasmus Toft: he signs in as before. Block Signe
     Møller: within two minutes her access ends, and Ada gets an email.

  Press Ctrl+C to stop. %s

`, d.public, d.tenantURL, d.mailsURL, d.registerAddress(), domain, keeps)
}
