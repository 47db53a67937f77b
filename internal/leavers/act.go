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
	actBatch  = 25             // users per transaction, which other changes wait for
	mailNames = 100            // users named in an email, which shows a few of each sort
	boundTime = 24 * time.Hour // leavers of this time count, so that small rounds do not evade the bound
)

// judge decides whether the findings may be carried out without an administrator.
func (n *turn) judge(ctx context.Context) error {
	return n.save(ctx, func(tx *change.Tx, s *store.Sweep) error {
		leaving, left, err := tx.CountLeavers(tx.Now.Add(-boundTime))
		if err != nil {
			return err
		}
		s.Phase, s.Next = acting, ""
		switch {
		case !s.HeldAt.IsZero() && leaving == 0: // all have returned or were dealt with
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

// beyond reports whether the users who are leaving, with those who left within
// boundTime, exceed the environment's bound.
func beyond(tx *change.Tx, env pactius.Environment, leaving, left int) (bool, error) {
	users := leaving + left
	if users <= pactius.MinLeaverBound {
		return false, nil
	}
	percent := env.LeaverPercent()
	enough := (users*100 + percent - 1) / percent // active users that the bound requires
	if env.LeaverRule == pactius.LeaversDeactivated {
		enough -= left // they were active too
	}
	inside, err := tx.CountInside(enough)
	return inside < enough, err
}

// hold asks the administrators for a decision.
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

// act carries out a batch of the findings and ends the round after the last one.
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

// carryOutDue carries out a batch of the due findings, those of users after an ID,
// and returns the ID to continue after: "" when none is left.
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

// carryOut carries out a finding. It drops one of a user who has signed in since,
// because Microsoft has authenticated the account.
func carryOut(tx *change.Tx, f pactius.AccountFinding) (pactius.Leaving, error) {
	u, err := tx.User(f.User)
	if err != nil {
		return "", err
	}
	// The finding is about the account of an earlier link, or of none.
	stranger := u.Identity.IsZero() || tx.Environment.Connection.CutsOff(u.Identity)
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

// finish ends the round with one email about all that was carried out.
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
	if n.report.Unsettled, err = tx.CountUnsettled(); err != nil {
		return 0, err
	}
	if n.report.Unsettled > 0 {
		s.DueAt = tx.Now.Add(min(n.pause(), secondLook))
	}
	waiting, _, err = tx.CountWaiting()
	return waiting, err
}

// newsworthy reports whether an outcome is news to the administrators: their own
// deactivations and decisions are not.
func newsworthy(counts map[pactius.Leaving]int) bool {
	for done, n := range counts {
		if n > 0 && done != pactius.LeaverOff && done != pactius.LeaverKept && done != pactius.ReturnedOff {
			return true
		}
	}
	return false
}
