package environments_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
)

// TestTheSecretBeforeIsAFallbackForSomeMinutes, sealed, of the same app registration only, and then it is gone.
func TestTheSecretBeforeIsAFallbackForSomeMinutes(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	want := func(when, current, former string) {
		t.Helper()
		c, err := s.Credentials(s.row(t))
		if err != nil || c.ClientSecret != current || c.FormerSecret != former {
			t.Errorf("%s: %q after %q, %v; not %q after %q", when, c.ClientSecret, c.FormerSecret, err, current, former)
		}
		if left := c.FormerUntil.Sub(s.db.Clock.Now()); former != "" && (left <= 0 || left > pactius.FormerSecretTime) {
			t.Errorf("%s: the former is used for %v", when, left)
		}
		v, err := s.View(t.Context(), s.root)
		if err != nil || v.FormerUntil.IsZero() == (former != "") {
			t.Errorf("%s: the page says until %v, %v", when, v.FormerUntil, err)
		}
		if sealed := s.row(t).Connection.SealedSecret; strings.Contains(sealed, current) {
			t.Errorf("%s: the secret can be read", when)
		}
	}
	forget := func() {
		t.Helper()
		if err := s.ForgetFormerSecrets(t.Context(), func() {}); err != nil {
			t.Fatal(err)
		}
	}
	replace := func(secret string) { s.support(t, pactius.EnvironmentUpdate{ClientSecret: &secret}) }
	want("the first", secret, "")
	replace("second")
	want("replaced", "second", secret)
	s.db.Clock.Advance(time.Minute)
	replace("second")
	want("entered again", "second", secret)
	replace("third")
	want("replaced again", "third", "second")
	forget()
	want("not over yet", "third", "second")
	s.db.Clock.Advance(pactius.FormerSecretTime)
	want("over", "third", "")
	long, version := s.row(t).Connection.SealedSecret, s.row(t).Version
	forget()
	want("forgotten", "third", "")
	if row := s.row(t); len(row.Connection.SealedSecret) >= len(long) || row.Version != version {
		t.Error("the former secret is still stored, or forms became stale by it")
	}
	replace("fourth")
	s.db.Clock.Advance(-time.Hour) // the clock had been ahead
	want("replaced by a clock that was ahead", "fourth", "")
	other := "0f3b6c1e-2222-4c5b-b112-00000000000b"
	s.support(t, pactius.EnvironmentUpdate{ClientID: &other, ClientSecret: new("fifth")})
	want("of another app registration", "fifth", "")
	s.support(t, pactius.EnvironmentUpdate{ClientSecret: new("")})
	s.support(t, pactius.EnvironmentUpdate{ClientSecret: new("sixth")})
	want("after none", "sixth", "")
}

// TestANewSecretIsTestedWithoutTheOneBefore: what Microsoft does not accept is not stored, fallback or not.
func TestANewSecretIsTestedWithoutTheOneBefore(t *testing.T) {
	t.Parallel()
	s := newScene(t)
	form := environments.ConnectionForm{ClientID: client, ClientSecret: "second"}
	if _, err := s.Connect(t.Context(), s.root, s.row(t).Version, form); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Test(t.Context(), s.root); err != nil {
		t.Fatal(err)
	}
	if tested, stored := s.ms.seen[0], s.ms.seen[1]; tested.FormerSecret != "" || stored.FormerSecret != secret {
		t.Errorf("tested with %q as fallback, later with %q", tested.FormerSecret, stored.FormerSecret)
	}
}
