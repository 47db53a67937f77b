package main

import (
	"context"
	"errors"
	"fmt"
	"iter"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/server"
)

// checkRecord is one check of the doctor.
type checkRecord struct {
	Check   string `json:"check"`
	OK      bool   `json:"ok"`
	Warning bool   `json:"warning"` // it is ok, but should be looked at
	Detail  string `json:"detail"`
	Remedy  string `json:"remedy"` // "" if it is ok without a warning
	Cause   string `json:"cause"`  // why a call over the network failed; may be ""
}

// newDoctorCommand makes "pactius doctor".
func newDoctorCommand(a *app) *cobra.Command {
	c := describe("doctor", checkRecord{}, noArgs)
	asJSON := jsonFlag(c)
	config.Bind(c.Flags())
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := a.config(c.Flags(), config.ForServe())
		if err != nil {
			return err
		}
		return a.printer(*asJSON).findings(c.Context(), server.Doctor(c.Context(), cfg))
	}
	return c
}

// errInterrupted ends a command that was interrupted and had found no problem until then.
var errInterrupted = errors.New("interrupted before everything was checked; no problem was found until then")

// findings prints the doctor's findings as they come; the error counts the problems.
func (p *printer) findings(ctx context.Context, all iter.Seq[server.Diagnosis]) error {
	problems := 0
	for f := range all {
		if !f.OK {
			problems++
		}
		if err := p.finding(f); err != nil {
			return err
		}
	}
	switch {
	case problems == 0 && ctx.Err() != nil:
		return errInterrupted
	case problems == 0:
		return nil
	case problems == 1:
		return fmt.Errorf("found one problem")
	}
	return fmt.Errorf("found %d problems", problems)
}

func (p *printer) finding(f server.Diagnosis) error {
	if p.asJSON {
		return p.object(checkRecord{Check: f.What, OK: f.OK, Warning: f.Warning, Detail: f.Detail, Remedy: f.Remedy,
			Cause: f.Cause})
	}
	mark := "OK       ✓"
	switch {
	case !f.OK:
		mark = "PROBLEM  ✗"
	case f.Warning:
		mark = "WARNING  !"
	}
	if err := p.say("%s  %s: %s", mark, f.What, f.Detail); err != nil {
		return err
	}
	return p.advice(f.Cause, f.Remedy)
}

// advice prints why something failed and what to do, as far as it is known, below what failed.
func (p *printer) advice(cause, remedy string) error {
	if cause != "" {
		if err := p.say("            Cause: %s", cause); err != nil {
			return err
		}
	}
	if remedy == "" {
		return nil
	}
	return p.say("            %s", remedy)
}
