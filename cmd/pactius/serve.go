package main

import (
	"context"
	"log/slog"
	"os"
	"os/signal"
	"syscall"

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
		logger := a.logger(cfg)
		defer outlive(c.Context(), logger)()
		return server.Serve(c.Context(), cfg, logger)
	}
	return c
}

// outlive lets a server go on when its terminal is closed (SIGHUP, which supervisors send to reload) and when the
// reader of its log has gone (SIGPIPE), until the returned function is called. The other commands end, as in any
// shell: a change that was not committed has not happened.
func outlive(ctx context.Context, logger *slog.Logger) (stop func()) {
	signal.Ignore(syscall.SIGPIPE) // a line of the log is lost instead
	hangups := make(chan os.Signal, 1)
	signal.Notify(hangups, syscall.SIGHUP)
	done := make(chan struct{})
	go func() {
		for {
			select {
			case <-hangups:
				logger.InfoContext(ctx, "SIGHUP changes nothing; restart to read the configuration again")
			case <-done:
				return
			}
		}
	}()
	return func() {
		signal.Stop(hangups)
		close(done)
	}
}
