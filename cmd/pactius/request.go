package main

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/users"
)

// newRequestCommand makes "pactius request".
func newRequestCommand(a *app) *cobra.Command {
	return group("request", newRequestListCommand(a), newRequestShowCommand(a), newRequestApproveCommand(a),
		newRequestDeclineCommand(a), newRequestTakeBackCommand(a))
}

// oneRequest requires one argument that names a request.
func oneRequest(_ *cobra.Command, args []string) error {
	if len(args) != 1 || strings.TrimSpace(args[0]) == "" {
		return errors.New("takes one request: its ID or the person's account name")
	}
	return nil
}

// everyState is the value of --state for requests in any state.
const everyState = "all"

// states are the values of --state.
func states() []string {
	return []string{string(pactius.StatePending), string(pactius.StateApproved), string(pactius.StateDeclined),
		string(pactius.StateWithdrawn), string(pactius.StateExpired), everyState}
}

func newRequestListCommand(a *app) *cobra.Command {
	var f listFlags
	var state string
	c := describe("request list", requestRecord{}, noArgs)
	c.Flags().StringVar(&state, "state", string(pactius.StatePending), "which `STATE`: "+strings.Join(states(), ", "))
	complete(c, "state", states()...)
	f.bind(c)
	c.PreRunE = func(c *cobra.Command, _ []string) error {
		if !slices.Contains(states(), state) {
			return usage("there is no state %q; choose %s", state, strings.Join(states(), ", "))
		}
		return f.check(c)
	}
	return a.inEnvironment(c,
		func(ctx context.Context, d *desk, _ []string) error { return d.listRequests(ctx, f, state) })
}

func (d *desk) listRequests(ctx context.Context, f listFlags, state string) error {
	filter := pactius.RequestFilter{State: pactius.RequestState(state)}
	if state == everyState {
		filter.State = ""
	}
	var t *table
	for printed := 0; ; {
		filter.Limit = f.page(printed)
		page, err := d.Users.Requests(ctx, d.actor, filter)
		if err != nil {
			return err
		}
		if t == nil && !d.asJSON {
			if len(page.Requests) == 0 {
				return d.noRequests(filter.State)
			}
			t = d.table("ID", "NAME", "ACCOUNT NAME", "STATE", "SENT", "REQUESTED UNITS", "DECIDED BY")
		}
		for _, q := range page.Requests {
			r := newRequestRecord(q, func(u pactius.UnitID) string { return page.Paths[u] })
			if err := d.requestRow(t, q, r); err != nil {
				return err
			}
		}
		printed += len(page.Requests)
		if page.Next == "" || f.done(printed) {
			return d.endList(t, printed, 0, page.Next != "")
		}
		filter.After = page.Next
	}
}

func (d *desk) noRequests(state pactius.RequestState) error {
	if state == pactius.StatePending {
		return d.say("There are no pending access requests.")
	}
	return d.say("No access requests found.")
}

// requestRow prints a request of a list as a row or, without a table, as JSON.
func (d *desk) requestRow(t *table, q pactius.AccessRequest, r requestRecord) error {
	if t == nil {
		return d.object(r)
	}
	return t.row(r.ID, r.Name, r.Username, r.State, d.time(q.CreatedAt, ""), wishes(r), r.DecidedBy)
}

// wishes lists the requested business units.
func wishes(r requestRecord) string {
	paths := make([]string, len(r.Units))
	for i, u := range r.Units {
		paths[i] = u.Unit
	}
	return strings.Join(paths, ", ")
}

func newRequestShowCommand(a *app) *cobra.Command {
	c := describe("request show", requestRecord{}, oneRequest)
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		id, err := d.request(ctx, args[0], "")
		if err != nil {
			return err
		}
		v, err := d.Users.Request(ctx, d.actor, id)
		if err != nil {
			return err
		}
		r := newRequestRecord(v.Request, v.Tree.Path)
		if d.asJSON {
			return d.object(r)
		}
		approvers, err := d.approvers(ctx, v.Request)
		if err != nil {
			return err
		}
		return d.showRequest(v, r, approvers)
	})
}

// approvers names the administrators who can approve a pending request now, and says so if there are none.
func (d *desk) approvers(ctx context.Context, q pactius.AccessRequest) (string, error) {
	if q.State != pactius.StatePending {
		return "", nil
	}
	all, err := d.Users.Approvers(ctx, d.actor, q.Units...)
	if err != nil || len(all) == 0 {
		return "no one: all administrators are deactivated, past their end date or have left Microsoft 365", err
	}
	names := make([]string, len(all))
	for i, u := range all {
		names[i] = u.Username
	}
	return strings.Join(names, ", "), nil
}

func (d *desk) showRequest(v users.RequestView, r requestRecord, approvers string) error {
	q, expires, is := v.Request, "", ""
	if q.State == pactius.StatePending {
		expires = d.time(q.ExpiresAt, "")
	}
	if v.Existing != nil {
		is = called(v.Existing.Username) + ": approving links the two, if Microsoft 365 confirms the name"
		switch {
		case v.OutOfDate:
			is = called(v.Existing.Username) + ": someone else, who has signed in with the account name since"
		case v.More:
			is = called(v.Existing.Username) + ": approving adds access to what the user has"
		case !v.Existing.Identity.IsZero():
			is = called(v.Existing.Username) + ": approving links the two"
		}
	}
	var other string
	if v.TakenOver != nil {
		other = called(v.TakenOver.Username) + ", linked to another Microsoft 365 account"
	}
	var same []string
	for _, s := range v.Similar {
		same = append(same, s.User.Username+" ("+joinReasons(s.Reasons)+")")
	}
	err := d.facts(
		"Name", r.Name, "Account name", r.Username, "Email", r.Email, "State", r.State, "ID", r.ID,
		"Sent", d.time(q.CreatedAt, ""), "Expires", expires, "Requested units", wishes(r),
		"Who can approve", approvers,
		"Existing user", is, "Same account name", other, "Probably the same person", strings.Join(same, ", "),
		"Decided", d.time(q.DecidedAt, ""), "Decided by", r.DecidedBy, "User", r.User,
	)
	if err != nil {
		return err
	}
	for _, part := range []struct{ title, text string }{{"Message", r.Message}, {"Note to the person", r.Note}} {
		if part.text == "" {
			continue
		}
		if err := d.say("\n%s:", part.title); err != nil {
			return err
		}
		for line := range strings.SplitSeq(part.text, "\n") {
			if err := d.say("  %s", line); err != nil {
				return err
			}
		}
	}
	return nil
}

// request returns a request by its ID, or by the account name of the person: the
// pending one, or else the latest in the state meant ("" is any).
func (d *desk) request(ctx context.Context, which string, meant pactius.RequestState) (pactius.RequestID, error) {
	if !strings.Contains(which, "@") {
		_, err := d.Users.Request(ctx, d.actor, pactius.RequestID(which))
		if pactius.KindOf(err) == pactius.KindNotFound {
			return "", fmt.Errorf("there is no access request with the ID %s. See them with: "+
				"pactius request list --state all", which)
		}
		return pactius.RequestID(which), err
	}
	waiting, err := d.requestsOf(ctx, which, pactius.StatePending, 0)
	if err != nil {
		return "", err
	}
	switch len(waiting) {
	case 0:
	case 1:
		return waiting[0].ID, nil
	default:
		var b strings.Builder
		for _, q := range waiting {
			fmt.Fprintf(&b, "\n  %s  %s, sent %s", q.ID, printable(q.Person.Name), d.time(q.CreatedAt, ""))
		}
		return "", fmt.Errorf("there are %d pending requests with the account name %s. Give the ID of one:%s",
			len(waiting), which, b.String())
	}
	settled, err := d.requestsOf(ctx, which, meant, 1)
	if err != nil {
		return "", err
	}
	if len(settled) == 0 && meant != "" {
		settled, err = d.requestsOf(ctx, which, "", 1)
	}
	if len(settled) == 0 && err == nil {
		return "", fmt.Errorf("there is no access request of %s. See them with: pactius request list --state all",
			which)
	}
	if err != nil {
		return "", err
	}
	return settled[0].ID, nil
}

// requestsOf returns at most limit requests by account name; 0 is all.
func (d *desk) requestsOf(ctx context.Context, username string, state pactius.RequestState,
	limit int) ([]pactius.AccessRequest, error) {
	var found []pactius.AccessRequest
	filter := pactius.RequestFilter{State: state, Limit: pactius.MaxPageSize}
	for {
		page, err := d.Users.Requests(ctx, d.actor, filter)
		if err != nil {
			return nil, err
		}
		for _, q := range page.Requests {
			if names.Key(q.Person.Username) != names.Key(username) {
				continue
			}
			if found = append(found, q); len(found) == limit {
				return found, nil
			}
		}
		if page.Next == "" {
			return found, nil
		}
		filter.After = page.Next
	}
}
