package microsoft_test

import (
	"strings"
	"testing"
	"time"

	"github.com/pactius/pactius/internal/microsoft"
)

// TestMailTokens: a token is kept until shortly before its end or until it is dropped; a stale drop drops nothing.
func TestMailTokens(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	tokens := microsoft.NewMailTokens(w.m, microsoft.Exchange, w.c.Credentials)
	fetched := func() int { return len(w.tenant.Calls("/" + tenantID + "/oauth2/v2.0/token")) }
	next := func(want int) string {
		t.Helper()
		token, err := tokens.Token(t.Context())
		if err != nil || token == "" || fetched() != want {
			t.Fatalf("got %v, %d tokens fetched, want %d", err, fetched(), want)
		}
		return token
	}
	first := next(1)
	next(1)
	w.ours.add(56 * time.Minute)
	w.theirs.add(56 * time.Minute)
	second := next(2)
	tokens.Drop(first)
	next(2)
	tokens.Drop(second)
	next(3)

	wrong := w.c.Credentials
	wrong.ClientSecret = "another-secret"
	_, err := microsoft.NewMailTokens(w.m, microsoft.Exchange, wrong).Token(t.Context())
	if err == nil || strings.Contains(err.Error(), wrong.ClientSecret) {
		t.Errorf("another secret: %v", err)
	}
}
