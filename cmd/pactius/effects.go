package main

import (
	"context"
	"log/slog"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/server"
)

// effect is what a command does to the configured database.
type effect int

// The effects of commands.
const (
	undeclared effect = iota // of no command: see TestEveryCommandDeclaresItsEffect
	apart                    // it doesn't open the database
	reads                    // it changes nothing and makes no file; it refuses a database of another schema
	compares                 // it changes nothing and makes no file; it says which schema the database has
	changes                  // it upgrades the database first
	creates                  // it makes the database if there is none
)

// effects are the effects of all commands: a new command goes here.
var effects = map[string]effect{
	"application add":    changes,
	"application check":  reads,
	"application list":   reads,
	"application remove": changes,
	"application rotate": changes,
	"application secret": changes,
	"application set":    changes,
	"application show":   reads,

	"backup":       reads,
	"check":        reads,
	"config check": apart,
	"config docs":  apart,
	"config show":  apart,
	"copy":         reads, // the databases that it is given
	"doctor":       compares,

	"email list":  reads,
	"email retry": changes,

	"environment add":          creates,
	"environment connect-link": changes,
	"environment list":         reads,
	"environment relink":       changes,
	"environment reseal":       changes,
	"environment set":          changes,
	"environment show":         reads,
	"environment test":         reads,

	"explain":     reads,
	"healthcheck": apart,
	"manual":      apart,

	"request approve":   changes,
	"request decline":   changes,
	"request list":      reads,
	"request show":      reads,
	"request take-back": changes,

	"restore": creates,
	"serve":   creates,
	"sweep":   changes,

	"unit add":     changes,
	"unit archive": changes,
	"unit delete":  changes,
	"unit list":    reads,
	"unit move":    changes,
	"unit rename":  changes,
	"unit restore": changes,

	"user add":        changes,
	"user assign":     changes,
	"user deactivate": changes,
	"user delete":     changes,
	"user erase":      changes,
	"user list":       reads,
	"user merge":      changes,
	"user reactivate": changes,
	"user set":        changes,
	"user show":       reads,
	"user sign-out":   changes,
	"user unmerge":    changes,

	"version": compares,
}

// effectOf returns the effect of a command with its flags: one that changes only reads with --dry-run.
func effectOf(c *cobra.Command) effect {
	e := effects[strings.TrimPrefix(c.CommandPath(), "pactius ")]
	if dry, err := c.Flags().GetBool("dry-run"); err == nil && dry && e == changes {
		return reads
	}
	return e
}

// open opens the database for a command of this effect.
func (e effect) open(ctx context.Context, cfg config.Config, logger *slog.Logger) (*server.Core, error) {
	if e == reads {
		return server.OpenReading(ctx, cfg, logger)
	}
	return server.Open(ctx, cfg, logger)
}
