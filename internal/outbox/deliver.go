package outbox

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/language"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/store"
)

// Times of delivery.
const (
	lease       = 2 * time.Minute    // of one worker for an email; longer than the transport's own limits
	firstRetry  = 30 * time.Second   // after the first temporary failure, then doubled
	slowest     = 30 * time.Minute   // the longest pause between two attempts
	giveUpAfter = 5 * 24 * time.Hour // as long as mail servers retry (RFC 5321 section 4.5.4.1)
	noteTime    = 30 * time.Second   // for storing the result of an attempt, also while shutting down
	batch       = 1                  // emails claimed together: each gets a whole lease, and they are sent in order
)

// Transport sends an email to a mail server. Its errors are *mail.SendError, which
// tells whether to retry.
type Transport interface {
	Send(ctx context.Context, e mail.Envelope) error
}

// Deliverer sends the stored emails to the mail server.
type Deliverer struct {
	DB        *change.DB
	Transport Transport
	From      string                                                     // address, may have a display name
	Head      func(pactius.Environment) (baseURL, supportContact string) // of an environment's mail.Letterhead
	Logger    *slog.Logger
	Told      func(Delivery) // called after each attempt; may be nil
}

// Delivery is the outcome of an attempt to deliver an email.
type Delivery string

// The outcomes of an attempt.
const (
	DeliverySent       Delivery = "sent"        // accepted by the mail server
	DeliveryPutOff     Delivery = "put_off"     // to be retried
	DeliveryGivenUp    Delivery = "given_up"    // permanently; an administrator can retry
	DeliveryHandedBack Delivery = "handed_back" // this process stops; another one sends it
)

// DeliverDue sends a batch of the emails that are due and returns the number of
// attempts; call it again until that is 0. An email is sent at least once: if the
// process dies between the server's answer and storing it, the email is sent again
// with the same Message-ID.
func (d *Deliverer) DeliverDue(ctx context.Context) (int, error) {
	claimed, err := d.DB.Store.ClaimMails(ctx, d.DB.Now(), lease, batch)
	if err != nil {
		return 0, fmt.Errorf("claim mails: %w", err)
	}
	var failed error
	for _, c := range claimed {
		failed = errors.Join(failed, d.deliver(ctx, c))
	}
	return len(claimed), failed
}

func (d *Deliverer) deliver(ctx context.Context, c store.ClaimedMail) error {
	sendErr := d.send(ctx, c)
	// An accepted email is stored as sent even while shutting down, or it would be sent
	// twice; others are handed back, or they would wait for the end of the lease.
	noting, cancel := context.WithTimeout(context.WithoutCancel(ctx), noteTime)
	defer cancel()
	stopping := sendErr != nil && ctx.Err() != nil
	var outcome Delivery
	err := d.DB.Change(noting, delivery(c), change.RoleUser, func(tx *change.Tx) error {
		var err error
		if stopping {
			outcome = DeliveryHandedBack
			_, err = tx.MailBack(c.Mail, tx.Now)
			return err
		}
		outcome, err = d.note(tx, c, sendErr)
		return err
	})
	if err != nil {
		return fmt.Errorf("note the delivery of mail %s: %w", c.ID, err)
	}
	if d.Told != nil {
		d.Told(outcome)
	}
	return nil
}

// delivery is the actor that delivers an email.
func delivery(c store.ClaimedMail) pactius.Actor { return pactius.System(c.Environment, "delivery") }

// send renders an email and sends it to the server.
func (d *Deliverer) send(ctx context.Context, c store.ClaimedMail) error {
	m, err := mail.Decode(c.Kind, c.Data)
	if err != nil {
		return err
	}
	var env pactius.Environment
	err = d.DB.Read(ctx, delivery(c), change.RoleUser, func(tx *change.Tx) error {
		env = tx.Environment
		return nil
	})
	if err != nil {
		return &mail.SendError{Temporary: true, Err: err}
	}
	code := language.Match(c.Language, env.Language)
	head := mail.Letterhead{EnvironmentName: env.Name, RecipientName: c.ToName,
		Reader: language.Reader{Language: code, Zone: env.Zone(), Now: d.DB.Now()}}
	head.BaseURL, head.SupportContact = d.Head(env)
	rendered, err := mail.Render(m, head)
	if err != nil {
		return err
	}
	return d.Transport.Send(ctx, mail.Envelope{ID: string(c.ID), To: c.To, ToName: c.ToName, From: d.From,
		Rendered: rendered, Language: code, Date: c.CreatedAt})
}

// note stores what became of an attempt.
func (d *Deliverer) note(tx *change.Tx, c store.ClaimedMail, sendErr error) (Delivery, error) {
	now := tx.Now
	log := d.Logger.With("mail", c.ID, "kind", c.Kind, "attempt", c.Attempts)
	if sendErr == nil {
		held, err := tx.MailSent(c.Mail, now)
		log.InfoContext(tx.Context(), "mail sent", "claim_held", held)
		return DeliverySent, err
	}
	why := reason(sendErr)
	next := now.Add(backoff(c.Attempts))
	if temporary(sendErr) && next.Sub(c.CreatedAt) < giveUpAfter {
		_, err := tx.MailLater(c.Mail, next, why)
		log.WarnContext(tx.Context(), "mail put off", "until", next, "why", why)
		return DeliveryPutOff, err
	}
	dead, err := tx.MailDead(c.Mail, why)
	if err != nil || !dead {
		return DeliveryPutOff, err // another worker holds it
	}
	log.ErrorContext(tx.Context(), "mail given up", "why", why)
	tx.Record(pactius.Event{Kind: pactius.MailFailed,
		Facts: pactius.Facts{pactius.FactKind: c.Kind}, Detail: pactius.Facts{pactius.DetailTo: c.To}})
	return DeliveryGivenUp, nil
}

func temporary(err error) bool {
	e, ok := errors.AsType[*mail.SendError](err)
	return ok && e.Temporary
}

// reason returns the text of an error for administrators: that of a SendError, which
// is safe to show, or a general one.
func reason(err error) string {
	if e, ok := errors.AsType[*mail.SendError](err); ok {
		return e.Error()
	}
	return "The mail could not be written."
}

// backoff returns the pause after a number of attempts.
func backoff(attempts int) time.Duration {
	pause := firstRetry
	for range attempts - 1 {
		if pause *= 2; pause >= slowest {
			return slowest
		}
	}
	return pause
}
