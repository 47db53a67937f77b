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
	c := &cobra.Command{
		Use:   "check",
		Short: "Look whether everything that must be true of the database is true",
		Long: help(`
Support looks at the database after a crash, a restore, a repair or a move: that the file is whole and the
schema complete, that every reference leads somewhere, and that every row keeps the rules - one user per person,
one decision per request, one tree per company. It reads one moment's state, changes nothing and works beside
a running server; a million users take one to two minutes. A warning tells of something that may be right, such as
mail that no server sends. The exit code is 1 when something is wrong; warnings do not count.`, flawRecord{}),
		Example: "  pactius check\n  pactius check --database sqlite:/var/backups/pactius-2027-03-31.db",
		Args:    noArgs,
	}
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
		return fmt.Errorf("one thing is wrong")
	}
	return fmt.Errorf("%d things are wrong", wrong)
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
		return p.say("Nothing is wrong with %s.", database)
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
