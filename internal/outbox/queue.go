package outbox

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/store"
)

// Limits of the queue as a whole.
const (
	firstProbe = 30 * time.Second // after the queue was put off, then doubled
	lastProbe  = 15 * time.Minute // the longest pause between two probes
	expired    = 100              // emails given up together while the queue is put off
	domains    = 3                // recipient domains with the same policy reply that put the queue off
	policyTime = 15 * time.Minute // within which they count
	policyKept = 100              // different replies that are remembered
)

// policies remembers which recipient domains got which policy reply since the mail server
// last accepted an email. One domain is its own concern; the same reply for several is a
// rule of the mail server about us: the owner of one domain cannot put the queue off.
type policies struct {
	mu   sync.Mutex
	seen map[policyReply]map[string]time.Time // by recipient domain, the time of the last reply
}

type policyReply struct {
	code   int
	status string
}

// note notes a policy reply and reports whether it is about us.
func (p *policies) note(e *mail.SendError, recipient string, now time.Time) bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	reply := policyReply{e.Code, e.Status}
	if len(p.seen) >= policyKept && p.seen[reply] == nil {
		p.seen = nil
	}
	if p.seen == nil {
		p.seen = map[policyReply]map[string]time.Time{}
	}
	if p.seen[reply] == nil {
		p.seen[reply] = map[string]time.Time{}
	}
	at := p.seen[reply]
	for domain, last := range at {
		if now.Sub(last) > policyTime {
			delete(at, domain)
		}
	}
	at[domainOf(recipient)] = now
	return len(at) >= domains
}

// domainOf returns the domain of an address.
func domainOf(address string) string {
	return strings.ToLower(address[strings.LastIndexByte(address, '@')+1:])
}

// forget is called when the mail server has accepted an email.
func (p *policies) forget() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.seen = nil
}

// aboutUs reports whether a failure concerns every email.
func (d *Deliverer) aboutUs(e *mail.SendError, c store.ClaimedMail) bool {
	switch e.About {
	case mail.AboutSender:
		return true
	case mail.AboutPolicy:
		return d.policies.note(e, c.To, d.DB.Now())
	default:
		return false
	}
}

// putOff puts the queue off, for all instances. The first failure of an episode is logged
// as an error, and again a probe that fails for another reason.
func (d *Deliverer) putOff(ctx context.Context, e *mail.SendError) error {
	now := d.DB.Now()
	q := store.MailQueue{Since: now, Until: now.Add(max(firstProbe, e.Wait)), Failures: 1, Code: e.Code,
		Status: e.Status, Reason: e.Error()}
	first, err := d.DB.Store.PutMailQueueOff(ctx, q)
	if err != nil {
		return fmt.Errorf("put the mail queue off: %w", err)
	}
	if first {
		d.Logger.ErrorContext(ctx, "no email can be sent: all wait", "until", q.Until, "why", q.Reason)
		return nil
	}
	old, err := d.DB.Store.MailQueue(ctx)
	if err != nil || !old.PutOff() || old.Reason == q.Reason {
		return err
	}
	q.Since, q.Until, q.Failures = old.Since, old.Until, old.Failures
	held, err := d.DB.Store.ChangeMailQueue(ctx, old, q)
	if held {
		d.Logger.ErrorContext(ctx, "no email can be sent: all wait", "until", q.Until, "why", q.Reason)
	}
	return err
}

// resume ends the pause of the queue.
func (d *Deliverer) resume(ctx context.Context) error {
	if !d.turns.putOff() {
		return nil
	}
	first, err := d.DB.Store.ResumeMailQueue(ctx)
	if first {
		d.Logger.InfoContext(ctx, "emails are sent again")
	}
	d.turns.goOn()
	return err
}

// probe lets one email be sent while the queue is put off, once its time has come. Of
// several instances it returns true to one.
func (d *Deliverer) probe(ctx context.Context, q store.MailQueue) (mine bool, err error) {
	next := q
	next.Until = d.DB.Now().Add(min(lastProbe, firstProbe<<min(q.Failures, 10)))
	next.Failures++
	mine, err = d.DB.Store.ChangeMailQueue(ctx, q, next)
	if err != nil {
		return false, fmt.Errorf("probe the mail server: %w", err)
	}
	return mine, nil
}

// expire gives up emails that have waited for giveUpAfter while the queue is put off.
func (d *Deliverer) expire(ctx context.Context, q store.MailQueue) error {
	if !d.DB.Believed() {
		return nil
	}
	old, err := d.DB.Store.MailsFrom(ctx, d.DB.Now(), d.DB.Now().Add(-giveUpAfter), expired)
	for _, c := range old {
		err := d.DB.Change(ctx, delivery(c), change.RoleUser, func(tx *change.Tx) error {
			_, err := giveUp(tx, c, q.Reason)
			return err
		})
		if err != nil {
			return err
		}
		d.Logger.ErrorContext(ctx, "mail given up", "mail", c.ID, "kind", c.Kind, "why", q.Reason)
		if d.Told != nil {
			d.Told(DeliveryGivenUp)
		}
	}
	return err
}
