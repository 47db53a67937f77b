package main

import (
	"fmt"
	"time"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius/internal/config"
)

// newConfigCommand makes "pactius config".
func newConfigCommand(a *app) *cobra.Command {
	return group("config", newConfigCheckCommand(a), newConfigShowCommand(a), newConfigDocsCommand(a))
}

func newConfigCheckCommand(a *app) *cobra.Command {
	c := describe("config check", nil, noArgs)
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := a.config(c.Flags(), config.ForServe())
		if err != nil {
			return err
		}
		warnings := cfg.Warnings()
		if w := cfg.MicrosoftWarning(time.Now()); w.Says != "" {
			warnings = append(warnings, w.Says+". "+w.Remedy)
		}
		for _, warning := range warnings {
			fmt.Fprintln(a.stderr, "Warning:", warning)
		}
		_, err = fmt.Fprintln(a.stdout, "The configuration is complete and correct.")
		return err
	}
	config.Bind(c.Flags())
	return c
}

func newConfigShowCommand(a *app) *cobra.Command {
	c := describe("config show", nil, noArgs)
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := a.config(c.Flags(), nil)
		if _, werr := fmt.Fprint(a.stdout, cfg.Dump()); werr != nil {
			return werr
		}
		return err
	}
	config.Bind(c.Flags())
	return c
}

func newConfigDocsCommand(a *app) *cobra.Command {
	c := describe("config docs", nil, noArgs)
	c.RunE = func(*cobra.Command, []string) error {
		_, err := fmt.Fprint(a.stdout, config.Docs())
		return err
	}
	return c
}
