package applications_test

import (
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
)

// TestSigningKeysAreListedWithoutTheirSecrets, and for administrators of the whole environment and Support only.
func TestSigningKeysAreListedWithoutTheirSecrets(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for _, actor := range []pactius.Actor{w.root, pactius.SupportActor(w.Env)} {
		keys, err := w.rules.SigningKeys(t.Context(), actor)
		if err != nil || len(keys) != 1 || keys[0].ID == "" || keys[0].StartsAt.IsZero() || keys[0].Sealed != "" {
			t.Errorf("got %+v, %v", keys, err)
		}
	}
	if keys, err := w.rules.SigningKeys(t.Context(), w.reader); pactius.KindOf(err) != pactius.KindForbidden ||
		len(keys) != 0 {
		t.Errorf("a reader got %+v, %v", keys, err)
	}
}

// TestTheFirstKeySignsOnEveryInstance, also on one where a stranger has asked for the keys before there was one.
func TestTheFirstKeySignsOnEveryInstance(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	fresh, another := w.db.Ground(t, "b.example"), applications.New(w.rules.Config)
	if set, err := another.Keys(t.Context(), fresh.Env); err != nil || string(set) != `{"keys":[]}` {
		t.Fatalf("%s, %v", set, err)
	}
	first := draft("Time", fresh.Root, "https://b-app.example")
	if _, err := w.rules.Add(t.Context(), pactius.SupportActor(fresh.Env), first); err != nil {
		t.Fatal(err)
	}
	if _, err := another.Sign(t.Context(), fresh.Env, applications.Claims{}); err != nil {
		t.Error(err)
	}
}
