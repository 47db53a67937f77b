package applications_test

import (
	"testing"

	"github.com/pactius/pactius"
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
