package mail

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	netmail "net/mail"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/testbed/mailserver"
)

// startServer starts a mail server and returns it with its host and port.
func startServer(t *testing.T, o mailserver.Options) (*mailserver.Server, string) {
	t.Helper()
	s, err := mailserver.Start(t.Context(), "127.0.0.1:0", o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close() })
	return s, s.Address()
}

func envelope(t *testing.T) Envelope {
	t.Helper()
	rendered, err := Render(samples()["request-approved"], letterhead(language.Danish))
	if err != nil {
		t.Fatal(err)
	}
	return Envelope{
		ID: "0196a4f2-aaaa-7bbb-8ccc-0123456789ab", To: "anna.hansen@nordhavn.example", ToName: "Anna Sørensen",
		From:     "PACTIUS <no-reply@pactius.example>",
		Rendered: rendered, Language: language.Danish, Date: asked,
	}
}

func newSMTP(t *testing.T, rawURL string, options SMTPOptions) *SMTP {
	t.Helper()
	s, err := NewSMTP(rawURL, options)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAMailArrivesWithItsHeaders(t *testing.T) {
	t.Parallel()
	server, address := startServer(t, mailserver.Options{})
	if err := newSMTP(t, "smtp://"+address, SMTPOptions{}).Send(t.Context(), envelope(t)); err != nil {
		t.Fatal(err)
	}
	taken := server.Mails()[0]
	message, err := netmail.ReadMessage(strings.NewReader(taken.Source))
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for name := range message.Header {
		got[name] = message.Header.Get(name)
	}
	if !strings.HasPrefix(got["Content-Type"], "multipart/alternative;") {
		t.Errorf("Content-Type = %q, want multipart/alternative", got["Content-Type"])
	}
	delete(got, "Content-Type")
	want := map[string]string{
		"Auto-Submitted": "auto-generated", "X-Auto-Response-Suppress": "All", "Mime-Version": "1.0",
		"Content-Language": "da", "Date": "Sun, 03 May 2026 12:02:00 +0000",
		"From":       `"PACTIUS" <no-reply@pactius.example>`,
		"To":         "=?utf-8?q?Anna_S=C3=B8rensen?= <anna.hansen@nordhavn.example>",
		"Subject":    "Du har nu adgang til Nordhavn",
		"Message-Id": "<0196a4f2-aaaa-7bbb-8ccc-0123456789ab@pactius.example>",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("headers (-got +want):\n%s", diff)
	}
	if taken.UTF8 {
		t.Error("SMTPUTF8 was asked for, want plain addresses to do without")
	}
}

// A relay that knows no SMTPUTF8 turns such an email back, so it is asked for
// only where the address needs it.
func TestAnAddressBeyondASCIIAsksForSMTPUTF8(t *testing.T) {
	t.Parallel()
	server, address := startServer(t, mailserver.Options{})
	e := envelope(t)
	e.To = "søren@nordhavn.example"
	if err := newSMTP(t, "smtp://"+address, SMTPOptions{}).Send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	if !server.Mails()[0].UTF8 {
		t.Error("SMTPUTF8 was not asked for")
	}
}

func TestNoHeaderCanBeAdded(t *testing.T) {
	t.Parallel()
	server, address := startServer(t, mailserver.Options{})
	e := envelope(t)
	e.ToName = hostile + strings.Repeat("x", 10_000)
	e.Rendered.Subject = hostile + strings.Repeat("ø", 10_000)
	e.From = `"` + "Evil" + `" <no-reply@pactius.example>`
	if err := newSMTP(t, "smtp://"+address, SMTPOptions{}).Send(t.Context(), e); err != nil {
		t.Fatal(err)
	}
	raw := server.Mails()[0].Source
	message, err := netmail.ReadMessage(strings.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if got := message.Header.Get("Bcc"); got != "" {
		t.Errorf("the mail has the header Bcc: %s", got)
	}
	if got, want := len(message.Header), 10; got != want {
		t.Errorf("the mail has %d headers, want %d: %v", got, want, message.Header)
	}
	for line := range strings.Lines(raw) {
		if len(line) > 1000 { // RFC 5322 section 2.1.1
			t.Errorf("a line has %d bytes: %.100q", len(line), line)
		}
	}
}

func TestAWrongEnvelopeIsRefusedForGood(t *testing.T) {
	t.Parallel()
	s := newSMTP(t, "smtp://127.0.0.1:1", SMTPOptions{})
	for _, test := range []struct {
		name   string
		change func(*Envelope)
	}{
		{"a line break in the recipient", func(e *Envelope) {
			e.To = "anna@nordhavn.example\r\nRCPT TO:<bo@x.example>"
		}},
		{"two recipients", func(e *Envelope) { e.To = "anna@nordhavn.example, bo@nordhavn.example" }},
		{"a name in the recipient's address", func(e *Envelope) { e.To = "Anna <anna@nordhavn.example>" }},
		{"a quoted local part with a line break", func(e *Envelope) { e.To = "\"a\\\r\nb\"@nordhavn.example" }},
		{"no recipient", func(e *Envelope) { e.To = "" }},
		{"a line break in the sender", func(e *Envelope) { e.From = "a@b.example\r\nBcc: c@d.example" }},
		{"no sender", func(e *Envelope) { e.From = "PACTIUS" }},
		{"an ID that would end the Message-ID", func(e *Envelope) { e.ID = "1>\r\nBcc: x" }},
		{"no ID", func(e *Envelope) { e.ID = "" }},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			e := envelope(t)
			test.change(&e)
			failure := sendError(t, s.Send(t.Context(), e))
			if failure.Temporary {
				t.Errorf("%v is temporary, want permanent", failure)
			}
		})
	}
}

func sendError(t *testing.T, err error) *SendError {
	t.Helper()
	failure, ok := errors.AsType[*SendError](err)
	if !ok {
		t.Fatalf("got %v, want a *SendError", err)
	}
	return failure
}

func TestAServerThatFallsSilentIsGivenUp(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		timeout time.Duration
		cancel  bool
	}{
		{"after the time limit", 150 * time.Millisecond, false},
		{"when the caller stops", time.Hour, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			server, address := startServer(t, mailserver.Options{Take: func(mailserver.Mail) {
				if test.cancel {
					cancel()
				}
			}})
			server.Behave(mailserver.Mood{At: mailserver.Taken, Silent: true})
			s := newSMTP(t, "smtp://"+address, SMTPOptions{Timeout: test.timeout})
			failure := sendError(t, s.Send(ctx, envelope(t)))
			if !failure.Temporary {
				t.Errorf("%v is permanent, want temporary", failure)
			}
		})
	}
}

func TestNobodyListensIsTemporary(t *testing.T) {
	t.Parallel()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	s := newSMTP(t, "smtp://"+address, SMTPOptions{})
	if failure := sendError(t, s.Send(t.Context(), envelope(t))); !failure.Temporary {
		t.Errorf("%v is permanent, want temporary", failure)
	}
	if err := s.Check(t.Context(), envelope(t).From); err == nil {
		t.Error("Check succeeded, want an error")
	}
}

func TestEncryption(t *testing.T) {
	t.Parallel()
	certificate, roots := selfSigned(t)
	var withTLS, without mailserver.Options
	withTLS.TLS = &tls.Config{Certificates: []tls.Certificate{certificate}}
	for _, test := range []struct {
		name    string
		query   string
		roots   *x509.CertPool
		options mailserver.Options
		ok      bool
	}{
		{"STARTTLS with a certificate we trust", "?tls=required", roots, withTLS, true},
		{"STARTTLS with a certificate nobody vouches for", "?tls=required", nil, withTLS, false},
		{"STARTTLS where the server has none", "?tls=required", roots, without, false},
		{"opportunistic, and a certificate nobody vouches for", "?tls=opportunistic", nil, withTLS, false},
		{"opportunistic, and the server has none", "?tls=opportunistic", nil, without, true},
		{"none, though the server has it", "?tls=none", nil, withTLS, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, address := startServer(t, test.options)
			s := newSMTP(t, "smtp://"+address+test.query, SMTPOptions{Roots: test.roots})
			err := s.Send(t.Context(), envelope(t))
			if test.ok {
				if err != nil {
					t.Fatal(err)
				}
				return
			}
			if failure := sendError(t, err); !failure.Temporary {
				t.Errorf("%v is permanent, want temporary: the mail is not to blame", failure)
			}
		})
	}
}

func TestTLSFromTheFirstByte(t *testing.T) {
	t.Parallel()
	certificate, roots := selfSigned(t)
	_, address := startServer(t, mailserver.Options{
		TLS: &tls.Config{Certificates: []tls.Certificate{certificate}}, TLSFromStart: true,
		User: "pactius", Password: "s3cr3t/#",
	})
	s := newSMTP(t, "smtps://pactius:s3cr3t%2F%23@"+address, SMTPOptions{Roots: roots})
	if err := s.Send(t.Context(), envelope(t)); err != nil {
		t.Error(err)
	}
	if err := newSMTP(t, "smtps://"+address, SMTPOptions{}).Check(t.Context(), envelope(t).From); err == nil {
		t.Error("a certificate nobody vouches for was accepted")
	}
}

func TestSignIn(t *testing.T) {
	t.Parallel()
	_, address := startServer(t, mailserver.Options{User: "pactius", Password: "s3cr3t/#"})
	right := newSMTP(t, "smtp://pactius:s3cr3t%2F%23@"+address, SMTPOptions{})
	if err := right.Check(t.Context(), envelope(t).From); err != nil {
		t.Errorf("the right password: %v", err)
	}
	// The server of this test repeats the password in its refusal.
	s := newSMTP(t, "smtp://pactius:guessed@"+address, SMTPOptions{})
	for _, err := range []error{s.Check(t.Context(), envelope(t).From), s.Send(t.Context(), envelope(t))} {
		failure := sendError(t, err)
		if !failure.Temporary || failure.Code != 535 {
			t.Errorf("temporary %t, code %d, want true, 535", failure.Temporary, failure.Code)
		}
		if shown := fmt.Sprintf("%v %+v %#v", failure, failure, failure.Err); strings.Contains(shown, "guessed") {
			t.Errorf("the error shows the password: %s", shown)
		}
	}
}

func TestTheServersURL(t *testing.T) {
	t.Parallel()
	for _, test := range []struct{ name, url, problem string }{
		{"submission", "smtp://user:secret@mail.example", ""},
		{"TLS from the first byte", "smtps://user:secret@mail.example", ""},
		{"another port", "smtp://mail.example:2525", ""},
		{"a relay without password may go unencrypted", "smtp://relay.example:25?tls=none", ""},
		{"a password on this machine", "smtp://user:secret@[::1]:1025?tls=none", ""},
		{"another scheme", "https://mail.example", "must begin with"},
		{"nothing", "", "must begin with"},
		{"no host", "smtp://", "no host"},
		{"a port that is none", "smtp://mail.example:0", "no valid port"},
		{"a password unencrypted to another machine", "smtp://user:secret@mail.example?tls=none", "unencrypted"},
		{"a password perhaps unencrypted", "smtp://user:secret@mail.example?tls=opportunistic", "unencrypted"},
		{"smtps without TLS", "smtps://mail.example?tls=none", "always encrypts"},
		{"an unknown setting", "smtp://mail.example?starttls=no", "unknown setting"},
		{"an unknown encryption", "smtp://mail.example?tls=maybe", "must be required"},
		{"a slash in the password", "smtp://user:sec/ret@mail.example", "cannot be read"},
		{"a path", "smtp://mail.example/secret", "after the host"},
		{"a password without user", "smtp://:secret@mail.example", "no user"},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			_, err := NewSMTP(test.url, SMTPOptions{})
			if test.problem == "" {
				if err != nil {
					t.Errorf("NewSMTP(%q): %v", test.url, err)
				}
				return
			}
			if err == nil || !strings.Contains(err.Error(), test.problem) {
				t.Fatalf("NewSMTP(%q): got %v, want an error with %q", test.url, err, test.problem)
			}
			if strings.Contains(err.Error(), "secret") {
				t.Errorf("the error shows the password: %v", err)
			}
		})
	}
}

// tlsOf returns the configuration of a server with a certificate.
func tlsOf(c tls.Certificate) *tls.Config { return &tls.Config{Certificates: []tls.Certificate{c}} }

// selfSigned makes a certificate for 127.0.0.1 and the pool that trusts it.
func selfSigned(t *testing.T) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "a test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true,
		KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	parsed, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	pool := x509.NewCertPool()
	pool.AddCert(parsed)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, pool
}
