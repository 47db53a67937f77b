package main

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/config"
)

// newApplicationCommand makes "pactius application".
func newApplicationCommand(a *app) *cobra.Command {
	return group("application", newApplicationAddCommand(a), newApplicationListCommand(a),
		newApplicationShowCommand(a), newApplicationSetCommand(a), newApplicationRotateCommand(a),
		newApplicationSecretCommand(a), newApplicationRemoveCommand(a), newApplicationCheckCommand(a))
}

// applicationRecord is an application.
type applicationRecord struct {
	ID        string   `json:"id"`
	Name      string   `json:"name"`
	Icon      string   `json:"icon"` // "" shows the initials
	Origins   []string `json:"origins"`
	UnitID    string   `json:"unit_id"`
	Unit      string   `json:"unit"` // path of the required business unit
	Access    string   `json:"access"`
	Preflight bool     `json:"preflight"`
	clientRecord
	CreatedAt *time.Time `json:"created_at"`
}

func newApplicationRecord(l applications.Listed) applicationRecord {
	r := applicationRecord{ID: string(l.ID), Name: l.Name, Icon: l.Icon, Origins: []string{}, UnitID: string(l.Unit),
		Unit: l.UnitPath, Access: l.Access.String(), Preflight: l.Preflight,
		clientRecord: newClientRecord(l.Application), CreatedAt: utc(l.CreatedAt)}
	for _, o := range l.Origins {
		r.Origins = append(r.Origins, string(o))
	}
	return r
}

// applicationFlags are the fields of an application as flags.
type applicationFlags struct {
	name, unit, access, icon string
	origins                  []string
	preflight                bool
	client                   clientFlags
}

func (f *applicationFlags) bind(c *cobra.Command) {
	flags := c.Flags()
	flags.StringArrayVar(&f.origins, "origin", nil, "`ADDRESS` where people open it, such as "+
		"https://contracts.nordhavn.example; may be repeated")
	flags.StringVar(&f.unit, "unit", "", "`PATH` or ID of the business unit that people need access to, such as "+
		"\"Sales / North\"")
	flags.StringVar(&f.access, "access", "", "`LEVEL` of access to it that they need: read, write, administer "+
		"(default read)")
	flags.StringVar(&f.icon, "icon", "", "`ICON` next to its name, \"\" for its initials: "+
		strings.Join(pactius.ApplicationIcons(), ", "))
	flags.BoolVar(&f.preflight, "preflight", false, "let CORS preflights pass without a session; --preflight=false "+
		"refuses them")
	f.client.bind(c)
	complete(c, "access", "read", "write", "administer")
	complete(c, "icon", pactius.ApplicationIcons()...)
}

// update returns the values of the given flags. A unit is looked up.
func (f *applicationFlags) update(ctx context.Context, d *desk, c *cobra.Command) (pactius.ApplicationUpdate, error) {
	up := pactius.ApplicationUpdate{Icon: given(c, "icon", &f.icon)}
	if err := f.client.update(c, &up); err != nil {
		return up, err
	}
	if c.Flags().Changed("origin") {
		up.Origins = &f.origins
	}
	if c.Flags().Changed("preflight") {
		up.Preflight = &f.preflight
	}
	if c.Flags().Changed("access") {
		access, err := pactius.ParseAccess(f.access)
		if err != nil {
			return up, usage("%q is not an access level; choose read, write or administer", f.access)
		}
		up.Access = &access
	}
	if c.Flags().Changed("unit") {
		u, err := d.unit(ctx, f.unit)
		if err != nil {
			return up, err
		}
		up.Unit = &u.ID
	}
	return up, nil
}

// inEnvironmentSealing is inEnvironment for commands that make signing keys, which are stored encrypted.
func (a *app) inEnvironmentSealing(c *cobra.Command, run func(context.Context, *desk, []string) error) *cobra.Command {
	asJSON, host := jsonFlag(c), environmentFlag(c)
	config.Bind(c.Flags(), "database", "secret")
	c.RunE = func(c *cobra.Command, args []string) error {
		return a.openIn(c, *host, deskOptions{require: []string{"secret"}}, *asJSON,
			func(ctx context.Context, d *desk) error { return run(ctx, d, args) })
	}
	return c
}

func newApplicationAddCommand(a *app) *cobra.Command {
	var f applicationFlags
	c := describe("application add", applicationRecord{}, takes("one NAME"))
	f.bind(c)
	return a.inEnvironmentSealing(c, func(ctx context.Context, d *desk, args []string) error {
		up, err := f.update(ctx, d, c)
		if err != nil {
			return err
		}
		up.Name = &args[0]
		added, err := d.Applications.Add(ctx, d.actor, up)
		if err != nil {
			return err
		}
		if err := d.toldApplication(ctx, added.ID, "Added %s."); err != nil || d.asJSON {
			return err
		}
		return d.nextStep(added)
	})
}

// application returns an application by name or ID.
func (d *desk) application(ctx context.Context, name string) (applications.Listed, error) {
	l, err := d.Applications.FindNamed(ctx, d.actor, name)
	if pactius.KindOf(err) == pactius.KindNotFound {
		return l, fmt.Errorf("there is no application %s. List them with: pactius application list --environment %s",
			name, d.env.Host)
	}
	return l, err
}

// toldApplication prints a changed application as JSON, or the sentence with its name.
func (d *desk) toldApplication(ctx context.Context, id pactius.ApplicationID, sentence string) error {
	l, err := d.Applications.Find(ctx, d.actor, id)
	if err != nil {
		return err
	}
	if d.asJSON {
		return d.object(newApplicationRecord(l))
	}
	return d.say(sentence, l.Name)
}

func newApplicationListCommand(a *app) *cobra.Command {
	c := describe("application list", applicationRecord{}, noArgs)
	return a.inEnvironment(c, func(ctx context.Context, d *desk, _ []string) error {
		all, err := d.Applications.List(ctx, d.actor)
		if err != nil {
			return err
		}
		if len(all) == 0 && !d.asJSON {
			return d.say("%s has no applications. Add one with: pactius application add", d.env.Name)
		}
		var t *table
		if !d.asJSON {
			t = d.table("NAME", "ADDRESSES", "REQUIRES")
		}
		for _, l := range all {
			r := newApplicationRecord(l)
			if d.asJSON {
				err = d.object(r)
			} else {
				err = t.row(r.Name, strings.Join(r.Origins, ", "), requires(l))
			}
			if err != nil {
				return err
			}
		}
		if d.asJSON {
			return nil
		}
		return t.end()
	})
}

// requires says what people need to open an application.
func requires(l applications.Listed) string { return fmt.Sprintf("%s on %s", l.Access, l.UnitPath) }

func newApplicationSetCommand(a *app) *cobra.Command {
	var f applicationFlags
	c := describe("application set", applicationRecord{}, takes("one NAME"))
	c.Flags().StringVar(&f.name, "name", "", "new `NAME`")
	f.bind(c)
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		up, err := f.update(ctx, d, c)
		if err != nil {
			return err
		}
		up.Name = given(c, "name", &f.name)
		if up == (pactius.ApplicationUpdate{}) {
			return usage("there is nothing to change; give at least one flag")
		}
		l, err := d.application(ctx, args[0])
		if err != nil {
			return err
		}
		if _, err := d.Applications.Update(ctx, d.actor, l.ID, 0, up); err != nil {
			return err
		}
		return d.toldApplication(ctx, l.ID, "Changed %s.")
	})
}

func newApplicationRemoveCommand(a *app) *cobra.Command {
	c := describe("application remove", applicationRecord{}, takes("one NAME"))
	yes := yesFlag(c)
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		l, err := d.application(ctx, args[0])
		if err != nil {
			return err
		}
		r := newApplicationRecord(l)
		if !*yes {
			ends := "Everyone is signed out of it, and no one can open it after that."
			if l.Client.Kind != pactius.ClientNone {
				ends = "No one can sign in to it with PACTIUS after that. It isn't told, so people who are signed in " +
					"there stay so until it asks them to sign in again."
			}
			question := fmt.Sprintf("%s (%s) will be removed from %s. %s", l.Name, strings.Join(r.Origins, ", "),
				d.env.Name, ends)
			if err := d.confirm(question); err != nil {
				return err
			}
		}
		if err := d.Applications.Remove(ctx, d.actor, l.ID); err != nil {
			return err
		}
		if d.asJSON {
			return d.object(r)
		}
		return d.say("Removed %s.", l.Name)
	})
}

// portal returns the address of the environment's pages, without a slash at its end; "" if it is unknown.
func (d *desk) portal() string {
	if d.Environments.PublicURL == nil {
		return ""
	}
	return d.Environments.BaseURL(d.env).String()
}

// iconWords describes an icon.
func iconWords(icon string) string { return cmp.Or(icon, "none, the initials") }
