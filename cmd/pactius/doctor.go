package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/server"
)

// checkRecord is one check of the doctor.
type checkRecord struct {
	Check  string `json:"check"`
	OK     bool   `json:"ok"`
	Detail string `json:"detail"`
	Remedy string `json:"remedy"` // "" if it is ok
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
		return a.printer(*asJSON).findings(server.Doctor(c.Context(), cfg))
	}
	return c
}

// findings prints the doctor's findings; the error counts the problems.
func (p *printer) findings(all []server.Diagnosis) error {
	problems := 0
	for _, f := range all {
		if !f.OK {
			problems++
		}
		if p.asJSON {
			if err := p.object(checkRecord{Check: f.What, OK: f.OK, Detail: f.Detail, Remedy: f.Remedy}); err != nil {
				return err
			}
			continue
		}
		if err := p.finding(f); err != nil {
			return err
		}
	}
	switch problems {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("found one problem")
	}
	return fmt.Errorf("found %d problems", problems)
}

func (p *printer) finding(f server.Diagnosis) error {
	mark := "OK       ✓"
	if !f.OK {
		mark = "PROBLEM  ✗"
	}
	if err := p.say("%s  %s: %s", mark, f.What, f.Detail); err != nil || f.Remedy == "" {
		return err
	}
	return p.say("            %s", f.Remedy)
}
