package environments

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store"
)

const (
	// againBatch is the number of emails per transaction, which other changes wait for.
	againBatch = 100
	// MaxMailsAgain is the most emails that one click sends again: an answer has to come while people wait for it.
	// Support's command has no such limit.
	MaxMailsAgain = 10_000
)

// Undelivered is a page of the emails that were given up, newest first and without their contents.
type Undelivered struct {
	Mails []pactius.Mail
	Total int            // of all pages
	Next  pactius.MailID // continues after the page; "" at the end
}

// GivenUp counts the emails that were given up.
type GivenUp struct {
	Total  int
	Oldest time.Time // when the oldest was written; zero for none
}

// MailsAgain tells what became of emails that were to be sent again.
type MailsAgain struct {
	Sent     int              // due now
	Outdated int              // removed, because what they are about has been settled since
	Left     []pactius.MailID // of those named: not given up, or not any more
	Missing  []pactius.MailID // of those named: not there
	Last     pactius.MailID   // the last one that was tried, to continue after
}

func (a *MailsAgain) add(b MailsAgain) {
	a.Sent, a.Outdated, a.Last = a.Sent+b.Sent, a.Outdated+b.Outdated, b.Last
	a.Left, a.Missing = append(a.Left, b.Left...), append(a.Missing, b.Missing...)
}

// Undelivered returns a page of the emails that were given up, after one of them or from the beginning for "". It is
// for administrators of the whole environment.
func (r *Rules) Undelivered(ctx context.Context, actor pactius.Actor, after pactius.MailID) (Undelivered, error) {
	var u Undelivered
	err := r.DB.Read(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) (err error) {
		u, err = undelivered(tx, after)
		return err
	})
	return u, err
}

func undelivered(tx *change.Tx, after pactius.MailID) (Undelivered, error) {
	mails, err := tx.UnsentMails(pactius.MailDead, after, pactius.PageSize+1)
	u := Undelivered{Mails: mails, Total: len(mails)}
	if len(mails) > pactius.PageSize {
		u.Mails = mails[:pactius.PageSize]
		u.Next = u.Mails[pactius.PageSize-1].ID
	}
	forgetContents(u.Mails)
	if err == nil && (after != "" || u.Next != "") {
		u.Total, err = tx.CountDeadMails()
	}
	return u, err
}

// forgetContents removes what emails say: it is for their recipients alone.
func forgetContents(mails []pactius.Mail) {
	for i := range mails {
		mails[i].Data = nil
	}
}

// Delay says that no email is sent, because the mail server refuses the deployment.
type Delay struct {
	Since  time.Time
	Until  time.Time // of the next attempt
	Reason string    // the mail server's words; for Support only
}

// Delay returns why emails of all environments wait, nil where they are sent. It is for administrators of the whole
// environment.
func (r *Rules) Delay(ctx context.Context, actor pactius.Actor) (*Delay, error) {
	var d *Delay
	err := r.DB.Read(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) (err error) {
		d, err = delay(tx)
		return err
	})
	return d, err
}

func delay(tx *change.Tx) (*Delay, error) {
	q, err := tx.MailQueue()
	if err != nil || !q.PutOff() {
		return nil, err
	}
	d := &Delay{Since: q.Since, Until: q.Until}
	if tx.Actor.Kind == pactius.ActorSupport {
		d.Reason = q.Reason
	}
	return d, nil
}

// Mails lists the emails that were not sent, newest first and without their contents: those in a state, or all for "".
// It returns at most limit emails after one of them, "" from the beginning. It is for administrators of the whole
// environment.
func (r *Rules) Mails(ctx context.Context, actor pactius.Actor, state pactius.MailState, after pactius.MailID,
	limit int) ([]pactius.Mail, error) {
	var mails []pactius.Mail
	err := r.DB.Read(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) (err error) {
		mails, err = tx.UnsentMails(state, after, limit)
		return err
	})
	forgetContents(mails)
	return mails, err
}

// GivenUp counts the emails that were given up. It is for administrators of the whole environment.
func (r *Rules) GivenUp(ctx context.Context, actor pactius.Actor) (GivenUp, error) {
	var g GivenUp
	err := r.DB.Read(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) (err error) {
		g.Total, g.Oldest, err = tx.DeadSpan()
		return err
	})
	return g, err
}

// RetryMail is RetryMails for one email, which must be there.
func (r *Rules) RetryMail(ctx context.Context, actor pactius.Actor, id pactius.MailID) (MailsAgain, error) {
	done, err := r.RetryMails(ctx, actor, id)
	if err == nil && len(done.Missing) > 0 {
		err = store.ErrNotFound
	}
	return done, err
}

// RetryMails sends emails again that were given up, in batches. Those that wait or were sent are left: a repeated click
// changes nothing. It is for administrators of the whole environment.
func (r *Rules) RetryMails(ctx context.Context, actor pactius.Actor, ids ...pactius.MailID) (MailsAgain, error) {
	var all MailsAgain
	for some := range slices.Chunk(ids, againBatch) {
		done, err := r.again(ctx, actor, func(tx *change.Tx, done *MailsAgain) ([]pactius.Mail, error) {
			return deadAmong(tx, some, done)
		})
		if err != nil {
			return all, err
		}
		all.add(done)
	}
	return all, nil
}

// deadAmong reads those emails of a list that were given up and notes the others.
func deadAmong(tx *change.Tx, ids []pactius.MailID, done *MailsAgain) ([]pactius.Mail, error) {
	var dead []pactius.Mail
	for i, id := range ids {
		if slices.Contains(ids[:i], id) {
			continue // named twice
		}
		switch m, err := tx.MailByID(id); {
		case errors.Is(err, store.ErrNotFound):
			done.Missing = append(done.Missing, id)
		case err != nil:
			return nil, err
		case m.State != pactius.MailDead:
			done.Left = append(done.Left, id)
		default:
			dead = append(dead, m)
		}
	}
	return dead, nil
}

// RetryAllMails sends all emails again that were given up, oldest first and at most so many, in batches; told is called
// after each batch is durable and may be nil. When it is interrupted, the next call does the rest. An email that is
// given up anew meanwhile is not tried a second time. It is for administrators of the whole environment.
func (r *Rules) RetryAllMails(ctx context.Context, actor pactius.Actor, most int, told func(MailsAgain) error) (
	MailsAgain, error,
) {
	var all MailsAgain
	for tried := 0; tried < most; {
		limit := min(againBatch, most-tried)
		done, err := r.again(ctx, actor, func(tx *change.Tx, _ *MailsAgain) ([]pactius.Mail, error) {
			return tx.DeadMailsAfter(all.Last, limit)
		})
		if err != nil || done.Last == "" {
			return all, err
		}
		all.add(done)
		tried += done.Sent + done.Outdated
		if told != nil {
			if err := told(all); err != nil {
				return all, err
			}
		}
	}
	return all, nil
}

// again sends the emails again that find returns, in one change.
func (r *Rules) again(ctx context.Context, actor pactius.Actor,
	find func(*change.Tx, *MailsAgain) ([]pactius.Mail, error)) (MailsAgain, error) {
	var done MailsAgain
	err := r.DB.Change(ctx, actor, change.RoleRootAdministrator, func(tx *change.Tx) error {
		done = MailsAgain{}
		mails, err := find(tx, &done)
		if err != nil {
			return err
		}
		var send []pactius.MailID
		for _, m := range mails {
			old, err := outdated(tx, m)
			if err != nil {
				return err
			}
			if done.Last = m.ID; !old {
				send = append(send, m.ID)
			} else if err := tx.DeleteMail(m.ID); err != nil {
				return err
			}
			tx.Record(retryEvent(m, old))
		}
		done.Sent, done.Outdated = len(send), len(mails)-len(send)
		return tx.MailsAgain(send, tx.Now)
	})
	return done, err
}

func retryEvent(m pactius.Mail, outdated bool) pactius.Event {
	kind := pactius.MailRetried
	if outdated {
		kind = pactius.MailDropped
	}
	return pactius.Event{Kind: kind, Facts: pactius.Facts{pactius.FactKind: m.Kind},
		Detail: pactius.Facts{pactius.DetailTo: m.To}}
}
