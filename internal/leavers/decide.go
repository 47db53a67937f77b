package leavers

import (
	"context"
	"strconv"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
)

// State is how far the sweep of an environment is, for people.
type State struct {
	On         bool      // this deployment sweeps
	FinishedAt time.Time // of the last round; zero: none has finished yet
	HeldAt     time.Time // since when something waits for a human; zero: nothing does
	Waiting    int       // users about whom a human has to decide
	Trouble    pactius.Trouble
	TroubleAt  time.Time // since when
	UnderWay   bool
}

// View is the page on which a human decides.
type View struct {
	State
	Leavers []pactius.Leaver // those who wait, by name, one page
	Next    string           // cursor of the next page
	Until   time.Time        // when the last of those who wait was found: a decision is about these
	Bound   int              // percent of the users that need no human
	Marks   bool             // the environment's rule: leavers are marked, not deactivated
}

// State tells administrators of the whole environment how far the sweep is.
func (r *Rules) State(ctx context.Context, actor pactius.Actor) (State, error) {
	v, err := r.look(ctx, actor, nil)
	return v.State, err
}

// View shows those about whom a human has to decide, a page after the cursor of
// the page before. For administrators of the whole environment.
func (r *Rules) View(ctx context.Context, actor pactius.Actor, after string) (View, error) {
	return r.look(ctx, actor, func(tx *change.Tx, v *View) error {
		if v.HeldAt.IsZero() {
			return nil
		}
		var err error
		v.Leavers, v.Next, err = tx.WaitingLeavers(after, pactius.PageSize)
		return err
	})
}

func (r *Rules) look(ctx context.Context, actor pactius.Actor, more func(*change.Tx, *View) error) (View, error) {
	var v View
	err := r.DB.Read(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) error {
		s, err := tx.Sweep()
		if err != nil {
			return err
		}
		v = View{Bound: tx.Environment.LeaverPercent(), Marks: tx.Environment.LeaverRule == pactius.LeaversMarked,
			State: State{On: r.Every != 0, FinishedAt: s.FinishedAt, HeldAt: s.HeldAt, Trouble: s.Trouble,
				TroubleAt: s.TroubleAt, UnderWay: s.Phase != resting}}
		if !s.HeldAt.IsZero() {
			if v.Waiting, v.Until, err = tx.CountWaiting(); err != nil {
				return err
			}
		}
		if more != nil {
			err = more(tx, &v)
		}
		return err
	})
	return v, err
}

// ErrNothingHeld refuses a decision where nothing waits for one.
var ErrNothingHeld = pactius.Refuse(pactius.KindConflict,
	pactius.T("Nothing waits for a decision any more: somebody has decided, or the accounts are back."))

// atOnce is how many transactions a decision makes itself, so that the human sees
// what became of it; of thousands of users the others follow within a minute.
const atOnce = 20

// errFoundMore refuses a decision about a list that has changed altogether.
var errFoundMore = pactius.Refuse(pactius.KindConflict,
	pactius.T("The list has changed since you opened it. Look at it as it is now, and then decide."))

// Decide carries out what a held sweep has found until a time, or drops it:
// then the users are marked and nothing else happens to them. What was found
// later is judged anew. It returns how many users it is about. For administrators
// of the whole environment.
func (r *Rules) Decide(ctx context.Context, actor pactius.Actor, d pactius.SweepDecision, until time.Time) (int,
	error) {
	kind := pactius.SweepReleased
	switch d {
	case pactius.SweepCarryOut:
	case pactius.SweepDrop:
		kind = pactius.SweepDropped
	default:
		return 0, pactius.Refuse(pactius.KindInvalid, pactius.T("Choose what to do: carry it out, or drop it."))
	}
	n := 0
	err := r.DB.Change(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) error {
		s, err := tx.Sweep()
		if err != nil {
			return err
		}
		if s.HeldAt.IsZero() {
			return ErrNothingHeld
		}
		if n, err = tx.DecideFindings(d, until); err != nil {
			return err
		}
		if n == 0 {
			return errFoundMore
		}
		s.HeldAt = time.Time{}
		if s.Phase == acting {
			s.Phase, s.Next = judging, "" // what was found later is judged first
		}
		if s.Lease == "" {
			s.DueAt = tx.Now
		}
		if err := tx.SaveSweep(s.Lease, s); err != nil {
			return err
		}
		tx.Record(pactius.Event{Kind: kind, Facts: pactius.Facts{pactius.FactCount: strconv.Itoa(n)}})
		return nil
	})
	if err != nil {
		return 0, err
	}
	return n, r.carryOutDecided(ctx, actor.Environment, atOnce, map[pactius.Leaving]int{})
}

// carryOutDecided carries out what a human has decided, and returns, in at most
// so many transactions. It needs no lease: each looks at what is still due.
func (r *Rules) carryOutDecided(ctx context.Context, env pactius.EnvironmentID, most int,
	all map[pactius.Leaving]int) error {
	next := pactius.UserID("")
	for range most {
		from, done := next, map[pactius.Leaving]int{}
		err := r.DB.Change(ctx, pactius.System(env, reason), change.RoleUser, func(tx *change.Tx) error {
			clear(done)
			var err error
			next, err = carryOutDue(tx, from, false, done)
			return err
		})
		if err != nil {
			return err
		}
		for what, n := range done {
			all[what] += n
		}
		if next == "" {
			return nil
		}
	}
	return nil
}
