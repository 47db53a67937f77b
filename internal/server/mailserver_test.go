package server

import (
	netmail "net/mail"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/testbed/mailserver"
)

// mailConfig starts a mail server in a mood and returns it with a configuration that uses it.
func mailConfig(t *testing.T, o mailserver.Options, m mailserver.Mood) (*mailserver.Server, config.Config) {
	t.Helper()
	s, err := mailserver.Start(t.Context(), "127.0.0.1:0", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	s.Behave(m)
	return s, config.Config{SMTPURL: config.Secret(s.URL()),
		URL:      &url.URL{Scheme: "https", Host: "access.nordhavn.example:8443"},
		MailFrom: &netmail.Address{Name: "PACTIUS", Address: "no-reply@nordhavn.example"}}
}

// The doctor sends no email, and finds out what the mail server makes of our sender.
func TestTheDoctorTriesTheSender(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name           string
		mood           mailserver.Mood
		ok             bool
		detail, remedy string
	}{
		{"as it should", mailserver.Mood{}, true, "no-reply@nordhavn.example at MAIL FROM", ""},
		{"no right to send as", mailserver.SenderDenied, false, "answered MAIL FROM: 550 5.7.60 SMTP; Client does not",
			"isn't allowed to send as no-reply@nordhavn.example. Grant it"},
		{"overloaded", mailserver.Overloaded, false, "answered MAIL FROM: 451 4.3.2", "is busy"},
		{"refuses everybody", mailserver.Mood{At: mailserver.Greeting, Code: 554, Text: "no"}, false,
			"answered the connection or sign-in: 554 no", "blocks the network address"},
		{"hangs up", mailserver.Mood{At: mailserver.Greeting}, false, "EOF", "can't be reached"},
		{"does not let go", mailserver.IgnoresQuit, true, "at MAIL FROM", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			s, cfg := mailConfig(t, mailserver.Options{}, test.mood)
			got := examineMail(t.Context(), cfg)
			if got.OK != test.ok || !strings.Contains(got.Detail, test.detail) ||
				!strings.Contains(got.Remedy, test.remedy) {
				t.Errorf("got %+v, want %+v", got, test)
			}
			if strings.Contains(got.Detail, got.Remedy) && got.Remedy != "" {
				t.Errorf("the remedy is said twice: %+v", got)
			}
			if n := len(s.Mails()); n > 0 {
				t.Errorf("%d emails were sent", n)
			}
		})
	}
}

// Postfix refuses bare EHLO names at RCPT (reject_non_fqdn_helo_hostname). PACTIUS has the
// name of its public URL.
func TestTheServerIntroducesItselfByItsPublicName(t *testing.T) {
	t.Parallel()
	s, cfg := mailConfig(t, mailserver.Options{}, mailserver.HelloRefused)
	transport, err := newTransport(cfg, time.Minute)
	if err != nil {
		t.Fatal(err)
	}
	defer transport.Close()
	e := mail.Envelope{ID: "mail-1", To: "anna@nordhavn.example", From: cfg.MailFrom.String(), Date: time.Now(),
		Rendered: mail.Rendered{Subject: "Hi", Text: "Hi", HTML: "<p>Hi"}}
	if err := transport.Send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if got, want := s.Mails()[0].Hello, "access.nordhavn.example"; got != want {
		t.Errorf("EHLO %s, want %s", got, want)
	}
}
