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

// postRoom sends a site's mails by a clock of its own.
type postRoom struct {
	site     *site
	line     *Line
	clock    shifted
	store    *store.Store
	rules    *users.Rules
	out      *outbox.Deliverer
	attempts int
}

// trouble is what is the matter with the mail server, and for how long.
type trouble struct {
	what string
	mood mailserver.Mood
	days float64
}

// troubles are those after which every mail must have arrived by itself. A
// silent server costs senderPatience for each attempt, so it is silent for hours.
var troubles = []trouble{
	{"hangs up at once", refuses, 1},
	{"answers 421", busy, 1},
	{"answers 554 to us", forbids, 1},
	{"is silent", silent, 0.1},
	{"answers 451 to the recipient", putsOff, 1},
	{"hangs up in DATA", hangsUp, 1},
	{"answers 452 after DATA", full, 1},
	{"is dead", away, 4},
}

// away stands for a server that is not there.
var away = mailserver.Mood{At: -1}

// mailTrouble takes the mail server away in every way it can be, for simulated
// days, while people are added. In a hurry each trouble lasts a share of its days.
func mailTrouble(ctx context.Context, s *site, share float64) *Line {
	line := &Line{Promise: "The mail server refuses, is silent, answers 4xx and 5xx, hangs up in DATA, is dead for " +
		"days: no mail is lost, what fails for good is visible, the rest arrives by itself"}
	defer clock(line)()
	p := &postRoom{site: s, line: line}
	if err := p.open(ctx); err != nil {
		line.failed(err)
		return line
	}
	defer p.store.Close()
	added := 0
	for _, t := range troubles {
		t.days *= share
		n, err := p.suffer(ctx, t)
		if err != nil {
			line.failed(fmt.Errorf("while the mail server %s: %w", t.what, err))
			return line
		}
		added += n
	}
	line.figure(
		"%d kinds of trouble for up to %g simulated days, %d mails, %d attempts", len(troubles), 4*share, added,
		p.attempts,
	)
	if _, twice := s.post.totals(); twice > 0 {
		line.broken("%d mails arrived twice although the server had said no", twice)
	}
	line.failed(p.mutely(ctx))
	line.failed(p.forGood(ctx, "refuses the recipient", rejects, 0))
	line.failed(p.forGood(ctx, "is dead for 6 days", away, 6*24*time.Hour))
	m, err := s.mails()
	line.failed(err)
	if m.waiting > 0 {
		line.broken("%d mails still wait", m.waiting)
	}
	s.compare(line, m)
	s.examine(ctx, line)
	return line
}

func (p *postRoom) open(ctx context.Context) error {
	var err error
	p.store, err = store.Open(ctx, p.site.database, store.Options{Now: p.clock.now})
	if err != nil {
		return err
	}
	p.rules = users.New(&change.DB{Store: p.store, Now: p.clock.now})
	p.out = &outbox.Deliverer{
		DB: &change.DB{Store: p.store, Now: p.clock.now}, From: "no-reply@pactius.example", Logger: slog.New(slog.DiscardHandler),
		Head: func(pactius.Environment) (string, string) { return publicURL, "support@pactius.example" },
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
	var err error
	p.out.Transport, err = mail.NewSMTP(
		"smtp://"+address+"?tls=none", mail.SMTPOptions{Timeout: senderPatience, Hello: "localhost"},
	)
	return err
}

// peopleOfTrouble is how many are added in each trouble.
const peopleOfTrouble = 5

// add adds people who get a mail; it must work whatever the mail server does.
func (p *postRoom) add(ctx context.Context) error {
	for range peopleOfTrouble {
		e := employee(p.site.people.Add(1))
		_, err := p.rules.Add(
			ctx, pactius.SupportActor(p.site.env), users.NewUser{Username: e.username, Name: e.name, Welcome: true},
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

// states counts the mails by state.
func (p *postRoom) states() (waiting, dead int, err error) {
	m, err := p.site.mails()
	return m.waiting, m.dead, err
}

// recovery is how long after a mail server is back the last mail has left: the
// longest pause between two attempts.
const recovery = 31 * time.Minute

// suffer adds people in a trouble, lets it last, and then lets the server recover.
func (p *postRoom) suffer(ctx context.Context, t trouble) (int, error) {
	if err := p.mood(t.mood); err != nil {
		return 0, err
	}
	if err := p.add(ctx); err != nil {
		return 0, fmt.Errorf("adding: %w", err)
	}
	if err := p.live(ctx, time.Duration(t.days*float64(24*time.Hour))); err != nil {
		return 0, err
	}
	waiting, dead, err := p.states()
	if err != nil {
		return 0, err
	}
	if waiting != peopleOfTrouble || dead != 0 {
		p.line.broken(
			"after the mail server %s for %g days %d mails wait and %d are given up, want %d and 0", t.what, t.days,
			waiting, dead, peopleOfTrouble,
		)
	}
	if err := errors.Join(p.mood(takes), p.live(ctx, recovery)); err != nil {
		return 0, err
	}
	if waiting, dead, err = p.states(); err != nil {
		return 0, err
	}
	if waiting != 0 || dead != 0 {
		p.line.broken(
			"%s after the mail server that %s is back %d mails wait and %d are given up", recovery, t.what, waiting,
			dead,
		)
	}
	return peopleOfTrouble, nil
}

// mutely is the one trouble in which a mail must arrive twice: the server took it
// and nobody was told. It arrives again under the same Message-ID.
func (p *postRoom) mutely(ctx context.Context) error {
	_, before := p.site.post.totals()
	err := errors.Join(p.mood(takesMutely), p.add(ctx), p.drain(ctx), p.mood(takes), p.live(ctx, recovery))
	if err != nil {
		return err
	}
	_, after := p.site.post.totals()
	p.line.figure(
		"a server that takes mails and does not say so gets %d of %d twice, under the same Message-ID", after-before,
		peopleOfTrouble,
	)
	if after-before != peopleOfTrouble {
		p.line.broken("%d of %d mails whose taking was not confirmed arrived twice", after-before, peopleOfTrouble)
	}
	return nil
}

const (
	sqlMailFailed = `SELECT COUNT(*) FROM events WHERE kind = 'mail.failed'`
)

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
		dead, err = tx.DeadMails() // what Settings > Environment shows
		return err
	})
	if err != nil {
		return err
	}
	if len(dead) != peopleOfTrouble || events-before != peopleOfTrouble {
		p.line.broken(
			"when the mail server %s %d of %d mails are shown as undelivered and %d events tell of it", what, len(dead),
			peopleOfTrouble, events-before,
		)
	}
	for _, d := range dead {
		if d.LastError == "" {
			p.line.broken("an undelivered mail does not say why")
		}
		err := p.store.Update(ctx, p.site.env, func(tx *store.Tx) error {
			return tx.MailAgain(d.ID, p.clock.now())
		})
		if err != nil {
			return err
		}
	}
	p.line.figure("when it %s: %d given up, shown, and delivered after \"Send again\"", what, len(dead))
	return errors.Join(p.mood(takes), p.live(ctx, time.Minute))
}
