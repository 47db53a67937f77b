package server

import (
	"bytes"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"log/slog"
	"math/big"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/testbed/devtenant"
)

// certified is a certificate for a year from storetest.Start, with its key.
type certified struct {
	pem         string
	certificate *x509.Certificate
}

// sharedCertificate returns a certificate that is made once.
var sharedCertificate = sync.OnceValue(func() certified {
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		panic(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "PACTIUS"},
		NotBefore: storetest.Start.Add(-time.Hour), NotAfter: storetest.Start.AddDate(1, 0, 0)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		panic(err)
	}
	c := certified{}
	if c.certificate, err = x509.ParseCertificate(der); err != nil {
		panic(err)
	}
	c.pem = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})) +
		string(pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(key)}))
	return c
})

// TestTheSharedRegistrationWorksWithACertificate against a tenant that accepts nothing else.
func TestTheSharedRegistrationWorksWithACertificate(t *testing.T) {
	t.Parallel()
	now := func() time.Time { return storetest.Start }
	server := httptest.NewUnstartedServer(nil)
	tenant, err := devtenant.New(devtenant.Config{URL: "http://" + server.Listener.Addr().String(), TenantID: tenantID,
		TenantName: "Nordhavn", ClientID: clientID, ClientSecret: "never used by this test", Now: now,
		RedirectURLs: []string{"http://a.example:1/sign-in/callback"}})
	if err != nil {
		t.Fatal(err)
	}
	if err := tenant.PutApp(devtenant.App{ClientID: clientID, Certificates: []*x509.Certificate{
		sharedCertificate().certificate}, RedirectURLs: []string{"http://a.example:1/sign-in/callback"},
		Granted: []string{devtenant.ReadAll}}); err != nil {
		t.Fatal(err)
	}
	server.Config.Handler = tenant.Handler()
	server.Start()
	t.Cleanup(server.Close)
	db := storetest.On(t, "sqlite")
	g := db.Ground(t, "a.example")
	db.Exec(t, `UPDATE environments SET tenant_id = $1`, tenantID)
	cfg, err := config.Load(config.Sources{Environ: []string{"PACTIUS_URL=" + publicURL, "PACTIUS_DATABASE=" + db.URL,
		"PACTIUS_MICROSOFT_AUTHORITY=" + server.URL, "PACTIUS_MICROSOFT_GRAPH=" + server.URL,
		"PACTIUS_MICROSOFT_CLIENT_ID=" + clientID, "PACTIUS_MICROSOFT_CERTIFICATE=" + sharedCertificate().pem}})
	if err != nil {
		t.Fatal(err)
	}
	core, err := OpenMeasured(t.Context(), cfg, discard(), Probe{Now: now})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = core.Close() })
	steps, err := core.Environments.Test(t.Context(), pactius.SupportActor(g.Env))
	if err != nil || pactius.StepsFailed(steps) {
		t.Errorf("%v", err)
	}
	for _, s := range steps {
		if s.Outcome == pactius.StepFailed {
			t.Errorf("%s: %s %v", s.Name, s.Text, s.Err)
		}
	}
}

// TestTheEndOfTheSharedRegistrationIsSaidInTime: by doctor, in the log once a day, and as a metric.
func TestTheEndOfTheSharedRegistrationIsSaidInTime(t *testing.T) {
	t.Parallel()
	for _, proof := range []string{"PACTIUS_MICROSOFT_CERTIFICATE=" + sharedCertificate().pem,
		"PACTIUS_MICROSOFT_CLIENT_SECRET=secret"} {
		environ := []string{"PACTIUS_MICROSOFT_CLIENT_ID=app", proof}
		end := sharedCertificate().certificate.NotAfter
		if strings.Contains(proof, "SECRET") {
			end = time.Date(2027, 3, 3, 0, 0, 0, 0, time.UTC)
			environ = append(environ, "PACTIUS_MICROSOFT_SECRET_ENDS=2027-03-02")
		}
		s, _ := quietServer(t, "sqlite", environ...)
		var log bytes.Buffer
		for _, c := range []struct {
			left    time.Duration
			ok      bool
			warning bool
			says    string
		}{
			{100 * 24 * time.Hour, true, false, "expires"},
			{31*24*time.Hour + time.Hour, true, false, "expires"},
			{30 * 24 * time.Hour, true, true, "in "},
			{14 * 24 * time.Hour, true, true, "in "},
			{3*24*time.Hour - time.Hour, false, false, "in "},
			{time.Second, false, false, "today"},
			{0, false, false, "expired on"},
			{-400 * 24 * time.Hour, false, false, "expired on"},
		} {
			now := end.Add(-c.left)
			found := examineShared(s.cfg, now)
			if len(found) != 1 || found[0].OK != c.ok || found[0].Warning != c.warning ||
				!strings.Contains(found[0].Detail, c.says) || (found[0].Remedy == "") != (c.ok && !c.warning) {
				t.Errorf("%s before: %+v", c.left, found)
			}
			log.Reset()
			warn := warnOfExpiry(s.cfg, slog.New(slog.NewTextHandler(&log, nil)))
			for range 3 { // as the rounds of a day
				warn(now)
			}
			if got, want := strings.Count(log.String(), "remedy="), !c.ok || c.warning; got > 1 || (got == 1) != want {
				t.Errorf("%s before: the log says:\n%s", c.left, log.String())
			}
			if strings.Contains(log.String(), "level=ERROR") == c.ok {
				t.Errorf("%s before: another level:\n%s", c.left, log.String())
			}
		}
		want := fmt.Sprintf("\npactius_microsoft_shared_expiry_timestamp_seconds %g\n", float64(end.Unix()))
		if !strings.Contains(scrape(t, s.meters), want) {
			t.Errorf("the metrics lack %s", want)
		}
	}
	if early := examineShared(config.Config{MicrosoftClientID: "app"}, time.Now()); len(early) != 1 || !early[0].OK {
		t.Errorf("without a known end: %+v", early)
	}
	if none := examineShared(config.Config{}, time.Now()); none != nil {
		t.Errorf("without a shared registration: %+v", none)
	}
}

// TestARoundWarnsOfTheSharedRegistration: the tidy round of the server calls it.
func TestARoundWarnsOfTheSharedRegistration(t *testing.T) {
	t.Parallel()
	s, db := quietServer(t, "sqlite", "PACTIUS_MICROSOFT_CLIENT_ID=app", "PACTIUS_MICROSOFT_CLIENT_SECRET=secret",
		"PACTIUS_MICROSOFT_SECRET_ENDS="+string(pactius.DateOf(storetest.Start.AddDate(0, 0, 10))))
	var log bytes.Buffer
	s.runner.WarnOfShared = warnOfExpiry(s.cfg, slog.New(slog.NewTextHandler(&log, nil)))
	for range 3 {
		s.runner.Tidy(t.Context())
	}
	db.Clock.Advance(24 * time.Hour)
	s.runner.Tidy(t.Context())
	if n := strings.Count(log.String(), "in 10 days"); n != 1 || strings.Count(log.String(), "in 9 days") != 1 {
		t.Errorf("the log says:\n%s", log.String())
	}
}
