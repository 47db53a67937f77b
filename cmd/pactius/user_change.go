package main

import (
	"context"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
)

func newUserSetCommand(a *app) *cobra.Command {
	var username, name, email, endsOn string
	var offline, despite bool
	c := describe("user set", userRecord{}, oneUser)
	f := c.Flags()
	f.StringVar(&username, "username", "", "the correct `ACCOUNT_NAME`")
	f.StringVar(&name, "name", "", "the person's `NAME`")
	f.StringVar(&email, "email", "", "email `ADDRESS`, if different from the account name")
	f.StringVar(&endsOn, "ends-on", "", "end date: the last `DAY` of access, as year-month-day")
	checkFlags(c, &offline, &despite)
	var up pactius.UserUpdate
	c.PreRunE = func(c *cobra.Command, _ []string) error {
		up = pactius.UserUpdate{Username: given(c, "username", &username), Name: given(c, "name", &name),
			Email: given(c, "email", &email)}
		if f.Changed("ends-on") {
			up.EndsOn = new(pactius.Date(endsOn))
		}
		if up == (pactius.UserUpdate{}) {
			return usage("there is nothing to change; give at least one flag")
		}
		up.Settle, up.Despite = true, despite
		return nil
	}
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		d.offline = offline
		return d.setUser(ctx, args[0], up)
	})
}

func (d *desk) setUser(ctx context.Context, who string, up pactius.UserUpdate) error {
	id, err := d.user(ctx, who)
	if err != nil {
		return err
	}
	verdict, err := d.checkRenamed(ctx, id, &up)
	if err != nil {
		return err
	}
	edited, err := d.Users.Edit(ctx, d.actor, id, 0, up)
	if err != nil {
		return explainSimilar(err)
	}
	if err := d.noteChecked(verdict); err != nil {
		return err
	}
	if err := d.toldUser(ctx, id, "Changed %s (%s)."); err != nil {
		return err
	}
	if q := edited.Settled; q != nil && !d.asJSON {
		return d.say("The access request of %s has been approved. The person gets an email.", d.time(q.CreatedAt, ""))
	}
	return nil
}

// changeUser finds a user, changes it and prints it.
func (d *desk) changeUser(ctx context.Context, who, sentence string, change func(pactius.UserID) error) error {
	id, err := d.user(ctx, who)
	if err != nil {
		return err
	}
	if err := change(id); err != nil {
		return err
	}
	return d.toldUser(ctx, id, sentence)
}

// toldUser prints a changed user as JSON, or the sentence with name and account name.
func (d *desk) toldUser(ctx context.Context, id pactius.UserID, sentence string) error {
	v, err := d.Users.User(ctx, d.actor, id)
	if err != nil {
		return err
	}
	if d.asJSON {
		return d.object(newUserRecord(v.User, v.Status, v.Memberships, v.Tree))
	}
	return d.say(sentence, v.User.Name, called(v.User.Username))
}

func newUserAssignCommand(a *app) *cobra.Command {
	var units unitFlags
	c := describe("user assign", userRecord{}, oneUser)
	units.bind(c, "read", "write", "administer", "none")
	c.PreRunE = func(*cobra.Command, []string) error {
		if len(units.units) == 0 {
			return usage("--unit is missing: the business unit to assign")
		}
		return units.check()
	}
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		id, err := d.user(ctx, args[0])
		if err != nil {
			return err
		}
		grants, err := d.grants(ctx, units.wishes())
		if err != nil {
			return err
		}
		if _, err := d.Users.Assign(ctx, d.actor, id, grants); err != nil {
			return err
		}
		return d.toldAssigned(ctx, id)
	})
}

func (d *desk) toldAssigned(ctx context.Context, id pactius.UserID) error {
	v, err := d.Users.User(ctx, d.actor, id)
	if err != nil {
		return err
	}
	r := newUserRecord(v.User, v.Status, v.Memberships, v.Tree)
	if d.asJSON {
		return d.object(r)
	}
	return d.say("%s (%s) is now a user%s.", r.Name, called(r.Username), withUnits(r.Units))
}

func newUserDeactivateCommand(a *app) *cobra.Command {
	c := describe("user deactivate", userRecord{}, oneUser)
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		return d.changeUser(ctx, args[0], "%s (%s) is deactivated and signed out everywhere.",
			func(id pactius.UserID) error {
				_, err := d.Users.Deactivate(ctx, d.actor, id)
				return err
			})
	})
}

func newUserReactivateCommand(a *app) *cobra.Command {
	c := describe("user reactivate", userRecord{}, oneUser)
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		return d.changeUser(ctx, args[0], "%s (%s) is reactivated.", func(id pactius.UserID) error {
			_, err := d.Users.Reactivate(ctx, d.actor, id)
			return err
		})
	})
}

func newUserSignOutCommand(a *app) *cobra.Command {
	c := describe("user sign-out", userRecord{}, oneUser)
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		return d.changeUser(ctx, args[0], "%s (%s) is signed out everywhere.", func(id pactius.UserID) error {
			_, err := d.Users.EndSessions(ctx, d.actor, id)
			return err
		})
	})
}
