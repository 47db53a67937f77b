package clients_test

import (
	"context"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestGivingUpDoesNotFillTheLog: a wrong address fails for everyone who signs out.
func TestGivingUpDoesNotFillTheLog(t *testing.T) {
	t.Parallel()
	w := newTelling(t)
	crm := w.client(t, "crm", "https://crm.apps.example/out")
	for _, name := range []string{"freja", "ada", "bo"} {
		w.signOut(t, w.signIn(t, name, crm))
	}
	w.review(t)
	w.db.Clock.Advance(24 * time.Hour)
	d := clients.NewDeliverer(w.rules, &listener{answer: func(string) error { return errAway }})
	attempts, left := deliver(t, d), w.rows(t, "client_sessions")
	n := w.db.Count(t, `SELECT COUNT(*) FROM events WHERE kind = $1`, pactius.ClientNotTold)
	if attempts != 3 || left != 0 || n != 1 {
		t.Errorf("%d attempts, %d are left, %d events", attempts, left, n)
	}
}

// TestAnApplicationThatDoesNotAnswerDelaysNoOther: of the many calls to it, one is made until it rests.
func TestAnApplicationThatDoesNotAnswerDelaysNoOther(t *testing.T) {
	t.Parallel()
	w := newTelling(t)
	dead := w.client(t, "dead", "https://dead.apps.example/out")
	alive := w.client(t, "crm", "https://crm.apps.example/out")
	for i := range 20 {
		w.signOut(t, w.signIn(t, "user"+strconv.Itoa(i), dead))
	}
	w.review(t)
	w.signOut(t, w.signIn(t, "freja", alive))
	w.review(t)
	away := true
	l := &listener{answer: func(address string) error {
		if away && strings.Contains(address, "dead") {
			return errAway
		}
		return nil
	}}
	d := clients.NewDeliverer(w.rules, l)
	deliver(t, d)
	want := map[string]int{"https://dead.apps.example/out": 1, "https://crm.apps.example/out": 1}
	if diff := cmp.Diff(l.calls, want); diff != "" {
		t.Errorf("calls: got - want +:\n%s", diff)
	}
	away = false
	w.db.Clock.Advance(time.Minute)
	deliver(t, d)
	if n := w.rows(t, "client_sessions"); n != 0 {
		t.Errorf("%d are not told when the application is back", n)
	}
}

// TestAnEnvironmentLeavesPlacesFree: one environment's applications hang; another's is told meanwhile.
func TestAnEnvironmentLeavesPlacesFree(t *testing.T) {
	t.Parallel()
	db := storetest.New(t)
	busy, other := tellingOn(t, db, "a.example"), tellingOn(t, db, "b.example")
	app := busy.client(t, "slow", "https://slow.apps.example/out")
	for i := range 12 {
		busy.signOut(t, busy.signIn(t, "user"+strconv.Itoa(i), app))
	}
	quick := other.signIn(t, "freja", other.client(t, "crm", "https://crm.apps.example/out"))
	busy.review(t)
	slow, told, goOn := make(chan struct{}, 100), make(chan struct{}, 100), make(chan struct{})
	l := &listener{answer: func(address string) error {
		if strings.Contains(address, "slow") {
			slow <- struct{}{}
			<-goOn
		} else {
			told <- struct{}{}
		}
		return nil
	}}
	d := clients.NewDeliverer(busy.rules, l)
	ctx, cancel := context.WithCancel(t.Context())
	db.WatchDoor(func([]pactius.DoorChange) { d.Wake() })
	var jobs sync.WaitGroup
	jobs.Go(func() { d.RunReviews(ctx, func() {}) })
	jobs.Go(func() { d.Run(ctx, t.Context(), func() {}) })
	for range 4 { // of 8 places
		<-slow
	}
	other.signOut(t, quick)
	<-told
	if n := len(slow); n != 0 {
		t.Errorf("%d of 8 calls at once are one environment's, want 4", 4+n)
	}
	cancel()
	close(goOn)
	jobs.Wait()
}
