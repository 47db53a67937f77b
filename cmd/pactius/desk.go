package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/server"
)

// desk is what Support works at: the rules over the open database, and where
// to print.
type desk struct {
	*server.Core
	*printer
	app   *app
	env   pactius.Environment // of commands inside one environment
	actor pactius.Actor
	tree  *pactius.Tree // read when first needed, see units
}

// deskOptions say what a command needs.
type deskOptions struct {
	require []string // settings it cannot do without, besides the database
	create  bool     // it may begin a new database
}

// printer makes the printer for a command.
func (a *app) printer(asJSON bool) *printer {
	return &printer{out: a.stdout, notes: a.stderr, zone: cmp.Or(a.zone, time.Local), asJSON: asJSON}
}

// atDesk makes run the work of a command on the whole deployment.
func (a *app) atDesk(c *cobra.Command, run func(context.Context, *desk, []string) error) *cobra.Command {
	asJSON := jsonFlag(c)
	config.Bind(c.Flags(), "database")
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.open(c, deskOptions{}, *asJSON, func(ctx context.Context, d *desk) error { return run(ctx, d, args) })
	}
	return c
}

// inEnvironment makes run the work of a command in one environment.
func (a *app) inEnvironment(c *cobra.Command, run func(context.Context, *desk, []string) error) *cobra.Command {
	asJSON, host := jsonFlag(c), environmentFlag(c)
	config.Bind(c.Flags(), "database")
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.open(c, deskOptions{}, *asJSON, func(ctx context.Context, d *desk) error {
			if err := d.choose(ctx, *host); err != nil {
				return err
			}
			return run(ctx, d, args)
		})
	}
	return c
}

// jsonFlag adds --json.
func jsonFlag(c *cobra.Command) *bool {
	return c.Flags().Bool("json", false, "print JSON for programs, one object per line")
}

// environmentFlag adds --environment.
func environmentFlag(c *cobra.Command) *string {
	return c.Flags().String("environment", "", "`HOST` name of the environment; needless where there is only one")
}

// open runs work at a desk and closes it.
func (a *app) open(c *cobra.Command, o deskOptions, asJSON bool, work func(context.Context, *desk) error) error {
	given := config.GivenFlags(c.Flags())
	delete(given, "support-contact") // of "environment add", not the deployment's
	cfg, err := config.Load(config.Sources{Flags: given, Environ: a.environ, ReadFile: a.readFile, Require: append(config.ForCommands(), o.require...)})
	if err != nil {
		return err
	}
	if !o.create && cfg.Database.Engine == config.EngineSQLite {
		if _, err := os.Stat(cfg.Database.Path); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no database %s. Check PACTIUS_DATABASE, or begin with: pactius environment add", cfg.Database.Path)
		}
	}
	cfg.LogLevel = max(cfg.LogLevel, slog.LevelWarn) // what a server tells of its start is nobody's news here
	core, err := server.Open(c.Context(), cfg, a.logger(cfg))
	if err != nil {
		return err
	}
	return errors.Join(work(c.Context(), &desk{Core: core, printer: a.printer(asJSON), app: a}), core.Close())
}

// maxListed is how many environments an error message lists.
const maxListed = 20

// choose finds the environment a command is for.
func (d *desk) choose(ctx context.Context, host string) error {
	all, err := d.Environments.List(ctx)
	if err != nil {
		return err
	}
	chosen := all
	if host != "" {
		chosen = nil
		for _, e := range all {
			if e.Host == environments.CleanHost(host) {
				chosen = append(chosen, e)
			}
		}
	}
	switch {
	case len(all) == 0:
		return errors.New("there is no environment yet. Set one up with: pactius environment add")
	case len(chosen) == 0:
		return fmt.Errorf("there is no environment at %s. There are:%s", host, listed(all))
	case len(chosen) > 1:
		return fmt.Errorf("there are several environments. Choose one with --environment HOST:%s", listed(all))
	}
	d.env, d.actor = chosen[0], pactius.SupportActor(chosen[0].ID)
	return nil
}

// listed writes environments below each other.
func listed(all []pactius.Environment) string {
	var b strings.Builder
	for i, e := range all {
		if i == maxListed {
			fmt.Fprintf(&b, "\n  and %d more; see them with: pactius environment list", len(all)-i)
			break
		}
		fmt.Fprintf(&b, "\n  %s  %s", printable(e.Host), printable(e.Name))
	}
	return b.String()
}

// units reads the tree once.
func (d *desk) units(ctx context.Context) (*pactius.Tree, error) {
	if d.tree == nil {
		o, err := d.Units.Tree(ctx, d.actor)
		if err != nil {
			return nil, err
		}
		d.tree = o.Tree
	}
	return d.tree, nil
}

// unit finds a business unit in use by its path or ID.
func (d *desk) unit(ctx context.Context, path string) (pactius.Unit, error) {
	tree, err := d.units(ctx)
	if err != nil {
		return pactius.Unit{}, err
	}
	if u, ok := tree.Unit(pactius.UnitID(path)); ok {
		return u, nil
	}
	if u, ok := tree.FindPath(path); ok {
		return u, nil
	}
	return d.Units.Find(ctx, d.actor, path) // added since the tree was read, or else the refusal
}

// user finds a user by account name or ID.
func (d *desk) user(ctx context.Context, who string) (pactius.UserID, error) {
	if !strings.Contains(who, "@") {
		v, err := d.People.User(ctx, d.actor, pactius.UserID(who))
		if pactius.KindOf(err) == pactius.NotFound {
			return "", fmt.Errorf("there is no user with the ID %s. Name the user by the whole account name, such as anna.hansen@company.com, or by the ID", who)
		}
		return v.User.ID, err
	}
	u, err := d.People.Find(ctx, d.actor, who)
	return u.ID, err
}
