package mail

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"github.com/pactius/pactius/internal/names"
)

// Ports of mail submission (RFC 6409 and RFC 8314).
const (
	submissionPort    = 587 // STARTTLS
	submissionTLSPort = 465 // TLS from the first byte
)

// sendTimeout limits one email from dialling to the server's last answer. RFC 5321
// section 4.5.3.2 allows minutes; an email that takes longer is retried.
const sendTimeout = 60 * time.Second

// SMTP sends emails to one mail server. It keeps connections for some seconds, for the
// next email. It is safe for concurrent use. Close ends the connections that are kept.
type SMTP struct {
	server   server
	timeout  time.Duration
	hello    string
	roots    *x509.CertPool
	redacted *strings.Replacer
	tokens   Tokens
	pool     pool
}

// SMTPOptions are the options of NewSMTP. The zero value is right for a server.
type SMTPOptions struct {
	Timeout time.Duration  // for one email; zero is a minute
	Hello   string         // name given in EHLO; "" is the machine's
	Roots   *x509.CertPool // trusted for the server's certificate; nil is the system's
	Tokens  Tokens         // sign in with XOAUTH2 as the URL's user; nil: with the URL's password
}

// server is the parsed URL.
type server struct {
	host     string
	port     int
	user     string
	password string
	implicit bool // TLS from the first byte
	policy   gomail.TLSPolicy
}

// NewSMTP returns the transport for the mail server's URL:
//
//	smtp://user:password@host:587    STARTTLS, required
//	smtps://user:password@host:465   TLS from the first byte
//
// The query ?tls=opportunistic uses STARTTLS if the server offers it, and ?tls=none
// never does. On a loopback host none is the default, because nothing leaves the
// machine; ?tls=required demands it there too. A password is never sent unencrypted
// to another machine: such a URL is an error. No error contains the URL or the
// password.
func NewSMTP(rawURL string, options SMTPOptions) (*SMTP, error) {
	s, err := parseServer(rawURL)
	if err == nil && options.Tokens != nil {
		err = s.checkToken()
	}
	if err != nil {
		return nil, fmt.Errorf("the mail server's URL %w", err)
	}
	secrets := []string{}
	if s.password != "" {
		// In clear, and in the encodings of AUTH PLAIN and LOGIN (RFC 4616).
		for _, secret := range []string{
			s.password,
			base64.StdEncoding.EncodeToString([]byte(s.password)),
			base64.StdEncoding.EncodeToString([]byte("\x00" + s.user + "\x00" + s.password)),
		} {
			secrets = append(secrets, secret, "[password]")
		}
	}
	return &SMTP{server: s, timeout: cmp.Or(options.Timeout, sendTimeout), hello: options.Hello,
		roots: options.Roots, redacted: strings.NewReplacer(secrets...), tokens: options.Tokens}, nil
}

// CheckURL reports what is wrong with a mail server's URL, as words that follow its
// name: "must begin with smtp://, smtps:// or graph:". The error does not quote the URL.
func CheckURL(rawURL string) error {
	if mailbox, ok := strings.CutPrefix(rawURL, GraphScheme); ok {
		return checkGraph(mailbox)
	}
	_, err := parseServer(rawURL)
	return err
}

// CheckTokenURL is CheckURL for a server that is used with tokens.
func CheckTokenURL(rawURL string) error {
	if strings.HasPrefix(rawURL, GraphScheme) {
		return CheckURL(rawURL)
	}
	s, err := parseServer(rawURL)
	if err != nil {
		return err
	}
	return s.checkToken()
}

func parseServer(rawURL string) (server, error) {
	u, err := url.Parse(rawURL)
	if err != nil {
		return server{}, errors.New("cannot be read: it must be like smtp://user:password@host:587; " +
			"signs like @ : / in the password are written %40 %3A %2F")
	}
	s := server{host: u.Hostname(), user: u.User.Username()}
	s.password, _ = u.User.Password()
	switch u.Scheme {
	case "smtp":
		s.port = submissionPort
	case "smtps":
		s.port, s.implicit = submissionTLSPort, true
	default:
		return server{}, errors.New("must begin with smtp:// or smtps://")
	}
	if s.host == "" {
		return server{}, errors.New("has no host")
	}
	if u.Port() != "" {
		if s.port, err = strconv.Atoi(u.Port()); err != nil || s.port < 1 || s.port > 65535 {
			return server{}, errors.New("has no valid port: use 1 to 65535")
		}
	}
	if (u.Path != "" && u.Path != "/") || u.Fragment != "" {
		return server{}, errors.New("has something after the host: is a / or # in the password not percent-encoded?")
	}
	if s.user == "" && s.password != "" {
		return server{}, errors.New("has a password but no user")
	}
	return s.withPolicy(u.Query())
}

// withPolicy sets the encryption of the connection.
func (s server) withPolicy(query url.Values) (server, error) {
	for name := range query {
		if name != "tls" {
			return server{}, fmt.Errorf("has the unknown setting %q: there is only tls", name)
		}
	}
	loopback := isLoopback(s.host)
	switch query.Get("tls") {
	case "":
		s.policy = gomail.TLSMandatory
		if loopback {
			s.policy = gomail.NoTLS
		}
	case "required":
		s.policy = gomail.TLSMandatory
	case "opportunistic":
		s.policy = gomail.TLSOpportunistic
	case "none":
		s.policy = gomail.NoTLS
	default:
		return server{}, errors.New("has an unknown tls: it must be required, opportunistic or none")
	}
	if s.implicit && query.Has("tls") && s.policy != gomail.TLSMandatory {
		return server{}, errors.New("begins with smtps://, which always encrypts: leave tls out, or use smtp://")
	}
	if !s.implicit && s.policy != gomail.TLSMandatory && s.user != "" && !loopback {
		return server{}, errors.New("would send a password to another machine unencrypted: " +
			"leave tls out, or the password")
	}
	return s, nil
}

func isLoopback(host string) bool {
	if strings.EqualFold(host, "localhost") {
		return true
	}
	address, err := netip.ParseAddr(host)
	return err == nil && address.IsLoopback()
}

// Send delivers the email to the mail server. The error is always a *SendError; nil
// means that the server has accepted the email, whatever happened to the connection
// afterwards.
func (s *SMTP) Send(ctx context.Context, e Envelope) error {
	o, err := e.outgoing()
	if err != nil {
		return &SendError{Err: fmt.Errorf("making mail %q: %w", e.ID, err)}
	}
	if err := s.exchange(ctx, func(c *connection) error { return c.send(o) }); err != nil {
		return s.failure(o.sender, o.recipients(), err)
	}
	return nil
}

// Check connects, encrypts, signs in and tries the sender, an address with or without a
// name, as for an email, and sends none. The error is always a *SendError that names the
// host and the refusal.
func (s *SMTP) Check(ctx context.Context, from string) error {
	sender, err := parseAddress("sender", from)
	if err != nil {
		return &SendError{About: AboutSender, Err: err}
	}
	err = s.exchange(ctx, func(c *connection) error {
		if err := c.begin(angle(sender.Address), names.NeedsSMTPUTF8(sender.Address)); err != nil {
			return err
		}
		return c.Reset()
	})
	if err != nil {
		return s.failure(sender.Address, nil, err)
	}
	return nil
}

// options configures the library. Each connection is given to opened. A token takes the place of the
// password.
func (s *SMTP) options(token string, opened func(net.Conn)) []gomail.Option {
	encryption := &tls.Config{ServerName: s.server.host, RootCAs: s.roots, MinVersion: tls.VersionTLS12}
	dialer := interface {
		DialContext(context.Context, string, string) (net.Conn, error)
	}(new(net.Dialer))
	if s.server.implicit {
		dialer = &tls.Dialer{Config: encryption}
	}
	dial := func(ctx context.Context, network, address string) (net.Conn, error) {
		connection, err := dialer.DialContext(ctx, network, address)
		if err == nil {
			opened(connection)
		}
		return connection, err
	}
	options := []gomail.Option{
		gomail.WithPort(s.server.port),
		gomail.WithTimeout(s.timeout),
		gomail.WithTLSConfig(encryption),
		gomail.WithTLSPolicy(s.server.policy),
		gomail.WithDialContextFunc(dial),
	}
	if s.server.implicit {
		options = append(options, gomail.WithSSL())
	}
	if s.hello != "" {
		options = append(options, gomail.WithHELO(s.hello))
	}
	if token != "" {
		return append(options, gomail.WithUsername(s.server.user), gomail.WithPassword(token),
			gomail.WithSMTPAuth(gomail.SMTPAuthXOAUTH2))
	}
	if s.server.user != "" {
		// PLAIN and LOGIN refuse an unencrypted connection to another machine.
		options = append(options, gomail.WithUsername(s.server.user), gomail.WithPassword(s.server.password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, gomail.SMTPAuthPlain, gomail.SMTPAuthLogin))
	}
	return options
}
