package environments_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
)

// relayed is a scene whose environment has the shared app registration, with a callback host.
func relayed(t *testing.T) *scene {
	t.Helper()
	s := newScene(t)
	s.PublicURL, s.CallbackHost = &url.URL{Scheme: "https", Host: "nordhavn.example:8443"}, "signin.example"
	return s
}

func TestRedirectAddresses(t *testing.T) {
	t.Parallel()
	s := relayed(t)
	own := s.row(t)
	shared := own
	shared.Connection = pactius.Connection{TenantID: own.Connection.TenantID}
	for _, c := range []struct {
		e              pactius.Environment
		host, redirect string
		signOut        string
	}{
		{own, "signin.example", "https://nordhavn.example:8443/sign-in/callback", "https://nordhavn.example:8443/"},
		{shared, "", "https://nordhavn.example:8443/sign-in/callback", "https://nordhavn.example:8443/"},
		{shared, "signin.example", "https://signin.example:8443/sign-in/callback",
			"https://signin.example:8443/sign-out/callback"},
	} {
		s.CallbackHost = c.host
		if got := s.RedirectURI(c.e); got != c.redirect {
			t.Errorf("redirect URI %s, want %s", got, c.redirect)
		}
		if got := s.SignOutURI(c.e); got != c.signOut {
			t.Errorf("sign-out address %s, want %s", got, c.signOut)
		}
		if got := s.State(c.e, "plain"); (got == "plain") != (c.redirect == s.OwnRedirectURI(c.e)) {
			t.Errorf("the state %s comes back to %s", got, c.redirect)
		}
	}
	// Consent for the shared registration is given by its address, also where the environment has an own one still.
	for shared, want := range map[bool]string{
		true:  "redirect=https://signin.example:8443/sign-in/callback&",
		false: "redirect=https://nordhavn.example:8443/sign-in/callback&",
	} {
		to, err := s.ConsentURL(t.Context(), s.root, shared, s.ConsentState(own, shared))
		if err != nil || !strings.Contains(to, want) || strings.Contains(to, "&state=v1.") != shared {
			t.Errorf("consent is given at %s, %v", to, err)
		}
	}
}

func TestAStateNamesItsEnvironmentForAnHour(t *testing.T) {
	t.Parallel()
	s := relayed(t)
	e := s.row(t)
	e.Connection = pactius.Connection{}
	state := s.State(e, "x")
	other := e
	other.ID = "0f3b6c1e-5555-4c5b-b112-000000000001"
	if s.IsForAnother(e, state) || !s.IsForAnother(other, state) || s.IsForAnother(e, "x") {
		t.Error("a state is taken for one of another environment, or one of another is not")
	}
	if _, err := s.OfState(t.Context(), s.State(other, "x")); !errors.Is(err, environments.ErrNoState) {
		t.Errorf("an environment that is gone: %v", err)
	}
	for _, c := range []struct {
		ahead time.Duration
		want  error
	}{{environments.StateTime, nil}, {time.Second, environments.ErrOldState},
		{-2*environments.StateTime - time.Second, nil}, {-time.Second, environments.ErrOldState}} {
		s.db.Clock.Advance(c.ahead)
		if got, err := s.OfState(t.Context(), state); !errors.Is(err, c.want) || got.ID != e.ID {
			t.Errorf("the state leads to %q, %v; want %v", got.ID, err, c.want)
		}
	}
	s.CallbackHost = ""
	if got := s.State(e, "x"); got != "x" {
		t.Errorf("without a callback host the state is %s", got)
	}
}

func TestTheCallbackHostIsNoEnvironments(t *testing.T) {
	t.Parallel()
	s := relayed(t)
	for _, host := range []string{"signin.example", "SIGNIN.example:8443", "signin.example."} {
		refused(t, s.db, host, pactius.KindInvalid, "callback host", func() error {
			_, err := s.Update(t.Context(), pactius.SupportActor(s.Env), 0, pactius.EnvironmentUpdate{Host: &host})
			return err
		})
		refused(t, s.db, host+" anew", pactius.KindInvalid, "callback host", func() error {
			_, err := s.Add(t.Context(), pactius.Actor{Kind: pactius.ActorSupport},
				environments.NewEnvironment{Name: "Another", Host: host})
			return err
		})
	}
}
