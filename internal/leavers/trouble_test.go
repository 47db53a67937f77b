package leavers_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/store/storetest"
)

// TestTroubleIsPutOff also sees that it is told, and forgotten when it is over.
func TestTroubleIsPutOff(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name    string
		trouble pactius.DirectoryError
		pauses  []time.Duration // until the next tries
		shown   bool
	}{
		{"throttled, for a time told", pactius.DirectoryError{Trouble: pactius.TroubleThrottled,
			RetryAfter: 42 * time.Second}, []time.Duration{42 * time.Second, 42 * time.Second}, false},
		{"throttled, for a time not told", pactius.DirectoryError{Trouble: pactius.TroubleThrottled},
			[]time.Duration{10 * time.Second}, false},
		{"throttled, for longer than is believed",
			pactius.DirectoryError{Trouble: pactius.TroubleThrottled, RetryAfter: 1000 * time.Hour},
			[]time.Duration{time.Hour}, false},
		{"away, longer and longer", pactius.DirectoryError{Trouble: pactius.TroubleAway},
			[]time.Duration{15 * time.Minute, 15 * time.Minute, 30 * time.Minute, time.Hour, time.Hour}, true},
		{"no permission", pactius.DirectoryError{Trouble: pactius.TroubleNoPermission,
			Code: "Authorization_RequestDenied"}, []time.Duration{15 * time.Minute}, true},
		{"an answer that makes no sense",
			pactius.DirectoryError{Trouble: pactius.TroubleGarbled, Err: errors.New("<html>")},
			[]time.Duration{15 * time.Minute}, true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t, storetest.New(t), "nordhavn.example", 3)
			c.directory.before = func(int) error { return &tt.trouble }
			due := func() bool {
				t.Helper()
				n, err := c.rules.SweepDue(t.Context(), nil)
				if err != nil {
					t.Fatal(err)
				}
				return n > 0
			}
			due()
			for i, pause := range tt.pauses {
				c.db.Clock.Advance(pause - time.Second)
				if due() {
					t.Errorf("try %d came before its time", i+2)
				}
				c.db.Clock.Advance(time.Second)
				if !due() {
					t.Errorf("try %d did not come", i+2)
				}
			}
			state, err := c.rules.State(t.Context(), c.Actor(c.root))
			if err != nil || (state.Trouble == tt.trouble.Trouble) != tt.shown ||
				(leavers.TroubleText(state.Trouble).IsZero()) == tt.shown {
				t.Errorf("shown is %+v, %v", state, err)
			}
			c.directory.before = nil
			c.sweep(t)
			if state, err := c.rules.State(t.Context(), c.Actor(c.root)); err != nil || state.Trouble != "" ||
				state.FinishedAt.IsZero() {
				t.Errorf("after it works: %+v, %v", state, err)
			}
		})
	}
}

func TestAPageThatLeadsNowhereIsRefused(t *testing.T) {
	t.Parallel()
	for name, page := range map[string]pactius.DirectoryChanges{
		"neither a next page nor a cursor": {},
		"the same page again":              {Next: "1"},
	} {
		c := newCompany(t, storetest.New(t), "nordhavn.example", 3)
		c.sweep(t)
		c.db.Exec(t, `UPDATE sweeps SET cursor = '1'`)
		config := c.rules.Config
		config.Directory = loop{c.directory, page}
		report, err := leavers.New(config).Sweep(t.Context(), pactius.SupportActor(c.Env))
		if err == nil || report.Trouble != pactius.TroubleGarbled {
			t.Errorf("%s: %+v, %v", name, report, err)
		}
	}
}

// loop answers with the same page whatever it is asked.
type loop struct {
	*directory
	page pactius.DirectoryChanges
}

func (l loop) Changes(_ context.Context, _ pactius.Credentials, _ string) (pactius.DirectoryChanges, error) {
	return l.page, nil
}

// TestNothingIsSweptThatIsNotToBe: off, or not connected.
func TestNothingIsSweptThatIsNotToBe(t *testing.T) {
	t.Parallel()
	c := newCompany(t, storetest.New(t), "nordhavn.example", 1)
	off := c.rules.Config
	off.Every = 0
	if n, err := leavers.New(off).SweepDue(t.Context(), nil); n != 0 || err != nil {
		t.Errorf("off: %d, %v", n, err)
	}
	c.db.Exec(t, `UPDATE environments SET tenant_id = ''`)
	if n, err := c.rules.SweepDue(t.Context(), nil); n != 0 || err != nil {
		t.Errorf("not connected: %d, %v", n, err)
	}
	if c.directory.calls > 0 {
		t.Errorf("%d calls", c.directory.calls)
	}
}
