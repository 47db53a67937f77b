package leavers

import (
	"context"
	"errors"
	"math"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
)

const (
	leaseTime = 5 * time.Minute // longer than any step; after a crash another instance continues then
	turnTime  = 1 * time.Minute // then others get their turn; the round continues in the next one
	handTime  = 5 * time.Second // to hand a round back when the server stops
)

// told logs the result of a turn and passes it to Told.
func (r *Rules) told(ctx context.Context, env pactius.EnvironmentID, n *turn) {
	if n == nil {
		return
	}
	if r.Told != nil {
		r.Told(n.report.Outcome)
	}
	log := r.Logger.With("environment", env, "outcome", n.report.Outcome, "pages", n.report.Pages, "accounts",
		n.report.Accounts, "found", n.report.Found)
	for done, count := range n.report.Done {
		log = log.With(string(done), count)
	}
	switch o := n.report.Outcome; {
	case o == RoundTroubled:
		log.WarnContext(ctx, "sweeping the directory was not possible", "trouble", n.report.Trouble, "error", n.err)
	case o == RoundFailed:
		log.ErrorContext(ctx, "sweeping the directory failed", "error", n.err)
	case o == RoundHeld && !n.at.HeldAt.Before(n.at.StartedAt): // held by this round
		log.WarnContext(ctx, "sweeping the directory waits for a human", "waiting", n.report.Waiting)
	case len(n.report.Done) > 0:
		log.InfoContext(ctx, "swept the directory")
	default:
		log.DebugContext(ctx, "swept the directory")
	}
}

// ErrUnderWay refuses a round that another instance works on.
var ErrUnderWay = pactius.Refuse(pactius.KindConflict,
	pactius.T("The server or another command is comparing the directory right now. Try again in a minute."))

// Sweep finishes the environment's round, or a new one, whether it is due or not. It is
// for Support and administrators of the whole environment.
func (r *Rules) Sweep(ctx context.Context, actor pactius.Actor) (Report, error) {
	err := r.DB.Read(ctx, actor, change.RoleRootAdministrator, func(*change.Tx) error { return nil })
	if err != nil {
		return Report{}, err
	}
	all := Report{Done: map[pactius.Leaving]int{}}
	for {
		n := r.turn(ctx, actor.Environment, true)
		if n == nil {
			return all, ErrUnderWay
		}
		all.add(n.report)
		switch {
		case n.report.Outcome == RoundOvertaken:
			return all, ErrUnderWay
		case n.report.Outcome != RoundInterrupted || ctx.Err() != nil:
			return all, n.err
		}
	}
}

func (p *Report) add(q Report) {
	p.Outcome, p.Waiting, p.Unsettled, p.Trouble = q.Outcome, q.Waiting, q.Unsettled, q.Trouble
	p.Pages += q.Pages
	p.Accounts += q.Accounts
	p.Asked += q.Asked
	p.Found += q.Found
	p.did(q.Done)
}

func (p *Report) did(done map[pactius.Leaving]int) {
	for what, n := range done {
		p.Done[what] += n
	}
}

// turn is the work of one instance on one environment for turnTime.
type turn struct {
	*Rules
	env    pactius.Environment
	as     pactius.Credentials
	lease  string
	at     store.Sweep // as stored
	until  time.Time
	report Report
	err    error // that ended the turn
}

// Errors that end a turn without a fault.
var (
	errOvertaken = errors.New("another instance has taken over the sweep")
	errMoved     = errors.New("the environment was connected to another tenant meanwhile")
)

// actor is the sweep itself.
func (n *turn) actor() pactius.Actor { return pactius.System(n.env.ID, reason) }

// turn claims an environment's sweep and works on it; nil if it could not be claimed.
// early claims one that is not due.
func (r *Rules) turn(ctx context.Context, env pactius.EnvironmentID, early bool) *turn {
	n := &turn{Rules: r, lease: seal.NewToken(), until: r.DB.Now().Add(turnTime),
		report: Report{Done: map[pactius.Leaving]int{}}}
	claimed := false
	err := r.DB.Change(ctx, pactius.System(env, reason), change.RoleUser, func(tx *change.Tx) error {
		n.env = tx.Environment
		var err error
		if claimed, err = tx.ClaimSweep(n.lease, tx.Now, tx.Now.Add(leaseTime), early); err != nil || !claimed {
			return err
		}
		n.at, err = tx.Sweep()
		return err
	})
	switch {
	case err != nil:
		n.report.Outcome, n.err = RoundFailed, err
		return n
	case !claimed:
		return nil
	}
	working, cancel := context.WithTimeout(ctx, leaseTime)
	defer cancel()
	if err = r.places.enter(working); err == nil {
		err = n.work(working)
		r.places.leave()
	}
	n.close(ctx, err)
	return n
}

// work takes steps until the round or the turn ends.
func (n *turn) work(ctx context.Context) error {
	err := n.carryOutDecided(ctx, n.env.ID, math.MaxInt, n.report.Done) // needs no directory
	if err != nil {
		return err
	}
	if n.as, err = n.Credentials(n.env); err != nil {
		return &pactius.DirectoryError{Trouble: pactius.TroubleNoConnection, Err: err}
	}
	for {
		if err := n.step(ctx); err != nil || n.at.Phase == resting {
			return err
		}
		if !n.DB.Now().Before(n.until) || ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// close ends a turn and stores when the next one is due.
func (n *turn) close(ctx context.Context, err error) {
	n.err = err
	trouble, isTrouble := errors.AsType[*pactius.DirectoryError](err)
	switch {
	case errors.Is(err, errOvertaken):
		n.report.Outcome, n.err = RoundOvertaken, nil
		return
	case err == nil && n.at.Phase == resting:
		n.report.Outcome = RoundFinished
		if !n.at.HeldAt.IsZero() {
			n.report.Outcome = RoundHeld
		}
		return
	case isTrouble && ctx.Err() == nil:
		n.report.Outcome, n.report.Trouble = RoundTroubled, trouble.Trouble
	case err != nil && ctx.Err() == nil && !errors.Is(err, errMoved):
		n.report.Outcome = RoundFailed
	default:
		n.report.Outcome = RoundInterrupted
	}
	hand, cancel := context.WithTimeout(context.WithoutCancel(ctx), handTime)
	defer cancel()
	back := n.save(hand, func(_ *change.Tx, s *store.Sweep) error {
		s.Lease, s.DueAt = "", n.DB.Now()
		if n.report.Outcome == RoundTroubled {
			n.putOff(s, trouble)
		} else if n.report.Outcome == RoundFailed {
			s.DueAt = n.DB.Now().Add(failPause)
		}
		return nil
	})
	if back != nil && !errors.Is(back, errOvertaken) && !errors.Is(back, errMoved) {
		n.err = errors.Join(n.err, back) // the lease will expire
	}
}

// save stores the sweep as changed by do, in do's transaction, and renews the lease. It
// fails with errOvertaken if the lease was lost.
func (n *turn) save(ctx context.Context, do func(*change.Tx, *store.Sweep) error) error {
	var after store.Sweep
	err := n.DB.Change(ctx, n.actor(), change.RoleUser, func(tx *change.Tx) error {
		s, err := tx.Sweep()
		if err != nil {
			return err
		}
		if s.Lease != n.lease {
			return errOvertaken
		}
		s.DueAt = tx.Now.Add(leaseTime)
		if err := do(tx, &s); err != nil {
			return err
		}
		after = s
		return tx.SaveSweep(n.lease, s)
	})
	if err == nil {
		n.at = after
	}
	return err
}
