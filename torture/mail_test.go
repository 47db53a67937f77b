package torture

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"log/slog"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/outbox"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/users"
	"github.com/pactius/pactius/testbed/mailserver"
)

// senderPatience is how long the sender waits for a mail server here, instead
// of a minute.
const senderPatience = 100 * time.Millisecond

// shifted is a clock that runs and can be put forward.
type shifted struct{ by atomic.Int64 }

func (c *shifted) now() time.Time           { return time.Now().Add(time.Duration(c.by.Load())) }
func (c *shifted) advance(to time.Duration) { c.by.Add(int64(to)) }

// postRoom sends a site's emails by a clock of its own.
type postRoom struct {
	site     *site
	clock    shifted
	store    *store.Store
	rules    *users.Rules
	out      *outbox.Deliverer
	smtp     *mail.SMTP
	attempts int
	others   int // beside the one to a full mailbox
}

// trouble is what is the matter with the mail server, and for how long.
type trouble struct {
	what string
	mood mailserver.Mood
	days float64
}

// troubles are those after which every email must have arrived without help. A
// silent server costs senderPatience for each attempt, so it is silent for hours.
var troubles = []trouble{
	{"hangs up at once", refuses, 1},
	{"answers 421", busy, 1},
	{"answers 554 to us", forbids, 1},
	{"is silent", silent, 0.1},
	{"answers 451 to the recipient", putsOff, 1},
	{"hangs up in DATA", hangsUp, 1},
	{"answers 452 after DATA", full, 1},
	{"refuses the name we say in EHLO", mailserver.HelloRefused, 1},
	{"denies us the sender", mailserver.SenderDenied, 1},
	{"denies us the sender after DATA", mailserver.SendAsDenied, 1},
	{"denies us to relay", mailserver.RelayDenied, 1},
	{"says that our quota is used", mailserver.QuotaUsed, 1},
	{"greylists for ever", mailserver.Greylisted, 4},
	{"is overloaded for ever", mailserver.Overloaded, 4},
	{"is dead", away, 4},
}

// away stands for a server that is not there.
var away = mailserver.Mood{At: -1}

// mailTrouble takes the mail server away in every way it can be, for simulated
// days, while people are added. In a hurry each trouble lasts a share of its days.
func mailTrouble(ctx context.Context, r *run, v *verdict) error {
	s, err := r.newSite(ctx, v, 0)
	if err != nil {
		return err
	}
	defer s.close()
	p := &postRoom{site: s, others: r.othersOfFull()}
	if err := p.open(ctx); err != nil {
		return err
	}
	defer p.close()
	if err := p.drain(ctx); err != nil { // the email about the new connection
		return err
	}
	for _, t := range troubles {
		t.days *= r.share
		if err := p.suffer(ctx, t); err != nil {
			return fmt.Errorf("while the mail server %s: %w", t.what, err)
		}
	}
	v.figure("%d kinds of trouble for up to %g simulated days, %d mails, %d attempts", len(troubles), 4*r.share,
		len(troubles)*peopleOfTrouble, p.attempts)
	if _, twice := s.post.totals(); twice > 0 {
		v.broken("%d mails arrived twice although the server had said no", twice)
	}
	v.failed(p.mutely(ctx))
	v.failed(p.oddly(ctx))
	v.failed(p.fullMailbox(ctx))
	v.failed(p.closedIdle(ctx))
	v.failed(p.forGood(ctx, "refuses the recipient", rejects, 0))
	v.failed(p.forGood(ctx, "is dead for 6 days", away, 6*24*time.Hour))
	m, err := s.mails()
	if m.waiting > 0 {
		v.broken("%d mails still wait", m.waiting)
	}
	s.compare(m)
	s.examine(ctx)
	return err
}

func (p *postRoom) open(ctx context.Context) error {
	var err error
	p.store, err = store.Open(ctx, p.site.database, store.Options{Now: p.clock.now})
	if err != nil {
		return err
	}
	p.rules = users.New(&change.DB{Store: p.store, Now: p.clock.now})
	p.out = &outbox.Deliverer{
		DB: &change.DB{Store: p.store, Now: p.clock.now}, From: "no-reply@pactius.example",
		Logger: slog.New(slog.DiscardHandler),
		Head:   func(pactius.Environment) (string, string) { return publicURL, "support@pactius.example" },
	}
	return p.mood(takes)
}

// mood changes the mood of the mail server; away hides it.
func (p *postRoom) mood(m mailserver.Mood) error {
	address := p.site.post.Address()
	if m == away {
		address = "127.0.0.1:1" // tcpmux: nothing listens there
	}
	p.site.post.Behave(m)
	return p.deliverTo(address)
}

// deliverTo makes the sender use a mail server.
func (p *postRoom) deliverTo(address string) error {
	p.hangUp()
	var err error
	p.smtp, err = mail.NewSMTP(
		"smtp://"+address+"?tls=none", mail.SMTPOptions{Timeout: senderPatience, Hello: "localhost"},
	)
	p.out.Transport = p.smtp
	return err
}

// hangUp closes the connections to the mail server that are kept.
func (p *postRoom) hangUp() {
	if p.smtp != nil {
		_ = p.smtp.Close()
	}
}

func (p *postRoom) close() {
	p.hangUp()
	_ = p.store.Close()
}

// peopleOfTrouble is how many are added in each trouble.
const peopleOfTrouble = 5

// add adds people who get an email; it must work whatever the mail server does.
func (p *postRoom) add(ctx context.Context) error { return p.addSome(ctx, peopleOfTrouble) }

func (p *postRoom) addSome(ctx context.Context, n int) error {
	for range n {
		e := employee(p.site.people.Add(1))
		_, err := p.rules.Add(
			ctx, pactius.SupportActor(p.site.env),
			users.NewUser{Username: e.username, Name: e.name, Welcome: true, Despite: true},
		)
		if err != nil {
			return err
		}
	}
	return nil
}

// drain tries what is due.
func (p *postRoom) drain(ctx context.Context) error {
	for {
		n, err := p.out.DeliverDue(ctx)
		if p.attempts += n; err != nil || n == 0 {
			return err
		}
	}
}

// live lets time pass: whatever falls due is tried when it does.
func (p *postRoom) live(ctx context.Context, d time.Duration) error {
	end := p.clock.now().Add(d)
	for {
		if err := p.drain(ctx); err != nil {
			return err
		}
		next, err := p.store.NextMail(ctx)
		if err != nil {
			return err
		}
		now := p.clock.now()
		if next.IsZero() || next.After(end) {
			p.clock.advance(max(0, end.Sub(now)))
			return nil
		}
		p.clock.advance(max(0, next.Sub(now)))
	}
}

// expect compares the outbox with the number of emails that have to wait in it.
func (p *postRoom) expect(waiting int, when string) error {
	m, err := p.site.mails()
	if err == nil && (m.waiting != waiting || m.dead != 0) {
		p.site.broken("%s %d mails wait and %d are given up, want %d and 0", when, m.waiting, m.dead, waiting)
	}
	return err
}

// recovery is how long after a mail server is back the last mail has left: the
// longest pause between two attempts.
const recovery = 31 * time.Minute

// suffer adds people in a trouble, lets it last, and then lets the server recover.
func (p *postRoom) suffer(ctx context.Context, t trouble) error {
	if err := errors.Join(p.mood(t.mood), p.add(ctx), p.live(ctx, time.Duration(t.days*float64(24*time.Hour))),
		p.expect(peopleOfTrouble, fmt.Sprintf("after the mail server %s for %g days", t.what, t.days))); err != nil {
		return err
	}
	return errors.Join(p.mood(takes), p.live(ctx, recovery),
		p.expect(0, fmt.Sprintf("%s after the mail server that %s is back", recovery, t.what)))
}

// mutely is the one trouble in which an email must arrive twice: the server took it
// and did not say so. It arrives again under the same Message-ID.
func (p *postRoom) mutely(ctx context.Context) error {
	_, before := p.site.post.totals()
	err := errors.Join(p.mood(takesMutely), p.add(ctx), p.drain(ctx), p.mood(takes), p.live(ctx, recovery))
	if err != nil {
		return err
	}
	_, after := p.site.post.totals()
	p.site.figure(
		"a server that takes mails and does not say so gets %d of %d twice, under the same Message-ID", after-before,
		peopleOfTrouble,
	)
	if after-before != peopleOfTrouble {
		p.site.broken("%d of %d mails whose taking was not confirmed arrived twice", after-before, peopleOfTrouble)
	}
	return nil
}

const sqlMailFailed = `SELECT COUNT(*) FROM events WHERE kind = 'mail.failed'`

// forGood is a failure that is final: it is visible, and "Send again" sends it.
func (p *postRoom) forGood(ctx context.Context, what string, m mailserver.Mood, lasting time.Duration) error {
	var before, events int
	count := func(into *int) error {
		return p.site.look(func(db *sql.DB) error { return db.QueryRowContext(ctx, sqlMailFailed).Scan(into) })
	}
	if err := errors.Join(count(&before), p.mood(m), p.add(ctx), p.live(ctx, lasting), count(&events)); err != nil {
		return err
	}
	var dead []pactius.Mail
	err := p.store.View(ctx, p.site.env, func(tx *store.Tx) (err error) {
		dead, err = tx.DeadMails() // as Settings > Environment shows them
		return err
	})
	if err != nil {
		return err
	}
	if len(dead) != peopleOfTrouble || events-before != peopleOfTrouble {
		p.site.broken(
			"when the mail server %s %d of %d mails are shown as undelivered and %d events tell of it", what, len(dead),
			peopleOfTrouble, events-before,
		)
	}
	for _, d := range dead {
		if d.LastError == "" {
			p.site.broken("an undelivered mail does not say why")
		}
		err := p.store.Update(ctx, p.site.env, func(tx *store.Tx) error {
			return tx.MailAgain(d.ID, p.clock.now())
		})
		if err != nil {
			return err
		}
	}
	p.site.figure("when it %s: %d given up, shown, and delivered after \"Send again\"", what, len(dead))
	return errors.Join(p.mood(takes), p.live(ctx, time.Minute))
}
