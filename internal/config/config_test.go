package config

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"net/netip"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/spf13/pflag"
)

var update = flag.Bool("update", false, "write the golden files anew")

const goodSecret = "0123456789abcdef0123456789abcdef-secret"

// files makes a ReadFile of a few named texts.
func files(texts map[string]string) func(string) ([]byte, error) {
	return func(path string) ([]byte, error) {
		text, ok := texts[path]
		if !ok {
			return nil, &fs.PathError{Op: "open", Path: path, Err: fs.ErrNotExist}
		}
		return []byte(text), nil
	}
}

func TestTheFirstSourceWins(t *testing.T) {
	t.Parallel()
	read := files(map[string]string{
		"/c.toml":     `listen = "127.0.0.1:5"` + "\n" + `support_contact_file = "/toml-file"`,
		"/c2.toml":    `listen_file = "/toml-file"`,
		"/env-file":   "127.0.0.1:3\n",
		"/toml-file":  "127.0.0.1:6\n",
		"/empty.toml": "",
	})
	cases := []struct {
		name    string
		flags   map[string]string
		environ []string
		want    string
		from    string
	}{
		{"a flag beats all", map[string]string{"listen": "127.0.0.1:1", "config": "/c.toml"},
			[]string{"PACTIUS_LISTEN=127.0.0.1:2", "PACTIUS_LISTEN_FILE=/env-file"}, "127.0.0.1:1", "--listen"},
		{"the environment beats its file", map[string]string{"config": "/c.toml"},
			[]string{"PACTIUS_LISTEN=127.0.0.1:2", "PACTIUS_LISTEN_FILE=/env-file"}, "127.0.0.1:2", "PACTIUS_LISTEN"},
		{"the environment's file beats TOML", map[string]string{"config": "/c.toml"},
			[]string{"PACTIUS_LISTEN_FILE=/env-file"}, "127.0.0.1:3", "PACTIUS_LISTEN_FILE"},
		{"TOML beats the default", nil, []string{"PACTIUS_CONFIG=/c.toml"}, "127.0.0.1:5", "listen in /c.toml"},
		{"a file named in TOML beats the default", nil, []string{"PACTIUS_CONFIG=/c2.toml"}, "127.0.0.1:6",
			"listen_file in /c2.toml"},
		{"the default is last", nil, []string{"PACTIUS_CONFIG=/empty.toml"}, "127.0.0.1:8080", "default"},
		{"an empty variable counts as not given", nil, []string{"PACTIUS_LISTEN=", "PACTIUS_LISTEN_FILE="},
			"127.0.0.1:8080", "default"},
		{"other programs' variables are none of our business", nil, []string{"LISTEN=1", "HOME=/"}, "127.0.0.1:8080",
			"default"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Load(Sources{Flags: c.flags, Environ: c.environ, ReadFile: read})
			if err != nil {
				t.Fatal(err)
			}
			if got.Listen != c.want {
				t.Errorf("Listen = %q, want %q", got.Listen, c.want)
			}
			for line := range strings.Lines(got.Dump()) {
				if strings.HasPrefix(line, "PACTIUS_LISTEN") && !strings.HasSuffix(line, " "+c.from+"\n") {
					t.Errorf("Dump says %q, want it to end with %q", line, c.from)
				}
			}
		})
	}
}

func TestAGoodConfiguration(t *testing.T) {
	t.Parallel()
	c, err := Load(Sources{
		Require: ForServe(),
		Environ: []string{
			"PACTIUS_URL=https://Access.Company.com:443/",
			"PACTIUS_DATABASE=sqlite:data/p.db",
			"PACTIUS_SECRET=" + goodSecret,
			"PACTIUS_OLD_SECRETS=" + goodSecret + "1, " + goodSecret + "2",
			"PACTIUS_SMTP_URL=smtp://u:p%40ss@mail.company.com:587",
			"PACTIUS_MAIL_FROM=Access <access@company.com>",
			"PACTIUS_SUPPORT_CONTACT=+45 12 34 56 78",
			"PACTIUS_MICROSOFT_AUTHORITY=http://127.0.0.1:9000/x/",
			"PACTIUS_MICROSOFT_CLIENT_ID=abc",
			"PACTIUS_MICROSOFT_CLIENT_SECRET=def",
			"PACTIUS_TRUSTED_PROXIES=10.0.0.0/8 ::1,192.0.2.1 ::ffff:198.51.100.0/120",
			"PACTIUS_ALLOWED_NETWORKS=10.0.0.0/8 fc00::/7,::ffff:192.168.1.1",
			"PACTIUS_METRICS_LISTEN=:9090",
			"PACTIUS_SHUTDOWN_DELAY=1m30s",
			"PACTIUS_DIRECTORY_SWEEP=0",
			"PACTIUS_LOG_LEVEL=WARN",
			"PACTIUS_LOG_FORMAT=json",
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{
		"url": c.URL.String(), "database": c.Database.String(), "from": c.MailFrom.Address,
		"authority": c.MicrosoftAuthority.String(), "graph": c.MicrosoftGraph.String(),
		"level": c.LogLevel.String(), "format": c.LogFormat, "contact": c.SupportContact,
		"secrets": strings.Join(c.SecretTexts(), " "), "client secret": string(c.MicrosoftClientSecret),
		"metrics": c.MetricsListen, "delay": c.ShutdownDelay.String(), "sweep": c.DirectorySweep.String(),
	}
	want := map[string]string{
		"url": "https://access.company.com", "database": "sqlite:data/p.db", "from": "access@company.com",
		"authority": "http://127.0.0.1:9000/x", "graph": "https://graph.microsoft.com",
		"level": slog.LevelWarn.String(), "format": "json", "contact": "+45 12 34 56 78",
		"secrets": goodSecret + " " + goodSecret + "1 " + goodSecret + "2", "client secret": "def",
		"metrics": ":9090", "delay": "1m30s", "sweep": "0s",
	}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got - want +:\n%s", diff)
	}
	proxies := []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8"), netip.MustParsePrefix("::1/128"),
		netip.MustParsePrefix("192.0.2.1/32"), netip.MustParsePrefix("198.51.100.0/24")}
	if diff := cmp.Diff(fmt.Sprint(c.TrustedProxies), fmt.Sprint(proxies)); diff != "" {
		t.Errorf("TrustedProxies: got - want +:\n%s", diff)
	}
	if got, want := fmt.Sprint(c.AllowedNetworks), "[10.0.0.0/8 fc00::/7 192.168.1.1/32]"; got != want {
		t.Errorf("AllowedNetworks: got %s, want %s", got, want)
	}
	if w := c.Warnings(); len(w) > 0 {
		t.Errorf("Warnings = %q, want none", w)
	}
}

func TestCloudsThatBelongTogetherAreTaken(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, authority, graph string }{
		{"the public cloud", "https://login.microsoftonline.com", "https://graph.microsoft.com"},
		{"the US government", "https://login.microsoftonline.us", "https://graph.microsoft.us"},
		{"the US department of defense", "https://login.microsoftonline.us", "https://dod-graph.microsoft.us"},
		{"China", "https://login.partner.microsoftonline.cn", "https://microsoftgraph.chinacloudapi.cn"},
		{"China by its older name", "https://LOGIN.chinacloudapi.cn:443/", "https://microsoftgraph.chinacloudapi.cn"},
		{"a tenant for tests", "http://127.0.0.1:9000", "https://graph.microsoft.com"},
		{"a proxy before a national cloud", "https://login.microsoftonline.us", "https://graph.proxy.example"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			if _, err := Load(Sources{Environ: []string{"PACTIUS_MICROSOFT_AUTHORITY=" + c.authority,
				"PACTIUS_MICROSOFT_GRAPH=" + c.graph}}); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestEveryWayToEncryptMailIsTaken(t *testing.T) {
	t.Parallel()
	for _, query := range []string{"", "?tls=required", "?tls=opportunistic", "?tls=none"} {
		c, err := Load(Sources{Environ: []string{"PACTIUS_SMTP_URL=smtp://127.0.0.1:25" + query,
			"PACTIUS_MAIL_FROM=a@b.dk"}})
		if want := "smtp://127.0.0.1:25" + query; err != nil || string(c.SMTPURL) != want {
			t.Errorf("%q: got %q, %v", query, string(c.SMTPURL), err)
		}
	}
}

// TestWhatIsRefused gives one wrong setting at a time.
func TestWhatIsRefused(t *testing.T) {
	t.Parallel()
	cases := []struct{ name, entry, want string }{
		{"a listen address without port", "PACTIUS_LISTEN=localhost", "an address and a port"},
		{"a port that is too large", "PACTIUS_LISTEN=:65536", "not a number from 0 to 65535"},
		{"a metrics address without port", "PACTIUS_METRICS_LISTEN=9090", "an address and a port"},
		{"a delay without unit", "PACTIUS_SHUTDOWN_DELAY=10", "a time such as 10s"},
		{"a sweep without unit", "PACTIUS_DIRECTORY_SWEEP=15", "a time such as 15m"},
		{"a sweep without a pause", "PACTIUS_DIRECTORY_SWEEP=59s", "from 1m to 24h, or 0"},
		{"a sweep once a month", "PACTIUS_DIRECTORY_SWEEP=720h", "from 1m to 24h, or 0"},
		{"a sweep into the past", "PACTIUS_DIRECTORY_SWEEP=-1m", "from 1m to 24h, or 0"},
		{"a delay that never ends", "PACTIUS_SHUTDOWN_DELAY=1h", "from 0s to 5m0s"},
		{"a delay into the past", "PACTIUS_SHUTDOWN_DELAY=-1s", "from 0s to 5m0s"},
		{"a URL without scheme", "PACTIUS_URL=access.company.com", "a whole URL"},
		{"a URL in the clear", "PACTIUS_URL=http://access.company.com", "must start with https://"},
		{"a URL that only looks like localhost", "PACTIUS_URL=http://localhost.company.com",
			"must start with https://"},
		{"a URL with port 0", "PACTIUS_URL=https://company.com:0", "from 1 to 65535"},
		{"a URL with a port too large", "PACTIUS_URL=https://company.com:65536", "from 1 to 65535"},
		{"a URL with a name of no host", "PACTIUS_URL=https://access_company.com", "no valid host name"},
		{"a URL with an A-label of nothing", "PACTIUS_URL=https://xn--a-0.example", "no valid host name"},
		{"a URL in quotation marks", `PACTIUS_URL="https://company.com"`, "between quotation marks; write it without"},
		{"a client secret in curly quotation marks", "PACTIUS_MICROSOFT_CLIENT_SECRET=“hunter2”", "quotation marks"},
		{"a client secret with a space", "PACTIUS_MICROSOFT_CLIENT_SECRET=hunter2 hunter2", "must not contain spaces"},
		{"a mail server with a zero-width space", "PACTIUS_SMTP_URL=smtp://mail\u200b", "U+200B"},
		{"an old secret that is not UTF-8", "PACTIUS_OLD_SECRETS=\xe6" + goodSecret, "is not UTF-8 text"},
		{"a secret in UTF-16", "PACTIUS_SECRET_FILE=/utf16", "is UTF-16; save it as UTF-8"},
		{"a secret in UTF-16 without a mark", "PACTIUS_SECRET_FILE=/utf16-bare", "is UTF-16; save it as UTF-8"},
		{"TOML in UTF-16", "PACTIUS_CONFIG=/utf16", "is UTF-16; save it as UTF-8"},
		{"a port where Kubernetes has one", "PACTIUS_WEB_PORT=8080", "is not a setting"},
		{"a port of the server", "PACTIUS_PORT=8080", "is not a setting"},
		{"a host where Kubernetes has none", "PACTIUS_DATABASE_HOST=10.0.0.1", "is not a setting"},
		{"a URL with another scheme", "PACTIUS_URL=ftp://access.company.com", "must start with https://"},
		{"a URL with a path", "PACTIUS_URL=https://company.com/access", "must not have a path"},
		{"a URL with a query", "PACTIUS_URL=https://company.com?x", "after ? or #"},
		{"a URL with a user", "PACTIUS_URL=https://a:b@company.com", "user or password"},
		{"PostgreSQL without a host", "PACTIUS_DATABASE=postgres:///db", "lacks the host"},
		{"PostgreSQL without a database", "PACTIUS_DATABASE=postgres://u:p@h", "lacks the name of the database"},
		{"PostgreSQL with a raw percent sign", "PACTIUS_DATABASE=postgres://u:100%zz@h/db", "percent-encoded"},
		{"a database without engine", "PACTIUS_DATABASE=/var/p.db", "must be sqlite:PATH"},
		{"a database without path", "PACTIUS_DATABASE=sqlite:", "lacks the path"},
		{"a database in memory", "PACTIUS_DATABASE=sqlite::memory:", "must name a file"},
		{"a database with options", "PACTIUS_DATABASE=sqlite:p.db?mode=memory", "must not contain ?"},
		{"a short secret", "PACTIUS_SECRET=short", "at least 32 characters"},
		{"a short old secret", "PACTIUS_OLD_SECRETS=short", "at least 32 characters each"},
		{"a mail server of another kind", "PACTIUS_SMTP_URL=http://mail", "smtp:// or smtps://"},
		{"a mail server with an unknown option", "PACTIUS_SMTP_URL=smtp://mail?tls=off", "unknown tls"},
		{"a mail server without host", "PACTIUS_SMTP_URL=smtp://", "has no host"},
		{"a sender that is no address", "PACTIUS_MAIL_FROM=access", "must be an email address"},
		{"a sender whose domain is too long", "PACTIUS_MAIL_FROM=a@" + strings.Repeat("ø", 64) + ".dk",
			"cannot exist"},
		{"a sender with a header in it", "PACTIUS_MAIL_FROM=a@b.dk\r\nBcc: c@d.dk", "control character"},
		{"a long contact", "PACTIUS_SUPPORT_CONTACT=" + strings.Repeat("x", 201), "too long"},
		{"a contact that reorders text", "PACTIUS_SUPPORT_CONTACT=a\u202eb", "invisible"},
		{"an authority in the clear", "PACTIUS_MICROSOFT_AUTHORITY=http://login.example", "must start with https://"},
		{"a national authority with the public directory",
			"PACTIUS_MICROSOFT_AUTHORITY=https://login.microsoftonline.us", "needs https://graph.microsoft.us"},
		{"a national directory with the public authority",
			"PACTIUS_MICROSOFT_GRAPH=https://microsoftgraph.chinacloudapi.cn", "needs https://graph.microsoft.com"},
		{"a client ID with spaces", "PACTIUS_MICROSOFT_CLIENT_ID=a b", "must not contain spaces"},
		{"a client ID alone", "PACTIUS_MICROSOFT_CLIENT_ID=a", "belongs together"},
		{"a callback host with a scheme", "PACTIUS_MICROSOFT_CALLBACK_HOST=https://signin.company.com",
			"a host name alone"},
		{"a callback host with a port", "PACTIUS_MICROSOFT_CALLBACK_HOST=signin.company.com:443", "a host name alone"},
		{"a callback host of nothing", "PACTIUS_MICROSOFT_CALLBACK_HOST=signin_company", "a host name alone"},
		{"a callback host alone", "PACTIUS_MICROSOFT_CALLBACK_HOST=signin.company.com",
			"set PACTIUS_MICROSOFT_CLIENT_ID too"},
		{"a proxy that is no network", "PACTIUS_TRUSTED_PROXIES=proxy", "neither an address"},
		{"an allowed name", "PACTIUS_ALLOWED_NETWORKS=app.company.com", "neither an address"},
		{"every address allowed", "PACTIUS_ALLOWED_NETWORKS=10.0.0.0/8 0.0.0.0/0", "which is every address"},
		{"every address of IPv6 allowed", "PACTIUS_ALLOWED_NETWORKS=::1/0", "which is every address"},
		{"every address allowed as IPv6", "PACTIUS_ALLOWED_NETWORKS=::ffff:0:0/96", "which is every address"},
		{"events for too few days", "PACTIUS_KEEP_EVENTS=7", "a number of days from 30"},
		{"events without an archive", "PACTIUS_KEEP_EVENTS=365", "Name a folder for older events, or none"},
		{"requests for too few days", "PACTIUS_KEEP_REQUESTS=30", "a number of days from 90"},
		{"references for less than nothing", "PACTIUS_KEEP_REFERENCES=-1", "or 0 for ever"},
		{"sent emails for a time", "PACTIUS_KEEP_SENT_EMAILS=30d", "a number of days"},
		{"an unknown level", "PACTIUS_LOG_LEVEL=loud", "must be debug"},
		{"an unknown format", "PACTIUS_LOG_FORMAT=xml", "must be text or json"},
		{"a misspelt variable", "PACTIUS_DATABSE=sqlite:p.db", "did you mean PACTIUS_DATABASE?"},
		{"a misspelt variable with a file", "PACTIUS_SECRETS_FILE=/x", "did you mean PACTIUS_SECRET_FILE?"},
		{"a variable far from all", "PACTIUS_FROBNICATE=1", "is not a setting"},
		{"a file that does not exist", "PACTIUS_SECRET_FILE=/missing", "cannot be read"},
		{"a file with nothing in it", "PACTIUS_SECRET_FILE=/empty", "an empty file"},
		{"a huge file", "PACTIUS_SECRET_FILE=/huge", "larger than"},
		{"a configuration file that does not exist", "PACTIUS_CONFIG=/missing", "cannot be read"},
		{"a misspelt TOML key", "PACTIUS_CONFIG=/misspelt", "did you mean mail_from?"},
		{"a section", "PACTIUS_CONFIG=/section", "is not a setting"},
		{"a number", "PACTIUS_CONFIG=/number", "must be text in quotes"},
		{"a list where one value belongs", "PACTIUS_CONFIG=/list", "must be text in quotes"},
		{"broken TOML", "PACTIUS_CONFIG=/broken", "cannot be read as TOML (line 2)"},
	}
	read := files(map[string]string{
		"/utf16": "\xff\xfes\x00\n\x00", "/utf16-bare": "s\x00e\x00\n\x00",
		"/empty": "\ufeff \n", "/huge": strings.Repeat("x", maxFile+1),
		"/misspelt": `mail_form = "a@b.dk"`, "/section": "[microsoft]\nclient_id = \"x\"",
		"/number": "listen = 8080", "/list": `url = ["a", "b"]`, "/broken": "listen = \"x\"\nsecret = hunter2hunter2\n",
	})
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			got, err := Load(Sources{Environ: []string{c.entry}, ReadFile: read})
			problems, ok := errors.AsType[Problems](err)
			if !ok || !strings.Contains(err.Error(), c.want) {
				t.Fatalf("Load with %.60q: %v, want %q", c.entry, err, c.want)
			}
			if len(problems) == 0 || strings.Contains(err.Error(), "hunter2") {
				t.Errorf("problems %v", problems)
			}
			_ = got.Dump() // never panics on a half-read configuration
		})
	}
}

// TestARemovedSettingIsNotIgnored: an upgrade must not silently end the traces
// that a deployment had.
func TestARemovedSettingIsNotIgnored(t *testing.T) {
	t.Parallel()
	read := files(map[string]string{
		"/c.toml": `otlp_endpoint = "http://collector:4318"`, "/file.toml": `otlp_endpoint_file = "/x"`,
		"/empty.toml": `otlp_endpoint = ""`,
	})
	cases := []struct {
		name, environ string
		flags         map[string]string
		where         string // "" is no problem
	}{
		{"a variable", "PACTIUS_OTLP_ENDPOINT=http://c:4318", nil, "PACTIUS_OTLP_ENDPOINT"},
		{"a variable with a file", "PACTIUS_OTLP_ENDPOINT_FILE=/x", nil, "PACTIUS_OTLP_ENDPOINT_FILE"},
		{"a key", "PACTIUS_CONFIG=/c.toml", nil, "otlp_endpoint in /c.toml"},
		{"a key with a file", "PACTIUS_CONFIG=/file.toml", nil, "otlp_endpoint_file in /file.toml"},
		{"a flag", "", map[string]string{"otlp-endpoint": "http://c:4318"}, "--otlp-endpoint"},
		{"an empty variable", "PACTIUS_OTLP_ENDPOINT=", nil, ""},
		{"an empty key", "PACTIUS_CONFIG=/empty.toml", nil, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			_, err := Load(Sources{Environ: []string{c.environ}, Flags: c.flags, ReadFile: read})
			var got, want Problems
			errors.As(err, &got)
			if c.where != "" {
				want = Problems{{c.where, "is no longer a setting: PACTIUS no longer sends traces. Remove it."}}
			}
			if diff := cmp.Diff(got, want); diff != "" {
				t.Errorf("got - want +:\n%s", diff)
			}
		})
	}
}

func TestVariablesOfOpenTelemetryAreAWarning(t *testing.T) {
	t.Parallel()
	const has = "OTEL_EXPORTER_OTLP_ENDPOINT"
	for value, want := range map[string]bool{"http://c:4318": true, "": false} {
		c, err := Load(Sources{Environ: []string{has + "=" + value, "OTEL_SERVICE_NAME=x"}})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(strings.Join(c.Warnings(), "\n"), has+" is set and has no effect"); got != want {
			t.Errorf("value %q: warnings %q", value, c.Warnings())
		}
	}
}

func TestASenderThatFewMailServersTakeIsAWarning(t *testing.T) {
	t.Parallel()
	for from, want := range map[string]bool{
		"søren@nordhavn.example": true, "Søren <soren@nordhavn.example>": false, "access@münchen.example": false,
	} {
		c, err := Load(Sources{Environ: []string{"PACTIUS_MAIL_FROM=" + from}})
		if err != nil {
			t.Fatal(err)
		}
		if got := strings.Contains(strings.Join(c.Warnings(), "\n"), "SMTPUTF8"); got != want {
			t.Errorf("%s: warnings %q", from, c.Warnings())
		}
	}
}

// An app registration for emails is complete, has a mail server, and goes with no password.
func TestAnAppRegistrationForMails(t *testing.T) {
	t.Parallel()
	const tenant = "PACTIUS_MAIL_TENANT_ID=0F3B6C1E-1111-4c5b-b112-000000000001"
	rest := []string{
		tenant, "PACTIUS_MAIL_CLIENT_ID=app", "PACTIUS_MAIL_CLIENT_SECRET=hush", "PACTIUS_MAIL_FROM=a@b.example",
	}
	const host = "smtp.office365.com"
	for _, c := range []struct {
		environ []string
		want    []string
	}{
		{append([]string{"PACTIUS_SMTP_URL=smtp://a%40b.example@" + host}, rest...), nil},
		{append([]string{"PACTIUS_SMTP_URL=graph:"}, rest...), nil},
		{append([]string{"PACTIUS_SMTP_URL=graph:access"}, rest...), []string{"PACTIUS_SMTP_URL"}},
		{[]string{"PACTIUS_SMTP_URL=graph:", "PACTIUS_MAIL_FROM=a@b.example"},
			[]string{"PACTIUS_MAIL_TENANT_ID", "PACTIUS_MAIL_CLIENT_ID", "PACTIUS_MAIL_CLIENT_SECRET"}},
		{[]string{tenant}, []string{"PACTIUS_SMTP_URL", "PACTIUS_MAIL_CLIENT_ID", "PACTIUS_MAIL_CLIENT_SECRET"}},
		{append([]string{"PACTIUS_SMTP_URL=smtp://a:s3cr3t@" + host}, rest...), []string{"PACTIUS_SMTP_URL"}},
		{append([]string{"PACTIUS_SMTP_URL=smtp://" + host}, rest...), []string{"PACTIUS_SMTP_URL"}},
		{append([]string{"PACTIUS_SMTP_URL=smtp://a@" + host + "?tls=opportunistic"}, rest...),
			[]string{"PACTIUS_SMTP_URL"}},
	} {
		_, err := Load(Sources{Environ: c.environ, ReadFile: files(nil)})
		problems, _ := errors.AsType[Problems](err)
		var got []string
		for _, p := range problems {
			got = append(got, p.Setting)
		}
		if diff := cmp.Diff(got, c.want); diff != "" || strings.Contains(fmt.Sprint(err), "s3cr3t") {
			t.Errorf("%v: got - want +:\n%s\n%v", c.environ, diff, err)
		}
	}
}

func TestAllProblemsAreReportedAtOnce(t *testing.T) {
	t.Parallel()
	_, err := Load(Sources{
		Require:  ForServe(),
		Flags:    map[string]string{"listen": "nowhere"},
		Environ:  []string{"PACTIUS_URL=http://x.example", "PACTIUS_SMTP_URL=smtp://m:25", "PACTIUS_UNKNWON=1"},
		ReadFile: files(nil),
	})
	problems, _ := errors.AsType[Problems](err)
	var got []string
	for _, p := range problems {
		got = append(got, p.Setting)
	}
	want := []string{"PACTIUS_UNKNWON", "--listen", "PACTIUS_URL", "PACTIUS_DATABASE", "PACTIUS_SECRET",
		"PACTIUS_MAIL_FROM"}
	if diff := cmp.Diff(got, want); diff != "" {
		t.Errorf("got - want +:\n%s\n%v", diff, err)
	}
}

func TestNothingShowsASecret(t *testing.T) {
	t.Parallel()
	c, err := Load(Sources{Environ: []string{
		"PACTIUS_SECRET=" + goodSecret, "PACTIUS_OLD_SECRETS=" + goodSecret,
		"PACTIUS_DATABASE=postgres://u:hunter2@h/db",
		"PACTIUS_SMTP_URL=smtp://u:hunter2@m:25", "PACTIUS_MAIL_FROM=a@b.dk",
		"PACTIUS_MICROSOFT_CLIENT_ID=a", "PACTIUS_MICROSOFT_CLIENT_SECRET=hunter2",
	}})
	if err != nil {
		t.Fatal(err)
	}
	asJSON, err := json.Marshal(c)
	if err != nil {
		t.Fatal(err)
	}
	var logged strings.Builder
	slog.New(slog.NewTextHandler(&logged, nil)).Info("start", "config", c, "secret", c.SMTPURL)
	for what, text := range map[string]string{
		"Dump": c.Dump(), "JSON": string(asJSON), "the log": logged.String(),
		"%v": fmt.Sprintf("%v", c), "%+v": fmt.Sprintf("%+v", c), "%#v": fmt.Sprintf("%#v", c),
		"%v of a secret": fmt.Sprintf("%v %#v", c.Secrets, c.Secrets),
	} {
		if strings.Contains(text, "hunter2") || strings.Contains(text, goodSecret) {
			t.Errorf("%s shows a secret: %s", what, text)
		}
	}
	_, err = Load(Sources{Environ: []string{"PACTIUS_SMTP_URL=smtp://u:hunter2@m:port%zz", "PACTIUS_SECRET=hunter2"}})
	if err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("the problems show a secret: %v", err)
	}
}

func TestFlags(t *testing.T) {
	t.Parallel()
	flags := pflag.NewFlagSet("test", pflag.ContinueOnError)
	Bind(flags, "listen", "secret", "log-level")
	if err := flags.Parse([]string{"--listen", ":0", "--secret-file=/s"}); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(GivenFlags(flags), map[string]string{"listen": ":0", "secret-file": "/s"}); diff != "" {
		t.Errorf("GivenFlags: got - want +:\n%s", diff)
	}
	c, err := Load(Sources{Flags: GivenFlags(flags), ReadFile: files(map[string]string{"/s": goodSecret + "\n"})})
	if err != nil || c.Listen != ":0" || string(c.Secrets[0]) != goodSecret {
		t.Errorf("Load = %q, %q, %v", c.Listen, c.SecretTexts(), err)
	}
	for _, name := range []string{"secret", "database"} {
		if flags.Lookup(name) != nil {
			t.Errorf("there is a flag --%s", name)
		}
	}
}

func FuzzLoad(f *testing.F) {
	f.Add("PACTIUS_URL=https://a.dk", `listen = ":1"`)
	f.Add("PACTIUS_SMTP_URL=smtp://a:b@c", `trusted_proxies = ["::1"]`)
	f.Fuzz(func(t *testing.T, entry, file string) {
		c, err := Load(Sources{
			Flags: map[string]string{"config": "/c"}, Environ: []string{entry},
			ReadFile: files(map[string]string{"/c": file}), Require: ForServe(),
		})
		if err != nil && len(err.(Problems)) == 0 {
			t.Errorf("Load(%q, %q) fails without a problem", entry, file)
		}
		_ = c.Dump()
	})
}

func TestTheEffectiveSettingsHideSecrets(t *testing.T) {
	t.Parallel()
	c, err := Load(Sources{Environ: []string{"PACTIUS_DATABASE=postgres://pactius:hunter2@db.example/pactius",
		"PACTIUS_SECRET=" + goodSecret, "PACTIUS_LISTEN=:80"}})
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	slog.New(slog.NewTextHandler(&out, nil)).Info("starting", "settings", c.Effective())
	for _, secret := range []string{"hunter2", goodSecret} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("the log shows %q: %s", secret, out.String())
		}
	}
	for _, shown := range []string{"settings.listen=:80", "settings.secret=(hidden)", "db.example/pactius",
		"settings.shutdown_delay=0s", "settings.directory_sweep=15m"} {
		if !strings.Contains(out.String(), shown) {
			t.Errorf("the log lacks %q: %s", shown, out.String())
		}
	}
}
