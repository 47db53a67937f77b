package server

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/netip"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/testbed/devtenant"
)

// silence accepts connections and never answers. It returns its address, and the most connections at the same time.
func silence(t *testing.T) (address string, most func() int64) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	var open, peak atomic.Int64
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			if n := open.Add(1); n > peak.Load() {
				peak.Store(n)
			}
			go func() { defer open.Add(-1); defer c.Close(); _, _ = io.Copy(io.Discard, c) }()
		}
	}()
	return "http://" + l.Addr().String(), peak.Load
}

// askedAt returns a doctor of environments a.example and so on, which asks Microsoft at an address.
func askedAt(t *testing.T, address string, hosts ...string) (*doctor, []pactius.Environment) {
	t.Helper()
	s, db := quietServer(t, "sqlite", "PACTIUS_MICROSOFT_AUTHORITY="+address, "PACTIUS_MICROSOFT_GRAPH="+address,
		"PACTIUS_MICROSOFT_CLIENT_ID=app", "PACTIUS_MICROSOFT_CLIENT_SECRET=secret")
	for _, host := range hosts {
		db.Ground(t, host)
		db.Exec(t, `UPDATE environments SET tenant_id = $1 WHERE host = $2`, id.New(), host)
	}
	envs, err := s.Environments.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return &doctor{cfg: s.cfg, core: s.Core, patience: askLimit{long: time.Minute, short: time.Minute}}, envs
}

// hosts makes the names of n hosts, in order.
func hosts(n int) []string {
	all := make([]string, n)
	for i := range all {
		all[i] = fmt.Sprintf("e%03d.example", i)
	}
	return all
}

// TestDoctorIsQuickWhileMicrosoftIsSilent: environments wait side by side, and are told in order.
func TestDoctorIsQuickWhileMicrosoftIsSilent(t *testing.T) {
	t.Parallel()
	address, most := silence(t)
	d, envs := askedAt(t, address, hosts(100)...)
	d.patience.long, d.patience.short = time.Second, 50*time.Millisecond
	var order []string
	var atFirst int64 // connections when the first was given up; one after the other, there would be one
	start := time.Now()
	d.environments(t.Context(), envs, func(one Diagnosis) bool {
		if atFirst == 0 {
			atFirst = most()
		}
		if host, ok := strings.CutPrefix(one.What, "Microsoft 365 of "); ok {
			order = append(order, host)
			if one.OK || !strings.HasPrefix(one.Cause, "no answer in time") || one.Remedy == "" {
				t.Errorf("%+v", one)
			}
		}
		return true
	})
	if took := time.Since(start); took > time.Minute {
		t.Errorf("it took %s", took)
	}
	if atFirst < atOnce/2 {
		t.Errorf("%d were asked about at the same time, want %d", atFirst, atOnce)
	}
	if !slices.Equal(order, hosts(100)) {
		t.Errorf("not in order: %q", order)
	}
}

func TestPatienceReturnsWithAnAnswer(t *testing.T) {
	t.Parallel()
	p := &askLimit{long: 2, short: 1}
	for range silentAfter {
		if p.limit() != p.long {
			t.Error("impatient too early")
		}
		p.note(true)
	}
	if p.limit() != p.short {
		t.Error("patient with silence")
	}
	if p.note(false); p.limit() != p.long {
		t.Error("impatient after an answer")
	}
}

// TestAnInterruptRaisesNoFalseAlarm: what was under way is not known, and is not called broken.
func TestAnInterruptRaisesNoFalseAlarm(t *testing.T) {
	t.Parallel()
	address, _ := silence(t)
	d, envs := askedAt(t, address, hosts(40)...)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(100*time.Millisecond, cancel)
	var found []Diagnosis
	d.environments(ctx, envs, func(one Diagnosis) bool { found = append(found, one); return true })
	if len(found) != 1 || !found[0].OK || !strings.Contains(found[0].Detail, "40 of 40 environments") {
		t.Errorf("after the interrupt: %+v", found)
	}
	d.run(ctx, func(one Diagnosis) bool {
		if !one.OK {
			t.Errorf("%+v", one)
		}
		return true
	})
}

// TestAMissingPermissionIsAProblemWhereLeaversShouldBeNoticed, else a warning.
func TestAMissingPermissionIsAProblemWhereLeaversShouldBeNoticed(t *testing.T) {
	t.Parallel()
	refused := pactius.ConnectionStep{Outcome: pactius.StepWarning, Name: pactius.T("Client secret"),
		Err: &pactius.DirectoryError{Trouble: pactius.TroubleNoPermission}}
	slow := refused
	slow.Err = &pactius.DirectoryError{Trouble: pactius.TroubleThrottled}
	if got := stepDiagnosis("x", refused, true); got.OK || !strings.Contains(got.Detail, "aren't noticed") {
		t.Errorf("with sweeps: %+v", got)
	}
	for name, got := range map[string]Diagnosis{"without sweeps": stepDiagnosis("x", refused, false),
		"a directory that asks to wait": stepDiagnosis("x", slow, true)} {
		if !got.OK || !got.Warning {
			t.Errorf("%s: %+v", name, got)
		}
	}
	_, cfg := graphMail(t, devtenant.ReadBasic)
	d, _ := askedAt(t, cfg.URL.String())
	steps := d.core.graph.Test(t.Context(), pactius.Credentials{TenantID: mailTenant, ClientID: mailClient,
		ClientSecret: "hush-hush"}, "http://localhost/callback")
	problems := 0
	for _, s := range steps {
		if got := stepDiagnosis("x", s, true); s.Outcome == pactius.StepWarning && !got.OK {
			problems++
		}
	}
	if problems == 0 {
		t.Errorf("the smaller permission is no problem: %+v", steps)
	}
}

// TestSecretsThatHangOnAnOldValueAreNamed: without the old value no one can sign in.
func TestSecretsThatHangOnAnOldValueAreNamed(t *testing.T) {
	t.Parallel()
	const before, after = "PACTIUS_SECRET=" + secretBefore, "PACTIUS_SECRET=" + secretAfter
	s, db := quietServer(t, "sqlite", before)
	g := db.Ground(t, "a.example")
	if _, err := s.Environments.Update(t.Context(), pactius.SupportActor(g.Env), 0, pactius.EnvironmentUpdate{
		ClientID: new(mailClient), ClientSecret: new("a-client-secret")}); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Applications.Add(t.Context(), pactius.SupportActor(g.Env), pactius.ApplicationUpdate{
		Name: new("Contracts"), Unit: new(g.Root), Access: new(pactius.AccessRead),
		Origins: new([]string{"https://contracts.example"})}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		environ []string
		want    string
	}{
		{"the same", []string{before}, ""},
		{"both", []string{after, "PACTIUS_OLD_SECRETS=" + strings.TrimPrefix(before, "PACTIUS_SECRET=")},
			"stored secrets true, "},
		{"the new one alone", []string{after}, "stored secrets false, "},
	} {
		cfg, err := config.Load(config.Sources{Environ: append(c.environ, "PACTIUS_URL="+publicURL,
			"PACTIUS_DATABASE="+db.URL)})
		if err != nil {
			t.Fatal(err)
		}
		core, err := Open(t.Context(), cfg, discard())
		if err != nil {
			t.Fatal(err)
		}
		envs, err := core.Environments.List(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		got := ""
		for _, one := range (&doctor{core: core}).sealed(t.Context(), envs[0]) {
			got += fmt.Sprintf("%s %t, ", strings.TrimSuffix(one.What, " of a.example"), one.OK)
			if one.Remedy == "" {
				t.Errorf("%s: no remedy: %+v", c.name, one)
			}
		}
		if got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
		_ = core.Close()
	}
}

func TestDoctorFindsWhatSettingsLeaveOpen(t *testing.T) {
	t.Parallel()
	const good = "rQ0Wb8yfP2nVq5KzJ1xTgD7mEo4CsHua"
	folder := t.TempDir()
	file := func(name, text string, mode os.FileMode) string {
		path := filepath.Join(folder, name)
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, mode); err != nil { // whatever the umask is
			t.Fatal(err)
		}
		return path
	}
	for _, f := range []string{folder, filepath.Dir(folder)} {
		if err := os.Chmod(f, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	closed := filepath.Join(folder, "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	const smtp, toml = "PACTIUS_SMTP_URL_FILE=", "PACTIUS_CONFIG="
	for _, c := range []struct {
		name    string
		environ string
		want    string // "" is nothing
		ok      bool
	}{
		{"all is well", "", "", true},
		{"a secret that is typed", "PACTIUS_SECRET=changemechangemechangemechangeme", "looks typed", false},
		{"an old one", "PACTIUS_OLD_SECRETS=changemechangemechangemechangeme", "PACTIUS_OLD_SECRETS has", true},
		{"a file with a secret", smtp + file("open", "smtp://m.example", 0o644), "can read it", true},
		{"a file of the owner", smtp + file("own", "smtp://m.example", 0o600), "", true},
		{"a file in a closed folder", smtp + file("closed/it", "smtp://m.example", 0o644), "", true},
		{"a settings file with a secret", toml + file("c.toml", "secret = '"+good+"'", 0o644), "can read it",
			true},
		{"one without", toml + file("d.toml", "listen = ':1'", 0o644), "", true},
		{"the database", "PACTIUS_DATABASE=sqlite:" + file("p.db", "", 0o644), "it is the database", false},
		{"all addresses trusted", "PACTIUS_TRUSTED_PROXIES=10.0.0.5 0.0.0.0/0", "0.0.0.0/0, which is every", false},
		{"all of IPv6 trusted", "PACTIUS_TRUSTED_PROXIES=::/0", "every address", false},
		{"emails in clear", "PACTIUS_SMTP_URL=smtp://relay.example:25?tls=none", "unencrypted", true},
		{"perhaps", "PACTIUS_SMTP_URL=smtp://relay.example:25?tls=opportunistic", "unencrypted", true},
		{"on this machine", "PACTIUS_SMTP_URL=smtp://127.0.0.1:25?tls=none", "", true},
		{"a database in clear", "PACTIUS_DATABASE=postgres://p@db.example/p?sslmode=disable", "db.example may",
			true},
		{"metrics for all", "PACTIUS_METRICS_LISTEN=:9090", "without a password", true},
		{"metrics here", "PACTIUS_METRICS_LISTEN=127.0.0.1:9090", "", true},
		{"listens everywhere", "PACTIUS_LISTEN=0.0.0.0:8080", "passes the proxy by", true},
	} {
		environ := []string{"PACTIUS_URL=https://access.example", "PACTIUS_MAIL_FROM=a@b.example",
			"PACTIUS_DATABASE=sqlite:" + filepath.Join(closed, "none.db"), "PACTIUS_SECRET=" + good}
		if strings.HasPrefix(c.environ, "PACTIUS_CONFIG=") {
			environ = slices.DeleteFunc(environ, func(s string) bool {
				return strings.HasPrefix(s, "PACTIUS_SECRET") &&
					strings.Contains(c.name, "settings file")
			})
		}
		cfg, err := config.Load(config.Sources{Environ: append(environ, c.environ)})
		if err != nil {
			t.Fatal(c.name, err)
		}
		cfg.Listen = strings.Replace(cfg.Listen, ":1", "127.0.0.1:1", 1)
		if c.name == "listens everywhere" {
			cfg.Listen = "0.0.0.0:8080"
		}
		got := (&doctor{cfg: cfg}).settings(t.Context())
		if c.want == "" {
			if len(got) != 1 || !got[0].OK || got[0].Warning {
				t.Errorf("%s: %+v", c.name, got)
			}
		} else if len(got) != 1 || got[0].OK != c.ok || got[0].Warning != c.ok || got[0].Remedy == "" ||
			!strings.Contains(got[0].Detail, c.want) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestDoctorExaminesTheZoneDatabase(t *testing.T) {
	t.Parallel()
	for _, c := range []struct {
		name        string
		load        func(string) (*time.Location, error)
		ok, warning bool
	}{
		{"as it is", time.LoadLocation, true, false},
		{"missing", func(string) (*time.Location, error) { return nil, os.ErrNotExist }, false, false},
		{"wrong", func(string) (*time.Location, error) { return time.UTC, nil }, false, false},
		{"of 2023", func(name string) (*time.Location, error) {
			if name == "Asia/Almaty" {
				return time.FixedZone("+06", 6*60*60), nil
			}
			return time.LoadLocation(name)
		}, true, true},
	} {
		if got := examineZones(c.load); got.OK != c.ok || got.Warning != c.warning || (got.Remedy == "") !=
			(c.ok && !c.warning) {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
}

func TestWhatTheServerSawIsJudged(t *testing.T) {
	t.Parallel()
	door := &url.URL{Scheme: "https", Host: "access.example"}
	proxy, client := netip.MustParseAddr("10.0.0.5"), netip.MustParseAddr("203.0.113.9")
	invented := netip.MustParseAddr(inventedClient)
	for _, c := range []struct {
		name   string
		seen   seen
		ok     bool
		detail string
	}{
		{"overwritten and trusted", seen{"access.example", proxy, client, true, []string{"203.0.113.9"}}, true,
			"from 203.0.113.9"},
		{"appended and trusted",
			seen{"access.example:443", proxy, client, true, []string{inventedClient, "203.0.113.9"}},
			true, "from 203.0.113.9"},
		{"another host", seen{"10.0.0.9:8080", proxy, client, true, []string{"203.0.113.9"}}, false, "10.0.0.9"},
		{"passed on and trusted", seen{"access.example", proxy, invented, true, []string{inventedClient}}, false,
			"invent"},
		{"overwritten, not trusted", seen{"access.example", proxy, proxy, false, []string{"203.0.113.9"}}, false,
			"isn't trusted"},
		{"passed on, not trusted", seen{"access.example", proxy, proxy, false, []string{inventedClient}}, false,
			"doesn't say"},
		{"removed", seen{"access.example", proxy, proxy, true, nil}, false, "doesn't say"},
	} {
		if got := c.seen.judge("x", door); got.OK != c.ok || !strings.Contains(got.Detail, c.detail) ||
			got.OK != (got.Remedy == "") {
			t.Errorf("%s: %+v", c.name, got)
		}
	}
	here := &url.URL{Scheme: "http", Host: "localhost:8080"}
	if got := (seen{"localhost:8080", proxy, proxy, false, []string{inventedClient}}).judge("x", here); !got.OK {
		t.Errorf("on this machine, without a proxy: %+v", got)
	}
}
