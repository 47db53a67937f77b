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
	"github.com/pactius/pactius/internal/units"
)

// Standing is the state of a person who may ask for access, or of a user who may ask for more: recognition and access
// request.
type Standing struct {
	More     bool                   // the person is a user
	All      bool                   // the user administers the whole environment: there is no more access
	Decision Decision               // of a visitor
	Request  *pactius.AccessRequest // the latest, a user's only for a while after its end; nil: none
	Deciders []pactius.User         // of Request, or of a request without units; the nearest first
	CanAsk   bool
	AskAgain time.Time            // after being declined: from when CanAsk
	Tree     *pactius.Tree        // the units of Request and Has with everything above
	Has      []pactius.Membership // of a user, explicit

	named *pactius.User // the user with the visitor's account name
}

// Standing returns the acting visitor's or user's state.
func (r *Rules) Standing(ctx context.Context, actor pactius.Actor) (Standing, error) {
	var s Standing
	err := r.db.Read(ctx, actor, asker(actor), func(tx *change.Tx) error {
		err := s.read(tx)
		if err != nil {
			return err
		}
		var requested []pactius.UnitID
		if s.Request != nil && s.Request.State == pactius.StatePending {
			requested = s.Request.Units
		}
		if s.Deciders, err = deciders(tx, requested); err != nil {
			return err
		}
		requested = nil
		if s.Request != nil {
			requested = s.Request.Units
		}
		s.Has = tx.Mine()
		s.Tree, err = tx.TreeOf(append(change.UnitIDs(s.Has), requested...)...)
		return err
	})
	return s, err
}

// Pending reports whether the acting visitor's or user's request still waits for a decision. It reads less than
// Standing, because an open page asks every few seconds.
func (r *Rules) Pending(ctx context.Context, actor pactius.Actor) (bool, error) {
	pending := false
	err := r.db.Read(ctx, actor, asker(actor), func(tx *change.Tx) error {
		var s Standing
		err := s.read(tx)
		pending = s.Request != nil && s.Request.State == pactius.StatePending &&
			(s.More || s.Decision.Outcome == OutcomeUnrecognised)
		return err
	})
	return pending, err
}

// asker returns the role of an actor who asks for access: a user asks for more.
func asker(a pactius.Actor) change.Role {
	if a.Kind == pactius.ActorUser {
		return change.RoleUser
	}
	return change.RoleVisitor
}

// Requestable returns a part of the tree of units for an actor who can send an access request now; it refuses others.
func (r *Rules) Requestable(ctx context.Context, actor pactius.Actor, look units.Look) (units.Part, error) {
	var p units.Part
	err := r.db.Read(ctx, actor, asker(actor), func(tx *change.Tx) error {
		var s Standing
		if err := s.read(tx); err != nil {
			return err
		}
		if err := s.checkAsk(); err != nil {
			return err
		}
		look.Archived, look.Counts = false, false
		var err error
		p, err = units.Read(tx, look)
		return err
	})
	return p, err
}

// read reads the decision about the acting visitor, the latest request, and whether another can be sent now.
func (s *Standing) read(tx *change.Tx) error {
	var err error
	if s.More = tx.Actor.Kind == pactius.ActorUser; s.More {
		err = s.readUser(tx)
	} else {
		err = s.readVisitor(tx)
	}
	switch {
	case err != nil || s.All || !s.More && s.Decision.Outcome != OutcomeUnrecognised:
	case s.Request != nil && s.Request.State == pactius.StateDeclined:
		s.AskAgain = s.Request.DecidedAt.Add(pactius.AskAgainInterval)
		s.CanAsk = !tx.Now.Before(s.AskAgain)
	default:
		s.CanAsk = s.Request == nil || s.Request.State != pactius.StatePending
	}
	return err
}

func (s *Standing) readVisitor(tx *change.Tx) error {
	f, err := evidence(tx, tx.Actor.Person)
	if err != nil {
		return err
	}
	s.Decision, s.named = Recognise(f), f.Named
	s.Request, err = store.Optional(tx.LatestRequest(tx.Actor.Person.Identity))
	return err
}

// readUser reads the latest request of the acting user, unless it is long settled or from before the person was a user.
func (s *Standing) readUser(tx *change.Tx) error {
	if tx.Self.Identity.IsZero() || tx.Self.FirstSignInAt.IsZero() { // a user who never signed in may be deleted
		return ErrSessionOver
	}
	s.All = tx.Rights.AdministersAll()
	q, err := store.Optional(tx.LatestRequest(tx.Self.Identity))
	if err != nil || q == nil {
		return err
	}
	ended := q.State != pactius.StatePending
	if ended && (q.CreatedAt.Before(tx.Self.FirstSignInAt) || tx.Now.Sub(q.DecidedAt) > pactius.RequestLifetime) {
		return nil
	}
	s.Request = q
	return nil
}

// Wish is the input to an access request.
type Wish struct {
	Message  string
	Units    []pactius.UnitID
	Language string // of the page it was sent from
}

// Ask sends an access request and emails the administrators who can decide it. A user's request is for more access. It
// returns a pending request of the person as it is, and refuses a visitor who already has access with a KindConflict
// error.
func (r *Rules) Ask(ctx context.Context, actor pactius.Actor, w Wish) (pactius.AccessRequest, error) {
	message, err := names.ParseText("message", w.Message, pactius.MaxMessage)
	if err != nil {
		return pactius.AccessRequest{}, err
	}
	actor.Person = named(actor.Person)
	var q pactius.AccessRequest
	err = r.db.Change(ctx, actor, asker(actor), func(tx *change.Tx) error {
		var s Standing
		if err := s.read(tx); err != nil {
			return err
		}
		if s.Request != nil && s.Request.State == pactius.StatePending {
			q = *s.Request
			return nil
		}
		if err := s.checkAsk(); err != nil {
			return err
		}
		person, err := s.asking(tx)
		if err != nil {
			return err
		}
		sent, err := tx.CountRequestsSince(person.Identity, tx.Now.Add(-24*time.Hour))
		if err != nil {
			return err
		}
		if sent >= pactius.MaxRequestsADay {
			return errAskedOften
		}
		if err := checkRequested(tx, w.Units); err != nil {
			return err
		}
		if err := s.checkMore(tx, w.Units, message); err != nil {
			return err
		}
		q = newRequest(tx, person, message, w)
		if err := tx.InsertRequest(q); err != nil {
			return err
		}
		tx.Record(pactius.Event{Kind: pactius.RequestSent, Request: q.ID, User: q.UserID})
		return tellDeciders(tx, q, func(m mail.RequestArrived) mail.Message { return m })
	})
	return q, err
}

// asking returns the person who asks for access, with the account name that counts.
func (s Standing) asking(tx *change.Tx) (pactius.Person, error) {
	if s.More {
		u := tx.Self
		return pactius.Person{Identity: u.Identity, Username: u.Username, Name: u.Name, Email: u.Email,
			Language: u.Language, VouchedAt: u.LastSignInAt}, nil
	}
	person := tx.Actor.Person
	lost, err := lostName(tx, person, s.named)
	if lost { // since the sign-in of this session
		person.Username = superseded(names.Vouched(person.Username))
	}
	return person, err
}

// checkMore refuses a request for more access that says nothing, or that is for a unit the user administers already.
func (s Standing) checkMore(tx *change.Tx, units []pactius.UnitID, message string) error {
	if !s.More {
		return nil
	}
	if len(units) == 0 && message == "" {
		return pactius.RefuseField("unit",
			pactius.T("Choose the business units you need, or describe in the message what you need."))
	}
	tree, err := tx.TreeOf(units...)
	if err != nil {
		return err
	}
	for _, id := range units {
		if u, _ := tree.Unit(id); tx.Rights.Administers(id) {
			return pactius.RefuseField("unit",
				pactius.T("You already administer %s. Choose another business unit.", u.Name))
		}
	}
	return nil
}

func newRequest(tx *change.Tx, person pactius.Person, message string, w Wish) pactius.AccessRequest {
	if w.Language != "" {
		person.Language = w.Language
	}
	units := slices.Compact(slices.Sorted(slices.Values(w.Units)))
	return pactius.AccessRequest{ID: pactius.RequestID(id.New()), Person: person, Message: message, Units: units,
		UserID: tx.Self.ID, State: pactius.StatePending, CreatedAt: tx.Now,
		ExpiresAt: tx.Now.Add(pactius.RequestLifetime), Version: 1}
}

// tellDeciders emails the nearest administrators who can decide a request.
func tellDeciders(tx *change.Tx, q pactius.AccessRequest, message func(mail.RequestArrived) mail.Message) error {
	to, err := deciders(tx, q.Units)
	if err != nil {
		return err
	}
	tree, err := tx.TreeOf(q.Units...)
	if err != nil {
		return err
	}
	if q.FromUser() || q.CreatedAt.Before(tx.Now) { // nothing is known yet of a visitor who has just asked
		if err := fillProfiles(tx, []shown{shownSender(&q)}); err != nil {
			return err
		}
	}
	m := mail.RequestArrived{Request: q.ID, Name: q.Person.Name, AccountName: q.Person.Username, Message: q.Message,
		Title: q.Profile.Title, Department: q.Profile.Department, Since: q.CreatedAt, Expires: q.ExpiresAt,
		More: q.FromUser()}
	for _, u := range q.Units {
		m.Units = append(m.Units, tree.Path(u))
	}
	if !m.More {
		known, err := likelyInvited(tx, q.Person)
		if err != nil {
			return err
		}
		m.Known = len(known) > 0 // without names, because not every decider may see these users
	}
	to = slices.DeleteFunc(to, func(u pactius.User) bool { return u.ID == q.UserID })
	for _, u := range to[:min(len(to), pactius.MaxDeciderMails)] {
		tx.Mail(change.ToUser(u), message(m))
	}
	return nil
}

// deciders returns the administrators who can decide a request for these units and can act today: those of the units
// and of all above, the nearest first; without units, those of the root. Without any, Support helps.
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
		if !seen[m.User.ID] && canAct(m.User) {
			seen[m.User.ID] = true
			all = append(all, m.User)
		}
	}
	return all, err
}

// checkAsk refuses a request that cannot be sent.
func (s Standing) checkAsk() error {
	switch d := s.Decision; {
	case s.CanAsk:
		return nil
	case d.Outcome == OutcomeEnter || d.Outcome == OutcomeLink:
		return pactius.Refuse(pactius.KindConflict, pactius.T("You already have access. Go to Home to start."))
	case d.Outcome == OutcomeBlocked:
		return pactius.Refuse(pactius.KindForbidden,
			pactius.T("We recognise you, but your access is deactivated. Talk to a local administrator."))
	case d.Outcome == OutcomeMerged:
		return pactius.Refuse(pactius.KindForbidden,
			pactius.T("Your access is linked to another Microsoft 365 account. Switch to that account, or talk to a "+
				"local administrator."))
	case s.All:
		return pactius.Refuse(pactius.KindConflict,
			pactius.T("You administer the whole company, so you already have access to everything."))
	case !s.AskAgain.IsZero():
		return pactius.Refuse(pactius.KindTooMany,
			pactius.T("Your request was declined recently. You can send a new one a day after the decision; until "+
				"then, talk to a local administrator."))
	case s.More:
		return pactius.Refuse(pactius.KindConflict,
			pactius.T("Your request is pending. Withdraw it to send another one."))
	default:
		return pactius.Refuse(pactius.KindForbidden,
			pactius.T("You can't request access with this account. Switch to one of the company's accounts."))
	}
}

var errAskedOften = pactius.Refuse(pactius.KindTooMany,
	pactius.T("You've sent several requests today, and the administrators were notified each time. Try again "+
		"tomorrow, or talk to one of them."))

// checkRequested makes sure that the requested units exist and are in use.
func checkRequested(tx *change.Tx, units []pactius.UnitID) error {
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

// Withdraw withdraws the actor's own pending request; one that is settled already is returned as it is.
func (r *Rules) Withdraw(ctx context.Context, actor pactius.Actor) (pactius.AccessRequest, error) {
	var q pactius.AccessRequest
	err := r.db.Change(ctx, actor, asker(actor), func(tx *change.Tx) error {
		identity := actor.Person.Identity
		if actor.Kind == pactius.ActorUser {
			identity = tx.Self.Identity
		}
		var err error
		if q, err = tx.LatestRequest(identity); err != nil || q.State != pactius.StatePending {
			return err
		}
		return settle(tx, &q, settlement{state: pactius.StateWithdrawn})
	})
	return q, err
}
