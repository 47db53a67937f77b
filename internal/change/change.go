package change

import (
	"context"
	"errors"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/clock"
	"github.com/pactius/pactius/internal/store"
)

// DB opens changes and reads. Store and Now are needed.
type DB struct {
	Store *store.Store
	Now   func() time.Time
	Clock *clock.Guard // whether Now can be believed; nil believes it
}

// Believed reports whether Now can be believed enough to give up or end what is old by it.
func (db *DB) Believed() bool { return db.Clock.Trusted(db.Now()) }

// Role is the least that an actor must be to open a change or a read.
type Role int

// The roles. Support and the system have every role but RoleVisitor.
const (
	RoleVisitor           Role = iota // signed in with Microsoft, not known here
	RoleUser                          // a user who may enter
	RoleAdministrator                 // a local administrator of any business unit
	RoleRootAdministrator             // an administrator of the whole environment
)

// Tx is one unit of work. It must not be used after the function it was given to has returned, nor by two goroutines
// at once.
type Tx struct {
	*store.Tx
	Actor       pactius.Actor
	Environment pactius.Environment
	Now         time.Time
	Today       pactius.Date   // in the environment's time zone
	Self        pactius.User   // the acting user; zero for other actors
	Rights      pactius.Rights // over the units known so far: see TreeOf

	memberships []pactius.Membership // of Self
	tree        *pactius.Tree        // the units known so far; nil: none
	whole       bool                 // tree has all units
	events      []pactius.Event      // to be written
	letters     []letter             // emails to be stored
	unsent      []string             // recipients of emails beyond the limits of the day
	without     []string             // recipients without an address

	ties map[pactius.UserID]pactius.Ties // those read so far, see tiesTo
}

// Change runs fn in a transaction that writes. All that fn did, with its events and emails, is durable when Change
// returns nil, and undone otherwise. The recipients of emails that were not sent (see Mail) are added to
// pactius.UnsentOf(ctx).
func (db *DB) Change(ctx context.Context, actor pactius.Actor, role Role, fn func(*Tx) error) error {
	var unsent, without []string
	err := db.Store.Update(ctx, actor.Environment, func(s *store.Tx) error {
		tx, err := db.open(s, actor)
		if err != nil {
			return err
		}
		err = tx.run(role, fn)
		unsent, without = tx.unsent, tx.without
		return err
	})
	if err == nil {
		pactius.UnsentOf(ctx).Add(unsent...)
		pactius.UnsentOf(ctx).AddWithout(without...)
	}
	return err
}

// Found is Change in a new environment, whose row fn inserts first.
func (db *DB) Found(ctx context.Context, env pactius.Environment, fn func(*Tx) error) error {
	return db.Store.Update(ctx, env.ID, func(s *store.Tx) error {
		return db.begin(s, env, pactius.SupportActor(env.ID)).run(RoleRootAdministrator, fn)
	})
}

// run runs a change and writes what it recorded.
func (tx *Tx) run(role Role, fn func(*Tx) error) error {
	if err := tx.demand(role); err != nil {
		return err
	}
	if err := fn(tx); err != nil {
		return err
	}
	return tx.flush()
}

// Read runs fn on a snapshot, that of the page where ctx comes from Page.
func (db *DB) Read(ctx context.Context, actor pactius.Actor, role Role, fn func(*Tx) error) error {
	read := func(tx *Tx, err error) error {
		if err != nil {
			return err
		}
		if err := tx.demand(role); err != nil {
			return err
		}
		return fn(tx)
	}
	if p, ok := ctx.Value(pageKey{}).(*page); ok && p.env.ID == actor.Environment {
		return read(p.as(db, actor))
	}
	return db.Store.View(ctx, actor.Environment, func(s *store.Tx) error { return read(db.open(s, actor)) })
}

// open begins the unit of work of an actor.
func (db *DB) open(s *store.Tx, actor pactius.Actor) (*Tx, error) {
	switch {
	case actor.Environment == "" && actor.Kind == pactius.ActorVisitor:
		return nil, errNotSignedIn
	case actor.Environment == "":
		return nil, errOtherEnvironment
	}
	if actor.Kind != pactius.ActorUser {
		env, err := s.EnvironmentRow()
		return db.begin(s, env, actor), err
	}
	env, u, err := s.Acting(actor.User)
	if err != nil {
		return nil, err
	}
	tx := db.begin(s, env, actor)
	if tx.Self = u; u.ID == "" {
		return nil, errNotSignedIn
	}
	return tx, tx.identify()
}

func (db *DB) begin(s *store.Tx, env pactius.Environment, actor pactius.Actor) *Tx {
	now := db.Now()
	tx := &Tx{Tx: s, Actor: actor, Environment: env, Now: now, Today: env.Today(now)}
	if actor.Kind == pactius.ActorSupport || actor.Kind == pactius.ActorSystem {
		tx.Rights = pactius.AllRights(nil)
	}
	return tx
}

// identify reads the acting user, who must still have access, and their rights.
func (tx *Tx) identify() error {
	if tx.Actor.Kind != pactius.ActorUser {
		return nil
	}
	if tx.Self.ID == "" {
		u, err := tx.User(tx.Actor.User)
		if errors.Is(err, store.ErrNotFound) {
			return errNotSignedIn
		}
		if err != nil {
			return err
		}
		tx.Self = u
	}
	if !tx.Environment.Admits(tx.Self, tx.Now) {
		return errNotSignedIn
	}
	units, memberships, err := tx.Standing(tx.Self.ID)
	if err != nil {
		return err
	}
	tx.Actor.Name, tx.memberships = tx.Self.Name, memberships
	tx.know(pactius.NewTree(units))
	return nil
}

// demand refuses an actor who is less than a role.
func (tx *Tx) demand(role Role) error {
	visitor := tx.Actor.Kind == pactius.ActorVisitor && !tx.Actor.Person.IsZero()
	switch tx.Actor.Kind {
	case pactius.ActorUser, pactius.ActorSupport, pactius.ActorSystem:
	default:
		if !visitor || role != RoleVisitor {
			return errNotSignedIn
		}
	}
	switch {
	case role == RoleVisitor && !visitor:
		return errNotSignedIn
	case role == RoleAdministrator && !tx.Rights.AdministersAny():
		return ErrNotAdministrator
	case role == RoleRootAdministrator && !tx.Rights.AdministersAll():
		return errNotRootAdministrator
	}
	return nil
}

// pageKey finds the page in a context.
type pageKey struct{}

// page is the snapshot that all Reads of a page share.
type page struct {
	tx    *store.Tx
	env   pactius.Environment
	known []*Tx // one per actor that has read

	signedIn pactius.User // see SignedIn
}

// Page runs fn on one snapshot of the environment that has a host name. Every Read with the context that fn is given
// reads in that snapshot, so that session, rights, counts and contents of a page agree and are read once.
func (db *DB) Page(ctx context.Context, host string, fn func(context.Context, pactius.Environment) error) error {
	return db.Store.ViewHost(ctx, host, db.page(ctx, fn))
}

// Glance is Page for what reads a session at most. It does not wait for pages.
func (db *DB) Glance(ctx context.Context, host string, fn func(context.Context, pactius.Environment) error) error {
	return db.Store.GlanceHost(ctx, host, db.page(ctx, fn))
}

func (db *DB) page(ctx context.Context, fn func(context.Context, pactius.Environment) error) func(
	*store.Tx, pactius.Environment) error {
	return func(s *store.Tx, env pactius.Environment) error {
		return fn(context.WithValue(ctx, pageKey{}, &page{tx: s, env: env}), env)
	}
}

// as finds the unit of work of an actor on the page.
func (p *page) as(db *DB, actor pactius.Actor) (*Tx, error) {
	for _, tx := range p.known {
		if tx.Actor.Kind == actor.Kind && tx.Actor.User == actor.User && tx.Actor.Person == actor.Person {
			return tx, nil
		}
	}
	tx := db.begin(p.tx, p.env, actor)
	if p.signedIn.ID == actor.User {
		tx.Self = p.signedIn
	}
	if err := tx.identify(); err != nil {
		return nil, err
	}
	p.known = append(p.known, tx)
	return tx, nil
}

// SignedIn tells the page that ctx comes from, if any, the user whose session was found, so that further reads need
// not read the user again.
func SignedIn(ctx context.Context, u pactius.User) {
	if p, ok := ctx.Value(pageKey{}).(*page); ok {
		p.signedIn = u
	}
}
