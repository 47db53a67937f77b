package server

import (
	"context"
	"net"
	"net/http"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
)

// TestAServerComparesItsClockWithTheDatabase starts a server whose newest event is a year old.
func TestAServerComparesItsClockWithTheDatabase(t *testing.T) {
	t.Parallel()
	s, db := quietServer(t, "sqlite")
	now := db.Clock.Now()
	db.Ground(t, "a.example").Update(t, func(tx *store.Tx) error {
		at := now.AddDate(-1, 0, 0)
		return tx.InsertEvents(pactius.Event{ID: pactius.EventID(id.At(at)), At: at, Kind: pactius.UserAdded})
	})
	if !s.runner.Clock.Trusted(now) || s.runner.Clock != s.db.Clock {
		t.Error("before the start the clock isn't believed, or the work and the rules have two guards")
	}
	listener, err := new(net.ListenConfig).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Run(ctx, listener) }()
	ask, err := http.NewRequestWithContext(t.Context(), http.MethodGet,
		"http://"+listener.Addr().String()+"/livez", nil)
	if err != nil {
		t.Fatal(err)
	}
	answer, err := http.DefaultClient.Do(ask) // it runs
	if err != nil {
		t.Fatal(err)
	}
	answer.Body.Close()
	cancel()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	if s.runner.Clock.Trusted(now) {
		t.Error("the clock is believed although the newest event is a year old")
	}
}
