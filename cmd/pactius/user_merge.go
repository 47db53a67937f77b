package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
)

// mergeRecord is the JSON of a merge.
type mergeRecord struct {
	Done     bool               `json:"done"` // false: with --dry-run
	Kept     userRecord         `json:"kept"` // afterwards
	Merged   string             `json:"merged"`
	Username string             `json:"username"` // that was given up
	Gains    []membershipRecord `json:"gains"`
	Requests int                `json:"requests"`
	Sessions int                `json:"sessions"` // that end
}

// twoUsers requires two arguments that name users.
func twoUsers(_ *cobra.Command, args []string) error {
	if len(args) != 2 {
		return fmt.Errorf("takes two account names, of the user to keep and of the other one, but got %d", len(args))
	}
	return nil
}

func newUserMergeCommand(a *app) *cobra.Command {
	var dry bool
	var account string
	c := describe("user merge", mergeRecord{}, twoUsers)
	c.Flags().BoolVar(&dry, "dry-run", false, "only show what would happen")
	c.Flags().StringVar(&account, "account", "", "`WHOSE` Microsoft 365 account to keep: kept or other; "+
		"if not given, the one that signed in last")
	complete(c, "account", string(users.AccountOfKept), string(users.AccountOfOther))
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		return d.merge(ctx, args[0], args[1], users.MergeAccount(account), dry)
	})
}

func (d *desk) merge(ctx context.Context, kept, other string, account users.MergeAccount, dry bool) error {
	m := users.Merge{Account: account}
	var err error
	if m.Kept, err = d.user(ctx, kept); err != nil {
		return err
	}
	if m.Other, err = d.user(ctx, other); err != nil {
		return err
	}
	do := d.Users.Merge
	if dry {
		do = d.Users.PlanMerge
	}
	p, err := do(ctx, d.actor, m)
	if err != nil {
		return err
	}
	tree, err := d.units(ctx)
	if err != nil {
		return err
	}
	r := mergeRecord{Done: !dry, Kept: newUserRecord(p.Result, p.Status, p.After, tree), Merged: string(p.Other.ID),
		Username: p.Loses().Username, Gains: []membershipRecord{}, Requests: p.Requests, Sessions: p.Sessions}
	for _, g := range p.Gains {
		r.Gains = append(r.Gains, membershipRecord{string(g.Unit), tree.Path(g.Unit), g.Access.String()})
	}
	if d.asJSON {
		return d.object(r)
	}
	return d.toldMerge(p, r, dry)
}

// toldMerge prints what a merge did, or would do.
func (d *desk) toldMerge(p users.MergePlan, r mergeRecord, dry bool) error {
	head := "Merged %s (%s) into %s (%s)."
	if dry {
		head = "This would merge %s (%s) into %s (%s). Nothing was changed."
	}
	if err := d.say(head, p.Other.Name, p.Other.Username, p.Kept.Name, p.Kept.Username); err != nil {
		return err
	}
	var gains []string
	for _, g := range r.Gains {
		gains = append(gains, fmt.Sprintf("%s (%s)", g.Unit, g.Access))
	}
	linked := p.Result.Username
	if p.Result.Identity.IsZero() {
		linked += ", at the first sign-in"
	}
	ends := p.Result.EndsOn
	err := d.facts("Signs in as", linked, "Given up", r.Username, "Email", p.Result.Email, "Status", r.Kept.Status,
		"End date", string(ends), "Gets", strings.Join(gains, ", "), "Requests", number(r.Requests),
		"Sessions that end", number(r.Sessions))
	if err != nil || dry {
		return err
	}
	return d.say("Undo it within %d minutes with: pactius user unmerge %s", int(pactius.TakeBackTime.Minutes()),
		p.Result.Username)
}

// number formats a number, "" for none.
func number(n int) string {
	if n == 0 {
		return ""
	}
	return fmt.Sprint(n)
}

func newUserUnmergeCommand(a *app) *cobra.Command {
	c := describe("user unmerge", userRecord{}, oneUser)
	c.Long = strings.Replace(c.Long, "MINUTES", number(int(pactius.TakeBackTime.Minutes())), 1)
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		id, err := d.user(ctx, args[0])
		if err != nil {
			return err
		}
		kept, other, err := d.Users.Unmerge(ctx, d.actor, id)
		if err != nil {
			return err
		}
		if !d.asJSON {
			return d.say("%s (%s) and %s (%s) are two users again.", kept.Name, kept.Username, other.Name,
				other.Username)
		}
		for _, u := range []pactius.User{kept, other} {
			if err := d.toldUser(ctx, u.ID, ""); err != nil {
				return err
			}
		}
		return nil
	})
}
