package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
)

// newUserCommand makes "pactius user".
func newUserCommand(a *app) *cobra.Command {
	return group("user", newUserAddCommand(a), newUserListCommand(a), newUserShowCommand(a), newUserSetCommand(a),
		newUserAssignCommand(a), newUserDeactivateCommand(a), newUserReactivateCommand(a), newUserSignOutCommand(a),
		newUserMergeCommand(a), newUserUnmergeCommand(a), newUserDeleteCommand(a), newUserEraseCommand(a))
}

// oneUser requires one argument that names a user.
func oneUser(_ *cobra.Command, args []string) error {
	switch {
	case len(args) != 1:
		return fmt.Errorf("takes one account name, but got %d", len(args))
	case strings.TrimSpace(args[0]) == "":
		return errors.New("the account name is empty")
	}
	return nil
}

// listFlags are the flags of long lists.
type listFlags struct {
	limit int
	all   bool
}

func (f *listFlags) bind(c *cobra.Command) {
	c.Flags().IntVar(&f.limit, "limit", pactius.PageSize, "most `ROWS` to print")
	c.Flags().BoolVar(&f.all, "all", false, "print all rows, however many")
}

func (f *listFlags) check(c *cobra.Command) error {
	switch {
	case f.limit < 1:
		return usage("--limit must be at least 1")
	case f.all && c.Flags().Changed("limit"):
		return usage("--limit can't be combined with --all")
	}
	return nil
}

// page returns the number of rows to read after a number of printed ones.
func (f *listFlags) page(printed int) int {
	if f.all {
		return pactius.MaxPageSize
	}
	return min(f.limit-printed, pactius.MaxPageSize)
}

// done reports whether enough rows are printed.
func (f *listFlags) done(printed int) bool { return !f.all && printed >= f.limit }

// statuses are the values of --status.
func statuses() []string {
	return []string{string(pactius.StatusInvited), string(pactius.StatusActive), string(pactius.StatusEnded),
		string(pactius.StatusDeactivated)}
}

// userListFlags are the flags of "user list".
type userListFlags struct {
	listFlags
	search, status, unit string
	unassigned           bool
}

func newUserListCommand(a *app) *cobra.Command {
	var f userListFlags
	c := describe("user list", userRecord{}, noArgs)
	c.Flags().StringVar(&f.search, "search", "", "`WORDS` or beginnings of words of the name, account name or email")
	c.Flags().StringVar(&f.status, "status", "", "only this `STATUS`: "+strings.Join(statuses(), ", "))
	c.Flags().StringVar(&f.unit, "unit", "", "only members of the unit with this `PATH` or of units below it")
	c.Flags().BoolVar(&f.unassigned, "unassigned", false, "only users without business units")
	complete(c, "status", statuses()...)
	f.bind(c)
	c.PreRunE = func(c *cobra.Command, _ []string) error {
		if f.status != "" && !slices.Contains(statuses(), f.status) {
			return usage("there is no status %q; choose %s", f.status, strings.Join(statuses(), ", "))
		}
		return f.check(c)
	}
	return a.inEnvironment(c, func(ctx context.Context, d *desk, _ []string) error { return d.listUsers(ctx, f) })
}

func (d *desk) listUsers(ctx context.Context, f userListFlags) error {
	filter := pactius.UserFilter{Search: f.search, Status: pactius.Status(f.status), Unassigned: f.unassigned}
	if f.unit != "" {
		u, err := d.unit(ctx, f.unit)
		if err != nil {
			return err
		}
		filter.Unit = u.ID
	}
	var t *table
	for printed := 0; ; {
		filter.Limit = f.page(printed)
		l, err := d.Users.Users(ctx, d.actor, filter)
		if err != nil {
			return err
		}
		if t == nil && !d.asJSON {
			if len(l.Users) == 0 {
				return d.say("No users found.")
			}
			t = d.table("NAME", "ACCOUNT NAME", "STATUS", "BUSINESS UNITS", "LAST SIGN-IN")
		}
		for _, u := range l.Users {
			if err := d.userRow(t, newUserRecord(u, u.Status(l.Today), l.Memberships[u.ID], l.Tree)); err != nil {
				return err
			}
		}
		printed += len(l.Users)
		if l.Next == "" || f.done(printed) {
			known := l.Total
			if l.More {
				known = 0
			}
			return d.endList(t, printed, known, l.Next != "")
		}
		filter.After = l.Next
	}
}

// shownUnits is the most business units in a row of the list.
const shownUnits = 2

// userRow prints a user of a list as a row or, without a table, as JSON.
func (d *desk) userRow(t *table, r userRecord) error {
	if t == nil {
		return d.object(r)
	}
	var units []string
	for i, m := range r.Units {
		if i == shownUnits {
			units = append(units, fmt.Sprintf("+%d more", len(r.Units)-i))
			break
		}
		units = append(units, fmt.Sprintf("%s (%s)", m.Unit, m.Access))
	}
	seen := "never"
	if r.LastSignInAt != nil {
		seen = d.time(*r.LastSignInAt, seen)
	}
	return t.row(r.Name, r.Username, r.Status, strings.Join(units, ", "), seen)
}

// endList ends a list and notes that there are more rows. A total of 0 is unknown.
func (d *desk) endList(t *table, printed, total int, more bool) error {
	if t != nil {
		if err := t.end(); err != nil {
			return err
		}
	}
	switch {
	case !more:
		return nil
	case total > 0:
		return d.note("These are the first %d of %d; --all prints them all.", printed, total)
	}
	return d.note("These are the first %d; --all prints them all.", printed)
}

// userDetail is a user with the details of "user show".
type userDetail struct {
	userRecord
	Decision string `json:"decision"` // of a sign-in now, see "pactius explain"
	Sessions int    `json:"sessions"` // signed-in browsers
	Request  string `json:"request"`  // ID of the user's access request

	Merged []string `json:"merged"` // IDs of the users that were merged into this one
}

func newUserShowCommand(a *app) *cobra.Command {
	c := describe("user show", userDetail{}, oneUser)
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		id, err := d.user(ctx, args[0])
		if err != nil {
			return err
		}
		return d.showUser(ctx, id)
	})
}

func (d *desk) showUser(ctx context.Context, id pactius.UserID) error {
	v, err := d.Users.User(ctx, d.actor, id)
	if err != nil {
		return err
	}
	r := userDetail{userRecord: newUserRecord(v.User, v.Status, v.Memberships, v.Tree),
		Decision: string(v.Explanation.Outcome), Sessions: len(v.Sessions), Merged: []string{}}
	var merged []string
	for _, m := range v.Merged {
		r.Merged = append(r.Merged, string(m.ID))
		merged = append(merged, m.Username+" on "+d.time(m.At, ""))
	}
	if v.Request != nil {
		r.Request = string(v.Request.ID)
	}
	if d.asJSON {
		return d.object(r)
	}
	u := v.User
	sessions := ""
	if r.Sessions > 0 {
		sessions = fmt.Sprintf("signed in with %d browsers", r.Sessions)
	}
	account := u.Identity.ObjectID
	if d.env.Connection.CutsOff(u.Identity) {
		account += " of an earlier tenant, so the user can't sign in"
	}
	err = d.facts(
		"Name", u.Name, "Account name", u.Username, "Email", u.Email, "Status", r.Status, "ID", r.ID,
		"End date", r.EndsOn, "Microsoft 365 ID", account,
		"Added", d.time(u.CreatedAt, "")+" by "+r.CreatedBy,
		"First sign-in", d.time(u.FirstSignInAt, "never"), "Last sign-in", d.time(u.LastSignInAt, ""),
		"Sessions", sessions, "Deactivated", d.time(u.DeactivatedAt, ""), "Request", r.Request,
		"Merged", strings.Join(merged, ", "),
	)
	if err != nil {
		return err
	}
	if len(r.Units) == 0 {
		return d.say("\nNo business units yet. Assign some with: pactius user assign %s --unit PATH --access LEVEL",
			argument(u.Username, r.ID))
	}
	if err := d.say(""); err != nil {
		return err
	}
	t := d.table("BUSINESS UNIT", "ACCESS")
	for _, m := range r.Units {
		if err := t.row(m.Unit, m.Access); err != nil {
			return err
		}
	}
	return t.end()
}
