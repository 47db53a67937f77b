package config

import (
	"log/slog"
	"net/mail"
	"net/netip"
	"net/url"
	"time"
)

// Config is a deployment's configuration, checked. The zero value of a field
// means "not given" where there is no default.
type Config struct {
	// Listen is the host:port the server listens on. Port 0 lets the kernel choose.
	Listen string

	// URL is the public address: scheme and host, without a path. Everything that
	// leaves PACTIUS with a link in it is built from it, never from a request.
	URL *url.URL

	// Database says where everything is stored.
	Database Database

	// Secrets encrypt what is stored encrypted. The first seals, all open; it is
	// what seal.New takes.
	Secrets []Secret

	// SMTPURL is the mail server, smtp://user:password@host:587 or smtps://; the
	// query tls=none or tls=opportunistic loosens what smtp:// demands.
	SMTPURL Secret

	// MailFrom is the sender of all mails; set whenever SMTPURL is.
	MailFrom *mail.Address

	// SupportContact is an e-mail address, a URL or a telephone number with words.
	SupportContact string

	// MicrosoftAuthority and MicrosoftGraph are where sign-in and directory live,
	// without a slash at the end: others than the defaults for national clouds.
	MicrosoftAuthority *url.URL
	MicrosoftGraph     *url.URL

	// MicrosoftClientID and MicrosoftClientSecret are the deployment's shared app
	// registration, used by environments without one of their own. Both or none.
	MicrosoftClientID     string
	MicrosoftClientSecret Secret

	// DirectorySweep is the time between two comparisons of an environment's users
	// with its directory; 0 makes none by itself.
	DirectorySweep time.Duration

	// TrustedProxies are those whose X-Forwarded-For is believed.
	TrustedProxies []netip.Prefix

	// MetricsListen is the host:port of the metrics; "" is off.
	MetricsListen string

	// ShutdownDelay is how long requests are still taken after the server was told
	// to stop and readiness has gone.
	ShutdownDelay time.Duration

	// LogLevel is the least level that is logged; LogFormat is LogText or LogJSON.
	LogLevel  slog.Level
	LogFormat string

	values  map[string]value // what was read, by setting name, for Dump
	ignored []string         // variables of OpenTelemetry, which have no effect any more
}

// The values of Config.LogFormat.
const (
	LogText = "text" // key=value, for people
	LogJSON = "json" // one JSON object per line, for programs
)

// Database says where everything is stored. The zero value is no database.
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

// Address returns what store.Open takes. It may hold a password.
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

// withoutPassword hides the password of a URL; other text is returned as it is.
func withoutPassword(text string) string {
	u, err := url.Parse(text)
	if err != nil || u.User == nil {
		return text
	}
	return u.Redacted()
}

// Secret is a text that no log and no message shows. Convert it with string(s)
// where it is needed.
type Secret string

// hidden stands for secrets that are set.
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

// ForServe names the settings that the server cannot do without: pass it as
// Sources.Require.
func ForServe() []string { return []string{"url", "database", "secret"} }

// ForCommands names the settings that commands beside the server cannot do
// without. Those that store secrets append "secret".
func ForCommands() []string { return []string{"database"} }

// Warnings lists what works but is probably not meant, a sentence each: for the
// log at the start of the server and for "config check".
func (c Config) Warnings() []string {
	var w []string
	if c.SMTPURL == "" {
		w = append(w, "PACTIUS_SMTP_URL is not set: mails are kept in the database and not sent.")
	}
	if c.SupportContact == "" {
		w = append(w, "PACTIUS_SUPPORT_CONTACT is not set: pages that cannot help further name nobody who can.")
	}
	for _, name := range c.ignored {
		w = append(w, name+" is set and has no effect: "+noTraces+".")
	}
	return w
}
