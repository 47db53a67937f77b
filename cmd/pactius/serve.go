package main

import (
	"log/slog"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/server"
)

// newServeCommand makes "pactius serve".
func newServeCommand(a *app) *cobra.Command {
	c := &cobra.Command{
		Use:   "serve",
		Short: "Serve the environments until told to stop",
		Long: help(`
The operator runs this as a service. Settings come from flags, the environment, files and TOML, in this
order; all problems are reported at once (pactius config docs). It stops on an interrupt or SIGTERM, after
the requests under way. The log goes to standard error. Set up the first customer with: pactius environment add`, nil),
		Example: help(`
  PACTIUS_URL=https://access.nordhavn.example PACTIUS_DATABASE=sqlite:/var/lib/pactius/pactius.db \
    PACTIUS_SECRET_FILE=/etc/pactius/secret pactius serve --listen 127.0.0.1:8080`, nil),
		Args: noArgs,
	}
	config.Bind(c.Flags())
	c.RunE = func(c *cobra.Command, _ []string) error {
		cfg, err := a.config(c.Flags(), config.ForServe())
		if err != nil {
			return err
		}
		return server.Serve(c.Context(), cfg, a.logger(cfg))
	}
	return c
}

// newDemoCommand makes "pactius demo".
func newDemoCommand(a *app) *cobra.Command {
	var listen, data string
	var verbose bool
	c := &cobra.Command{
		Use:   "demo",
		Short: "Live the whole story on this machine, with a sample company",
		Long: "Anyone who is new starts here: nothing to configure. It serves PACTIUS with a sample company, a Microsoft 365\n" +
			"tenant of its own to sign in with, and a page with all mails, and prints the three addresses and a tour.\n" +
			"Everything stays on this machine and is forgotten at the end, unless --data names a folder for it.",
		Example: "  pactius demo\n  pactius demo --listen 127.0.0.1:9000 --data ./demo",
		Args:    noArgs,
	}
	c.Flags().StringVar(&listen, "listen", "127.0.0.1:8080", "`ADDRESS` and port of PACTIUS; the tenant and the mails take the next two")
	c.Flags().StringVar(&data, "data", "", "`FOLDER` to keep the state in (default a temporary one)")
	c.Flags().BoolVar(&verbose, "verbose", false, "print the server's log too")
	c.RunE = func(c *cobra.Command, _ []string) error {
		level := slog.LevelWarn
		if verbose {
			level = slog.LevelInfo
		}
		logger := a.logger(config.Config{LogLevel: level})
		return server.Demo(c.Context(), server.DemoOptions{Listen: listen, Data: data, Out: a.stdout, Logger: logger})
	}
	return c
}
