package main

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
)

// newEmailCommand makes "pactius email".
func newEmailCommand(a *app) *cobra.Command {
	return group("email", newEmailListCommand(a), newEmailRetryCommand(a))
}

// emailRecord is an email that was not sent. What it says is for its recipient alone.
type emailRecord struct {
	ID        string     `json:"id"`
	Kind      string     `json:"kind"`
	To        string     `json:"to"` // address
	Name      string     `json:"name"`
	State     string     `json:"state"` // dead or waiting
	WrittenAt *time.Time `json:"written_at"`
	Attempts  int        `json:"attempts"`
	NextAt    *time.Time `json:"next_at"` // the next attempt; null for one given up
	Reason    string     `json:"reason"`  // of the last failure
}

func newEmailRecord(m pactius.Mail) emailRecord {
	r := emailRecord{ID: string(m.ID), Kind: m.Kind, To: m.To, Name: m.ToName, State: string(m.State),
		WrittenAt: utc(m.CreatedAt), Attempts: m.Attempts, Reason: m.LastError}
	if m.State == pactius.MailWaiting {
		r.NextAt = utc(m.NextAt)
	}
	return r
}

// emailStates are the values of --state.
func emailStates() []string {
	return []string{string(pactius.MailDead), string(pactius.MailWaiting), everyState}
}

func newEmailListCommand(a *app) *cobra.Command {
	var f listFlags
	var state string
	c := describe("email list", emailRecord{}, noArgs)
	c.Flags().StringVar(&state, "state", everyState, "which `STATE`: "+strings.Join(emailStates(), ", "))
	complete(c, "state", emailStates()...)
	f.bind(c)
	c.PreRunE = func(c *cobra.Command, _ []string) error {
		if !slices.Contains(emailStates(), state) {
			return usage("there is no state %q; choose %s", state, strings.Join(emailStates(), ", "))
		}
		return f.check(c)
	}
	return a.inEnvironment(c, func(ctx context.Context, d *desk, _ []string) error {
		which := pactius.MailState(state)
		if state == everyState {
			which = ""
		}
		return d.listEmails(ctx, f, which)
	})
}

func (d *desk) listEmails(ctx context.Context, f listFlags, state pactius.MailState) error {
	if err := d.noteDelay(ctx); err != nil {
		return err
	}
	var t *table
	var after pactius.MailID
	for printed := 0; ; {
		limit := f.page(printed)
		mails, err := d.Environments.Mails(ctx, d.actor, state, after, limit+1)
		if err != nil {
			return err
		}
		more := len(mails) > limit
		mails = mails[:min(limit, len(mails))]
		if t == nil && !d.asJSON {
			if len(mails) == 0 {
				return d.noEmails(state)
			}
			t = d.table("ID", "KIND", "TO", "STATE", "WRITTEN", "ATTEMPTS", "NEXT ATTEMPT", "REASON")
		}
		for _, m := range mails {
			if err := d.emailRow(t, m); err != nil {
				return err
			}
			after = m.ID
		}
		if printed += len(mails); !more || f.done(printed) {
			return d.endList(t, printed, 0, more)
		}
	}
}

// noteDelay says why no email is sent, if none is.
func (d *desk) noteDelay(ctx context.Context) error {
	delay, err := d.Environments.Delay(ctx, d.actor)
	if err != nil || delay == nil {
		return err
	}
	return d.note("The mail server has not taken any email since %s, so all emails are waiting; the next attempt is "+
		"at %s. %s", d.time(delay.Since, ""), d.time(delay.Until, ""), delay.Reason)
}

func (d *desk) noEmails(state pactius.MailState) error {
	switch state {
	case pactius.MailDead:
		return d.say("No emails of %s were given up.", d.env.Name)
	case pactius.MailWaiting:
		return d.say("No emails of %s are waiting to be sent.", d.env.Name)
	}
	return d.say("No emails of %s are waiting to be sent or were given up.", d.env.Name)
}

// emailRow prints an email of a list as a row or, without a table, as JSON.
func (d *desk) emailRow(t *table, m pactius.Mail) error {
	if t == nil {
		return d.object(newEmailRecord(m))
	}
	next := ""
	if m.State == pactius.MailWaiting {
		next = d.time(m.NextAt, "")
	}
	return t.row(string(m.ID), m.Kind, m.To, string(m.State), d.time(m.CreatedAt, ""), strconv.Itoa(m.Attempts), next,
		m.LastError)
}

// retryRecord tells what became of emails that were to be sent again.
type retryRecord struct {
	Found    int      `json:"found"`    // emails given up; of a dry run
	Sent     int      `json:"sent"`     // wait for their next attempt now
	Outdated int      `json:"outdated"` // removed, because what they are about has been settled
	Left     []string `json:"left"`     // IDs of emails that were not given up
	Missing  []string `json:"missing"`  // IDs that no email has
}

func newEmailRetryCommand(a *app) *cobra.Command {
	var all, apply bool
	c := describe("email retry", retryRecord{}, nil)
	c.Flags().BoolVar(&all, "all", false, "all emails of the environment that were given up")
	c.Flags().BoolVar(&apply, "apply", false, "with --all: send them; without it, nothing is changed")
	c.Args = func(_ *cobra.Command, args []string) error {
		switch {
		case all && len(args) > 0:
			return errors.New("takes IDs or --all, not both")
		case !all && len(args) == 0:
			return errors.New("takes the IDs of emails, or --all. See them with: pactius email list --state dead")
		case apply && !all:
			return errors.New("--apply goes with --all; emails given by ID are sent without it")
		}
		return nil
	}
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		switch {
		case all && apply:
			return d.retryAllEmails(ctx)
		case all:
			return d.dryRetry(ctx)
		}
		return d.retryEmails(ctx, args)
	})
}

// dryRetry tells how many emails would be sent again.
func (d *desk) dryRetry(ctx context.Context) error {
	g, err := d.Environments.GivenUp(ctx, d.actor)
	if err != nil {
		return err
	}
	switch {
	case d.asJSON:
		return d.object(retryRecord{Found: g.Total, Left: []string{}, Missing: []string{}})
	case g.Total == 0:
		return d.noEmails(pactius.MailDead)
	}
	return d.say("%s of %s would be sent again, the oldest from %s. Nothing was changed. Send them with: "+
		"pactius email retry --environment %s --all --apply", counted(g.Total, "email"), d.env.Name,
		d.time(g.Oldest, ""), d.env.Host)
}

// retryAllEmails sends all emails of the environment again that were given up.
func (d *desk) retryAllEmails(ctx context.Context) error {
	again, err := d.Environments.RetryAllMails(ctx, d.actor, math.MaxInt, nil)
	if err != nil {
		return fmt.Errorf("after %s sent again: %w. Run the command again for the others",
			counted(again.Sent, "email"), err)
	}
	if again.Last == "" && !d.asJSON {
		return d.noEmails(pactius.MailDead)
	}
	return d.toldRetry(again)
}

// retryEmails sends the named emails again.
func (d *desk) retryEmails(ctx context.Context, args []string) error {
	ids := make([]pactius.MailID, len(args))
	for i, arg := range args {
		ids[i] = pactius.MailID(strings.TrimSpace(arg))
	}
	again, err := d.Environments.RetryMails(ctx, d.actor, ids...)
	if err != nil {
		return fmt.Errorf("after %s sent again: %w", counted(again.Sent, "email"), err)
	}
	if err := d.toldRetry(again); err != nil || len(again.Missing) == 0 {
		return err
	}
	return fmt.Errorf("%s has no email with the ID %s. See them with: pactius email list --environment %s", d.env.Name,
		strings.Join(idTexts(again.Missing), ", "), d.env.Host)
}

// toldRetry prints what became of emails.
func (d *desk) toldRetry(again environments.MailsAgain) error {
	if d.asJSON {
		return d.object(retryRecord{Sent: again.Sent, Outdated: again.Outdated, Left: idTexts(again.Left),
			Missing: idTexts(again.Missing)})
	}
	if again.Sent > 0 {
		if err := d.say("Sent again: %s of %s. The running server delivers them.", counted(again.Sent, "email"),
			d.env.Name); err != nil {
			return err
		}
	}
	if again.Outdated > 0 {
		if err := d.say("Removed instead, because they are about something settled since then: %s.",
			counted(again.Outdated, "email")); err != nil {
			return err
		}
	}
	if len(again.Left) > 0 {
		return d.say("Left alone, because they are waiting to be sent or were already sent: %s.",
			strings.Join(idTexts(again.Left), ", "))
	}
	return nil
}

// idTexts returns IDs as texts, an empty list for none.
func idTexts[ID ~string](ids []ID) []string {
	all := make([]string, len(ids))
	for i, id := range ids {
		all[i] = string(id)
	}
	return all
}
