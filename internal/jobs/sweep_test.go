package jobs_test

import (
	"context"
	"log/slog"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/leavers"
)

// directory is one whose answers wait for the test.
type directory struct {
	began  chan struct{}
	answer chan pactius.DirectoryChanges
}

func (d directory) Changes(ctx context.Context, _ pactius.Credentials, _ string) (pactius.DirectoryChanges, error) {
	d.began <- struct{}{}
	select {
	case c := <-d.answer:
		return c, nil
	case <-ctx.Done():
		return pactius.DirectoryChanges{}, &pactius.DirectoryError{Trouble: pactius.TroubleSlow, Err: ctx.Err()}
	}
}

func (directory) Account(context.Context, pactius.Credentials, string) (pactius.Account, error) {
	return pactius.Account{}, pactius.Refuse(pactius.KindNotFound, pactius.Text{})
}

// sweeping starts a runner whose directory waits for the test; others are
// further environments.
func sweeping(t *testing.T, others ...string) (w *world, d directory, told chan leavers.RoundEnd, stop func()) {
	t.Helper()
	w, d, told = newWorld(t), directory{make(chan struct{}), make(chan pactius.DirectoryChanges)},
		make(chan leavers.RoundEnd, 4)
	for _, host := range others {
		w.db.Ground(t, host)
	}
	w.runner.Leavers = leavers.New(leavers.Config{DB: w.db.Work(), Directory: d, Every: leavers.DefaultEvery,
		Logger:      slog.New(slog.DiscardHandler),
		Credentials: func(pactius.Environment) (pactius.Credentials, error) { return pactius.Credentials{}, nil },
		Told:        func(o leavers.RoundEnd) { told <- o }})
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() { w.runner.Run(ctx); close(ended) }()
	return w, d, told, func() { cancel(); <-ended }
}

// TestRunSweepsWhatIsDue also sees that a sweep which hangs is noticed.
func TestRunSweepsWhatIsDue(t *testing.T) {
	t.Parallel()
	w, d, told, stop := sweeping(t)
	<-d.began
	w.db.Clock.Advance(time.Hour)
	w.runner.Tidy(t.Context()) // that moves, so only the sweep does not
	if got := w.runner.Stalled(); got != "sweeping the directory" {
		t.Errorf("while a sweep hangs, %q is stalled", got)
	}
	d.answer <- pactius.DirectoryChanges{Cursor: "1"}
	// an hour is more than a turn
	for _, want := range []leavers.RoundEnd{leavers.RoundInterrupted, leavers.RoundFinished} {
		if got := <-told; got != want {
			t.Errorf("the turn is told as %q, want %q", got, want)
		}
	}
	stop()
	if got := w.log.String(); got != "" {
		t.Errorf("the log says %s", got)
	}
}

// TestSweepsThatMoveHaveNotStalled: a turn may last a minute, and many may be due at once.
func TestSweepsThatMoveHaveNotStalled(t *testing.T) {
	t.Parallel()
	w, d, told, stop := sweeping(t, "sonderhavn.example")
	<-d.began
	<-d.began
	w.db.Clock.Advance(time.Hour)
	w.runner.Tidy(t.Context())
	d.answer <- pactius.DirectoryChanges{Cursor: "1"}
	<-told
	if got := w.runner.Stalled(); got != "" {
		t.Errorf("after a turn of one directory, while another's goes on, %q is stalled", got)
	}
	stop()
}

// TestWhoStopsHandsTheSweepBack: another instance, or the next start, goes on at once.
func TestWhoStopsHandsTheSweepBack(t *testing.T) {
	t.Parallel()
	w, d, told, stop := sweeping(t)
	<-d.began
	stop()
	if got := <-told; got != leavers.RoundInterrupted {
		t.Errorf("the turn is told as %q", got)
	}
	due, err := w.db.DueSweeps(t.Context(), w.db.Clock.Now(), false, 10)
	if err != nil || len(due) != 1 {
		t.Errorf("%d sweeps are due after the stop, want the one handed back (%v)", len(due), err)
	}
}
