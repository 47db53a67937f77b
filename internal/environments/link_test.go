package environments_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// unlinked is a scene whose environment is not connected.
func unlinked(t *testing.T) *scene {
	t.Helper()
	s := newScene(t)
	s.support(t, pactius.EnvironmentUpdate{TenantID: new(""), ClientID: new(""), ClientSecret: new("")})
	s.db.Exec(t, `DELETE FROM memberships`)
	return s
}

// link returns a new link.
func (s *scene) link(t *testing.T, administrator string) environments.Link {
	t.Helper()
	u, _, err := s.NewLink(t.Context(), pactius.SupportActor(s.Env), administrator)
	if err != nil {
		t.Fatal(err)
	}
	if got, want := u.String(), "https://nordhavn.example:8443"+environments.LinkPath; !strings.HasPrefix(got, want) {
		t.Fatalf("the link is %s, want %s...", got, want)
	}
	return environments.Link{Environment: s.Env, Token: strings.TrimPrefix(u.Path, environments.LinkPath),
		Address: "192.0.2.9"}
}

var firstForm = environments.LinkForm{
	ConnectionForm: environments.ConnectionForm{TenantID: strings.ToUpper(storetest.Tenant), ClientID: client,
		ClientSecret: secret}}

func TestWhoMakesLinks(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	make := func(a pactius.Actor, administrator string) func() error {
		return func() error { _, _, err := s.NewLink(t.Context(), a, administrator); return err }
	}
	refused(t, s.db, "an administrator of the root", pactius.KindForbidden, "Support", make(s.root, ""))
	refused(t, s.db, "while the environment is connected", pactius.KindConflict, "already connected to Microsoft 365",
		make(pactius.SupportActor(s.Env), ""))
	refused(t, s.db, "an environment that does not exist", pactius.KindNotFound, "",
		make(pactius.SupportActor("no"), ""))
	u := unlinked(t)
	make = func(a pactius.Actor, administrator string) func() error {
		return func() error { _, _, err := u.NewLink(t.Context(), a, administrator); return err }
	}
	refused(t, u.db, "an administrator without a domain", pactius.KindInvalid, "[administrator:",
		make(pactius.SupportActor(u.Env), "anna"))
	refused(t, u.db, "an administrator who is a user", pactius.KindInvalid, "is already a user here",
		make(pactius.SupportActor(u.Env), "LOCAL@nordhavn.example"))
	u.Box = nil
	refused(t, u.db, "without PACTIUS_SECRET", pactius.KindInvalid, "PACTIUS_SECRET",
		make(pactius.SupportActor(u.Env), ""))
}

func TestALinkConnectsOnce(t *testing.T) {
	t.Parallel()
	s := unlinked(t)
	l := s.link(t, "Anna@Nordhavn.example")
	for _, row := range s.db.Rows(t, `SELECT * FROM connect_links`) {
		if strings.Contains(row, l.Token) {
			t.Error("the token is stored in clear")
		}
	}
	other := s.db.Ground(t, "other.example")
	s.db.Exec(t, `UPDATE environments SET tenant_id = '' WHERE host = 'other.example'`)
	connect := func(l environments.Link, f environments.LinkForm) func() error {
		return func() error { _, err := s.ConnectByLink(t.Context(), l, f); return err }
	}
	refused(t, s.db, "another environment's link", pactius.KindNotFound, "doesn't work",
		connect(environments.Link{Environment: other.Env, Token: l.Token}, firstForm))
	refused(t, s.db, "a wrong token", pactius.KindNotFound, "doesn't work",
		connect(environments.Link{Environment: s.Env, Token: l.Token[1:] + "A"}, firstForm))
	refused(t, s.db, "no token", pactius.KindNotFound, "doesn't work",
		connect(environments.Link{Environment: s.Env}, firstForm))
	refused(t, s.db, "no tenant", pactius.KindInvalid, "[tenant:",
		connect(l,
			environments.LinkForm{ConnectionForm: environments.ConnectionForm{ClientID: client, ClientSecret: secret}}))
	s.ms.steps = broken
	refused(t, s.db, "a test that fails", pactius.KindInvalid, "The test failed", connect(l, firstForm))
	s.ms.steps = fine
	shared := environments.LinkForm{ConnectionForm: environments.ConnectionForm{TenantID: storetest.Tenant,
		Shared: true}}
	refused(t, s.db, "the shared registration, unconfirmed", pactius.KindConflict, "Check the tenant once more",
		connect(l, shared))
	shared.Confirmed = "8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0f"
	refused(t, s.db, "another tenant confirmed", pactius.KindConflict, "Check the tenant once more",
		connect(l, shared))

	var wg sync.WaitGroup
	results := make([]error, 4)
	for i := range results {
		wg.Go(func() { _, results[i] = s.ConnectByLink(context.Background(), l, firstForm) })
	}
	wg.Wait()
	won := 0
	for _, err := range results {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, environments.ErrDeadLink) && !errors.Is(err, store.ErrStale):
			t.Errorf("a click beside the first one: %v", err)
		}
	}
	if won != 1 {
		t.Errorf("%d of %d clicks connected, want one", won, len(results))
	}
	e := s.row(t)
	if e.Connection.TenantID != storetest.Tenant || e.Connection.ClientID != client {
		t.Errorf("connected as %+v", e.Connection)
	}
	v, err := s.View(t.Context(), pactius.SupportActor(s.Env))
	if err != nil || len(v.Administrators) != 1 || v.Administrators[0].Username != "Anna@Nordhavn.example" {
		t.Errorf("administrators: %+v, %v", v.Administrators, err)
	}
	refused(t, s.db, "the link again", pactius.KindNotFound, "doesn't work", connect(l, firstForm))
	if n := s.db.Count(t, `SELECT COUNT(*) FROM connect_links`); n != 0 {
		t.Errorf("%d links are left", n)
	}
	if n := s.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = $1 AND address = '192.0.2.9'`,
		pactius.ConnectLinkUsed); n != 1 {
		t.Errorf("%d events with the address, want 1", n)
	}
}

// TestAnAdministratorWhoIsThereKeepsTheEnvironment: an administrator from before the
// connection was removed administers it again, and no user is added.
func TestAnAdministratorWhoIsThereKeepsTheEnvironment(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.support(t, pactius.EnvironmentUpdate{TenantID: new("")})
	l := s.link(t, "new@nordhavn.example")
	elsewhere := firstForm
	elsewhere.TenantID = "8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0f"
	refused(t, s.db, "a tenant that nobody of here is from", pactius.KindInvalid, "[tenant:",
		func() error { _, err := s.ConnectByLink(t.Context(), l, elsewhere); return err })
	refused(t, s.db, "consent in such a tenant", pactius.KindInvalid, "[tenant:",
		func() error { _, _, err := s.LinkConsentURL(t.Context(), l, elsewhere.TenantID, "S"); return err })
	v, err := s.OpenLink(t.Context(), l)
	if err != nil || v.Administrator != "root@nordhavn.example" {
		t.Errorf("the page names %q, %v", v.Administrator, err)
	}
	if _, err := s.ConnectByLink(t.Context(), l, firstForm); err != nil {
		t.Fatal(err)
	}
	if n := s.db.Count(t, `SELECT COUNT(*) FROM users WHERE username = 'new@nordhavn.example'`); n != 0 {
		t.Error("somebody was added beside the administrator who is there")
	}
}

func TestConsentBehindALink(t *testing.T) {
	t.Parallel()
	s := unlinked(t)
	l := s.link(t, "")
	to, tenant, err := s.LinkConsentURL(t.Context(), l, "nordhavn.example", "S")
	if err != nil || tenant != storetest.Tenant || !strings.Contains(to, tenant+"?client="+s.Shared.ClientID) {
		t.Errorf("consent for %s is given at %s, %v", tenant, to, err)
	}
	refused(t, s.db, "for no tenant", pactius.KindInvalid, "[tenant:",
		func() error { _, _, err := s.LinkConsentURL(t.Context(), l, "common", "S"); return err })
	answer := environments.ConsentAnswer{State: "a", StateEnd: s.db.Clock.Now().Add(environments.LinkTime),
		Tenant: client, Shared: true}
	if _, err := s.LinkConsented(t.Context(), l, storetest.Tenant,
		answer); pactius.KindOf(err) != pactius.KindConflict {
		t.Errorf("another tenant's consent: %v", err)
	}
	answer.State, answer.Tenant = "b", storetest.Tenant
	if _, err := s.LinkConsented(t.Context(), l, storetest.Tenant, answer); err != nil {
		t.Error(err)
	}
	if s.row(t).Connection.Connected() {
		t.Error("consent alone connected the environment")
	}
	refused(t, s.db, "the same answer again", pactius.KindConflict, "already been used",
		func() error { _, err := s.LinkConsented(t.Context(), l, storetest.Tenant, answer); return err })
	s.db.Clock.Advance(environments.LinkTime)
	answer.State = "c"
	refused(t, s.db, "when the link has ended", pactius.KindNotFound, "doesn't work",
		func() error { _, err := s.LinkConsented(t.Context(), l, storetest.Tenant, answer); return err })
}
