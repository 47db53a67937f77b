package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius/internal/config"
)

// newConfigCommand makes "pactius config".
func newConfigCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "config",
		Short: "Check, show and explain the configuration",
		Long: help(`
Every setting can be a flag, an environment variable, a file named by one (_FILE), or a line of a TOML
file; the first of these that is given wins.`, nil),
		Args: noArgs,
		RunE: needsSubcommand,
	}
	c.AddCommand(newConfigCheckCommand(a), newConfigShowCommand(a), newConfigDocsCommand(a))
	return c
}

func newConfigCheckCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "check",
		Short: "Read the configuration as the server does and report all problems",
		Long: "The operator checks the settings before starting the server. " +
			"It looks at nothing outside: see pactius doctor.",
		Example: "  pactius config check --config /etc/pactius/pactius.toml",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := a.config(c.Flags(), config.ForServe())
			if err != nil {
				return err
			}
			for _, warning := range cfg.Warnings() {
				fmt.Fprintln(a.stderr, "Warning:", warning)
			}
			_, err = fmt.Fprintln(a.stdout, "The configuration is complete and correct.")
			return err
		},
	}
	config.Bind(c.Flags())
	return c
}

func newConfigShowCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:     "show",
		Short:   "Print every setting, its value and where it comes from; secrets are hidden",
		Long:    "The operator finds out which of several places a setting comes from.",
		Example: "  pactius config show",
		Args:    noArgs,
		RunE: func(c *cobra.Command, _ []string) error {
			cfg, err := a.config(c.Flags(), nil)
			if _, werr := fmt.Fprint(a.stdout, cfg.Dump()); werr != nil {
				return werr
			}
			return err
		},
	}
	config.Bind(c.Flags())
	return c
}

func newConfigDocsCommand(a *app) *cobra.Command {
	return &cobra.Command{
		Use:     "docs",
		Short:   "Print the documentation of all settings as Markdown",
		Long:    "The operator reads what can be set; the page docs/configuration.md is made by this.",
		Example: "  pactius config docs",
		Args:    noArgs,
		RunE: func(*cobra.Command, []string) error {
			_, err := fmt.Fprint(a.stdout, config.Docs())
			return err
		},
	}
}
