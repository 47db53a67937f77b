package outbox_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/store/storetest"
)

// putIn stores n emails in an environment.
func (w *world) putIn(t *testing.T, env pactius.EnvironmentID, n int, to string) {
	t.Helper()
	err := w.db.Work().Change(t.Context(), pactius.SupportActor(env), change.RoleUser, func(tx *change.Tx) error {
		for range n {
			tx.Mail(change.Recipient{Address: to, Name: "Anna Hansen"}, mail.RequestDeclined{By: "Rikke Root"})
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

// grounds are further environments.
func (w *world) grounds(t *testing.T, n int) []*storetest.Ground {
	t.Helper()
	var all []*storetest.Ground
	for i := range n {
		all = append(all, w.db.Ground(t, fmt.Sprintf("e%d.example", i)))
	}
	return all
}

func TestEnvironmentsTakeTurns(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &server{}
	w.out.Transport = s
	w.putIn(t, w.Env, 60, "many@nordhavn.example")
	others := w.grounds(t, 3)
	for i, g := range others {
		w.putIn(t, g.Env, 1, fmt.Sprintf("p@e%d.example", i))
	}
	for range 1 + len(others) { // a turn for each
		if _, err := w.out.DeliverDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	for i := range others {
		if to := fmt.Sprintf("p@e%d.example", i); !strings.Contains(s.took(), to) {
			t.Errorf("%s waits behind another environment's emails", to)
		}
	}
	w.deliver(t, 60+len(others)-len(strings.Fields(s.took())))
}

func TestEmailsThatNeverFailedGoFirst(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &server{answers: all(refusal(mail.AboutEmail, 450, "4.2.1"))}
	w.out.Transport = s
	w.putIn(t, w.Env, 3, "old@nordhavn.example")
	w.deliver(t, 3)
	s.say(nil)
	w.db.Clock.Advance(time.Hour)
	w.putIn(t, w.Env, 1, "new@nordhavn.example")
	w.deliver(t, 4)
	if n := strings.Count(s.took()[:strings.Index(s.took(), "new@")], "old@"); n > 1 { // one turn may be theirs
		t.Errorf("sent in the order %s", s.took())
	}
}

// TestEmailsThatWerePutOffAreNotForgotten has new emails all the time: an old one gets its turn.
func TestEmailsThatWerePutOffAreNotForgotten(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	s := &server{answers: all(refusal(mail.AboutEmail, 450, "4.2.1"))}
	w.out.Transport = s
	w.putIn(t, w.Env, 1, "old@nordhavn.example")
	w.deliver(t, 1)
	s.say(nil)
	w.db.Clock.Advance(time.Hour)
	for range 4 {
		w.putIn(t, w.Env, 2, "new@nordhavn.example")
		if _, err := w.out.DeliverDue(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if !strings.Contains(s.took(), "old@") {
		t.Errorf("sent in the order %s", s.took())
	}
}

// gate is a mail server that takes no email before it is opened.
type gate struct {
	mu     sync.Mutex
	inside map[string]int // emails being sent, by recipient
	came   chan string
	open   chan struct{}
}

func newGate() *gate {
	return &gate{inside: map[string]int{}, came: make(chan string, 1000), open: make(chan struct{})}
}

func (g *gate) Send(ctx context.Context, e mail.Envelope) error {
	g.mu.Lock()
	g.inside[e.To]++
	g.mu.Unlock()
	g.came <- e.To
	select {
	case <-g.open:
		return nil
	case <-ctx.Done():
		return &mail.SendError{Temporary: true, Err: ctx.Err()}
	}
}

func (g *gate) count(to string) int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.inside[to]
}

// TestSlowEnvironmentsLeaveWorkersFree lets the emails of three environments hang: a
// fourth still gets a worker.
func TestSlowEnvironmentsLeaveWorkersFree(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	g := newGate()
	w.out.Transport, w.out.Workers = g, 20
	others := w.grounds(t, 3)
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		w.out.Run(ctx, ctx, w.db.MailArrived(), func() {})
	}()
	want := []int{10, 5, 3}
	for i, env := range []pactius.EnvironmentID{w.Env, others[0].Env, others[1].Env} {
		w.putIn(t, env, 50, fmt.Sprintf("p%d@hung.example", i))
		for range want[i] {
			if to := <-g.came; to != fmt.Sprintf("p%d@hung.example", i) {
				t.Errorf("%s took the turn of another", to)
			}
		}
	}
	w.putIn(t, others[2].Env, 1, "last@fine.example")
	if to := <-g.came; to != "last@fine.example" {
		t.Errorf("%s was sent in place of the fourth environment's", to)
	}
	for i, n := range want {
		if got := g.count(fmt.Sprintf("p%d@hung.example", i)); got != n {
			t.Errorf("environment %d occupies %d workers, want %d", i, got, n)
		}
	}
	stop()
	<-ended
	if n := w.db.Count(t, `SELECT COUNT(*) FROM mails WHERE state = 'waiting' AND failed = 0`); n != 151 {
		t.Errorf("%d emails were handed back or wait, want 151", n)
	}
}
