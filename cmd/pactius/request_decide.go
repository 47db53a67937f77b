package main

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/users"
)

func newRequestApproveCommand(a *app) *cobra.Command {
	var units unitFlags
	var note, same, endsOn string
	var despite bool
	c := describe("request approve", decidedRecord{}, oneRequest)
	units.bind(c, "read", "write", "administer")
	c.Flags().StringVar(&note, "note", "", "a `NOTE` to the person, included in the email")
	c.Flags().StringVar(&endsOn, "ends-on", "", "end date of the new user, as `YEAR-MONTH-DAY`")
	c.Flags().StringVar(&same, "same-as", "", "the `ACCOUNT_NAME` of the user who is the same person")
	c.Flags().BoolVar(&despite, "despite", false, "go on even if this may be another person, or an existing user")
	c.PreRunE = func(*cobra.Command, []string) error { return units.check() }
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		id, err := d.request(ctx, args[0], pactius.StateApproved)
		if err != nil {
			return err
		}
		grants, err := d.grants(ctx, units.wishes())
		if err != nil {
			return err
		}
		decided, err := d.approve(ctx, id, same, users.Approval{Grants: grants, Note: note,
			EndsOn: pactius.Date(endsOn), Despite: despite})
		if err != nil {
			return errors.Join(err, d.noteSame(args[0], err))
		}
		if err := d.toldDecision(ctx, decided, pactius.StateApproved); err != nil || !decided.Late || len(grants) == 0 {
			return err
		}
		return d.note("The business units given here were not assigned. Assign them with: pactius user assign %s",
			argument(decided.User.Username, string(decided.User.ID)))
	})
}

// approve approves a request; same is the account name of the user it comes from, if
// given.
func (d *desk) approve(ctx context.Context, id pactius.RequestID, same string, a users.Approval) (
	users.Decided, error,
) {
	if same == "" {
		return d.Users.Approve(ctx, d.actor, id, a)
	}
	u, err := d.Users.Find(ctx, d.actor, same)
	if err != nil {
		return users.Decided{}, err
	}
	return d.Users.SamePerson(ctx, d.actor, id, u.ID, a)
}

// noteSame prints how to answer a refusal that asks whether it is the same person.
func (d *desk) noteSame(request string, refusal error) error {
	if same, ok := errors.AsType[*users.NamesakeError](refusal); ok {
		return d.note("If it's the same person: pactius request approve %s --same-as %s", request, same.User.Username)
	}
	if _, ok := errors.AsType[*users.AccountLivesError](refusal); ok {
		return d.note("If you're sure that it's the same person, add --despite.")
	}
	similar, ok := errors.AsType[*users.SimilarError](refusal)
	if !ok {
		return nil
	}
	for _, s := range similar.Similar {
		err := d.note("Is this the same person as the user %s? %s.", called(s.User.Username), joinReasons(s.Reasons))
		if err != nil {
			return err
		}
	}
	return d.note("If so, add --same-as and that account name. If not, add --despite to create a new user.")
}

func newRequestDeclineCommand(a *app) *cobra.Command {
	var note string
	c := describe("request decline", decidedRecord{}, oneRequest)
	c.Flags().StringVar(&note, "note", "", "a `NOTE` to the person, included in the email")
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		id, err := d.request(ctx, args[0], pactius.StateDeclined)
		if err != nil {
			return err
		}
		decided, err := d.Users.Decline(ctx, d.actor, id, note)
		if err != nil {
			return err
		}
		return d.toldDecision(ctx, decided, pactius.StateDeclined)
	})
}

// decidedRecord is a request after a decision.
type decidedRecord struct {
	requestRecord
	Late bool `json:"late"` // it was decided before; nothing was changed
}

// toldDecision prints the result of a decision. A late one is an error unless the
// request already has the state meant.
func (d *desk) toldDecision(ctx context.Context, decided users.Decided, meant pactius.RequestState) error {
	q := decided.Request
	tree, err := d.units(ctx)
	if err != nil {
		return err
	}
	if d.asJSON {
		err = d.object(decidedRecord{requestRecord: newRequestRecord(q, tree.Path), Late: decided.Late})
	}
	if err != nil {
		return err
	}
	switch {
	case decided.Late && q.State != meant:
		return fmt.Errorf("%s; nothing was changed", d.settled(q))
	case d.asJSON:
		return nil
	case decided.Late:
		return d.say("Nothing to do: %s.", d.settled(q))
	case meant == pactius.StateDeclined:
		return d.say("Declined the request of %s (%s). The person gets an email.", q.Person.Name,
			called(q.Person.Username))
	}
	return d.toldApproval(ctx, decided)
}

// settled describes the decision of a request.
func (d *desk) settled(q pactius.AccessRequest) string {
	return fmt.Sprintf("the request of %s (%s) was %s by %s on %s", q.Person.Name, called(q.Person.Username), q.State,
		decidedBy(q), d.time(q.DecidedAt, ""))
}

func (d *desk) toldApproval(ctx context.Context, decided users.Decided) error {
	v, err := d.Users.User(ctx, d.actor, decided.User.ID)
	if err != nil {
		return err
	}
	r := newUserRecord(v.User, v.Status, v.Memberships, v.Tree)
	is := "is now a user"
	switch {
	case decided.More:
		is = "was already a user and now has more access,"
	case !decided.Created:
		is = "was already a user and is now linked,"
	}
	if err := d.say("Approved: %s (%s) %s%s. The person gets an email.", r.Name, called(r.Username), is,
		withUnits(r.Units)); err != nil || len(r.Units) > 0 {
		return err
	}
	return d.say("Assign business units with: pactius user assign %s --unit PATH --access LEVEL",
		argument(r.Username, r.ID))
}

func newRequestTakeBackCommand(a *app) *cobra.Command {
	c := describe("request take-back", requestRecord{}, oneRequest)
	c.Long = strings.Replace(c.Long, "MINUTES", strconv.Itoa(int(pactius.TakeBackTime.Minutes())), 1)
	return a.inEnvironment(c, func(ctx context.Context, d *desk, args []string) error {
		id, err := d.request(ctx, args[0], pactius.StateApproved)
		if err != nil {
			return err
		}
		v, err := d.Users.Request(ctx, d.actor, id)
		if err != nil {
			return err
		}
		q, said := v.Request, "The request of %s (%s) is still pending."
		switch q.State {
		case pactius.StatePending:
		case pactius.StateApproved:
			said = "Taken back: the request of %s (%s) is pending again."
			if q, err = d.Users.TakeBack(ctx, d.actor, id); err != nil {
				return err
			}
		default:
			return fmt.Errorf("%s; only an approval can be taken back", d.settled(q))
		}
		if d.asJSON {
			return d.object(newRequestRecord(q, v.Tree.Path))
		}
		return d.say(said, q.Person.Name, called(q.Person.Username))
	})
}
