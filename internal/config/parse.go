package config

import (
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/mail"
	"net/netip"
	"net/url"
	"path"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	smtp "github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/seal"
)

func parseListen(c *Config, v string) error {
	c.Listen = v
	return checkListen(v)
}

func parseMetricsListen(c *Config, v string) error {
	c.MetricsListen = v
	return checkListen(v)
}

// checkListen checks an address to listen on.
func checkListen(v string) error {
	_, port, err := net.SplitHostPort(v)
	if err != nil {
		return errors.New("must be an address and a port, such as 127.0.0.1:8080 or :8080")
	}
	if _, err := strconv.ParseUint(port, 10, 16); err != nil {
		return fmt.Errorf("has the port %q, which is not a number from 0 to %d", port, 1<<16-1)
	}
	return nil
}

// Limits of delivery: more connections than maxMailConnections help no mail server, and
// more emails a minute than maxMailRate are no limit.
const (
	maxMailConnections = 100
	maxMailRate        = 100_000
)

func parseMailConnections(c *Config, v string) error {
	return parseNumber(&c.MailConnections, v, 1, maxMailConnections)
}

func parseMailRate(c *Config, v string) error { return parseNumber(&c.MailRate, v, 0, maxMailRate) }

func parseNumber(to *int, v string, least, most int) error {
	n, err := strconv.Atoi(v)
	if err != nil || n < least || n > most {
		return fmt.Errorf("must be a number from %d to %d", least, most)
	}
	*to = n
	return nil
}

// maxShutdownDelay is longer than any load balancer needs, and short enough to catch a
// wrong unit.
const maxShutdownDelay = 5 * time.Minute

// Limits of what is kept. The rules look back for up to a month at events, and for up to two at requests, with those of
// people whose request is pending; maxKeep is a hundred years.
const (
	minKeepEvents   = 30
	minKeepRequests = 90
	maxKeep         = 36_500
)

func parseKeepEvents(c *Config, v string) error { return parseKeep(&c.KeepEvents, v, minKeepEvents) }

func parseKeepRequests(c *Config, v string) error {
	return parseKeep(&c.KeepRequests, v, minKeepRequests)
}

func parseKeepReferences(c *Config, v string) error { return parseKeep(&c.KeepReferences, v, 1) }

func parseKeepSentEmails(c *Config, v string) error { return parseKeep(&c.KeepSentEmails, v, 1) }

// parseKeep reads a number of days.
func parseKeep(to *int, v string, least int) error {
	if parseNumber(to, v, 0, maxKeep) != nil || *to != 0 && *to < least {
		return fmt.Errorf("must be a number of days from %d to %d, or 0 for ever", least, maxKeep)
	}
	return nil
}

// noArchive is the value of the archive's folder that discards events.
const noArchive = "none"

func parseEventsArchive(c *Config, v string) error {
	if v != noArchive {
		c.EventsArchive = v
	}
	return nil
}

func parseShutdownDelay(c *Config, v string) error {
	d, err := time.ParseDuration(v)
	switch {
	case err != nil:
		return errors.New("must be a time such as 10s or 1m30s")
	case d < 0 || d > maxShutdownDelay:
		return fmt.Errorf("must be from 0s to %s", maxShutdownDelay)
	}
	c.ShutdownDelay = d
	return nil
}

// The limits of DirectorySweep: Microsoft gets a pause, and leavers are found within a
// day.
const (
	minDirectorySweep = time.Minute
	maxDirectorySweep = 24 * time.Hour
)

func parseDirectorySweep(c *Config, v string) error {
	d, err := time.ParseDuration(v)
	switch {
	case err != nil:
		return errors.New("must be a time such as 15m or 1h, or 0")
	case d != 0 && (d < minDirectorySweep || d > maxDirectorySweep):
		return errors.New("must be from 1m to 24h, or 0")
	}
	c.DirectorySweep = d
	return nil
}

func parseURL(c *Config, v string) error {
	u, err := webURL(v)
	if err != nil {
		return err
	}
	if strings.Trim(u.Path, "/") != "" {
		return errors.New("must not have a path: PACTIUS needs a host name of its own")
	}
	u.Path = ""
	c.URL = u
	return nil
}

// webURL reads an absolute web address without user, query and fragment. It must be
// https, or http to this machine, because cookies and tokens must not cross a network
// unencrypted. webURL returns the host as browsers send it (names.ParseHost) and removes
// a default port.
func webURL(v string) (*url.URL, error) {
	u, err := url.Parse(v)
	if err != nil || u.Host == "" || u.Hostname() == "" || u.Opaque != "" {
		return nil, errors.New("must be a whole URL such as https://access.company.com")
	}
	host, ok := names.ParseHost(u.Hostname())
	switch {
	case u.Scheme != "https" && u.Scheme != "http":
		return nil, errors.New("must start with https://")
	case !ok:
		return nil, errors.New("has no valid host name; write it like https://access.company.com")
	case u.Scheme == "http" && !loopback(host):
		return nil, errors.New("must start with https://, because sign-ins and cookies would cross the network " +
			"unencrypted. http:// is only for localhost, names below it such as app.localhost, and 127.0.0.1; " +
			"other names count as public whatever they resolve to")
	case u.User != nil:
		return nil, errors.New("must not contain a user or password")
	case u.RawQuery != "" || u.ForceQuery || u.Fragment != "":
		return nil, errors.New("must not have anything after ? or #")
	}
	return u, setHost(u, host)
}

// setHost sets the host of a web address and keeps its port, unless it is the default.
func setHost(u *url.URL, host string) error {
	port := u.Port()
	if n, err := strconv.ParseUint(port, 10, 16); port != "" && (err != nil || n == 0) {
		return fmt.Errorf("has the port %s, which is not a number from 1 to %d", port, 1<<16-1)
	}
	if u.Scheme == "https" && port == "443" || u.Scheme == "http" && port == "80" {
		port = ""
	}
	if u.Host = host; strings.Contains(host, ":") { // an IPv6 address
		u.Host = "[" + host + "]"
	}
	if port != "" {
		u.Host += ":" + port
	}
	return nil
}

// loopback reports whether a host of names.ParseHost means this machine (RFC 6761, section
// 6.3, for names below localhost).
func loopback(host string) bool {
	if host == "localhost" || strings.HasSuffix(host, ".localhost") {
		return true
	}
	a, err := netip.ParseAddr(host)
	return err == nil && a.IsLoopback()
}

// ParseDatabase reads a value of PACTIUS_DATABASE. The error says how it must be and
// does not quote it.
func ParseDatabase(v string) (Database, error) {
	var c Config
	err := parseDatabase(&c, v)
	return c.Database, err
}

func parseDatabase(c *Config, v string) error {
	engine, file, found := strings.Cut(v, ":")
	if engine == "postgres" || engine == "postgresql" {
		return parsePostgres(c, v)
	}
	switch {
	case !found || engine != EngineSQLite:
		return errors.New("must be sqlite:PATH, such as sqlite:/var/lib/pactius/pactius.db, " +
			"or postgres://USER:PASSWORD@HOST/DATABASE")
	case file == "" || path.Clean(file) == "." || strings.HasSuffix(file, "/"):
		return errors.New("lacks the path of the file, such as sqlite:/var/lib/pactius/pactius.db")
	case strings.HasPrefix(file, ":"):
		return errors.New("must name a file; a database in memory would be lost with the process")
	case strings.ContainsAny(file, "?#"):
		return errors.New("must not contain ? or #; the connection's options are chosen by PACTIUS")
	}
	c.Database = Database{Engine: EngineSQLite, Path: file}
	return nil
}

func parsePostgres(c *Config, v string) error {
	u, err := url.Parse(v)
	switch {
	case err != nil: // err would quote the password
		return errors.New("cannot be read as postgres://USER:PASSWORD@HOST:5432/DATABASE; " +
			"write special characters of the password percent-encoded, @ as %40")
	case u.Host == "" && u.Query().Get("host") == "":
		return errors.New("lacks the host of the PostgreSQL server")
	case strings.Trim(u.Path, "/") == "":
		return errors.New("lacks the name of the database after the host, such as /pactius")
	}
	c.Database = Database{Engine: EnginePostgres, address: Secret(v)}
	return nil
}

func parseSecret(c *Config, v string) error {
	if _, err := seal.New(v); err != nil {
		return fmt.Errorf("is too short: at least %d characters, for example from openssl rand -base64 32",
			seal.MinSecret)
	}
	c.Secrets = append([]Secret{Secret(v)}, c.Secrets...)
	return nil
}

func parseOldSecrets(c *Config, v string) error {
	for _, s := range splitList(v) {
		if _, err := seal.New(s); err != nil {
			return fmt.Errorf("has one that is too short: at least %d characters each", seal.MinSecret)
		}
		c.Secrets = append(c.Secrets, Secret(s))
	}
	return nil
}

func parseSMTPURL(c *Config, v string) error {
	c.SMTPURL = Secret(v)
	return smtp.CheckURL(v)
}

func parseMailFrom(c *Config, v string) error {
	a, err := mail.ParseAddress(v)
	if err != nil {
		return errors.New("must be an email address such as access@company.com or Access <access@company.com>")
	}
	if _, ok := names.WireAddress(a.Address); !ok {
		return errors.New("has a domain after the @ that cannot exist: check its spelling")
	}
	c.MailFrom = a
	return nil
}

func parseSupportContact(c *Config, v string) error {
	contact, err := names.ParseContact("support-contact", v)
	if refused, ok := errors.AsType[*pactius.Error](err); ok {
		return errors.New("cannot be used. " + refused.Fields[0].Message.String())
	}
	c.SupportContact = contact
	return err
}

func parseAuthority(c *Config, v string) (err error) {
	c.MicrosoftAuthority, err = baseURL(v)
	return err
}

func parseGraph(c *Config, v string) (err error) {
	c.MicrosoftGraph, err = baseURL(v)
	return err
}

// baseURL reads the beginning of URLs. It is like webURL but allows a path, from which
// it removes the slash at the end.
func baseURL(v string) (*url.URL, error) {
	u, err := webURL(v)
	if err != nil {
		return nil, err
	}
	u.Path = strings.TrimRight(u.Path, "/")
	u.RawPath = ""
	return u, nil
}

func parseClientID(c *Config, v string) error {
	if strings.ContainsFunc(v, unicode.IsSpace) {
		return errors.New("must not contain spaces; copy the Application (client) ID from the app registration")
	}
	c.MicrosoftClientID = v
	return nil
}

// parseCertificate takes an expired certificate too: environments with an app registration of their own work without
// it. See MicrosoftWarning.
func parseCertificate(c *Config, v string) error {
	read, err := microsoft.DescribeCertificate([]byte(v))
	if refused, ok := errors.AsType[*pactius.Error](err); ok {
		return errors.New("cannot be used. " + refused.Fields[0].Message.String())
	}
	c.MicrosoftCertificate, c.microsoftFrom, c.MicrosoftExpiry = Secret(v), read.NotBefore, read.NotAfter
	return err
}

func parseSecretEnds(c *Config, v string) error {
	day, err := pactius.ParseDate("", v)
	if err != nil {
		return errors.New("must be a day such as 2027-06-30")
	}
	c.MicrosoftExpiry = day.Time(time.UTC).AddDate(0, 0, 1) // the day itself is the last
	return nil
}

func parseMailTenantID(c *Config, v string) error {
	c.MailTenantID = strings.ToLower(v)
	if !id.Valid(c.MailTenantID) {
		return errors.New("must be the Directory (tenant) ID from the app registration, such as " +
			"11111111-2222-3333-4444-555555555555")
	}
	return nil
}

func parseMailClientID(c *Config, v string) error {
	c.MailClientID = v
	if strings.ContainsFunc(v, unicode.IsSpace) {
		return errors.New("must not contain spaces; copy the Application (client) ID from the app registration")
	}
	return nil
}

func parseMailClientSecret(c *Config, v string) error {
	c.MailClientSecret = Secret(v)
	if strings.ContainsFunc(v, unicode.IsSpace) {
		return errors.New("must not contain spaces; copy the value of the client secret, not its description")
	}
	return nil
}

func parseClientSecret(c *Config, v string) error {
	if strings.ContainsFunc(v, unicode.IsSpace) {
		return errors.New("must not contain spaces; copy the value of the client secret, not its description")
	}
	c.MicrosoftClientSecret = Secret(v)
	return nil
}

// mappedBits is the length of ::ffff:0:0/96, which holds the IPv4 addresses (RFC 4291, section 2.5.5.2).
const mappedBits = 96

func parseTrustedProxies(c *Config, v string) error {
	proxies, err := c.networks("PACTIUS_TRUSTED_PROXIES", "proxy", v)
	c.TrustedProxies = proxies
	return err
}

// The widest private networks are 10.0.0.0/8 (RFC 1918) and fc00::/7 (RFC 4193).
const (
	widestIPv4 = 8
	widestIPv6 = 7
)

func parseAllowedNetworks(c *Config, v string) error {
	allowed, err := c.networks("PACTIUS_ALLOWED_NETWORKS", "host", v)
	if err != nil {
		return err
	}
	for _, p := range allowed {
		switch widest := map[bool]int{true: widestIPv4, false: widestIPv6}[p.Addr().Is4()]; {
		case p.Bits() == 0:
			return fmt.Errorf("contains %s, which is every address, with those of this machine; name the networks of "+
				"the applications", p)
		case p.Bits() < widest:
			c.warnings = append(c.warnings, fmt.Sprintf("PACTIUS_ALLOWED_NETWORKS: %s is wider than any private "+
				"network. Name the networks of the applications; public addresses need no permission.", p))
		}
	}
	c.AllowedNetworks = allowed
	return nil
}

// networks reads a list of addresses and networks. A network that is wider than it looks is a warning, which names
// what one address would stand for.
func (c *Config) networks(setting, one, v string) ([]netip.Prefix, error) {
	var networks []netip.Prefix
	for _, s := range splitList(v) {
		p, err := netip.ParsePrefix(s)
		if err != nil {
			a, err := netip.ParseAddr(s)
			if err != nil {
				return nil, fmt.Errorf("contains %q, which is neither an address such as 10.0.0.5 nor a network", s)
			}
			a = a.Unmap().WithZone("")
			p = netip.PrefixFrom(a, a.BitLen())
		}
		if p.Addr().Is4In6() && p.Bits() >= mappedBits { // addresses are compared as IPv4
			p = netip.PrefixFrom(p.Addr().Unmap(), p.Bits()-mappedBits)
		}
		if p != p.Masked() {
			c.warnings = append(c.warnings, fmt.Sprintf("%s: %s stands for the whole network %s. "+
				"For one %s write its address alone.", setting, p, p.Masked(), one))
		}
		networks = append(networks, p.Masked())
	}
	return networks, nil
}

func parseLogLevel(c *Config, v string) error {
	levels := map[string]slog.Level{
		"debug": slog.LevelDebug, "info": slog.LevelInfo, "warn": slog.LevelWarn, "error": slog.LevelError,
	}
	level, ok := levels[strings.ToLower(v)]
	if !ok {
		return errors.New("must be debug, info, warn or error")
	}
	c.LogLevel = level
	return nil
}

func parseLogFormat(c *Config, v string) error {
	if v != LogText && v != LogJSON {
		return errors.New("must be text or json")
	}
	c.LogFormat = v
	return nil
}

// splitList splits the value of a list setting.
func splitList(v string) []string {
	return strings.FieldsFunc(v, func(r rune) bool { return r == ',' || unicode.IsSpace(r) })
}
