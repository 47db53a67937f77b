package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/dbtool"
)

// flawRecord is an error in the database, or a possible one.
type flawRecord struct {
	Warning     bool   `json:"warning"` // it may be right, but should be looked at
	Check       string `json:"check"`
	Environment string `json:"environment"` // ID; "" is the whole database
	Subject     string `json:"subject"`     // ID of the row
	Detail      string `json:"detail"`
}

// newCheckCommand makes "pactius check".
func newCheckCommand(a *app) *cobra.Command {
	c := describe("check", flawRecord{}, noArgs)
	asJSON := jsonFlag(c)
	config.Bind(c.Flags(), "database")
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := a.config(c.Flags(), config.ForCommands())
		if err != nil {
			return err
		}
		found, err := dbtool.Check(c.Context(), cfg.Database.Address(), dbtool.Options{})
		if err != nil {
			return err
		}
		return a.printer(*asJSON).flaws(cfg.Database.String(), found)
	}
	return c
}

// flaws prints the result of a check; the error counts what is wrong.
func (p *printer) flaws(database string, all []dbtool.Flaw) error {
	wrong := 0
	for _, f := range all {
		if !f.Warning {
			wrong++
		}
	}
	if err := p.listFlaws(database, all); err != nil {
		return err
	}
	switch wrong {
	case 0:
		return nil
	case 1:
		return fmt.Errorf("found one problem")
	}
	return fmt.Errorf("found %d problems", wrong)
}

func (p *printer) listFlaws(database string, all []dbtool.Flaw) error {
	if p.asJSON {
		for _, f := range all {
			r := flawRecord{f.Warning, f.Check, string(f.Environment), f.Subject, f.Detail}
			if err := p.object(r); err != nil {
				return err
			}
		}
		return nil
	}
	if len(all) == 0 {
		return p.say("No problems found in %s.", database)
	}
	t := p.table("", "CHECK", "ENVIRONMENT", "ID", "FINDING")
	for _, f := range all {
		mark := "WRONG"
		if f.Warning {
			mark = "warning"
		}
		if err := t.row(mark, f.Check, string(f.Environment), f.Subject, f.Detail); err != nil {
			return err
		}
	}
	return t.end()
}
