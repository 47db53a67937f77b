package config

import (
	"log/slog"
	"net/mail"
	"net/netip"
	"net/url"
	"time"

	"github.com/pactius/pactius/internal/names"
)

// Config is the checked configuration of a deployment. The zero value of a field
// means "not given" if the setting has no default.
type Config struct {
	// Listen is the host:port of the server. With port 0 the kernel chooses the port.
	Listen string

	// URL is the public address: scheme and host, without a path. Every link that
	// leaves PACTIUS is built from it, never from a request.
	URL *url.URL

	// Database is the place of all data.
	Database Database

	// Secrets are the arguments of seal.New: the first one encrypts, all decrypt.
	Secrets []Secret

	// SMTPURL is the mail server, smtp://user:password@host:587 or smtps://; the
	// query tls=none or tls=opportunistic loosens what smtp:// demands.
	SMTPURL Secret

	// MailConnections is how many emails are sent at the same time.
	MailConnections int

	// MailRate is the most emails that are sent in a minute, 0 for no limit.
	MailRate int

	// MailFrom is the sender of all emails; set whenever SMTPURL is.
	MailFrom *mail.Address

	// MailTenantID, MailClientID and MailClientSecret are the app registration that signs
	// in to Exchange Online instead of a password. All are set or none.
	MailTenantID     string
	MailClientID     string
	MailClientSecret Secret

	// SupportContact is an e-mail address, a URL, or a telephone number with words.
	SupportContact string

	// MicrosoftAuthority and MicrosoftGraph are the addresses of sign-in and directory,
	// without a slash at the end. National clouds need others than the defaults.
	MicrosoftAuthority *url.URL
	MicrosoftGraph     *url.URL

	// MicrosoftClientID is the shared app registration, for environments without one of their
	// own. With it either MicrosoftClientSecret is set or MicrosoftCertificate: a certificate with
	// its private key in PEM.
	MicrosoftClientID     string
	MicrosoftClientSecret Secret
	MicrosoftCertificate  Secret

	// MicrosoftExpiry is when the secret or certificate of the shared app registration expires; zero if unknown.
	MicrosoftExpiry time.Time

	// CallbackHost is the host that Microsoft sends people back to for the shared app registration, as
	// names.ParseHost returns it; "" is the environment's own.
	CallbackHost string

	// DirectorySweep is the time between two comparisons of an environment's users with
	// its directory; 0 turns them off.
	DirectorySweep time.Duration

	// TrustedProxies are the networks of proxies whose X-Forwarded-For is used.
	TrustedProxies []netip.Prefix

	// AllowedNetworks are the private networks that PACTIUS may call for applications.
	AllowedNetworks []netip.Prefix

	// MetricsListen is the host:port of the metrics; "" is off.
	MetricsListen string

	// ShutdownDelay is how long the server accepts requests after it was told to stop
	// and is no longer ready.
	ShutdownDelay time.Duration

	// KeepEvents, KeepRequests, KeepReferences and KeepSentEmails are for how many days these are kept; 0 is for ever.
	KeepEvents     int
	KeepRequests   int
	KeepReferences int
	KeepSentEmails int

	// EventsArchive is the folder for events that are no longer kept; "" with KeepEvents discards them.
	EventsArchive string

	// LogLevel is the lowest level that is logged; LogFormat is LogText or LogJSON.
	LogLevel  slog.Level
	LogFormat string

	microsoftFrom time.Time // the certificate is valid from here

	values   map[string]value // as read, by setting name, for Dump
	warnings []string         // found while reading, see Warnings
	keepers  []string         // see SecretFiles
}

// The values of Config.LogFormat.
const (
	LogText = "text" // key=value, for people
	LogJSON = "json" // one JSON object per line, for programs
)

// Database is the place of all data. The zero value is no database.
type Database struct {
	Engine  string // EngineSQLite or EnginePostgres
	Path    string // of SQLite: the file, as given: relative to the working directory
	address Secret // of PostgreSQL: the whole URL, which may hold a password
}

// The engines.
const (
	EngineSQLite   = "sqlite"   // embedded, one file
	EnginePostgres = "postgres" // a server, for several instances
)

// Address returns the argument of store.Open. It may hold a password.
func (d Database) Address() string {
	if d.Engine == EnginePostgres {
		return string(d.address)
	}
	return d.String()
}

// String returns the form in which the setting is written, without a password.
func (d Database) String() string {
	switch d.Engine {
	case EngineSQLite:
		return d.Engine + ":" + d.Path
	case EnginePostgres:
		return withoutPassword(string(d.address))
	default:
		return ""
	}
}

// withoutPassword hides the password of a URL and returns other text unchanged.
func withoutPassword(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.User == nil {
		return text
	}
	return u.Redacted()
}

// Secret is text that logs and messages must not show. Convert it with string(s) to
// use it.
type Secret string

// hidden is shown instead of a secret.
const hidden = "(hidden)"

// String returns "(hidden)", or "" for no secret.
func (s Secret) String() string {
	if s == "" {
		return ""
	}
	return hidden
}

// GoString hides the secret from %#v.
func (s Secret) GoString() string { return `"` + s.String() + `"` }

// LogValue hides the secret from slog.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// MarshalText hides the secret from JSON and other encoders.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// SecretTexts returns the secrets in the form that seal.New takes.
func (c Config) SecretTexts() []string {
	texts := make([]string, len(c.Secrets))
	for i, s := range c.Secrets {
		texts[i] = string(s)
	}
	return texts
}

// SecretFiles returns the paths of the files that a secret was read from.
func (c Config) SecretFiles() []string { return c.keepers }

// ForServe returns the settings that the server needs, for Sources.Require.
func ForServe() []string { return []string{"url", "database", "secret"} }

// ForCommands returns the settings that the other commands need. Commands that store
// secrets append "secret".
func ForCommands() []string { return []string{"database"} }

// Warnings returns a sentence for each setting that is valid but probably a mistake,
// for the log at the start of the server and for "config check".
func (c Config) Warnings() []string {
	var w []string
	if c.SMTPURL == "" {
		w = append(w, "PACTIUS_SMTP_URL is not set: emails are kept in the database and not sent.")
	}
	if c.MailFrom != nil && names.NeedsSMTPUTF8(c.MailFrom.Address) {
		w = append(w,
			"PACTIUS_MAIL_FROM has letters beyond a-z before the @: only mail servers with SMTPUTF8 accept it.")
	}
	if c.SupportContact == "" {
		w = append(w, "PACTIUS_SUPPORT_CONTACT is not set: pages that can't help any further don't say who can.")
	}
	if c.KeepEvents == 0 && c.EventsArchive != "" {
		w = append(w, "PACTIUS_EVENTS_ARCHIVE has no effect, because PACTIUS_KEEP_EVENTS is 0: all events are kept.")
	}
	return append(w, c.warnings...)
}
