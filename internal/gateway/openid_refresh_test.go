package gateway

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius"
)

func TestARefreshTokenRotates(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		c := w.client(t)
		first := c.enter(t, "nonce", "n")
		second := c.refresh(t, first.Refresh)
		if second.Status != http.StatusOK || second.Refresh == first.Refresh || second.Scope != first.Scope ||
			claimsOf(t, second.ID)["sid"] != claimsOf(t, first.ID)["sid"] || claimsOf(t, second.ID)["nonce"] != nil {
			t.Fatalf("%s", second.Body)
		}
		w.db.Clock.Advance(pactius.RefreshRepeat)
		if again := c.refresh(t, first.Refresh); again.Status != http.StatusOK || c.generation(t) != 1 {
			t.Errorf("a lost answer: generation %d, %s", c.generation(t), again.Body)
		}
		less := c.refresh(t, second.Refresh, "scope", "openid")
		if less.Scope != "openid" || claimsOf(t, less.ID)["name"] != nil || less.Refresh == "" {
			t.Errorf("fewer scopes: %s", less.Body)
		}
		if r := c.userinfo(t, less.Access); strings.Contains(r.Body.String(), "Freja") {
			t.Errorf("fewer scopes: %s", r.Body)
		}
		c.refresh(t, less.Refresh, "scope", "openid phone").refused(t, "more scopes", "invalid_scope")
		if all := c.refresh(t, less.Refresh); all.Scope != first.Scope || c.generation(t) != 3 {
			t.Errorf("all scopes again: %s", all.Body)
		}
		c.refresh(t, first.Refresh).refused(t, "two generations before", "invalid_grant")
		if c.generation(t) != -1 || c.reuses(t) != 1 {
			t.Errorf("generation %d, %d events", c.generation(t), c.reuses(t))
		}
	})
}

// TestALateRepetitionEndsTheSignIn, also of the token before the last.
func TestALateRepetitionEndsTheSignIn(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		c := w.client(t)
		first := c.enter(t)
		second := c.refresh(t, first.Refresh)
		w.db.Clock.Advance(pactius.RefreshRepeat + time.Second)
		c.refresh(t, first.Refresh).refused(t, "too late", "invalid_grant")
		c.refresh(t, second.Refresh).refused(t, "the other holder", "invalid_grant")
		c.reads(t, "its access token", second.Access, http.StatusUnauthorized)
		if c.reuses(t) != 1 {
			t.Errorf("%d events", c.reuses(t))
		}
	})
}

// TestTwoRefreshAtTheSameMoment and get the same generation: workers of an application race.
func TestTwoRefreshAtTheSameMoment(t *testing.T) {
	t.Parallel()
	onEach(t, func(t *testing.T, w *world) {
		c, second := w.client(t), w.second(t)
		token := c.enter(t).Refresh
		answers := make([]granted, 8)
		var all sync.WaitGroup
		for i := range answers {
			all.Go(func() { answers[i] = c.at([]*instance{w.instance, second}[i%2]).refresh(t, token) })
		}
		all.Wait()
		if c.generation(t) != 1 || c.reuses(t) != 0 {
			t.Fatalf("generation %d, %d events", c.generation(t), c.reuses(t))
		}
		for _, g := range answers {
			if g.Status != http.StatusOK {
				t.Fatalf("%d %s", g.Status, g.Body)
			}
		}
		last := answers[7]
		for _, g := range answers[:2] {
			if last = c.refresh(t, g.Refresh); last.Status != http.StatusOK || c.generation(t) != 2 {
				t.Errorf("generation %d: %s", c.generation(t), last.Body)
			}
		}
	})
}

// TestRefreshChecksEverythingAgain.
func TestRefreshChecksEverythingAgain(t *testing.T) {
	t.Parallel()
	all := revocations()
	all["OpenID Connect switched off"] = switchOff
	for name, revoke := range all {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t)
			c, b := w.client(t), w.browser(w.app)
			b.enter("/")
			g, code := c.enter(t), c.code(t)
			w.db.Clock.Advance(time.Second)
			revoke(t, w, b)
			want := "invalid_grant"
			if name == "the only application removed" || name == "OpenID Connect switched off" {
				want = "invalid_client"
			}
			c.refresh(t, g.Refresh).refused(t, "refresh", want)
			c.exchange(t, code).refused(t, "exchange", want)
			if n := c.generation(t); n > 0 {
				t.Errorf("generation %d", n)
			}
		})
	}
}

func switchOff(t *testing.T, w *world, _ *browser) int {
	if _, err := w.rules.Update(t.Context(), w.root, w.app.ID, 0,
		pactius.ApplicationUpdate{ClientKind: new(pactius.ClientNone)}); err != nil {
		t.Error(err)
	}
	return http.StatusUnauthorized
}
