package torture

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/pactius/pactius/testbed/mailserver"
)

// These are mail servers that behave badly and still take mail: it has to arrive while they do.

// oddly sends to servers that misbehave after they have taken the mails: each arrives with one attempt.
func (p *postRoom) oddly(ctx context.Context) error {
	for what, m := range map[string]mailserver.Mood{
		"answers after QUIT": mailserver.TalksOn, "does not answer QUIT": mailserver.IgnoresQuit,
	} {
		before := p.attempts
		err := errors.Join(p.mood(m), p.add(ctx), p.drain(ctx), p.expect(0, "at a mail server that "+what))
		if err != nil {
			return fmt.Errorf("at a mail server that %s: %w", what, err)
		}
		if n := p.attempts - before; n != peopleOfTrouble {
			p.site.broken("a mail server that %s cost %d attempts for %d mails", what, n, peopleOfTrouble)
		}
	}
	p.site.figure("servers that talk on after QUIT, or do not answer it, cost no attempt")
	return nil
}

// othersOfFull is how many emails there are beside the one to a full mailbox: thousands in a full run.
func (r *run) othersOfFull() int { return int(2000 * r.share) }

// fullMailbox sends to many recipients, one with a full mailbox: the others' emails arrive immediately, and that one
// after the mailbox was emptied.
func (p *postRoom) fullMailbox(ctx context.Context) error {
	full := employee(p.site.people.Load() + 1).username
	err := errors.Join(p.mood(mailserver.MailboxFull(full)), p.addSome(ctx, p.others+1), p.drain(ctx),
		p.expect(1, "with one full mailbox"), p.live(ctx, 24*time.Hour),
		p.expect(1, "after a day with one full mailbox"))
	if err != nil {
		return err
	}
	p.site.figure("one full mailbox among %d recipients delays the others not at all", p.others+1)
	return errors.Join(p.mood(takes), p.live(ctx, recovery), p.expect(0, "after the mailbox was emptied"))
}

// closedIdle sends emails over a connection that the server closes between them: that costs no attempt.
func (p *postRoom) closedIdle(ctx context.Context) error {
	server, err := mailserver.Start(ctx, "127.0.0.1:0", mailserver.Options{Take: p.site.post.take})
	if err != nil {
		return err
	}
	defer server.Close()
	before := p.attempts
	if err := errors.Join(p.deliverTo(server.Address()), p.add(ctx), p.drain(ctx)); err != nil {
		return err
	}
	server.HangUp(mailserver.IdleTooLong)
	err = errors.Join(p.add(ctx), p.drain(ctx), p.expect(0, "at a mail server that closes connections"), p.mood(takes))
	if n := p.attempts - before; err == nil && n != 2*peopleOfTrouble {
		p.site.broken("connections that the server closed cost %d attempts for %d mails", n, 2*peopleOfTrouble)
	}
	return err
}
