package config

import (
	"slices"
	"strings"
)

// A setting is one line of the table below. All spellings derive from name.
type setting struct {
	name   string // as a flag: "mail-from"
	def    string // the default; "" means not given
	help   string // one or two sentences for the flag's help and the documentation
	secret bool   // hidden; the flag takes a file instead of the value
	list   bool   // several values, separated by commas or white space
	asIs   bool   // has encrypted something: a blemish belongs to it and is a warning only
	lines  bool   // the value may have line breaks
	parse  func(c *Config, value string) error
}

// env returns the environment variable: PACTIUS_MAIL_FROM.
func (s setting) env() string {
	return envPrefix + strings.ToUpper(strings.ReplaceAll(s.name, "-", "_"))
}

// key returns the TOML key: mail_from.
func (s setting) key() string { return strings.ReplaceAll(s.name, "-", "_") }

// flag returns the flag's name without the dashes.
func (s setting) flag() string {
	if s.secret {
		return s.name + "-file"
	}
	return s.name
}

const (
	envPrefix  = "PACTIUS_"
	envFile    = "_FILE" // ends a variable that holds the path of the value
	keyFile    = "_file" // the same for TOML keys
	configFlag = "config"
	configEnv  = "PACTIUS_CONFIG"
)

// settings returns the table of all settings in the order of the documentation.
func settings() []setting {
	return slices.Concat(placeSettings(), mailSettings(), microsoftSettings(), operationSettings(), keepSettings())
}

// placeSettings returns the settings of what PACTIUS is and where it keeps its data.
func placeSettings() []setting {
	return []setting{
		{name: "listen", def: "127.0.0.1:8080", parse: parseListen,
			help: "Address and port the server listens on. Port 0 picks a free one."},
		{name: "url", parse: parseURL,
			help: "Public URL, such as https://access.company.com. It must be https, except on the machine " +
				"itself, and have no path. Required by the server."},
		{name: "database", parse: parseDatabase,
			help: "Where everything is stored: sqlite:PATH, or postgres://USER:PASSWORD@HOST/DATABASE for " +
				"several instances (?sslmode=require, ?pool_max_conns=20). Required."},
		{name: "secret", secret: true, asIs: true, parse: parseSecret,
			help: "Encrypts stored secrets and cookies; at least 32 random characters, for example from openssl " +
				"rand -base64 32. Required by the server."},
		{name: "old-secrets", secret: true, list: true, asIs: true, parse: parseOldSecrets,
			help: "Earlier values of the secret, so that what they encrypted can still be read."},
	}
}

// mailSettings returns the settings of emails, and of the help that people get.
func mailSettings() []setting {
	return []setting{
		{name: "smtp-url", secret: true, parse: parseSMTPURL,
			help: "Mail server: smtp://user:password@host:587 demands STARTTLS, smtps://host:465 is TLS from " +
				"the start; ?tls=opportunistic or ?tls=none loosens smtp. graph: sends through Microsoft Graph from " +
				"the mailbox of the sender, graph:MAILBOX from another. Without it no email is sent."},
		{name: "mail-connections", def: "24", parse: parseMailConnections,
			help: "The most emails that an instance sends at the same time: from 1 to 100. Exchange Online accepts 3 " +
				"connections of an account."},
		{name: "mail-rate", def: "0", parse: parseMailRate,
			help: "The most emails that an instance sends in a minute, for mail servers with such a limit; 0 is no " +
				"limit. Exchange Online accepts 30 a minute of an account over SMTP. Divide it by the number of " +
				"instances."},
		{name: "mail-from", parse: parseMailFrom,
			help: "Sender of all emails: an address, with a name if you like, such as Access " +
				"<access@company.com>. Required with the mail server."},
		{name: "mail-tenant-id", parse: parseMailTenantID,
			help: "Directory (tenant) ID for sending through Exchange Online or Microsoft Graph with an app " +
				"registration instead of a password. With SMTP, the mail server's URL names the mailbox: " +
				"smtp://access%40company.com@smtp.office365.com."},
		{name: "mail-client-id", parse: parseMailClientID,
			help: "Application (client) ID of the app registration that sends emails. Required with its tenant."},
		{name: "mail-client-secret", secret: true, parse: parseMailClientSecret,
			help: "Client secret of the app registration that sends emails. Required with its tenant."},
		{name: "support-contact", parse: parseSupportContact,
			help: "Where people get help: an email address, a URL or a telephone number. Shown on every page " +
				"that can't help any further."},
	}
}

// microsoftSettings returns the settings of Microsoft 365 and of the shared app registration.
func microsoftSettings() []setting {
	return []setting{
		{name: "microsoft-authority", def: "https://login.microsoftonline.com", parse: parseAuthority,
			help: "Where Microsoft signs people in. Change it only for national clouds and tests."},
		{name: "microsoft-graph", def: "https://graph.microsoft.com", parse: parseGraph,
			help: "Where Microsoft's directory is read. Change it only for national clouds and tests."},
		{name: "microsoft-client-id", parse: parseClientID,
			help: "Application (client) ID of the app registration that environments share unless they have " +
				"their own."},
		{name: "microsoft-client-secret", secret: true, parse: parseClientSecret,
			help: "Client secret of the shared app registration. Its ID needs this or a certificate."},
		{name: "microsoft-secret-ends", parse: parseSecretEnds,
			help: "Last day of that client secret, such as 2027-06-30. PACTIUS warns before it."},
		{name: "microsoft-certificate", secret: true, lines: true, parse: parseCertificate,
			help: "Certificate of the shared app registration with its private key, in PEM, instead of a client " +
				"secret. PACTIUS warns before it expires."},
		{name: "microsoft-callback-host", parse: parseCallbackHost,
			help: "Host name that Microsoft sends people back to for the shared app registration, such as " +
				"signin.company.com, with the scheme and port of the public URL. The registration then needs the " +
				"redirect addresses of this host only, however many environments share it. It must reach PACTIUS " +
				"and belong to no environment."},
		{name: "directory-sweep", def: "15m", parse: parseDirectorySweep,
			help: "How often users are compared with the Microsoft 365 directory, to notice leavers and " +
				"people who have returned: from 1m to 24h; 0 leaves it to pactius sweep."},
	}
}

// operationSettings returns the settings of the network, of stopping and of the log.
func operationSettings() []setting {
	return []setting{
		{name: "trusted-proxies", list: true, parse: parseTrustedProxies,
			help: "Addresses of the reverse proxies whose X-Forwarded-For is believed, such as 10.0.0.5; " +
				"or networks that hold nothing else."},
		{name: "allowed-networks", list: true, parse: parseAllowedNetworks,
			help: "Private networks that PACTIUS may call for applications, such as 10.1.2.0/24, at the sign-out " +
				"addresses that administrators enter. Others than public addresses are refused. Special ones, such " +
				"as 169.254.169.254, have to be named themselves."},
		{name: "metrics-listen", parse: parseMetricsListen,
			help: "Address and port of a listener of its own for GET /metrics, in Prometheus's text format, " +
				"such as 127.0.0.1:9090. Off if not given. Don't make it public."},
		{name: "shutdown-delay", def: "0s", parse: parseShutdownDelay,
			help: "How long the server keeps taking requests after it was told to stop, while /readyz already " +
				"says 503: as long as the load balancer needs to notice, such as 10s; at most 5m."},
		{name: "log-level", def: "info", parse: parseLogLevel,
			help: "Lowest level that is logged: debug, info, warn or error."},
		{name: "log-format", def: LogText, parse: parseLogFormat,
			help: "Format of the log: text or json."},
	}
}

// keepSettings returns the settings of what is kept for how long.
func keepSettings() []setting {
	return []setting{
		{name: "keep-events", def: "0", parse: parseKeepEvents,
			help: "For how many days the activity log is kept in the database: at least 30, or 0 for ever. Older " +
				"events are moved to the archive, but for those that decide what people may do."},
		{name: "events-archive", parse: parseEventsArchive,
			help: "Folder for the events that are no longer kept, as NDJSON files by environment and day; or none, " +
				"to delete them. Required with keep-events. All instances need the same folder."},
		{name: "keep-requests", def: "0", parse: parseKeepRequests,
			help: "For how many days access requests with their messages are kept after they were settled: at " +
				"least 90, or 0 for ever."},
		{name: "keep-references", def: "30", parse: parseKeepReferences,
			help: "For how many days the references that people are shown with an error can be looked up; 0 is for " +
				"ever."},
		{name: "keep-sent-emails", def: "30", parse: parseKeepSentEmails,
			help: "For how many days it is kept, without the content, that an email was sent; 0 is for ever."},
	}
}

// noTraces says why the settings of traces are gone, and what to do.
const noTraces = "PACTIUS no longer sends traces. Remove it"

// removed returns the settings that earlier versions had, with the reason in help.
// Using one is a problem: it must not look as if it had an effect.
func removed() []setting {
	return []setting{{name: "otlp-endpoint", help: noTraces}}
}

// otlpVariables returns OpenTelemetry's own variables for the address of a
// collector, which earlier versions read. A platform may set them for every
// process, so they are only a warning.
func otlpVariables() []string {
	return []string{"OTEL_EXPORTER_OTLP_ENDPOINT", "OTEL_EXPORTER_OTLP_TRACES_ENDPOINT"}
}
