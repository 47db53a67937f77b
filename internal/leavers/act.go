package leavers

import (
	"context"
	"strconv"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/authority"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/outbox"
	"github.com/pactius/pactius/internal/people"
	"github.com/pactius/pactius/internal/store"
)

const (
	actBatch  = 25             // users in one transaction, which other changes wait for
	mailNames = 100            // users of whom a mail has the names; it shows a few of each sort
	boundTime = 24 * time.Hour // what was done within this counts, so that the bound is not walked around by small rounds
)

// powers are what the sweep may do.
func (r *Rules) powers(tx *store.Tx) (authority.Powers, error) {
	return authority.Of(tx, r.Now(), pactius.System(tx.Environment(), reason))
}

// judge decides whether what was found may be carried out without a human.
func (n *turn) judge(ctx context.Context) error {
	return n.save(ctx, func(tx *store.Tx, s *store.Sweep) error {
		p, err := n.powers(tx)
		if err != nil {
			return err
		}
		leaving, left, err := tx.CountLeavers(p.Now.Add(-boundTime))
		if err != nil {
			return err
		}
		s.Phase, s.Next = acting, ""
		switch {
		case !s.HeldAt.IsZero() && leaving == 0: // all are back, or gone otherwise: nothing is left to decide
			s.HeldAt = time.Time{}
			return audit.Record(tx, p.Now, p.Actor, pactius.Event{Kind: pactius.SweepDropped, Facts: pactius.Facts{pactius.FactCount: "0"}})
		case !s.HeldAt.IsZero() || leaving == 0:
			return nil
		}
		beyond, err := beyond(tx, p.Environment, leaving, left)
		if err != nil || !beyond {
			return err
		}
		s.HeldAt = p.Now
		return n.hold(tx, p, leaving)
	})
}

// beyond reports whether those who are leaving, with those who have left within
// boundTime, are more users than the environment's bound.
func beyond(tx *store.Tx, env pactius.Environment, leaving, left int) (bool, error) {
	users := leaving + left
	if users <= pactius.MinLeaverBound {
		return false, nil
	}
	percent := env.LeaverPercent()
	enough := (users*100 + percent - 1) / percent // so many users there must be
	if env.LeaverRule == pactius.LeaversDeactivated {
		enough -= left // who were there, too
	}
	inside, err := tx.CountInside(enough)
	return inside < enough, err
}

// hold tells the administrators that a human must decide.
func (n *turn) hold(tx *store.Tx, p authority.Powers, leaving int) error {
	err := audit.Record(tx, p.Now, p.Actor, pactius.Event{Kind: pactius.SweepHeld, Facts: pactius.Facts{pactius.FactCount: strconv.Itoa(leaving)}})
	if err != nil {
		return err
	}
	some, _, err := tx.WaitingLeavers("", mailNames)
	if err != nil {
		return err
	}
	return outbox.PutToRoot(tx, p, mail.SweepHeld{Count: leaving, Some: named(some),
		Bound: p.Environment.LeaverPercent()})
}

func named(leavers []pactius.Leaver) []mail.Leaver {
	some := make([]mail.Leaver, len(leavers))
	for i, l := range leavers {
		some[i] = mail.Leaver{Name: l.Name, AccountName: l.Username, State: l.Finding.State, Done: l.Finding.Outcome}
	}
	return some
}

// act carries out what may be, some users at a time, and ends the round when
// all is done.
func (n *turn) act(ctx context.Context) error {
	done := map[pactius.Leaving]int{}
	waiting := 0
	err := n.save(ctx, func(tx *store.Tx, s *store.Sweep) error {
		clear(done)
		p, err := n.powers(tx)
		if err != nil {
			return err
		}
		next, err := carryOutDue(tx, p, pactius.UserID(s.Next), s.HeldAt.IsZero(), done)
		if s.Next = string(next); err != nil || next != "" {
			return err
		}
		waiting, err = n.finish(tx, p, s)
		return err
	})
	if err != nil {
		return err
	}
	n.report.Waiting = waiting
	n.report.did(done)
	return nil
}

// carryOutDue carries out some of what is due after a user, and tells with whom
// to go on: "" when nothing is left.
func carryOutDue(tx *store.Tx, p authority.Powers, after pactius.UserID, left bool, done map[pactius.Leaving]int) (pactius.UserID, error) {
	due, err := tx.DueFindings(after, left, actBatch)
	if err != nil {
		return "", err
	}
	for _, f := range due {
		outcome, err := carryOut(tx, p, f)
		if err != nil {
			return "", err
		}
		if outcome != "" {
			done[outcome]++
		}
		after = f.User
	}
	if len(due) < actBatch {
		return "", nil
	}
	return after, nil
}

// carryOut does what a finding asks for. Who has signed in since it was found is
// there, because Microsoft has vouched: then nothing is done.
func carryOut(tx *store.Tx, p authority.Powers, f pactius.AccountFinding) (pactius.Leaving, error) {
	u, err := tx.User(f.User)
	if err != nil {
		return "", err
	}
	stranger := u.Identity.TenantID != p.Environment.Connection.TenantID // bound elsewhere, or no longer: the account is not this user's
	var outcome pactius.Leaving
	switch {
	case stranger, f.State.Gone() && u.LastSignInAt.After(f.FoundAt):
		return "", tx.DropFindings([]pactius.UserID{u.ID})
	case f.State.Gone():
		outcome, err = people.AccountGone(tx, p, u, f.State, p.Environment.LeaverRule, f.Decision == pactius.SweepDrop)
	default:
		outcome, err = admission.AccountBack(tx, p, &u)
	}
	if err != nil {
		return outcome, err
	}
	return outcome, tx.FindingDone(f.User, p.Now, outcome)
}

// finish ends the round: one mail tells what it did, whoever did it.
func (n *turn) finish(tx *store.Tx, p authority.Powers, s *store.Sweep) (waiting int, err error) {
	counts, err := tx.UntoldOutcomes()
	if err != nil {
		return 0, err
	}
	if newsworthy(counts) {
		some, err := tx.UntoldLeavers(mailNames)
		if err != nil {
			return 0, err
		}
		if err := outbox.PutToRoot(tx, p, mail.Leavers{Counts: counts, Some: named(some)}); err != nil {
			return 0, err
		}
	}
	if err := tx.TellFindings(); err != nil {
		return 0, err
	}
	if err := tx.ForgetFindings(p.Now.Add(-boundTime)); err != nil {
		return 0, err
	}
	s.Phase, s.Next, s.Lease = resting, "", ""
	s.FinishedAt, s.DueAt = p.Now, p.Now.Add(n.pause())
	waiting, _, err = tx.CountWaiting()
	return waiting, err
}

// newsworthy reports whether anything was done that an administrator would not
// know: to whom somebody had deactivated nothing is done, and who decided knows.
func newsworthy(counts map[pactius.Leaving]int) bool {
	for done, n := range counts {
		if n > 0 && done != pactius.LeaverOff && done != pactius.LeaverKept && done != pactius.ReturnedOff {
			return true
		}
	}
	return false
}
