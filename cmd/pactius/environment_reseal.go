package main

import (
	"context"
	"fmt"
	"strconv"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
)

// allEnvironments is the value of --environment that stands for all of them.
const allEnvironments = "all"

// resealRecord is what a reseal has found in an environment.
type resealRecord struct {
	Environment string   `json:"environment"` // host
	Resealed    int      `json:"resealed"`    // encrypted anew; in a dry run, would be
	Current     int      `json:"current"`     // encrypted with the present secret before
	Unreadable  []string `json:"unreadable"`  // names of those that no value of the secret opens
	DryRun      bool     `json:"dry_run"`
}

func newEnvironmentResealCommand(a *app) *cobra.Command {
	var dry bool
	c := describe("environment reseal", resealRecord{}, noArgs)
	host := c.Flags().String("environment", allEnvironments, "`HOST` name of one environment")
	c.Flags().BoolVar(&dry, "dry-run", false, "count, and change nothing")
	asJSON := jsonFlag(c)
	config.Bind(c.Flags(), "database", "secret", "old-secrets")
	c.RunE = func(c *cobra.Command, _ []string) error {
		o := deskOptions{require: []string{"secret"}}
		return a.open(c, o, *asJSON, func(ctx context.Context, d *desk) error { return d.reseal(ctx, *host, dry) })
	}
	return c
}

// reseal encrypts the stored secrets of one or all environments anew. It goes on after an environment that fails.
func (d *desk) reseal(ctx context.Context, host string, dry bool) error {
	envs, err := d.Environments.List(ctx)
	if err == nil && host != allEnvironments {
		if err = d.choose(ctx, host); err == nil {
			envs = []pactius.Environment{d.env}
		}
	}
	if err != nil {
		return err
	}
	r := &resealing{desk: d, dry: dry}
	if !d.asJSON {
		head := "ENCRYPTED ANEW"
		if dry {
			head = "TO ENCRYPT ANEW"
		}
		r.table = d.table("HOST", head, "CURRENT", "UNREADABLE")
	}
	for _, e := range envs {
		if err := r.one(ctx, e); err != nil {
			return err
		}
	}
	return r.end(host)
}

// resealing carries out a reseal, and counts.
type resealing struct {
	*desk
	dry   bool
	table *table // nil with --json

	resealed, unreadable, failed int
}

// one encrypts the stored secrets of one environment anew, and prints what was found.
func (r *resealing) one(ctx context.Context, e pactius.Environment) error {
	found, err := r.Environments.Reseal(ctx, pactius.SupportActor(e.ID), r.dry)
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case err != nil:
		r.failed++
		return r.note("%s: %s", e.Host, reason(err))
	}
	r.resealed, r.unreadable = r.resealed+found.Old, r.unreadable+len(found.Lost)
	if r.asJSON {
		return r.object(resealRecord{Environment: e.Host, Resealed: found.Old, Current: found.Current,
			Unreadable: append([]string{}, found.Lost...), DryRun: r.dry})
	}
	return r.table.row(e.Host, strconv.Itoa(found.Old), strconv.Itoa(found.Current), orNone(found.Lost))
}

// end ends the table, and says what it means for PACTIUS_OLD_SECRETS.
func (r *resealing) end(host string) error {
	if r.table != nil {
		if err := r.table.end(); err != nil {
			return err
		}
	}
	switch {
	case r.failed > 0:
		return fmt.Errorf("%s failed. Run the command again, and keep PACTIUS_OLD_SECRETS until it succeeds",
			counted(r.failed, "environment"))
	case r.unreadable > 0:
		return fmt.Errorf("%s can't be read. Add the value that encrypted them to PACTIUS_OLD_SECRETS and run the "+
			"command again. If it is lost, store client secrets again with environment set, and replace signing keys "+
			"with application rotate --now", counted(r.unreadable, "stored secret"))
	case r.asJSON:
		return nil
	case r.dry && r.resealed > 0:
		return r.say("%s would be encrypted anew. Nothing was changed. Keep PACTIUS_OLD_SECRETS until you have run: "+
			"pactius environment reseal", counted(r.resealed, "stored secret"))
	case host != allEnvironments:
		return r.say("No stored secret of %s needs PACTIUS_OLD_SECRETS. Others may: pactius environment reseal "+
			"--dry-run", r.env.Host)
	}
	return r.say("No stored secret needs PACTIUS_OLD_SECRETS. Remove it an hour after every server was restarted " +
		"with the present PACTIUS_SECRET, when the sign-ins that began before have ended.")
}
