package main

import (
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/dbtool"
)

// restoreRecord is a restored backup.
type restoreRecord struct {
	File     string `json:"file"`     // the database
	Replaced string `json:"replaced"` // where the previous one is kept; "" if there was none
	Warnings int    `json:"warnings"` // of the check, on stderr
}

// newRestoreCommand makes "pactius restore".
func newRestoreCommand(a *app) *cobra.Command {
	var o dbtool.RestoreOptions
	c := describe("restore", restoreRecord{}, takes("one FILE"))
	asJSON := jsonFlag(c)
	config.Bind(c.Flags(), "database")
	c.Flags().BoolVar(&o.Despite, "despite-findings", false,
		"put the backup in place even if the check finds problems in it")
	c.Flags().BoolVar(&o.Stopped, "stopped", false,
		"confirm that every server is stopped; needed only if the current database is too damaged to tell")
	c.RunE = func(c *cobra.Command, args []string) error {
		cfg, err := a.config(c.Flags(), config.ForCommands())
		if err != nil {
			return err
		}
		p := a.printer(*asJSON)
		o.Logger = a.logger(cfg)
		done, err := dbtool.Restore(c.Context(), args[0], cfg.Database.Address(), o)
		if flawed, ok := errors.AsType[*dbtool.FlawedError](err); ok {
			return errors.Join(err, p.noteFlaws(flawed.Flaws))
		}
		if err != nil {
			return err
		}
		return p.restored(done)
	}
	return c
}

// restored prints the result of a restore.
func (p *printer) restored(done dbtool.Restored) error {
	if err := p.noteFlaws(done.Flaws); err != nil {
		return err
	}
	if p.asJSON {
		return p.object(restoreRecord{File: done.File, Replaced: done.Replaced, Warnings: len(done.Flaws)})
	}
	if err := p.say("Restored %s.", done.File); err != nil || done.Replaced == "" {
		return err
	}
	return p.say("The previous database is kept as %s. Delete it when you no longer need it.", done.Replaced)
}

// noteFlaws prints the result of a check on stderr.
func (p *printer) noteFlaws(all []dbtool.Flaw) error {
	for _, f := range all {
		mark := "wrong"
		if f.Warning {
			mark = "warning"
		}
		if err := p.note("%s: %s", mark,
			fmt.Sprintf("%s %s %s %s", f.Check, f.Environment, f.Subject, f.Detail)); err != nil {
			return err
		}
	}
	return nil
}
