package admission

import (
	"context"
	"errors"
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/authority"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/outbox"
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
	err := r.store.View(ctx, actor.Environment, func(tx *store.Tx) error {
		f, _, err := visitorFacts(tx, r.now(), actor)
		if err != nil {
			return err
		}
		s.Decision = Recognise(f)
		if s.Request, err = store.Optional(tx.LatestRequest(actor.Person.Identity)); err != nil {
			return err
		}
		s.CanAsk, s.AskAgain = canAsk(s.Decision, s.Request, r.now())
		var wished []pactius.UnitID
		if s.Request != nil && s.Request.State == pactius.Pending {
			wished = s.Request.Units
		}
		if s.Deciders, err = deciders(tx, wished, f.Today); err != nil {
			return err
		}
		s.Tree, err = tx.Tree()
		return err
	})
	return s, err
}

func visitorFacts(tx *store.Tx, now time.Time, actor pactius.Actor) (Facts, pactius.Environment, error) {
	if actor.Kind != pactius.ActorVisitor || actor.Environment == "" || actor.Environment != tx.Environment() || actor.Person.IsZero() {
		return Facts{}, pactius.Environment{}, errVisitorOver
	}
	return facts(tx, now, actor.Person)
}

// canAsk tells whether a request can be sent now, and if not, from when.
func canAsk(d Decision, latest *pactius.AccessRequest, now time.Time) (bool, time.Time) {
	if d.Outcome != Unrecognised {
		return false, time.Time{}
	}
	switch {
	case latest == nil:
		return true, time.Time{}
	case latest.State == pactius.Pending:
		return false, time.Time{}
	case latest.State == pactius.Declined:
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
	err = r.store.Update(ctx, actor.Environment, func(tx *store.Tx) error {
		f, env, err := visitorFacts(tx, r.now(), actor)
		if err != nil {
			return err
		}
		latest, err := store.Optional(tx.LatestRequest(actor.Person.Identity))
		if err != nil {
			return err
		}
		if latest != nil && latest.State == pactius.Pending {
			q = *latest
			return nil
		}
		if err := mayAsk(Recognise(f), latest, r.now()); err != nil {
			return err
		}
		sent, err := tx.CountRequestsSince(actor.Person.Identity, r.now().Add(-day))
		if err != nil {
			return err
		}
		if sent >= pactius.MaxRequestsADay {
			return errAskedOften
		}
		if err := checkWishes(tx, w.Units); err != nil {
			return err
		}
		p := authority.Powers{Actor: actor, Environment: env, Now: r.now(), Today: f.Today}
		q = newRequest(p, message, w)
		return r.send(tx, p, q)
	})
	return q, err
}

func newRequest(p authority.Powers, message string, w Wish) pactius.AccessRequest {
	person := named(p.Actor.Person)
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
		State: pactius.Pending, CreatedAt: p.Now, ExpiresAt: p.Now.Add(pactius.RequestLifetime), Version: 1}
}

// send stores a new request with its event and mails.
func (r *Rules) send(tx *store.Tx, p authority.Powers, q pactius.AccessRequest) error {
	if err := tx.InsertRequest(q); err != nil {
		return err
	}
	if err := record(tx, p, pactius.Event{Kind: pactius.RequestSent, Request: q.ID}); err != nil {
		return err
	}
	return tellDeciders(tx, p, q, func(m mail.RequestArrived) mail.Message { return m })
}

// tellDeciders mails the administrators who may decide a request, the nearest first.
func tellDeciders(tx *store.Tx, p authority.Powers, q pactius.AccessRequest, message func(mail.RequestArrived) mail.Message) error {
	to, err := deciders(tx, q.Units, p.Today)
	if err != nil {
		return err
	}
	tree, err := tx.TreeAbove(q.Units)
	if err != nil {
		return err
	}
	m := mail.RequestArrived{Request: q.ID, Name: q.Person.Name, AccountName: q.Person.Username, Message: q.Message,
		Since: q.CreatedAt, Expires: q.ExpiresAt}
	for _, u := range q.Units {
		m.Units = append(m.Units, tree.Path(u))
	}
	if m.Known, err = probablyInvited(tx, p, q.Person); err != nil {
		return err
	}
	for i, u := range to {
		if i == pactius.MaxDeciderMails {
			break
		}
		if err := outbox.Put(tx, p.Now, outbox.User(u), message(m)); err != nil {
			return err
		}
	}
	return nil
}

// deciders finds who may decide a request with these wishes: administrators of
// the wished units and of all above, level by level upwards; of the root where
// nothing is wished.
func deciders(tx *store.Tx, wished []pactius.UnitID, today pactius.Date) ([]pactius.User, error) {
	tree, err := tx.TreeAbove(wished)
	if err != nil {
		return nil, err
	}
	level := slices.Clone(wished)
	if len(level) == 0 {
		level = []pactius.UnitID{tree.Root().ID}
	}
	var all []pactius.User
	seen := map[pactius.UserID]bool{}
	for range pactius.MaxDepth + 1 {
		users, err := tx.Administrators(level, today)
		if err != nil {
			return nil, err
		}
		for _, u := range users {
			if !seen[u.ID] {
				seen[u.ID] = true
				all = append(all, u)
			}
		}
		if level = parents(tree, level); len(level) == 0 {
			break
		}
	}
	return all, nil
}

// parents gives the units directly above, each once.
func parents(tree *pactius.Tree, units []pactius.UnitID) []pactius.UnitID {
	var up []pactius.UnitID
	for _, id := range units {
		if u, ok := tree.Unit(id); ok && !u.IsRoot() && !slices.Contains(up, u.ParentID) {
			up = append(up, u.ParentID)
		}
	}
	return up
}

// mayAsk refuses a request that cannot be sent.
func mayAsk(d Decision, latest *pactius.AccessRequest, now time.Time) error {
	ok, again := canAsk(d, latest, now)
	switch {
	case ok:
		return nil
	case d.Outcome == Enter || d.Outcome == Bind:
		return pactius.Refuse(pactius.Conflict, pactius.T("You have access already. Continue to get in."))
	case d.Outcome == Blocked:
		return pactius.Refuse(pactius.Forbidden, pactius.T("You are known here, but your access has been switched off. Talk to a local administrator."))
	case !again.IsZero():
		return pactius.Refuse(pactius.TooMany, pactius.T("Your request was declined recently. You can ask again a day after that; until then, talk to a local administrator."))
	default:
		return pactius.Refuse(pactius.Forbidden, pactius.T("Access cannot be requested with this account. Switch to an account of the company."))
	}
}

const day = 24 * time.Hour

var errAskedOften = pactius.Refuse(pactius.TooMany, pactius.T("You have asked several times today, and each time the administrators were told. Ask again tomorrow, or talk to one of them."))

var errNoUsername = pactius.Refuse(pactius.Invalid, pactius.T("Microsoft did not tell us an account name we can use. Switch account, or ask PACTIUS Support."))

// checkWishes makes sure that the wished units exist and are in use.
func checkWishes(tx *store.Tx, units []pactius.UnitID) error {
	if len(units) > pactius.MaxWishedUnits {
		return pactius.RefuseField("unit", pactius.T("Choose at most %d business units.", pactius.MaxWishedUnits))
	}
	for _, id := range units {
		u, err := tx.Unit(id)
		if errors.Is(err, store.ErrNotFound) {
			return errUnitGone
		}
		if err != nil {
			return err
		}
		if u.IsArchived() {
			return unitArchived(u)
		}
	}
	return nil
}

// Withdraw takes the visitor's own pending request back. If it is settled
// already, that result stands and is returned.
func (r *Rules) Withdraw(ctx context.Context, actor pactius.Actor) (pactius.AccessRequest, error) {
	var q pactius.AccessRequest
	err := r.store.Update(ctx, actor.Environment, func(tx *store.Tx) error {
		_, env, err := visitorFacts(tx, r.now(), actor)
		if err != nil {
			return err
		}
		if q, err = tx.LatestRequest(actor.Person.Identity); err != nil || q.State != pactius.Pending {
			return err
		}
		p := authority.Powers{Actor: actor, Environment: env, Now: r.now()}
		return settle(tx, p, &q, settlement{state: pactius.Withdrawn})
	})
	return q, err
}
