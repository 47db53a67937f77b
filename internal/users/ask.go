package users

import (
	"context"
	"maps"
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// Standing is where a visitor stands: what recognition says now, and how far
// the access request is.
type Standing struct {
	Decision Decision
	Request  *pactius.AccessRequest // the latest; nil: never asked
	Deciders []pactius.User         // who decides it, or would decide one without wishes; nearest first
	CanAsk   bool
	AskAgain time.Time     // after being declined: from when CanAsk
	Tree     *pactius.Tree // units to wish for
}

// Standing tells a visitor where they stand. It changes nothing.
func (r *Rules) Standing(ctx context.Context, actor pactius.Actor) (Standing, error) {
	var s Standing
	err := r.db.Read(ctx, actor, change.RoleVisitor, func(tx *change.Tx) error {
		f, err := facts(tx, actor.Person)
		if err != nil {
			return err
		}
		s.Decision = Recognise(f)
		if s.Request, err = store.Optional(tx.LatestRequest(actor.Person.Identity)); err != nil {
			return err
		}
		s.CanAsk, s.AskAgain = canAsk(s.Decision, s.Request, tx.Now)
		var wished []pactius.UnitID
		if s.Request != nil && s.Request.State == pactius.StatePending {
			wished = s.Request.Units
		}
		if s.Deciders, err = deciders(tx, wished); err != nil {
			return err
		}
		s.Tree, err = tx.Tree()
		return err
	})
	return s, err
}

// canAsk tells whether a request can be sent now, and if not, from when.
func canAsk(d Decision, latest *pactius.AccessRequest, now time.Time) (bool, time.Time) {
	if d.Outcome != OutcomeUnrecognised {
		return false, time.Time{}
	}
	switch {
	case latest == nil:
		return true, time.Time{}
	case latest.State == pactius.StatePending:
		return false, time.Time{}
	case latest.State == pactius.StateDeclined:
		again := latest.DecidedAt.Add(pactius.AskAgainInterval)
		return !now.Before(again), again
	default:
		return true, time.Time{}
	}
}

// Wish is what a person writes into an access request.
type Wish struct {
	Message  string
	Units    []pactius.UnitID
	Language string // of the page it was sent from
}

// Ask sends an access request and tells the administrators who may decide it.
// Somebody whose request is pending gets that one back; somebody who has been
// let in meanwhile gets a Conflict error that says so.
func (r *Rules) Ask(ctx context.Context, actor pactius.Actor, w Wish) (pactius.AccessRequest, error) {
	message, err := names.ParseText("message", w.Message, pactius.MaxMessage)
	if err != nil {
		return pactius.AccessRequest{}, err
	}
	username, err := names.ParseAccountName(actor.Person.Username)
	if err != nil {
		return pactius.AccessRequest{}, errNoUsername
	}
	actor.Person.Username = username.Shown
	var q pactius.AccessRequest
	err = r.db.Change(ctx, actor, change.RoleVisitor, func(tx *change.Tx) error {
		f, err := facts(tx, actor.Person)
		if err != nil {
			return err
		}
		latest, err := store.Optional(tx.LatestRequest(actor.Person.Identity))
		if err != nil {
			return err
		}
		if latest != nil && latest.State == pactius.StatePending {
			q = *latest
			return nil
		}
		if err := mayAsk(Recognise(f), latest, tx.Now); err != nil {
			return err
		}
		sent, err := tx.CountRequestsSince(actor.Person.Identity, tx.Now.Add(-day))
		if err != nil {
			return err
		}
		if sent >= pactius.MaxRequestsADay {
			return errAskedOften
		}
		if err := checkWishes(tx, w.Units); err != nil {
			return err
		}
		q = newRequest(tx, message, w)
		if err := tx.InsertRequest(q); err != nil {
			return err
		}
		tx.Record(pactius.Event{Kind: pactius.RequestSent, Request: q.ID})
		return tellDeciders(tx, q, func(m mail.RequestArrived) mail.Message { return m })
	})
	return q, err
}

func newRequest(tx *change.Tx, message string, w Wish) pactius.AccessRequest {
	person := named(tx.Actor.Person)
	if w.Language != "" {
		person.Language = w.Language
	}
	var err error
	if person.Email, err = names.ParseEmail("email", person.Email); err != nil {
		person.Email = "" // mails then go to the account name
	}
	units := slices.Clone(w.Units)
	slices.Sort(units)
	return pactius.AccessRequest{ID: pactius.RequestID(id.New()), Person: person, Message: message, Units: slices.Compact(units),
		State: pactius.StatePending, CreatedAt: tx.Now, ExpiresAt: tx.Now.Add(pactius.RequestLifetime), Version: 1}
}

// tellDeciders mails the administrators who may decide a request, the nearest first.
func tellDeciders(tx *change.Tx, q pactius.AccessRequest, message func(mail.RequestArrived) mail.Message) error {
	to, err := deciders(tx, q.Units)
	if err != nil {
		return err
	}
	tree, err := tx.TreeOf(q.Units...)
	if err != nil {
		return err
	}
	m := mail.RequestArrived{Request: q.ID, Name: q.Person.Name, AccountName: q.Person.Username, Message: q.Message,
		Since: q.CreatedAt, Expires: q.ExpiresAt}
	for _, u := range q.Units {
		m.Units = append(m.Units, tree.Path(u))
	}
	known, err := likelyInvited(tx, q.Person)
	if err != nil {
		return err
	}
	m.Known = len(known) > 0 // without a name: every decider is told
	for _, u := range to[:min(len(to), pactius.MaxDeciderMails)] {
		tx.Mail(change.ToUser(u), message(m))
	}
	return nil
}

// deciders finds who can decide a request for these units: administrators of the
// units and of all above, the nearest first; of the root where no unit is asked for.
func deciders(tx *change.Tx, units []pactius.UnitID) ([]pactius.User, error) {
	tree, err := tx.TreeOf(units...)
	if err != nil {
		return nil, err
	}
	if len(units) == 0 {
		units = []pactius.UnitID{tree.Root().ID}
	}
	distance := map[pactius.UnitID]int{}
	for _, unit := range units {
		for steps, up := range tree.Up(unit) {
			if d, known := distance[up]; !known || steps < d {
				distance[up] = steps
			}
		}
	}
	rows, err := tx.Administrators(slices.Collect(maps.Keys(distance)), tx.Today)
	slices.SortStableFunc(rows, func(a, b store.MemberRow) int { return distance[a.Unit] - distance[b.Unit] })
	var all []pactius.User
	seen := map[pactius.UserID]bool{}
	for _, m := range rows {
		if !seen[m.User.ID] {
			seen[m.User.ID] = true
			all = append(all, m.User)
		}
	}
	return all, err
}

// mayAsk refuses a request that cannot be sent.
func mayAsk(d Decision, latest *pactius.AccessRequest, now time.Time) error {
	ok, again := canAsk(d, latest, now)
	switch {
	case ok:
		return nil
	case d.Outcome == OutcomeEnter || d.Outcome == OutcomeLink:
		return pactius.Refuse(pactius.KindConflict, pactius.T("You have access already. Continue to get in."))
	case d.Outcome == OutcomeBlocked:
		return pactius.Refuse(pactius.KindForbidden, pactius.T("You are known here, but your access has been switched off. Talk to a local administrator."))
	case !again.IsZero():
		return pactius.Refuse(pactius.KindTooMany, pactius.T("Your request was declined recently. You can ask again a day after that; until then, talk to a local administrator."))
	default:
		return pactius.Refuse(pactius.KindForbidden, pactius.T("Access cannot be requested with this account. Switch to an account of the company."))
	}
}

const day = 24 * time.Hour

var errAskedOften = pactius.Refuse(pactius.KindTooMany, pactius.T("You have asked several times today, and each time the administrators were told. Ask again tomorrow, or talk to one of them."))

var errNoUsername = pactius.Refuse(pactius.KindInvalid, pactius.T("Microsoft did not tell us an account name we can use. Switch account, or ask PACTIUS Support."))

// checkWishes makes sure that the wished units exist and are in use.
func checkWishes(tx *change.Tx, units []pactius.UnitID) error {
	if len(units) > pactius.MaxWishedUnits {
		return pactius.RefuseField("unit", pactius.T("Choose at most %d business units.", pactius.MaxWishedUnits))
	}
	tree, err := tx.TreeOf(units...)
	if err != nil {
		return err
	}
	for _, id := range units {
		if u, ok := tree.Unit(id); !ok {
			return errUnitGone
		} else if u.IsArchived() {
			return unitArchived(u)
		}
	}
	return nil
}

// Withdraw takes the visitor's own pending request back. If it is settled
// already, that result stands and is returned.
func (r *Rules) Withdraw(ctx context.Context, actor pactius.Actor) (pactius.AccessRequest, error) {
	var q pactius.AccessRequest
	err := r.db.Change(ctx, actor, change.RoleVisitor, func(tx *change.Tx) error {
		var err error
		if q, err = tx.LatestRequest(actor.Person.Identity); err != nil || q.State != pactius.StatePending {
			return err
		}
		return settle(tx, &q, settlement{state: pactius.StateWithdrawn})
	})
	return q, err
}
