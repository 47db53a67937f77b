package environments_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/store/storetest"
)

// told counts the emails about a connection.
func (s *scene) told(t *testing.T) int {
	return s.db.Count(t, `SELECT COUNT(*) FROM mails WHERE kind = 'connected'`)
}

func TestTheAdministratorIsToldOfTheFirstConnection(t *testing.T) {
	t.Parallel()
	s := unlinked(t)
	l := s.link(t, "anna@nordhavn.example")
	if _, err := s.ConnectByLink(t.Context(), l, firstForm); err != nil {
		t.Fatal(err)
	}
	if got := s.db.Rows(t, `SELECT to_address, data FROM mails WHERE kind = 'connected'`); len(got) != 1 ||
		!strings.Contains(got[0], "anna@nordhavn.example") || !strings.Contains(got[0], `"Tested":true`) {
		t.Errorf("emails about the connection: %v, want one to Anna that says it was tested", got)
	}
	s.support(t, pactius.EnvironmentUpdate{ClientSecret: new("another-secret")})
	if n := s.told(t); n != 1 {
		t.Errorf("%d emails after the secret was renewed, want 1", n)
	}
}

func TestWhatSupportConnectsIsToldAsUntested(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	s.support(t, pactius.EnvironmentUpdate{TenantID: new("")})
	if n := s.told(t); n != 0 {
		t.Errorf("%d emails about an environment that was disconnected, want none", n)
	}
	s.support(t, pactius.EnvironmentUpdate{TenantID: new(storetest.Tenant)})
	if got := s.db.Rows(t, `SELECT data FROM mails WHERE kind = 'connected'`); len(got) == 0 ||
		!strings.Contains(got[0], `"Tested":false`) {
		t.Errorf("emails about the connection: %v, want some that don't say it was tested", got)
	}
}

// TestATenantIsNamedByItsDomain: whatever a person has at hand leads to the tenant.
func TestATenantIsNamedByItsDomain(t *testing.T) {
	t.Parallel()
	s := unlinked(t)
	form := firstForm
	refuse := func(typed, says string) {
		t.Helper()
		form.TenantID = typed
		l := s.link(t, "")
		refused(t, s.db, typed, pactius.KindInvalid, says, func() error {
			_, err := s.ConnectByLink(t.Context(), l, form)
			return err
		})
	}
	for _, typed := range []string{"nordhavn", "nordhavn@", "common", "../x", "192.0.2.1", "a b.example",
		strings.Repeat("a.", 150) + "example"} {
		refuse(typed, "[tenant: Enter your company's domain")
	}
	refuse("other.example", "[tenant: No Microsoft 365 tenant has the domain other.example.]")
	for _, typed := range []string{"Nordhavn.EXAMPLE", " nordhavn.example. ", "ada@nordhavn.example",
		"https://www.nordhavn.example/contact?x=1", "nordhavn.example:443"} {
		form.TenantID = typed
		tried, err := s.ConnectByLink(t.Context(), s.link(t, ""), form)
		if err != nil || tried.Environment.Connection.TenantID != storetest.Tenant {
			t.Errorf("%s: connected to %q, %v", typed, tried.Environment.Connection.TenantID, err)
		}
		s.support(t, pactius.EnvironmentUpdate{TenantID: new(""), ClientID: new(""), ClientSecret: new("")})
	}
}

// TestOnlyALinkLooksUpDomains: a stranger cannot make PACTIUS ask Microsoft for a domain, and nothing but a domain is
// asked for.
func TestOnlyALinkLooksUpDomains(t *testing.T) {
	t.Parallel()
	s := unlinked(t)
	used := s.link(t, "")
	valid := s.link(t, "") // ends the one before
	form := firstForm
	form.TenantID = "nordhavn.example"
	stranger := environments.Link{Environment: s.Env, Token: "guessed"}
	for _, l := range []environments.Link{used, stranger, {Environment: s.Env}} {
		if _, err := s.ConnectByLink(t.Context(), l, form); !errors.Is(err, environments.ErrDeadLink) {
			t.Errorf("connecting with a dead link: %v", err)
		}
		if _, _, err := s.LinkConsentURL(t.Context(), l, form.TenantID, "state"); !errors.Is(err,
			environments.ErrDeadLink) {
			t.Errorf("consenting with a dead link: %v", err)
		}
	}
	for _, typed := range []string{"localhost", "localhost:8080", "http://localhost/", "127.0.0.1", "[::1]",
		"2130706433", "0x7f.1", "169.254.169.254", "metadata", "common", "organizations",
		"consumers", "a/../common", "..", ".", "%2e%2e",
		"nordhavn.example@", "ex_ample.example/..", "@", "://", "https://", "\u202e.example"} {
		form.TenantID = typed
		if _, err := s.ConnectByLink(t.Context(), valid, form); pactius.KindOf(err) != pactius.KindInvalid {
			t.Errorf("%q: %v", typed, err)
		}
		if s.ms.looked != 0 {
			t.Fatalf("Microsoft is asked for %q", typed)
		}
	}
}

// TestMixedUpValuesAreNamed: the values that people confuse in Entra are told by their form.
func TestMixedUpValuesAreNamed(t *testing.T) {
	t.Parallel()
	s := unlinked(t)
	l := s.link(t, "")
	for name, test := range map[string]struct {
		change func(*environments.LinkForm)
		says   string
	}{
		"the secret's ID": {func(f *environments.LinkForm) { f.ClientSecret = "8D3C1F6E-0b5a-4c7d-9e21-5f4a3b2c1d0e" },
			"[client_secret: This is the ID of a secret."},
		"the tenant as client": {func(f *environments.LinkForm) { f.ClientID = f.TenantID },
			"[client_id: This is the directory (tenant) ID."},
	} {
		f := firstForm
		test.change(&f)
		refused(t, s.db, name, pactius.KindInvalid, test.says, func() error {
			_, err := s.ConnectByLink(t.Context(), l, f)
			return err
		})
	}
}
