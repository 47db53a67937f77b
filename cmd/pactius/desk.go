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

// desk is the context of a command that uses the database: the rules, the printer
// and, for commands inside one environment, that environment with Support as the
// actor.
type desk struct {
	*server.Core
	*printer
	app   *app
	env   pactius.Environment // of commands inside one environment
	actor pactius.Actor
	tree  *pactius.Tree // see units

	offline bool // account names are not looked up in Microsoft 365
}

// deskOptions are the requirements of a command.
type deskOptions struct {
	require []string // required settings, besides the database
}

// printer returns the printer for a command.
func (a *app) printer(asJSON bool) *printer {
	return &printer{out: a.stdout, notes: a.stderr, zone: cmp.Or(a.zone, time.Local), asJSON: asJSON}
}

// atDesk sets run as the action of a command for the whole deployment.
func (a *app) atDesk(c *cobra.Command, run func(context.Context, *desk, []string) error) *cobra.Command {
	asJSON := jsonFlag(c)
	config.Bind(c.Flags(), "database")
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.open(c, deskOptions{}, *asJSON, func(ctx context.Context, d *desk) error { return run(ctx, d, args) })
	}
	return c
}

// inEnvironment sets run as the action of a command in one environment.
func (a *app) inEnvironment(c *cobra.Command, run func(context.Context, *desk, []string) error) *cobra.Command {
	asJSON, host := jsonFlag(c), environmentFlag(c)
	config.Bind(c.Flags(), "database")
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.openIn(c, *host, deskOptions{}, *asJSON, func(ctx context.Context, d *desk) error {
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
	return c.Flags().String("environment", "", "`HOST` name of the environment; not needed if there is only one")
}

// open opens the database and runs work with a desk.
func (a *app) open(c *cobra.Command, o deskOptions, asJSON bool, work func(context.Context, *desk) error) error {
	given := config.GivenFlags(c.Flags())
	delete(given, "support-contact") // that of "environment add" is not the deployment's
	cfg, err := config.Load(config.Sources{Flags: given, Environ: a.environ, ReadFile: a.readFile,
		Require: append(config.ForCommands(), o.require...)})
	if err != nil {
		return err
	}
	e := effectOf(c)
	if e != creates && cfg.Database.Engine == config.EngineSQLite {
		if _, err := os.Stat(cfg.Database.Path); errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("there is no database %s. Check PACTIUS_DATABASE, or start with: pactius environment add",
				cfg.Database.Path)
		}
	}
	cfg.LogLevel = max(cfg.LogLevel, slog.LevelWarn) // without a server's start messages
	core, err := e.open(c.Context(), cfg, a.logger(cfg))
	if err != nil {
		return err
	}
	return errors.Join(work(c.Context(), &desk{Core: core, printer: a.printer(asJSON), app: a}), core.Close())
}

// openIn opens the database and runs work with a desk for the environment at a host.
func (a *app) openIn(c *cobra.Command, host string, o deskOptions, asJSON bool,
	work func(context.Context, *desk) error) error {
	return a.open(c, o, asJSON, func(ctx context.Context, d *desk) error {
		if err := d.choose(ctx, host); err != nil {
			return err
		}
		return work(ctx, d)
	})
}

// given returns the value of a flag, nil if it was not given.
func given(c *cobra.Command, flag string, value *string) *string {
	if !c.Flags().Changed(flag) {
		return nil
	}
	return value
}

// maxListed is the most environments that an error message lists.
const maxListed = 20

// choose sets the environment of a command.
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
		return fmt.Errorf("there is no environment at %s. Choose one of these:%s", host, listed(all))
	case len(chosen) > 1:
		return fmt.Errorf("there are several environments. Choose one with --environment HOST:%s", listed(all))
	}
	d.env, d.actor = chosen[0], pactius.SupportActor(chosen[0].ID)
	return nil
}

// listed formats environments as lines.
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

// units returns the tree, read once.
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

// unit returns a business unit in use by its path or ID.
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
	return d.Units.Find(ctx, d.actor, path) // if it was added since the tree was read; otherwise the refusal
}

// user returns a user by account name or ID.
func (d *desk) user(ctx context.Context, who string) (pactius.UserID, error) {
	if !strings.Contains(who, "@") {
		v, err := d.Users.User(ctx, d.actor, pactius.UserID(who))
		if pactius.KindOf(err) == pactius.KindNotFound {
			return "", fmt.Errorf("there is no user with the ID %s. Name the user by the whole account name, such as "+
				"anna.hansen@company.com, or by the ID", who)
		}
		return v.User.ID, err
	}
	u, err := d.Users.Find(ctx, d.actor, who)
	return u.ID, err
}
