package environments_test

import (
	"context"
	"net/url"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

const (
	secret = "a client secret of Entra"
	client = "11111111-2222-4333-8444-555555555555"
)

func rules(t *testing.T, db *storetest.DB, key string) *environments.Rules {
	t.Helper()
	public, err := url.Parse("https://portal.example:8443/ignored")
	if err != nil {
		t.Fatal(err)
	}
	c := environments.Config{DB: db.Work(), PublicURL: public, SupportContact: "help@support.example"}
	if key != "" {
		if c.Box, err = seal.New(strings.Repeat(key, seal.MinSecret)); err != nil {
			t.Fatal(err)
		}
	}
	return environments.New(c)
}

func support() pactius.Actor { return pactius.SupportActor("") }

func newEnvironment() environments.NewEnvironment {
	return environments.NewEnvironment{Name: "Nordhavn", Administrator: "anna@nordhavn.example",
		Update: pactius.EnvironmentUpdate{TenantID: new(strings.ToUpper(storetest.Tenant)), ClientID: new(client),
			ClientSecret: new(secret)}}
}

func refused(t *testing.T, db *storetest.DB, name string, want pactius.Kind, says string, step func() error) {
	t.Helper()
	before := db.Dump(t)
	err := step()
	if err == nil || pactius.KindOf(err) != want || !strings.Contains(err.Error(), says) {
		t.Errorf("%s: kind %d, %v; want kind %d that says %q", name, pactius.KindOf(err), err, want, says)
	}
	if diff := cmp.Diff(before, db.Dump(t)); diff != "" {
		t.Errorf("%s: the refusal changed something (-before +after):\n%s", name, diff)
	}
}

func TestAdd(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	r := rules(t, db, "k")
	e, err := r.Add(t.Context(), support(), newEnvironment())
	if err != nil {
		t.Fatal(err)
	}
	if e.Host != "portal.example" || e.Connection.TenantID != storetest.Tenant {
		t.Errorf("added %+v", e)
	}
	for _, host := range []string{"portal.example", "PORTAL.example:8443", "portal.example."} {
		if got, err := r.ByHost(t.Context(), host); err != nil || got.ID != e.ID {
			t.Errorf("host %s: %v, %v", host, got.ID, err)
		}
	}
	if got := r.BaseURL(e).String(); got != "https://portal.example:8443" {
		t.Errorf("base URL %s", got)
	}
	for _, row := range db.Rows(t, `SELECT * FROM environments`) {
		if strings.Contains(row, secret) {
			t.Error("the secret is stored in clear")
		}
	}
	c, err := r.Credentials(e)
	if diff := cmp.Diff(pactius.Credentials{TenantID: storetest.Tenant, ClientID: client, ClientSecret: secret},
		c); err != nil || diff != "" {
		t.Errorf("credentials: %v (-want +got):\n%s", err, diff)
	}
	if _, err := rules(t, db, "x").Credentials(e); pactius.KindOf(err) != pactius.KindUnavailable {
		t.Errorf("with another secret: %v", err)
	}
	stolen := e
	stolen.ID = "another"
	if _, err := r.Credentials(stolen); pactius.KindOf(err) != pactius.KindUnavailable {
		t.Errorf("a secret copied into another environment's row: %v", err)
	}
	v, err := r.View(t.Context(), pactius.SupportActor(e.ID))
	if err != nil || len(v.Administrators) != 1 || v.Administrators[0].Username != "anna@nordhavn.example" ||
		v.Administrators[0].CreatedBy != pactius.BySetup {
		t.Errorf("administrators %+v, %v", v.Administrators, err)
	}
	refused(t, db, "the same host again", pactius.KindInvalid, "already",
		func() error { _, err := r.Add(t.Context(), support(), newEnvironment()); return err })
}

func TestAddIsAllOrNothing(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	r := rules(t, db, "k")
	tests := map[string]struct {
		change func(*environments.NewEnvironment)
		says   string
	}{
		"no name": {func(n *environments.NewEnvironment) { n.Name = "" }, "[name:"},
		"a URL for a host": {func(n *environments.NewEnvironment) { n.Host = "https://x.example" },
			"[host:"},
		"a host with a slash": {func(n *environments.NewEnvironment) { n.Host = "x.example/y" }, "[host:"},
		"a tenant that is no GUID": {func(n *environments.NewEnvironment) { n.Update.TenantID = new("contoso") },
			"[tenant:"},
		"a client that is no GUID": {func(n *environments.NewEnvironment) { n.Update.ClientID = new("app") },
			"[client_id:"},
		"a secret that is a whole file": {
			func(n *environments.NewEnvironment) { n.Update.ClientSecret = new(strings.Repeat("x", 2000)) },
			"[client_secret:"},
		"a time zone that does not exist": {
			func(n *environments.NewEnvironment) { n.Update.TimeZone = new("Europe/Atlantis") }, "[time_zone:"},
		"the machine's time zone": {func(n *environments.NewEnvironment) { n.Update.TimeZone = new("Local") },
			"[time_zone:"},
		"a language nobody offers": {func(n *environments.NewEnvironment) { n.Update.Language = new("tlh") },
			"[language:"},
		"an administrator without domain": {func(n *environments.NewEnvironment) { n.Administrator = "anna" },
			"[administrator:"},
		"an administrator without a tenant": {func(n *environments.NewEnvironment) { n.Update.TenantID = nil },
			"[tenant:"},
		"a contact of several lines": {func(n *environments.NewEnvironment) { n.Update.SupportContact = new("a\nb") },
			"[support_contact:"},
		"two wrong things are told both, host": {func(n *environments.NewEnvironment) { n.Name, n.Host = "", "a b" },
			"[host:"},
	}
	for name, test := range tests {
		n := newEnvironment()
		test.change(&n)
		refused(t, db, name, pactius.KindInvalid, test.says,
			func() error { _, err := r.Add(t.Context(), support(), n); return err })
	}
	refused(t, db, "without PACTIUS_SECRET", pactius.KindInvalid, "PACTIUS_SECRET", func() error {
		_, err := rules(t, db, "").Add(t.Context(), support(), newEnvironment())
		return err
	})
	db.Break(t, "INSERT", "memberships", "")
	refused(t, db, "when the last row cannot be written", pactius.KindInternal, "",
		func() error { _, err := r.Add(t.Context(), support(), newEnvironment()); return err })
}

func TestUpdate(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	r := rules(t, db, "k")
	g, other := db.Ground(t, "nordhavn.example"), db.Ground(t, "other.example")
	sales := g.Unit(t, g.Root, "Sales")
	root := g.Actor(g.User(t, "root@nordhavn.example", "Root",
		pactius.Grant{Unit: g.Root, Access: pactius.AccessAdminister}))
	local := g.Actor(g.User(t, "local@nordhavn.example", "Local",
		pactius.Grant{Unit: sales, Access: pactius.AccessAdminister}))
	cross := g.Actor(other.User(t, "root@nordhavn.example", "Root",
		pactius.Grant{Unit: other.Root, Access: pactius.AccessAdminister}))
	update := func(a pactius.Actor, version int, up pactius.EnvironmentUpdate) func() error {
		return func() error { _, err := r.Update(context.Background(), a, version, up); return err }
	}
	name := pactius.EnvironmentUpdate{Name: new("Nordhavn A/S")}
	refused(t, db, "a local administrator", pactius.KindForbidden, "whole company", update(local, 0, name))
	refused(t, db, "another environment's administrator", pactius.KindNotSignedIn, "", update(cross, 0, name))
	refused(t, db, "an administrator of the root touches the host", pactius.KindForbidden, "Support",
		update(root, 0, pactius.EnvironmentUpdate{Host: new("x.example")}))
	refused(t, db, "or the secret", pactius.KindForbidden, "Support",
		update(root, 0, pactius.EnvironmentUpdate{ClientSecret: new("x")}))
	refused(t, db, "a stale form", pactius.KindConflict, "changed", update(root, 9, name))
	refused(t, db, "another environment's host", pactius.KindInvalid, "already",
		update(pactius.SupportActor(g.Env), 0, pactius.EnvironmentUpdate{Host: new("OTHER.example")}))
	refused(t, db, "a visitor looks", pactius.KindNotSignedIn, "", func() error {
		_, err := r.View(t.Context(), pactius.Visitor(g.Env, storetest.Person("v@nordhavn.example", "V"), ""))
		return err
	})
	if err := update(root, 1, name)(); err != nil {
		t.Error(err)
	}
	before := db.Dump(t)
	if err := update(root, 0, name)(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(before, db.Dump(t)); diff != "" {
		t.Errorf("a form saved unchanged changed something:\n%s", diff)
	}
	v, err := r.View(t.Context(), local)
	if err != nil || v.CanEdit || v.Undelivered.Total != 0 {
		t.Errorf("a local administrator sees %+v, %v", v, err)
	}
}

func TestCredentialsOfTheDeployment(t *testing.T) {
	t.Parallel()
	r := rules(t, storetest.New(t), "k")
	own := pactius.Environment{Connection: pactius.Connection{TenantID: storetest.Tenant}}
	if _, err := r.Credentials(own); pactius.KindOf(err) != pactius.KindNotConnected {
		t.Errorf("neither own nor shared: %v", err)
	}
	r.Shared = pactius.Credentials{TenantID: "ignored", ClientID: "shared", ClientSecret: "s"}
	if c, err := r.Credentials(own); err != nil || c.TenantID != storetest.Tenant || c.ClientID != "shared" {
		t.Errorf("shared: %+v, %v", c, err)
	}
	if _, err := r.Credentials(pactius.Environment{}); pactius.KindOf(err) != pactius.KindNotConnected {
		t.Errorf("not connected: %v", err)
	}
}

func TestRetryMail(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	r := rules(t, db, "k")
	g, other := db.Ground(t, "nordhavn.example"), db.Ground(t, "other.example")
	root := g.Actor(g.User(t, "root@nordhavn.example", "Root",
		pactius.Grant{Unit: g.Root, Access: pactius.AccessAdminister}))
	g.Update(t, func(tx *store.Tx) error {
		return tx.Enqueue(pactius.Mail{ID: "m", Kind: "request-declined", Data: []byte("{}"),
			To: "x@nordhavn.example", CreatedAt: db.Clock.Now()})
	})
	db.Exec(t, `UPDATE mails SET state = 'dead', attempts = 4`)
	retry := func(a pactius.Actor, id pactius.MailID) func() error {
		return func() error { _, err := r.RetryMail(context.Background(), a, id); return err }
	}
	refused(t, db, "a mail of another environment", pactius.KindNotFound, "",
		retry(pactius.SupportActor(other.Env), "m"))
	refused(t, db, "a mail that does not exist", pactius.KindNotFound, "", retry(root, "no"))
	if err := retry(root, "m")(); err != nil {
		t.Fatal(err)
	}
	before := db.Dump(t)
	if err := retry(root, "m")(); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff(before, db.Dump(t)); diff != "" {
		t.Errorf("the second click changed something:\n%s", diff)
	}
	if n := db.Count(t, `SELECT COUNT(*) FROM mails WHERE state = 'waiting' AND attempts = 4`); n != 1 {
		t.Error("the mail does not wait, or its attempts begin anew")
	}
	if n := db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = 'mail.retried'`); n != 1 {
		t.Errorf("%d events, want 1", n)
	}
}

func FuzzCleanHost(f *testing.F) {
	for _, s := range []string{"", "a.example", "A.example:80", "[::1]:443", "::1", "a..b:", "[", "]:1"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		once := environments.CleanHost(s)
		if once != strings.ToLower(once) {
			t.Errorf("%q gives %q", s, once)
		}
	})
}

// TestPastedIDsAndSecrets: pages and chats put invisible characters around what is copied from them.
func TestPastedIDsAndSecrets(t *testing.T) {
	t.Parallel()
	const guid = "8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0e"
	db := storetest.New(t)
	r := rules(t, db, "k")
	pasted := "\u200b" + strings.ToUpper(guid) + "\u202c\u00a0\ufeff"
	e, err := r.Add(t.Context(), pactius.SupportActor(""), environments.NewEnvironment{
		Name: "Pasted", Host: "pasted.example", Update: pactius.EnvironmentUpdate{
			TenantID: &pasted, ClientID: new(strings.Replace(pasted, "8D3C", "9D3C", 1)),
			ClientSecret: new("\ufeffs3cret\u00a0")}})
	if err != nil {
		t.Fatal(err)
	}
	c, err := r.Credentials(e)
	if err != nil || c.TenantID != guid || c.ClientID != "9"+guid[1:] || c.ClientSecret != "s3cret" {
		t.Errorf("stored: %q, %q, %q, %v", c.TenantID, c.ClientID, c.ClientSecret, err)
	}
}
