package leavers_test

import (
	"errors"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

func TestTheBound(t *testing.T) {
	t.Parallel()
	tests := []struct {
		name   string
		users  int // with the two administrators
		bound  int
		rounds []int // leavers of each, an hour apart
		held   []bool
	}{
		{"a small company: five always may", 8, 0, []int{5}, []bool{false}},
		{"a small company: six are more", 8, 0, []int{6}, []bool{true}},
		{"ten percent", 100, 0, []int{10}, []bool{false}},
		{"more than ten percent", 100, 0, []int{11}, []bool{true}},
		{"another bound", 100, 30, []int{30}, []bool{false}},
		{"more than another bound", 100, 30, []int{31}, []bool{true}},
		{"everybody, where that is allowed", 20, 100, []int{18}, []bool{false}},
		{"small rounds that together are too many", 100, 0, []int{6, 4, 1}, []bool{false, false, true}},
		{"small rounds of a small company", 20, 0, []int{3, 2, 1}, []bool{false, false, true}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			t.Parallel()
			c := newCompany(t, storetest.New(t), "nordhavn.example", tt.users-2)
			c.directory.size = 50
			c.setRule(t, "", tt.bound)
			c.sweep(t)
			rest := c.staff
			for i, n := range tt.rounds {
				c.db.Clock.Advance(time.Hour)
				c.leave(pactius.AccountDisabled, rest[:n]...)
				rest = rest[n:]
				if report := c.sweep(t); (report.Outcome == leavers.RoundHeld) != tt.held[i] {
					t.Errorf("round %d with %d leavers is %s, want held %v", i+1, n, report.Outcome, tt.held[i])
				}
			}
		})
	}
}

// TestADayLaterTheBoundIsFree: what was carried out counts for a day.
func TestADayLaterTheBoundIsFree(t *testing.T) {
	t.Parallel()
	c := newCompany(t, storetest.New(t), "nordhavn.example", 48)
	c.sweep(t)
	c.leave(pactius.AccountDisabled, c.staff[:5]...)
	c.sweep(t)
	c.db.Clock.Advance(24*time.Hour + time.Second)
	c.leave(pactius.AccountDisabled, c.staff[5:9]...)
	if report := c.sweep(t); report.Outcome != leavers.RoundFinished || report.Done[pactius.LeaverDeactivated] != 4 {
		t.Errorf("the next day: %+v", report)
	}
}

func TestWhatIsHeldWaitsForAHuman(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := newCompany(t, db, "nordhavn.example", 40)
		c.sweep(t)
		early := c.staff[39]
		c.leave(pactius.AccountDisabled, early)
		c.sweep(t)
		c.leave(pactius.AccountDisabled, c.staff[:10]...)
		c.sweep(t)
		for _, u := range c.staff[:10] {
			c.want(t, "held", u, "active, signed in")
		}
		if held, mails := c.events(t, pactius.SweepHeld), c.mails(t, "sweep-held"); held != 1 || mails != 2 {
			t.Errorf("%d events and %d mails, want 1 and one for each administrator", held, mails)
		}
		// Later rounds go on: they collect, they let people return, and they do not mail again.
		c.leave(pactius.AccountDisabled, c.staff[10])
		c.leave(pactius.AccountPresent, early, c.staff[0])
		c.sweep(t)
		c.want(t, "back while held", early, "active")
		c.want(t, "back before it was carried out", c.staff[0], "active, signed in")
		if mails := c.mails(t, "sweep-held"); mails != 2 {
			t.Errorf("%d mails, want no further one", mails)
		}
		v, err := c.rules.View(t.Context(), c.Actor(c.root), "")
		if err != nil || v.Waiting != 10 || len(v.Leavers) != 10 || v.HeldAt.IsZero() {
			t.Fatalf("the page shows %d of %d since %s, %v", len(v.Leavers), v.Waiting, v.HeldAt, err)
		}
		db.Clock.Advance(time.Minute)
		c.leave(pactius.AccountDisabled, c.staff[11])
		c.sweep(t) // found after the page was opened
		n, err := c.rules.Decide(t.Context(), c.Actor(c.root), pactius.SweepCarryOut, v.Until)
		if err != nil || n != 10 {
			t.Fatalf("carried out %d, %v", n, err)
		}
		for _, u := range c.staff[1:11] {
			c.want(t, "released", u, "deactivated, by the sweep, disabled")
		}
		c.want(t, "found later", c.staff[11], "active, signed in")
		c.sweep(t)
		c.want(t, "found later and within the bound", c.staff[11], "deactivated, by the sweep, disabled")
		if n := c.events(t, pactius.SweepReleased); n != 1 {
			t.Errorf("%d events of the release", n)
		}
		_, err = c.rules.Decide(t.Context(), c.Actor(c.root), pactius.SweepDrop, v.Until)
		if !errors.Is(err, leavers.ErrNothingHeld) {
			t.Errorf("a second decision: %v", err)
		}
	})
}

func TestWhatIsDroppedIsMarked(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := newCompany(t, db, "nordhavn.example", 20)
		c.sweep(t)
		c.leave(pactius.AccountDisabled, c.staff[:10]...)
		c.sweep(t)
		_, err := c.rules.Decide(t.Context(), c.Actor(c.root), "nonsense", db.Clock.Now())
		if pactius.KindOf(err) != pactius.KindInvalid {
			t.Errorf("a decision that is none: %v", err)
		}
		if n, err := c.rules.Decide(t.Context(), c.Actor(c.root), pactius.SweepDrop, db.Clock.Now()); err != nil ||
			n != 10 {
			t.Fatalf("dropped %d, %v", n, err)
		}
		c.directory.gone = 1 << 30 // a whole round says it all again
		c.sweep(t)
		for _, u := range c.staff[:10] {
			c.want(t, "dropped", u, "active, disabled, signed in")
		}
		if dropped, mails := c.events(t, pactius.SweepDropped), c.mails(t, "leavers"); dropped != 1 || mails != 0 {
			t.Errorf("%d events and %d mails, want 1 and none", dropped, mails)
		}
	})
}

// TestAHoldEndsWhenAllAreBack: a mistake mended in Microsoft 365 needs no decision.
func TestAHoldEndsWhenAllAreBack(t *testing.T) {
	t.Parallel()
	storetest.EachDB(t, func(t *testing.T, db *storetest.DB) {
		c := newCompany(t, db, "nordhavn.example", 20)
		c.sweep(t)
		c.leave(pactius.AccountDeleted, c.staff[:10]...)
		c.sweep(t)
		c.leave(pactius.AccountPresent, c.staff[:10]...)
		if report := c.sweep(t); report.Outcome != leavers.RoundFinished {
			t.Errorf("%+v", report)
		}
		state, err := c.rules.State(t.Context(), c.Actor(c.root))
		if err != nil || !state.HeldAt.IsZero() {
			t.Errorf("still held: %+v, %v", state, err)
		}
		c.want(t, "back", c.staff[0], "active, signed in")
	})
}

// TestADecisionNeedsNoDirectory: what a human has decided is done although
// Microsoft is away.
func TestADecisionNeedsNoDirectory(t *testing.T) {
	t.Parallel()
	c := newCompany(t, storetest.New(t), "nordhavn.example", 900)
	c.directory.size = 1000
	c.sweep(t)
	c.leave(pactius.AccountDisabled, c.staff[:600]...) // more than a decision does itself
	c.sweep(t)
	if _, err := c.rules.Decide(t.Context(), c.Actor(c.root), pactius.SweepCarryOut, c.db.Clock.Now()); err != nil {
		t.Fatal(err)
	}
	c.directory.before = func(int) error { return &pactius.DirectoryError{Trouble: pactius.TroubleAway} }
	left := func() int {
		return c.db.Count(t, `SELECT COUNT(*) FROM users WHERE deactivated_at <> 0`)
	}
	if n := left(); n != 500 {
		t.Errorf("%d are out at once, want 500", n)
	}
	if _, err := c.rules.SweepDue(t.Context(), nil); err != nil {
		t.Fatal(err)
	}
	if n := left(); n != 600 {
		t.Errorf("%d are out, want 600", n)
	}
}

// TestTheDigestIsOne whatever happens between acting and the end of the round.
func TestTheDigestIsOne(t *testing.T) {
	t.Parallel()
	c := newCompany(t, storetest.New(t), "nordhavn.example", 90)
	c.directory.size = 200
	c.setRule(t, "", 100)
	c.sweep(t)
	c.leave(pactius.AccountDisabled, c.staff[:60]...)
	c.db.Break(t, "INSERT", "mails", "")
	if _, err := c.rules.Sweep(t.Context(), pactius.SupportActor(c.Env)); err == nil {
		t.Fatal("the round ended although its mail could not be written")
	}
	if c.db.Engine() == "postgres" {
		c.db.Exec(t, `DROP TRIGGER broken ON mails`)
	} else {
		c.db.Exec(t, `DROP TRIGGER broken`)
	}
	c.db.Clock.Advance(time.Hour)
	c.sweep(t)
	if events, mails := c.events(t, pactius.UserAccountGone), c.mails(t, "leavers"); events != 60 || mails != 2 {
		t.Errorf("%d events and %d mails, want 60 and one for each administrator", events, mails)
	}
	var counts map[pactius.Leaving]int
	c.View(t, func(tx *store.Tx) (err error) {
		counts, err = tx.UntoldOutcomes()
		return err
	})
	if diff := cmp.Diff(map[pactius.Leaving]int{}, counts); diff != "" {
		t.Errorf("untold (-want +got):\n%s", diff)
	}
}
