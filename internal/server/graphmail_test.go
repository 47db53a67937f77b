package server

import (
	"net/http/httptest"
	netmail "net/mail"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/testbed/devtenant"
)

const (
	mailTenant = "11111111-2222-4333-8444-555555555555"
	mailClient = "22222222-2222-4333-8444-555555555555"
	mailBox    = "access@nordhavn.example"
)

// graphMail starts a tenant with an app registration for emails and returns a configuration that uses it.
func graphMail(t *testing.T, granted ...string) (*devtenant.Tenant, config.Config) {
	t.Helper()
	s := httptest.NewUnstartedServer(nil)
	address := "http://" + s.Listener.Addr().String()
	tenant, err := devtenant.New(devtenant.Config{
		URL: address, TenantID: mailTenant, TenantName: "Nordhavn", ClientID: mailClient, ClientSecret: "hush-hush",
		RedirectURLs: []string{"http://localhost/callback"},
		People: []devtenant.Person{{ObjectID: "33333333-2222-4333-8444-555555555555", AccountName: mailBox,
			Name: "Access"}},
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := tenant.Grant(mailClient, granted...); err != nil {
		t.Fatal(err)
	}
	s.Config.Handler = tenant.Handler()
	s.Start()
	t.Cleanup(s.Close)
	at, err := url.Parse(address)
	if err != nil {
		t.Fatal(err)
	}
	return tenant, config.Config{
		SMTPURL: "graph:", MailTenantID: mailTenant, MailClientID: mailClient, MailClientSecret: "hush-hush",
		MicrosoftAuthority: at, MicrosoftGraph: at, URL: at,
		MailFrom: &netmail.Address{Name: "PACTIUS", Address: mailBox},
	}
}

func graphEmail(to string) mail.Envelope {
	return mail.Envelope{ID: "mail-1", To: to, ToName: "Åse", From: "PACTIUS <" + mailBox + ">", Date: time.Now(),
		Rendered: mail.Rendered{Subject: "Hej Åse", Text: "Hej", HTML: "<p>Hej"}}
}

func TestEmailsLeaveThroughGraph(t *testing.T) {
	t.Parallel()
	tenant, cfg := graphMail(t, devtenant.MailSend)
	transport, err := newTransport(cfg, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := transport.Send(t.Context(), graphEmail("anna@nordhavn.example")); err != nil {
			t.Fatal(err)
		}
	}
	sent := tenant.Sent()
	if len(sent) != 2 || sent[0].Mailbox != mailBox {
		t.Fatalf("sent %+v", sent)
	}
	m, err := netmail.ReadMessage(strings.NewReader(sent[0].Source))
	if err != nil {
		t.Fatal(err)
	}
	for header, want := range map[string]string{
		"Message-Id": "<mail-1@nordhavn.example>", "Auto-Submitted": "auto-generated",
		"To": "=?utf-8?q?=C3=85se?= <anna@nordhavn.example>", "From": `"PACTIUS" <` + mailBox + ">",
	} {
		if got := m.Header.Get(header); got != want {
			t.Errorf("%s: %q, want %q", header, got, want)
		}
	}
	if n := len(tenant.Calls("/" + mailTenant + "/oauth2/v2.0/token")); n != 1 {
		t.Errorf("%d tokens were fetched for two emails, want 1", n)
	}
	if got := examineMail(t.Context(), cfg); !got.OK || len(tenant.Sent()) != 2 {
		t.Errorf("doctor: %+v, and %d emails were sent", got, len(tenant.Sent()))
	}
}

func TestWhatGraphRefusesIsUnderstood(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		granted []string
		change  func(*devtenant.Tenant, *config.Config)
		to      string
		about   mail.About
		final   bool
		says    string
		wait    time.Duration
	}{
		"without the permission": {about: mail.AboutSender, says: "permission Mail.Send"},
		"a mailbox that is not there": {granted: []string{devtenant.MailSend}, about: mail.AboutSender,
			change: func(_ *devtenant.Tenant, c *config.Config) { c.SMTPURL = "graph:nobody@nordhavn.example" },
			says:   "no mailbox of Exchange Online"},
		"a wrong secret": {granted: []string{devtenant.MailSend}, about: mail.AboutSender,
			change: func(_ *devtenant.Tenant, c *config.Config) { c.MailClientSecret = "another-secret" },
			says:   "gave no access token"},
		"throttled": {granted: []string{devtenant.MailSend}, about: mail.AboutSender, wait: 7 * time.Second,
			change: func(d *devtenant.Tenant, _ *config.Config) {
				d.SetTrouble(devtenant.Trouble{Throttled: 1, RetryAfter: 7 * time.Second})
			}, says: "takes no emails right now"},
		"down": {granted: []string{devtenant.MailSend}, about: mail.AboutSender,
			change: func(d *devtenant.Tenant, _ *config.Config) { d.SetTrouble(devtenant.Trouble{Down: true}) },
			says:   "takes no emails right now"},
		"a recipient who cannot exist": {granted: []string{devtenant.MailSend}, to: "anna@nowhere.invalid",
			about: mail.AboutEmail, final: true, says: "doesn't know this recipient"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tenant, cfg := graphMail(t, test.granted...)
			if test.change != nil {
				test.change(tenant, &cfg)
			}
			transport, err := newTransport(cfg, time.Minute)
			if err != nil {
				t.Fatal(err)
			}
			to := test.to
			if to == "" {
				to = "anna@nordhavn.example"
			}
			failure, ok := transport.Send(t.Context(), graphEmail(to)).(*mail.SendError)
			if !ok || failure.About != test.about || failure.Temporary == test.final || failure.Wait != test.wait ||
				!strings.Contains(failure.Error(), test.says) {
				t.Fatalf("got %+v, want %+v", failure, test)
			}
			for _, secret := range []string{"hush-hush", "another-secret", "Bearer ", "eyJ", to} {
				if strings.Contains(failure.Error(), secret) {
					t.Errorf("the failure shows %q: %v", secret, failure)
				}
			}
		})
	}
}
