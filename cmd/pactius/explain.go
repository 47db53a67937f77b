package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
)

// explanation is the answer of "pactius explain".
type explanation struct {
	Username string         `json:"username"`
	Decision string         `json:"decision"` // enter, bind, unrecognised, blocked, foreign or not_connected
	User     string         `json:"user"`     // ID, "" where nobody has the account name
	Reasons  []reasonRecord `json:"reasons"`
	Remedy   string         `json:"remedy"`  // "" where nothing is wrong
	Request  string         `json:"request"` // ID of the access request that waits
}

// reasonRecord is one step of a decision.
type reasonRecord struct {
	Code string `json:"code"`
	Text string `json:"text"`
}

// outcomes says each decision in words.
func outcomes(o admission.Outcome) string {
	switch o {
	case admission.Enter:
		return "is let in"
	case admission.Bind:
		return "is let in, and recognised by the Microsoft 365 account from then on"
	case admission.Blocked:
		return "is known, but not let in"
	case admission.Unrecognised:
		return "is not recognised and may ask for access"
	default:
		return "is not let in"
	}
}

// newExplainCommand makes "pactius explain".
func newExplainCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "explain ACCOUNT_NAME",
		Short: "Tell what a sign-in would meet now, why, and what helps",
		Long: "Support answers \"why can't she sign in?\". The answer comes from the same function that decides at the\n" +
			"sign-in. The decision is enter, bind (the first sign-in), blocked (deactivated or past the end date),\n" +
			"unrecognised, foreign (another organisation's account) or not_connected; the exit code is 0 whichever it is." + jsonHelp(explanation{}),
		Example: "  pactius explain anna.hansen@nordhavn.example",
		Args:    oneUser,
	}
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error { return d.explain(ctx, args[0]) })
}

func (d *desk) explain(ctx context.Context, username string) error {
	decision, err := d.Admission.Explain(ctx, d.actor, pactius.Person{Username: username})
	if err != nil {
		return err
	}
	x := explanation{Username: username, Decision: string(decision.Outcome), Reasons: []reasonRecord{}, Remedy: decision.Remedy.String()}
	for _, r := range decision.Reasons {
		x.Reasons = append(x.Reasons, reasonRecord{Code: r.Code, Text: r.Text.String()})
	}
	if decision.User != nil {
		x.User, x.Username = string(decision.User.ID), decision.User.Username
	}
	waiting, err := d.requestsOf(ctx, username, pactius.Pending, 1)
	if err != nil {
		return err
	}
	if len(waiting) > 0 {
		x.Request = string(waiting[0].ID)
	}
	if d.asJSON {
		return d.object(x)
	}
	if err := d.say("%s %s (%s).", x.Username, outcomes(decision.Outcome), x.Decision); err != nil {
		return err
	}
	for _, r := range x.Reasons {
		if err := d.say("  because  %s (%s)", r.Text, r.Code); err != nil {
			return err
		}
	}
	if x.Remedy != "" {
		if err := d.say("  remedy   %s", x.Remedy); err != nil {
			return err
		}
	}
	if x.Request != "" {
		return d.say("  waiting  An access request of %s: %s", d.time(waiting[0].CreatedAt, ""), x.Request)
	}
	return nil
}
