package leavers

import (
	"context"
	"strconv"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
)

// State is the state of an environment's sweep as shown to administrators.
type State struct {
	On         bool      // this deployment sweeps
	FinishedAt time.Time // of the last round; zero: none has finished yet
	HeldAt     time.Time // since when findings wait for a decision; zero: none do
	Waiting    int       // users that wait for a decision
	Trouble    pactius.Trouble
	TroubleAt  time.Time // since when
	UnderWay   bool
}

// View holds the values for the page of the decision.
type View struct {
	State
	Leavers []pactius.Leaver // one page of the users that wait, by name
	Next    string           // cursor of the next page
	Until   time.Time        // of the last finding: the decision is about those until then
	Bound   int              // percent of the users that need no decision
	Marks   bool             // the environment's rule: leavers are marked, not deactivated
}

// State returns the sweep's state for administrators of the whole environment.
func (r *Rules) State(ctx context.Context, actor pactius.Actor) (State, error) {
	v, err := r.look(ctx, actor, nil)
	return v.State, err
}

// View returns a page of the users that wait for a decision, after the cursor of the
// page before, for administrators of the whole environment.
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
	pactius.T("There's nothing left to decide: someone has already decided, or the accounts are back."))

// atOnce is the number of transactions that Decide makes itself, so that the page shows
// a result; the job carries out the others of thousands within a minute.
const atOnce = 20

// errFoundMore refuses a decision about a list that has changed completely.
var errFoundMore = pactius.Refuse(pactius.KindConflict,
	pactius.T("The list has changed since you opened it. Check it again before you decide."))

// Decide carries out the findings of a held sweep until a time, or drops them, which
// only marks the users. Later findings are judged anew. It returns the number of users
// and is for administrators of the whole environment.
func (r *Rules) Decide(
	ctx context.Context, actor pactius.Actor, d pactius.SweepDecision, until time.Time,
) (int, error) {
	kind := pactius.SweepReleased
	switch d {
	case pactius.SweepCarryOut:
	case pactius.SweepDrop:
		kind = pactius.SweepDropped
	default:
		return 0, pactius.Refuse(pactius.KindInvalid, pactius.T("Choose whether to confirm this or ignore it."))
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
			s.Phase, s.Next = judging, "" // judge later findings first
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

// carryOutDecided carries out decided findings and returns in a number of transactions,
// and counts them in all. It needs no lease: each transaction reads what is still due.
func (r *Rules) carryOutDecided(
	ctx context.Context, env pactius.EnvironmentID, most int, all map[pactius.Leaving]int,
) error {
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
