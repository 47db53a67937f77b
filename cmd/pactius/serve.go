package main

import (
	"github.com/spf13/cobra"

	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/server"
)

// newServeCommand makes "pactius serve".
func newServeCommand(a *app) *cobra.Command {
	c := describe("serve", nil, noArgs)
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
