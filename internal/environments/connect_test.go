package environments_test

import (
	"context"
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// answers is a Microsoft with results chosen by the test, which records the questions.
type answers struct {
	steps  []pactius.ConnectionStep
	during func() // runs while a test is under way

	mu     sync.Mutex
	seen   []pactius.Credentials
	looked int // for tenants
}

func (a *answers) Test(_ context.Context, c pactius.Credentials, _ string) []pactius.ConnectionStep {
	a.mu.Lock()
	a.seen = append(a.seen, c)
	a.mu.Unlock()
	if a.during != nil {
		a.during()
	}
	return a.steps
}

func (a *answers) FindTenant(_ context.Context, domain string) (string, error) {
	a.mu.Lock()
	a.looked++
	a.mu.Unlock()
	if domain != "nordhavn.example" {
		return "", pactius.RefuseField("tenant", pactius.T("No Microsoft 365 tenant has the domain %s.", domain))
	}
	return storetest.Tenant, nil
}

func (a *answers) AdminConsentURL(c pactius.Credentials, redirect, state string) string {
	return "https://login.example/" + c.TenantID + "?client=" + c.ClientID + "&redirect=" + redirect + "&state=" + state
}

var (
	fine = []pactius.ConnectionStep{{Needed: true, Outcome: pactius.StepOK}, {Needed: true, Outcome: pactius.StepOK},
		{Outcome: pactius.StepWarning}}
	broken = []pactius.ConnectionStep{{Needed: true, Outcome: pactius.StepOK},
		{Needed: true, Outcome: pactius.StepFailed}}
	unknown = []pactius.ConnectionStep{{Needed: true, Outcome: pactius.StepOK},
		{Needed: true, Outcome: pactius.StepSkipped}}
)

// scene is an environment with its own app registration, and a Microsoft.
type scene struct {
	*storetest.Ground
	*environments.Rules
	db          *storetest.DB
	ms          *answers
	root, local pactius.Actor
}

func newScene(t *testing.T) *scene {
	t.Helper()
	db := storetest.New(t)
	s := &scene{Ground: db.Ground(t, "nordhavn.example"), Rules: rules(t, db, "k"), db: db, ms: &answers{steps: fine}}
	s.Microsoft, s.ReadCertificate = s.ms, microsoft.ParseCertificate
	s.Shared = pactius.Credentials{ClientID: "0f3b6c1e-2222-4c5b-b112-000000000002", ClientSecret: "the deployment's"}
	sales := s.Unit(t, s.Root, "Sales")
	s.root = s.Actor(s.User(t, "root@nordhavn.example", "Root",
		pactius.Grant{Unit: s.Root, Access: pactius.AccessAdminister}))
	s.local = s.Actor(s.User(t, "local@nordhavn.example", "Local",
		pactius.Grant{Unit: sales, Access: pactius.AccessAdminister}))
	s.support(t, pactius.EnvironmentUpdate{ClientID: new(client), ClientSecret: new(secret)})
	return s
}

// support changes the environment as Support does.
func (s *scene) support(t *testing.T, up pactius.EnvironmentUpdate) pactius.Environment {
	t.Helper()
	up.CutOff = 1000
	e, err := s.Update(t.Context(), pactius.SupportActor(s.Env), 0, up)
	if err != nil {
		t.Fatal(err)
	}
	return e
}

func (s *scene) row(t *testing.T) pactius.Environment {
	t.Helper()
	e, err := s.ByHost(t.Context(), "nordhavn.example")
	if err != nil {
		t.Fatal(err)
	}
	return e
}

// View is that of the rules, not of the ground.
func (s *scene) View(ctx context.Context, a pactius.Actor) (environments.View, error) {
	return s.Rules.View(ctx, a)
}

// Update is that of the rules, not of the ground.
func (s *scene) Update(ctx context.Context, a pactius.Actor, version int,
	up pactius.EnvironmentUpdate) (pactius.Environment, error) {
	return s.Rules.Update(ctx, a, version, up)
}

func TestConnectStoresOnlyWhatWorks(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	form := environments.ConnectionForm{ClientID: client, ClientSecret: "another secret", EndsOn: "2027-03-01"}
	connect := func(a pactius.Actor, version int) func() error {
		return func() error { _, err := s.Connect(t.Context(), a, version, form); return err }
	}
	other := s.db.Ground(t, "other.example")
	cross := s.Actor(other.User(t, "root@nordhavn.example", "Root",
		pactius.Grant{Unit: other.Root, Access: pactius.AccessAdminister}))
	version := s.row(t).Version
	refused(t, s.db, "a local administrator", pactius.KindForbidden, "whole company", connect(s.local, version))
	refused(t, s.db, "another environment's administrator", pactius.KindNotSignedIn, "", connect(cross, version))
	refused(t, s.db, "a stale form", pactius.KindConflict, "changed", connect(s.root, version-1))
	refused(t, s.db, "a form without a version", pactius.KindConflict, "changed", connect(s.root, -1))
	if len(s.ms.seen) != 0 {
		t.Error("Microsoft was asked before the rules had said yes")
	}
	for name, steps := range map[string][]pactius.ConnectionStep{"a step failed": broken,
		"the secret was not tried": unknown, "nothing was tried": nil} {
		s.ms.steps = steps
		refused(t, s.db, name, pactius.KindInvalid, "The test failed", connect(s.root, version))
	}
	s.ms.steps = fine
	s.ms.during = func() { s.ms.during = nil; s.support(t, pactius.EnvironmentUpdate{Name: new("Renamed meanwhile")}) }
	if err := connect(s.root, version)(); !errors.Is(err, store.ErrStale) {
		t.Errorf("somebody changed the environment during the test: %v", err)
	}
	version = s.row(t).Version
	tried, err := s.Connect(t.Context(), s.root, version, form)
	if err != nil || !tried.Changed {
		t.Fatal(tried, err)
	}
	want := pactius.Credentials{TenantID: storetest.Tenant, ClientID: client, ClientSecret: "another secret"}
	got, err := s.Credentials(s.row(t))
	got.FormerSecret, got.FormerUntil = "", time.Time{} // see TestTheSecretBeforeIsAFallbackForSomeMinutes
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
	if diff := cmp.Diff(want, s.ms.seen[len(s.ms.seen)-1]); diff != "" {
		t.Errorf("what was tested is not what was stored (-want +got):\n%s", diff)
	}
	for table, rows := range s.db.Dump(t) {
		for _, row := range rows {
			if strings.Contains(row, "another secret") {
				t.Errorf("the secret stands in clear in %s", table)
			}
		}
	}
	before := s.db.Dump(t)
	form.ClientSecret = ""
	if tried, err = s.Connect(t.Context(), s.root, version+1, form); err != nil || tried.Changed {
		t.Errorf("the form saved unchanged: %v, %v", tried.Changed, err)
	}
	if diff := cmp.Diff(before, s.db.Dump(t)); diff != "" {
		t.Errorf("a form saved unchanged changed something:\n%s", diff)
	}
}

func TestConnectRefusesWhatItCannotTry(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	version := s.row(t).Version
	connect := func(f environments.ConnectionForm) func() error {
		return func() error { _, err := s.Connect(t.Context(), s.root, version, f); return err }
	}
	refused(t, s.db, "another tenant", pactius.KindForbidden, "Support",
		connect(environments.ConnectionForm{TenantID: "8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0f", ClientID: client}))
	refused(t, s.db, "no client ID", pactius.KindInvalid, "[client_id:",
		connect(environments.ConnectionForm{ClientSecret: "x"}))
	refused(t, s.db, "another client ID with the stored secret", pactius.KindInvalid, "[client_secret:",
		connect(environments.ConnectionForm{ClientID: s.Shared.ClientID}))
	refused(t, s.db, "a certificate that is not there", pactius.KindInvalid, "[certificate:",
		connect(environments.ConnectionForm{ClientID: client, ByCertificate: true}))
	if len(s.ms.seen) != 0 {
		t.Error("Microsoft was asked about a form that cannot be right")
	}
	s.Shared = pactius.Credentials{}
	refused(t, s.db, "a shared registration that is not there", pactius.KindInvalid, "[registration:",
		connect(environments.ConnectionForm{Shared: true}))
	s.Microsoft = nil
	refused(t, s.db, "without a Microsoft", pactius.KindUnavailable, "",
		connect(environments.ConnectionForm{ClientID: client}))
	s.support(t, pactius.EnvironmentUpdate{TenantID: new("")})
	refused(t, s.db, "an environment that was cut off", pactius.KindNotConnected, "",
		connect(environments.ConnectionForm{ClientID: client}))
}

// certificate returns a certificate with its key, valid for days from the clock's start.
func certificate(t *testing.T, days int) string {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "PACTIUS"},
		NotBefore: storetest.Start.AddDate(0, 0, -1), NotAfter: storetest.Start.AddDate(0, 0, days)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	return string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})) +
		string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private}))
}

func TestACertificateTakesThePlaceOfASecret(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.support(t, pactius.EnvironmentUpdate{SecretEndsOn: new(pactius.Date("2027-03-01"))})
	own := certificate(t, 100)
	form := environments.ConnectionForm{ClientID: client, ByCertificate: true, Certificate: own,
		ClientSecret: "not looked at", EndsOn: "2001-01-01"}
	tried, err := s.Connect(t.Context(), s.root, s.row(t).Version, form)
	if err != nil {
		t.Fatal(err)
	}
	c := s.row(t).Connection
	if c.SealedSecret != "" || c.SealedCertificate == "" || c.SecretEndsOn != "2026-06-10" {
		t.Errorf("stored: %+v; want the certificate alone and its end", c)
	}
	if strings.Contains(c.SealedCertificate, "BEGIN") {
		t.Error("the certificate is stored in clear")
	}
	v, err := s.View(t.Context(), s.root)
	if err != nil || v.Certificate == nil || len(v.Certificate.Thumbprint) != 40 {
		t.Errorf("the certificate is shown as %+v, %v", v.Certificate, err)
	}
	if v, err := s.View(t.Context(), s.local); err != nil || v.Certificate != nil {
		t.Errorf("a local administrator sees %+v, %v", v.Certificate, err)
	}
	s.db.Clock.Advance(200 * 24 * time.Hour)
	if v, err = s.View(t.Context(), pactius.SupportActor(s.Env)); err != nil || v.Certificate == nil {
		t.Errorf("one that has ended is not told of any more: %v", err)
	}
	update := func(up pactius.EnvironmentUpdate) func() error {
		return func() error { _, err := s.Update(t.Context(), pactius.SupportActor(s.Env), 0, up); return err }
	}
	refused(t, s.db, "one that has ended", pactius.KindInvalid, "[certificate:",
		update(pactius.EnvironmentUpdate{Certificate: new(own)}))
	refused(t, s.db, "an end beside a certificate", pactius.KindInvalid, "[secret_ends_on:",
		update(pactius.EnvironmentUpdate{SecretEndsOn: new(pactius.Date("2030-01-01"))}))
	refused(t, s.db, "both", pactius.KindInvalid, "not both",
		update(pactius.EnvironmentUpdate{Certificate: new(certificate(t, 900)), ClientSecret: new("x")}))
	refused(t, s.db, "an encrypted key", pactius.KindInvalid, "[certificate:",
		update(pactius.EnvironmentUpdate{Certificate: new(
			strings.ReplaceAll(certificate(t, 900), "PRIVATE KEY", "ENCRYPTED PRIVATE KEY"))}))
	refused(t, s.db, "a certificate without a key", pactius.KindInvalid, "[certificate:",
		update(pactius.EnvironmentUpdate{Certificate: new(own[:strings.Index(own, "-----BEGIN PRIVATE")])}))
	e := s.support(t, pactius.EnvironmentUpdate{ClientSecret: new("back to a secret")})
	if c := e.Connection; c.SealedCertificate != "" || c.SealedSecret == "" || c.SecretEndsOn != "" {
		t.Errorf("stored: %+v; want the secret alone, its end unknown", c)
	}
	if len(tried.Steps) == 0 {
		t.Error("the steps are lost")
	}
}

func TestConsentIsUsedOnceAndProvedByATest(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	ends := s.db.Clock.Now().Add(time.Hour)
	answer := environments.ConsentAnswer{State: "state", StateEnd: ends, Tenant: storetest.Tenant}
	consented := func(a pactius.Actor, answer environments.ConsentAnswer) func() error {
		return func() error { _, err := s.Consented(t.Context(), a, answer); return err }
	}
	refused(t, s.db, "a local administrator", pactius.KindForbidden, "whole company", consented(s.local, answer))
	refused(t, s.db, "a local administrator begins", pactius.KindForbidden, "",
		func() error { _, err := s.ConsentURL(t.Context(), s.local, true, "x"); return err })
	elsewhere := environments.ConsentAnswer{State: "elsewhere", StateEnd: ends, Tenant: "<script>"}
	_, err := s.Consented(t.Context(), s.root, elsewhere)
	if pactius.KindOf(err) != pactius.KindConflict || strings.Contains(err.Error(), "script") {
		t.Errorf("another tenant's consent: %v", err)
	}
	if len(s.ms.seen) != 0 {
		t.Error("another tenant's consent was tried")
	}
	s.ms.steps = broken
	if steps, err := s.Consented(t.Context(), s.root, answer); !errors.Is(err, environments.ErrTestFailed) ||
		len(steps) == 0 {
		t.Errorf("a consent that opens nothing: %v", err)
	}
	refused(t, s.db, "the same answer again", pactius.KindConflict, "already been used", consented(s.root, answer))
	s.ms.steps = fine
	shared := environments.ConsentAnswer{State: "shared", StateEnd: ends, Tenant: strings.ToUpper(storetest.Tenant),
		Shared: true}
	if _, err := s.Consented(t.Context(), s.root, shared); err != nil {
		t.Error(err)
	}
	if got := s.ms.seen[len(s.ms.seen)-1].ClientID; got != s.Shared.ClientID {
		t.Errorf("the test was made with %s, want the shared registration", got)
	}
	for shared, want := range map[bool]string{true: s.Shared.ClientID, false: client} {
		to, err := s.ConsentURL(t.Context(), s.root, shared, "S")
		if err != nil || !strings.Contains(to, storetest.Tenant+"?client="+want) ||
			!strings.Contains(to, "/sign-in/callback&state=S") {
			t.Errorf("consent is given at %s, %v", to, err)
		}
	}
}
