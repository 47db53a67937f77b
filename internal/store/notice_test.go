package store_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// soon bounds what takes milliseconds on an idle machine.
const soon = 30 * time.Second

// TestMailWakesTheOtherInstance also cuts the connection that listens.
func TestMailWakesTheOtherInstance(t *testing.T) {
	t.Parallel()
	db := storetest.On(t, "postgres")
	g := db.Ground(t, "nord.example")
	ctx, cancel := context.WithCancel(t.Context())
	other := db.Again(t)
	ended := make(chan struct{}, 2)
	for _, s := range []*store.Store{db.Store, other} {
		go func() {
			s.Share(ctx, slog.New(slog.DiscardHandler))
			ended <- struct{}{}
		}()
	}
	arrives := func(s *store.Store, what string) {
		t.Helper()
		select {
		case <-s.MailArrived():
		case <-time.After(soon):
			t.Fatal(what)
		}
	}
	arrives(other, "no signal when listening began")
	enqueue(t, db.Store, g.Env, db.Clock.Now())
	arrives(db.Store, "the instance itself was not told")
	arrives(other, "the other instance was not told")

	db.Exec(t, `SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%'
			AND pid <> pg_backend_pid()`)
	arrives(other, "it did not begin to listen again")
	cancel()
	<-ended
	<-ended
}

func TestSharingASQLiteFileIsNothingToDo(t *testing.T) {
	t.Parallel()
	storetest.On(t, "sqlite").Share(t.Context(), slog.New(slog.DiscardHandler)) // returns
}
