package main

import (
	"context"
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/server"
)

// stepRecord is one step of the test of a connection.
type stepRecord struct {
	Step    string `json:"step"`
	Outcome string `json:"outcome"` // ok, warning, failed or skipped
	Detail  string `json:"detail"`
	Remedy  string `json:"remedy"` // "" if no action is needed
	Code    string `json:"code"`   // Microsoft's number or Graph's error code; may be ""
	Cause   string `json:"cause"`  // why a call over the network failed, for Support; may be ""
	Trace   string `json:"trace"`  // the IDs by which Microsoft's support finds the call; may be ""
}

// newEnvironmentTestCommand makes "pactius environment test".
func newEnvironmentTestCommand(a *app) *cobra.Command {
	c := describe("environment test", stepRecord{}, noArgs)
	asJSON, host := jsonFlag(c), environmentFlag(c)
	config.Bind(c.Flags(), "database", "url", "secret")
	c.RunE = func(c *cobra.Command, _ []string) error {
		o := deskOptions{require: []string{"url"}}
		return a.openIn(c, *host, o, *asJSON, func(ctx context.Context, d *desk) error {
			return d.testConnection(ctx)
		})
	}
	return c
}

func (d *desk) testConnection(ctx context.Context) error {
	steps, err := d.Environments.Test(ctx, d.actor)
	if err != nil {
		return err
	}
	for _, s := range steps {
		if d.asJSON {
			cause, remedy := server.StepAdvice(s)
			err = d.object(stepRecord{Step: s.Name.String(), Outcome: string(s.Outcome), Detail: s.Text.String(),
				Remedy: remedy, Code: s.Code, Cause: cause, Trace: s.Trace})
		} else {
			err = d.step(s)
		}
		if err != nil {
			return err
		}
	}
	if pactius.StepsFailed(steps) {
		return fmt.Errorf("people can't sign in to %s with this connection", d.env.Host)
	}
	return nil
}

// step prints a step as a sentence.
func (d *desk) step(s pactius.ConnectionStep) error {
	mark := "SKIPPED  -"
	switch s.Outcome {
	case pactius.StepOK:
		mark = "OK       ✓"
	case pactius.StepWarning:
		mark = "MISSING  !"
	case pactius.StepFailed:
		mark = "PROBLEM  ✗"
	}
	code := ""
	if s.Code != "" {
		code = " (" + s.Code + ")"
	}
	if err := d.say("%s  %s: %s%s", mark, s.Name, s.Text, code); err != nil {
		return err
	}
	if err := d.advice(server.StepAdvice(s)); err != nil || s.Trace == "" {
		return err
	}
	return d.say("            For Microsoft's support: %s", s.Trace)
}

// linkRecord is a link for connecting Microsoft 365.
type linkRecord struct {
	URL           string     `json:"url"`
	ExpiresAt     *time.Time `json:"expires_at"`
	Administrator string     `json:"administrator"` // account name of the user that connecting adds; "" is none
}

// newEnvironmentConnectLinkCommand makes "pactius environment connect-link".
func newEnvironmentConnectLinkCommand(a *app) *cobra.Command {
	var administrator string
	c := describe("environment connect-link", linkRecord{}, noArgs)
	c.Flags().StringVar(&administrator, "administrator", "",
		"`ACCOUNT_NAME` of the first administrator, added when the environment is connected")
	asJSON, host := jsonFlag(c), environmentFlag(c)
	config.Bind(c.Flags(), "database", "url", "secret")
	c.RunE = func(c *cobra.Command, _ []string) error {
		o := deskOptions{require: []string{"url", "secret"}}
		return a.openIn(c, *host, o, *asJSON, func(ctx context.Context, d *desk) error {
			return d.makeLink(ctx, administrator)
		})
	}
	return c
}

func (d *desk) makeLink(ctx context.Context, administrator string) error {
	link, ends, err := d.Environments.NewLink(ctx, d.actor, administrator)
	if err != nil {
		return err
	}
	if d.asJSON {
		return d.object(linkRecord{URL: link.String(), ExpiresAt: utc(ends), Administrator: administrator})
	}
	if err := d.say("%s", link); err != nil {
		return err
	}
	if err := d.note("It works once, until %s. Send it only to the customer's Microsoft 365 administrator.",
		d.time(ends, "")); err != nil {
		return err
	}
	if administrator == "" {
		return d.note("It adds no administrator. Add one after connecting: pactius user add --environment %s "+
			"--username ACCOUNT_NAME --name NAME --unit / --access administer", d.env.Host)
	}
	return nil
}
