package clients

import (
	"errors"
	"testing"
	"time"

	"github.com/pactius/pactius"
)

// TestReusedTokensDoNotFillTheLog: a person can make as many sign-ins end so as they like.
func TestReusedTokensDoNotFillTheLog(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	c := Credentials{ID: w.wiki.ID, Secret: w.secret}
	events := func() int {
		return w.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = $1`, string(pactius.ClientTokenReused))
	}
	reuse := func() {
		t.Helper()
		first := w.enter(t, "scope", "openid offline_access").Refresh
		if _, err := w.rules.Refresh(t.Context(), w.Env, c, first, ""); err != nil {
			t.Fatal(err)
		}
		w.db.Clock.Advance(pactius.RefreshRepeat + time.Second)
		for range 2 { // the second finds nothing to end
			if _, err := w.rules.Refresh(t.Context(), w.Env, c, first, ""); err == nil || errors.Is(err, errScope) {
				t.Fatalf("reused: %v", err)
			}
		}
	}
	for range 3 {
		reuse()
	}
	if n := events(); n != 1 {
		t.Errorf("%d events within a minute", n)
	}
	w.db.Clock.Advance(reusedPause)
	reuse()
	if n := events(); n != 2 {
		t.Errorf("%d events after a minute", n)
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM client_grants`); n != 0 {
		t.Errorf("%d sign-ins have not ended", n)
	}
}
