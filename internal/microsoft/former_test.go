package microsoft_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/microsoft"
)

// TestAFreshSecretThatMicrosoftDoesNotKnowYet: the former one serves for its minutes, and not beyond.
func TestAFreshSecretThatMicrosoftDoesNotKnowYet(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := w.directory(t)
	w.c.ClientSecret, w.c.FormerSecret = "made a minute ago", secret
	w.c.FormerUntil = w.ours.now().Add(pactius.FormerSecretTime)
	signIn := func() error {
		a, code := w.signIn(t, annaID)
		_, err := w.m.Exchange(t.Context(), w.c, a, code)
		return err
	}
	ask := func() error { return second(g.Account(t.Context(), w.c.Credentials, annaID)) }
	if err := signIn(); err != nil {
		t.Errorf("sign-in: %v", err)
	}
	if err := ask(); err != nil {
		t.Errorf("the directory: %v", err)
	}
	steps := g.Test(t.Context(), w.c.Credentials, callback)
	if words := said(steps); outcomes(steps) != "oowooo" || !strings.Contains(words, "the previous one is used") ||
		strings.Contains(words, secret) {
		t.Errorf("the test: %s", words)
	}
	if pactius.StepsProved(steps) || pactius.StepsFailed(steps) {
		t.Error("a test with the former secret proves the new one, or says that nobody can sign in")
	}
	w.ours.add(pactius.FormerSecretTime + time.Second)
	w.theirs.add(pactius.FormerSecretTime + time.Second)
	g = w.directory(t)
	if got, code := reason(t, signIn()); got != microsoft.ReasonMisconfigured || code != "AADSTS7000215" {
		t.Errorf("sign-in afterwards: %q %q", got, code)
	}
	if e := trouble(t, ask()); e.Trouble != pactius.TroubleBadSecret {
		t.Errorf("the directory afterwards: %v", e)
	}
	w.c.FormerUntil = w.ours.now().Add(time.Minute)
	w.c.FormerSecret = "wrong as well"
	if _, code := reason(t, signIn()); code != "AADSTS7000215" {
		t.Errorf("neither is accepted: %q", code)
	}
}
