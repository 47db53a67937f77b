package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/crew"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/store"
)

// Times of delivery.
const (
	lease       = 3 * time.Minute    // of one worker for the emails it has claimed
	sendTime    = 90 * time.Second   // the lease that must be left to begin with an email; the transport takes less
	firstRetry  = 30 * time.Second   // after the first temporary failure, then doubled
	slowest     = 30 * time.Minute   // the longest pause between two attempts
	giveUpAfter = 5 * 24 * time.Hour // as long as mail servers retry (RFC 5321 section 4.5.4.1)
	noteTime    = 30 * time.Second   // for storing the result of an attempt, also while shutting down
)

// Transport sends an email to a mail server. Its errors are *mail.SendError, which
// tells whether to retry, and what the failure is about. It is safe for concurrent use.
type Transport interface {
	Send(ctx context.Context, e mail.Envelope) error
}

// Deliverer sends the stored emails to the mail server. Its methods must be called on one
// Deliverer, because it remembers whose turn it is and what the mail server said.
type Deliverer struct {
	DB        *change.DB
	Transport Transport
	From      string                                                     // address, may have a display name
	Head      func(pactius.Environment) (baseURL, supportContact string) // of an environment's mail.Letterhead
	Logger    *slog.Logger
	Told      func(Delivery) // called after each attempt; may be nil

	Workers   int // emails sent at the same time; 0 is DefaultWorkers
	PerMinute int // the most emails that are sent in a minute; 0 is no limit

	turns    turns
	policies policies
	silences silences
	pace     pace
}

// Delivery is the outcome of an attempt to deliver an email.
type Delivery string

// The outcomes of an attempt.
const (
	DeliverySent       Delivery = "sent"        // accepted by the mail server
	DeliveryPutOff     Delivery = "put_off"     // to be retried
	DeliveryGivenUp    Delivery = "given_up"    // permanently; an administrator can retry
	DeliveryHandedBack Delivery = "handed_back" // another attempt follows as if this one had not been
)

// delivery is the actor that delivers an email.
func delivery(c store.ClaimedMail) pactius.Actor { return pactius.System(c.Environment, "delivery") }

// deliverAll sends claimed emails one after the other, and hands back the rest once the
// lease is too short for another, the process stops, or the queue is put off.
func (d *Deliverer) deliverAll(ctx context.Context, claimed []store.ClaimedMail, until time.Time) error {
	var failed error
	for i, c := range claimed {
		if ctx.Err() != nil || d.DB.Now().Add(sendTime).After(until) {
			return errors.Join(failed, d.handBack(ctx, claimed[i:]))
		}
		goesOn, err := d.deliver(ctx, c)
		if failed = errors.Join(failed, err); !goesOn {
			return errors.Join(failed, d.handBack(ctx, claimed[i+1:]))
		}
	}
	return failed
}

// handBack makes claimed emails due for other workers.
func (d *Deliverer) handBack(ctx context.Context, claimed []store.ClaimedMail) error {
	noting, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	for _, c := range claimed {
		if _, err := d.DB.Store.MailBack(noting, c, d.DB.Now()); err != nil {
			return fmt.Errorf("hand back mail %s: %w", c.ID, err)
		}
	}
	return nil
}

// deliver sends an email and stores what became of it. It reports whether the mail server
// takes further emails.
func (d *Deliverer) deliver(ctx context.Context, c store.ClaimedMail) (goesOn bool, err error) {
	began, domain := d.DB.Now(), domainOf(c.To)
	if until, held := d.silences.held(domain, began); held {
		return true, d.hold(ctx, c, until)
	}
	sendErr := d.send(ctx, c)
	took := d.DB.Now().Sub(began)
	d.pace.note(took)
	// An accepted email is stored as sent even while shutting down, or it would be sent
	// twice; others are handed back, or they would wait for the end of the lease.
	noting, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	log := d.Logger.With("mail", c.ID, "kind", c.Kind, "attempt", c.Attempts)
	var outcome Delivery
	failure, _ := errors.AsType[*mail.SendError](sendErr)
	if ctx.Err() == nil {
		d.silences.note(domain, failure, took, d.DB.Now())
	}
	switch {
	case sendErr == nil:
		outcome, err = d.sent(noting, log, c)
	case ctx.Err() != nil:
		outcome, err = DeliveryHandedBack, d.handBack(noting, []store.ClaimedMail{c})
	case failure != nil && d.aboutUs(failure, c):
		outcome, goesOn = DeliveryPutOff, false
		err = errors.Join(d.putOff(noting, failure), d.handBack(noting, []store.ClaimedMail{c}))
	default:
		outcome, err = d.failed(noting, log, c, sendErr)
		goesOn = true
		if failure != nil && failure.About == mail.AboutEmail && failure.Code != 0 {
			err = errors.Join(err, d.resume(noting)) // the server has judged the email, and not us
		}
	}
	if err != nil {
		return goesOn, fmt.Errorf("note the delivery of mail %s: %w", c.ID, err)
	}
	if d.Told != nil {
		d.Told(outcome)
	}
	return goesOn || outcome == DeliverySent, nil
}

// hold makes an email wait without an attempt, because the mail server falls silent at its recipient's domain.
func (d *Deliverer) hold(ctx context.Context, c store.ClaimedMail, until time.Time) error {
	outcome := DeliveryPutOff
	var err error
	if !d.isOver(c, until) {
		_, err = d.DB.Store.MailBack(ctx, c, until)
	} else {
		outcome, err = d.failed(ctx, d.Logger.With("mail", c.ID, "kind", c.Kind), c, &mail.SendError{Err: errSilent})
	}
	if err != nil {
		return fmt.Errorf("hold mail %s: %w", c.ID, err)
	}
	if d.Told != nil {
		d.Told(outcome)
	}
	return nil
}

// send renders an email and sends it to the server.
func (d *Deliverer) send(ctx context.Context, c store.ClaimedMail) error {
	m, err := mail.Decode(c.Kind, c.Data)
	if err != nil {
		return err
	}
	var env pactius.Environment
	var logo []byte
	err = d.DB.Read(ctx, delivery(c), change.RoleUser, func(tx *change.Tx) (err error) {
		if env = tx.Environment; !env.Brand.Logo.IsZero() {
			logo, err = tx.Logo(env.Brand.Logo.Hash)
		}
		return err
	})
	if err != nil {
		return &mail.SendError{Temporary: true, Err: err}
	}
	code := language.Match(c.Language, env.Language)
	head := mail.Letterhead{EnvironmentName: env.Name, RecipientName: c.ToName, Brand: env.Brand,
		Reader: language.Reader{Language: code, Zone: env.Zone(), Now: d.DB.Now()}}
	head.BaseURL, head.SupportContact = d.Head(env)
	rendered, err := mail.Render(m, head)
	if err != nil {
		return err
	}
	return d.Transport.Send(ctx, mail.Envelope{ID: string(c.ID), To: c.To, ToName: c.ToName, From: d.From,
		Rendered: rendered, Logo: logo, Language: code, Date: c.CreatedAt})
}

// sent stores that the mail server has accepted an email, which shows that it takes emails.
func (d *Deliverer) sent(ctx context.Context, log *slog.Logger, c store.ClaimedMail) (Delivery, error) {
	d.policies.forget()
	held, err := d.DB.Store.MailSent(ctx, c, d.DB.Now())
	log.InfoContext(ctx, "mail sent", "claim_held", held)
	return DeliverySent, errors.Join(err, d.resume(ctx))
}

// failed stores a failure of one email.
func (d *Deliverer) failed(ctx context.Context, log *slog.Logger, c store.ClaimedMail, cause error) (
	outcome Delivery, err error,
) {
	why, failure := reason(cause), &mail.SendError{}
	errors.As(cause, &failure)
	err = d.DB.Change(ctx, delivery(c), change.RoleUser, func(tx *change.Tx) error {
		outcome = DeliveryPutOff
		next := tx.Now.Add(max(crew.Pause(c.Failed+1, firstRetry, slowest), failure.Wait))
		if failure.Temporary && !d.isOver(c, next) {
			_, err := tx.MailLater(c.Mail, next, why)
			log.WarnContext(ctx, "mail put off", "until", next, "why", why)
			return err
		}
		dead, err := giveUp(tx, c, why)
		if err == nil && dead {
			log.ErrorContext(ctx, "mail given up", "why", why)
			outcome = DeliveryGivenUp
		}
		return err
	})
	return outcome, err
}

// isOver reports whether the next attempt would come too late. A clock that is a year ahead, with which the
// certificates of all mail servers have expired, gives nothing up.
func (d *Deliverer) isOver(c store.ClaimedMail, next time.Time) bool {
	return next.Sub(c.Begun()) >= giveUpAfter && d.DB.Believed()
}

// giveUp gives an email up; false if another worker holds it.
func giveUp(tx *change.Tx, c store.ClaimedMail, why string) (bool, error) {
	dead, err := tx.MailDead(c.Mail, why)
	if err == nil && dead {
		tx.Record(pactius.Event{Kind: pactius.MailFailed,
			Facts: pactius.Facts{pactius.FactKind: c.Kind}, Detail: pactius.Facts{pactius.DetailTo: c.To}})
	}
	return dead, err
}

// reason returns the text of an error for administrators: that of a SendError, which
// is safe to show, or a general one.
func reason(err error) string {
	if e, ok := errors.AsType[*mail.SendError](err); ok {
		return e.Error()
	}
	return "The mail could not be written."
}
