package main

import (
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
