package database

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/pactius/pactius"
)

// played are turns in a time of their own, with who was served in which order.
type played struct {
	*turns
	t  *testing.T
	wg sync.WaitGroup

	mu     sync.Mutex
	served []string
	time   map[string]time.Duration // that environments have used
}

// play runs fn with turns, and waits for all requests.
func play(t *testing.T, places, alone, company int, fn func(*played)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		p := &played{turns: newTurns(places, alone, company), t: t, time: map[string]time.Duration{}}
		fn(p)
		p.wg.Wait()
		if p.taken != 0 || len(p.queue) != 0 {
			t.Errorf("in the end %d places are taken and %d lines wait", p.taken, len(p.queue))
		}
	})
}

// ask lets an environment ask for a place and use it for some time.
func (p *played) ask(env string, use time.Duration) {
	p.wg.Go(func() {
		free, err := p.wait(p.t.Context(), pactius.EnvironmentID(env))
		if err != nil {
			p.t.Errorf("%s: %v", env, err)
			return
		}
		defer free()
		p.mu.Lock()
		p.served = append(p.served, env)
		p.mu.Unlock()
		time.Sleep(use)
		p.mu.Lock()
		p.time[env] += use
		p.mu.Unlock()
	})
	synctest.Wait() // the requests come in the order of the test
}

// using returns how many places an environment has.
func (p *played) using(env string) int {
	synctest.Wait()
	p.turns.mu.Lock()
	defer p.turns.mu.Unlock()
	if l := p.lines[pactius.EnvironmentID(env)]; l != nil {
		return l.held
	}
	return 0
}

func TestEnvironmentsTakeTurns(t *testing.T) {
	t.Parallel()
	play(t, 1, 1, 1, func(p *played) {
		for _, env := range strings.Fields("a a a a a b b c") {
			p.ask(env, time.Millisecond)
		}
		p.wg.Wait()
		if got, want := strings.Join(p.served, " "), "a b c a b a a a"; got != want {
			t.Errorf("served are %s, want %s", got, want)
		}
	})
}

// TestTheTimeUsedCounts: an environment whose turns are ten times as long gets a tenth of them.
func TestTheTimeUsedCounts(t *testing.T) {
	t.Parallel()
	play(t, 1, 1, 1, func(p *played) {
		for range 40 {
			p.ask("slow", 10*time.Millisecond)
			p.ask("quick", time.Millisecond)
		}
		time.Sleep(60 * time.Millisecond)
		synctest.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		if quick, slow := p.time["quick"], p.time["slow"]; quick < 20*time.Millisecond || slow < 20*time.Millisecond {
			t.Errorf("after 60 ms the quick one has used %s and the slow one %s, want about the same", quick, slow)
		}
	})
}

// TestIdlenessIsNoCredit: an environment that did nothing for an hour does not keep the others waiting for as long.
func TestIdlenessIsNoCredit(t *testing.T) {
	t.Parallel()
	play(t, 1, 1, 1, func(p *played) {
		p.ask("idle", 0)
		for range 3600 {
			p.ask("busy", time.Second)
			p.wg.Wait()
		}
		p.served = nil
		for _, env := range strings.Fields("busy idle idle idle idle busy busy") {
			p.ask(env, time.Millisecond)
		}
		p.wg.Wait()
		if got, want := strings.Join(p.served, " "), "busy idle busy idle busy idle idle"; got != want {
			t.Errorf("served are %s, want %s", got, want)
		}
	})
}

func TestAnEnvironmentLeavesPlacesToOthers(t *testing.T) {
	t.Parallel()
	play(t, 8, 6, 3, func(p *played) {
		want := func(when string, held map[string]int) {
			t.Helper()
			for env, n := range held {
				if got := p.using(env); got != n {
					t.Errorf("%s, %s has %d places, want %d", when, env, got, n)
				}
			}
		}
		for range 20 {
			p.ask("a", time.Second)
		}
		want("alone", map[string]int{"a": 6})
		p.ask("b", time.Minute)
		want("when another arrives", map[string]int{"a": 6, "b": 1})
		time.Sleep(time.Second + time.Millisecond)
		want("in company", map[string]int{"a": 3, "b": 1})
		for range 20 {
			p.ask("b", time.Second)
		}
		p.ask("c", time.Second)
		want("with two that ask for much", map[string]int{"a": 3, "b": 3, "c": 1})
	})
}

// TestAnEnvironmentThatArrivesFindsAPlace: as long as there are fewer environments than places.
func TestAnEnvironmentThatArrivesFindsAPlace(t *testing.T) {
	t.Parallel()
	play(t, 8, 6, 6, func(p *played) {
		for _, env := range strings.Split("abcdefg", "") {
			for range 10 {
				p.ask(env, time.Second)
			}
			if p.using(env) == 0 {
				t.Errorf("%s has no place", env)
			}
			time.Sleep(10 * time.Second)
		}
	})
}

// TestAnEnvironmentIsForgotten: another one that is alone again may use all but the spare places.
func TestAnEnvironmentIsForgotten(t *testing.T) {
	t.Parallel()
	play(t, 8, 6, 1, func(p *played) {
		p.ask("b", time.Second)
		for range 40 {
			p.ask("a", time.Second)
		}
		if got := p.using("a"); got != 1 {
			t.Errorf("in company a has %d places, want 1", got)
		}
		time.Sleep(2*remembered + time.Second)
		p.ask("a", time.Second)
		if got := p.using("a"); got != 6 {
			t.Errorf("alone again a has %d places, want 6", got)
		}
	})
}

// TestARequestThatEndsLeavesTheLine: the place goes to the next one.
func TestARequestThatEndsLeavesTheLine(t *testing.T) {
	t.Parallel()
	play(t, 1, 1, 1, func(p *played) {
		p.ask("a", time.Second)
		ctx, cancel := context.WithCancel(p.t.Context())
		p.wg.Go(func() {
			if _, err := p.wait(ctx, "b"); !errors.Is(err, context.Canceled) {
				t.Errorf("a request that ended: %v", err)
			}
		})
		p.ask("c", 0)
		cancel()
		synctest.Wait()
		if n := len(p.lines["b"].waiting); n != 0 {
			t.Errorf("%d wait in the line of b", n)
		}
		p.wg.Wait()
		if !slices.Equal(p.served, []string{"a", "c"}) {
			t.Errorf("served are %v", p.served)
		}
		if _, err := p.wait(ctx, "b"); !errors.Is(err, context.Canceled) {
			t.Errorf("a request that had ended before: %v", err)
		}
		if waits, waited := p.stats(); waits != 2 || waited != time.Second {
			t.Errorf("%d have waited for %s, want 2 for 1s", waits, waited)
		}
	})
}

// TestALineIsBounded: the others are not.
func TestALineIsBounded(t *testing.T) {
	t.Parallel()
	play(t, 1, 1, 1, func(p *played) {
		for range 1 + maxWaiting {
			p.ask("a", time.Millisecond)
		}
		_, err := p.wait(p.t.Context(), "a")
		refusal, ok := errors.AsType[*pactius.Error](err)
		if !ok || refusal.Kind != pactius.KindUnavailable || refusal.RetryAfter != fullPause {
			t.Errorf("beyond the bound: %v", err)
		}
		p.ask("b", time.Millisecond)
		time.Sleep(2 * time.Millisecond)
		synctest.Wait()
		p.mu.Lock()
		defer p.mu.Unlock()
		if !slices.Contains(p.served, "b") {
			t.Error("another environment was not served")
		}
	})
}
