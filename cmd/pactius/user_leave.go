package main

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
)

func newUserDeleteCommand(a *app) *cobra.Command {
	c := describe("user delete", leftRecord{}, oneUser)
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		id, err := d.user(ctx, args[0])
		if err != nil {
			return err
		}
		u, err := d.Users.Delete(ctx, d.actor, id, 0)
		if err != nil {
			return err
		}
		if d.asJSON {
			return d.object(leftRecord{ID: string(u.ID), Result: "deleted"})
		}
		return d.say("Deleted %s (%s).", u.Name, u.Username)
	})
}

// leftRecord is the JSON of a user who is gone.
type leftRecord struct {
	ID       string `json:"id"`     // of the user, or of the request
	Result   string `json:"result"` // deleted or erased
	Requests int    `json:"requests"`
	Mails    int    `json:"mails"`
}

func newUserEraseCommand(a *app) *cobra.Command {
	var yes, request bool
	c := describe("user erase", leftRecord{}, oneUser)
	c.Flags().BoolVar(&yes, "yes", false, "erase the person; without it, the command only shows the name")
	c.Flags().BoolVar(&request, "request", false,
		"the argument is the ID of an access request from a person who isn't a user")
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		if request {
			return d.eraseVisitor(ctx, pactius.RequestID(args[0]), yes)
		}
		return d.eraseUser(ctx, args[0], yes)
	})
}

// errNotErased refuses an erasure that was not confirmed.
var errNotErased = errors.New("nothing was erased. This can't be undone. To go ahead, repeat the command with --yes")

func (d *desk) eraseUser(ctx context.Context, who string, yes bool) error {
	id, err := d.user(ctx, who)
	if err != nil {
		return err
	}
	v, err := d.Users.User(ctx, d.actor, id)
	if err != nil {
		return err
	}
	if !yes {
		if err := d.note("This would erase %s (%s).", v.User.Name, v.User.Username); err != nil {
			return err
		}
		return errNotErased
	}
	e, err := d.Users.Erase(ctx, d.actor, v.User.ID, v.User.Version)
	if err != nil {
		return err
	}
	return d.toldErased(leftRecord{string(v.User.ID), "erased", e.Requests, e.Mails}, e.Name)
}

func (d *desk) eraseVisitor(ctx context.Context, id pactius.RequestID, yes bool) error {
	v, err := d.Users.Request(ctx, d.actor, id)
	if err != nil {
		return err
	}
	if !yes {
		p := v.Request.Person
		if err := d.note("This would erase %s (%s) with all access requests.", p.Name, p.Username); err != nil {
			return err
		}
		return errNotErased
	}
	e, err := d.Users.EraseVisitor(ctx, d.actor, id)
	if err != nil {
		return err
	}
	return d.toldErased(leftRecord{string(id), "erased", e.Requests, e.Mails}, e.Name)
}

func (d *desk) toldErased(r leftRecord, name string) error {
	if d.asJSON {
		return d.object(r)
	}
	return d.say("Erased %s. Backups made until now still contain the person; see docs/operations.md.", name)
}
