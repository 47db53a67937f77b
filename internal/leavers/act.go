package leavers

import (
	"context"
	"strconv"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/users"
)

const (
	actBatch  = 25  // users in one transaction, which other changes wait for
	mailNames = 100 // users of whom a mail has the names; it shows a few of each sort
	// what was done within this counts, so that the bound is not walked around by small rounds
	boundTime = 24 * time.Hour
)

// judge decides whether what was found may be carried out without a human.
func (n *turn) judge(ctx context.Context) error {
	return n.save(ctx, func(tx *change.Tx, s *store.Sweep) error {
		leaving, left, err := tx.CountLeavers(tx.Now.Add(-boundTime))
		if err != nil {
			return err
		}
		s.Phase, s.Next = acting, ""
		switch {
		case !s.HeldAt.IsZero() && leaving == 0: // all are back, or gone otherwise: nothing is left to decide
			s.HeldAt = time.Time{}
			tx.Record(pactius.Event{Kind: pactius.SweepDropped, Facts: pactius.Facts{pactius.FactCount: "0"}})
			return nil
		case !s.HeldAt.IsZero() || leaving == 0:
			return nil
		}
		beyond, err := beyond(tx, tx.Environment, leaving, left)
		if err != nil || !beyond {
			return err
		}
		s.HeldAt = tx.Now
		return n.hold(tx, leaving)
	})
}

// beyond reports whether those who are leaving, with those who have left within
// boundTime, are more users than the environment's bound.
func beyond(tx *change.Tx, env pactius.Environment, leaving, left int) (bool, error) {
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
func (n *turn) hold(tx *change.Tx, leaving int) error {
	tx.Record(pactius.Event{Kind: pactius.SweepHeld, Facts: pactius.Facts{pactius.FactCount: strconv.Itoa(leaving)}})
	some, _, err := tx.WaitingLeavers("", mailNames)
	if err != nil {
		return err
	}
	return tx.MailRoot(mail.SweepHeld{Count: leaving, Some: named(some), Bound: tx.Environment.LeaverPercent()})
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
	err := n.save(ctx, func(tx *change.Tx, s *store.Sweep) error {
		clear(done)
		next, err := carryOutDue(tx, pactius.UserID(s.Next), s.HeldAt.IsZero(), done)
		if s.Next = string(next); err != nil || next != "" {
			return err
		}
		waiting, err = n.finish(tx, s)
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
func carryOutDue(tx *change.Tx, after pactius.UserID, left bool, done map[pactius.Leaving]int) (pactius.UserID, error) {
	due, err := tx.DueFindings(after, left, actBatch)
	if err != nil {
		return "", err
	}
	for _, f := range due {
		outcome, err := carryOut(tx, f)
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
func carryOut(tx *change.Tx, f pactius.AccountFinding) (pactius.Leaving, error) {
	u, err := tx.User(f.User)
	if err != nil {
		return "", err
	}
	// bound elsewhere, or no longer: the account is not this user's
	stranger := u.Identity.TenantID != tx.Environment.Connection.TenantID
	var outcome pactius.Leaving
	switch {
	case stranger, f.State.Gone() && u.LastSignInAt.After(f.FoundAt):
		return "", tx.DropFindings([]pactius.UserID{u.ID})
	case f.State.Gone():
		outcome, err = users.AccountGone(tx, u, f.State, tx.Environment.LeaverRule, f.Decision == pactius.SweepDrop)
	default:
		outcome, err = users.AccountBack(tx, &u)
	}
	if err != nil {
		return outcome, err
	}
	return outcome, tx.FindingDone(f.User, tx.Now, outcome)
}

// finish ends the round: one mail tells what it did, whoever did it.
func (n *turn) finish(tx *change.Tx, s *store.Sweep) (waiting int, err error) {
	counts, err := tx.UntoldOutcomes()
	if err != nil {
		return 0, err
	}
	if newsworthy(counts) {
		some, err := tx.UntoldLeavers(mailNames)
		if err != nil {
			return 0, err
		}
		if err := tx.MailRoot(mail.Leavers{Counts: counts, Some: named(some)}); err != nil {
			return 0, err
		}
	}
	if err := tx.TellFindings(); err != nil {
		return 0, err
	}
	if err := tx.ForgetFindings(tx.Now.Add(-boundTime)); err != nil {
		return 0, err
	}
	s.Phase, s.Next, s.Lease = resting, "", ""
	s.FinishedAt, s.DueAt = tx.Now, tx.Now.Add(n.pause())
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
