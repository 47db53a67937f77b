package server

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"path/filepath"
	"strings"
	"time"

	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/seal"
)

// settings finds settings that work and leave a door open.
func (d *doctor) settings(context.Context) []Diagnosis {
	found := examineSecrets(d.cfg.SecretTexts())
	found = append(found, examineFiles(d.cfg)...)
	found = append(found, examineProxies(d.cfg.TrustedProxies)...)
	found = append(found, examineNetwork(d.cfg)...)
	found = append(found, examineArchive(d.cfg)...)
	if len(found) == 0 {
		found = []Diagnosis{{What: "settings", OK: true, Detail: "nothing is open that should be closed"}}
	}
	return found
}

// examineSecrets finds values of PACTIUS_SECRET that can be guessed.
func examineSecrets(secrets []string) []Diagnosis {
	var found []Diagnosis
	for i, s := range secrets {
		switch {
		case !seal.Weak(s):
		case i == 0:
			found = append(found, Diagnosis{What: "secret", Detail: "PACTIUS_SECRET looks typed, not drawn: anyone " +
				"who guesses it can read the stored secrets and make sessions' cookies",
				Remedy: "Draw another with openssl rand -base64 32, and put this one into PACTIUS_OLD_SECRETS until " +
					"nothing hangs on it: see \"Change the secret\" in docs/operations.md."})
		default:
			found = append(found, warning("secret", "PACTIUS_OLD_SECRETS has a value that looks typed, not drawn",
				"Run pactius environment reseal, and remove it: see \"Change the secret\" in docs/operations.md."))
		}
	}
	return found
}

// examineFiles finds files with secrets that other users of this machine can read.
func examineFiles(cfg config.Config) []Diagnosis {
	var found []Diagnosis
	for _, path := range cfg.SecretFiles() {
		if othersCanRead(path) {
			found = append(found, warning("file "+path, "it holds a secret, and other users of this machine can read "+
				"it",
				"Give it to the user that runs PACTIUS, and: chmod 600 "+path))
		}
	}
	if cfg.Database.Engine != config.EngineSQLite {
		return found
	}
	for _, end := range []string{"", "-wal"} {
		if path := cfg.Database.Path + end; othersCanRead(path) {
			found = append(found, Diagnosis{What: "file " + path, Detail: "it is the database, and other users of " +
				"this machine can read it", Remedy: "chmod 600 " + path})
		}
	}
	return found
}

// wayOpen reports whether the folders of a file let others pass, as far as a look at each tells.
func wayOpen(path string, passes func(folder string) bool) bool {
	path, err := filepath.Abs(path)
	if err == nil {
		path, err = filepath.EvalSymlinks(path)
	}
	for folder := filepath.Dir(path); err == nil; folder = filepath.Dir(folder) {
		if !passes(folder) {
			return false
		}
		if folder == filepath.Dir(folder) {
			return true
		}
	}
	return false
}

// examineProxies finds trusted networks that hold every client.
func examineProxies(trusted []netip.Prefix) []Diagnosis {
	for _, p := range trusted {
		if p.Bits() == 0 {
			return []Diagnosis{{What: "trusted proxies", Detail: "PACTIUS_TRUSTED_PROXIES contains " + p.String() +
				", which is every address: any client can invent its address, in the activity log and for the limits",
				Remedy: "Name the addresses of the proxies alone."}}
		}
	}
	return nil
}

// examineNetwork finds what crosses the network unencrypted, or listens on it.
func examineNetwork(cfg config.Config) []Diagnosis {
	var found []Diagnosis
	if u, err := url.Parse(string(cfg.SMTPURL)); err == nil && u.Scheme == "smtp" && !isThisMachine(u.Hostname()) {
		if tls := u.Query().Get("tls"); tls == "none" || tls == "opportunistic" {
			found = append(found, warning("mail server", "PACTIUS_SMTP_URL has tls="+tls+", so emails may cross the "+
				"network to "+u.Hostname()+" unencrypted", "Leave tls out if the mail server offers STARTTLS."))
		}
	}
	if host := database.Cleartext(cfg.Database.Address()); host != "" {
		found = append(found, warning("database", "the connection to "+host+" may be unencrypted",
			"Add ?sslmode=verify-full, or at least sslmode=require, to PACTIUS_DATABASE."))
	}
	if !listensHere(cfg.MetricsListen) {
		found = append(found, warning("metrics", "they are served on "+cfg.MetricsListen+", unencrypted and without a "+
			"password, for other machines too", "Set PACTIUS_METRICS_LISTEN to 127.0.0.1 and a port, or let a "+
			"firewall pass Prometheus alone."))
	}
	if !listensHere(cfg.Listen) && cfg.URL != nil && cfg.URL.Scheme == "https" {
		found = append(found, warning("listener", "the server listens on "+cfg.Listen+", unencrypted, for other "+
			"machines too: who reaches the port passes the proxy by", "Set PACTIUS_LISTEN to 127.0.0.1 and a port "+
			"if the proxy is on this machine. Otherwise let a firewall, or the network of the containers, pass the "+
			"proxy alone."))
	}
	return found
}

// examineArchive finds an archive into which no events can be moved.
func examineArchive(cfg config.Config) []Diagnosis {
	if err := checkArchive(cfg); err != nil {
		return []Diagnosis{{What: "archive", Detail: err.Error() + ". No server starts, and a running " +
			"one trims no events", Remedy: "Run doctor as the user and on the machine of the server; then make the " +
			"folder, or change its owner."}}
	}
	return nil
}

// listensHere reports whether an address to listen on is for this machine alone; "" does not listen.
func listensHere(address string) bool {
	host, _, err := net.SplitHostPort(address)
	return address == "" || err == nil && isThisMachine(host)
}

func isThisMachine(host string) bool {
	a, err := netip.ParseAddr(host)
	return strings.EqualFold(host, "localhost") || err == nil && a.IsLoopback()
}

// zones examines the time zones that this program loads: files of this machine come before those built in.
func (d *doctor) zones(context.Context) []Diagnosis {
	return []Diagnosis{examineZones(time.LoadLocation)}
}

func examineZones(load func(string) (*time.Location, error)) Diagnosis {
	const remedy = "Update the package tzdata of this machine, or unset ZONEINFO: its files come before those that " +
		"are built into PACTIUS."
	for _, c := range []struct {
		zone   string
		at     time.Time
		offset time.Duration
		age    string // since when the file must know it; "" is always
	}{
		{zone: "Europe/Copenhagen", at: time.Date(2026, 1, 15, 12, 0, 0, 0, time.UTC), offset: time.Hour},
		{zone: "Europe/Copenhagen", at: time.Date(2026, 7, 15, 12, 0, 0, 0, time.UTC), offset: 2 * time.Hour},
		{zone: "America/New_York", at: time.Date(2026, 7, 15, 12, 0, 0, 0, time.UTC), offset: -4 * time.Hour},
		{zone: "Asia/Almaty", at: time.Date(2024, 7, 15, 12, 0, 0, 0, time.UTC), offset: 5 * time.Hour, age: "2024"},
	} {
		zone, err := load(c.zone)
		if err != nil {
			return Diagnosis{What: "time zones", Detail: fmt.Sprintf("%s can't be loaded: "+
				"%v", c.zone, err), Remedy: remedy}
		}
		switch _, offset := c.at.In(zone).Zone(); {
		case time.Duration(offset)*time.Second == c.offset:
		case c.age != "":
			return warning("time zones", "they are from before "+c.age, remedy)
		default:
			return Diagnosis{What: "time zones", Detail: fmt.Sprintf("%s is %d seconds from UTC on %s, which is wrong",
				c.zone, offset, c.at.Format(time.DateOnly)), Remedy: remedy}
		}
	}
	return Diagnosis{What: "time zones", OK: true, Detail: "they can be loaded and are right"}
}
