package invent

import (
	"context"
	"fmt"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
)

// Version counts changes of what is invented: data of another version is made anew.
const Version = 2

// Days is how long ago a company began.
const Days = 730

// Options choose a company.
type Options struct {
	Seed  uint64
	Users int       // at least MinUsers
	Now   time.Time // when the invented past ends
	Host  string    // of the environment

	Progress func(what string, n int) // called now and then; nil is not called
}

// MinUsers is the size of the smallest company.
const MinUsers = 60

// Company is what a run needs to know of an invented company.
type Company struct {
	Environment pactius.EnvironmentID
	Tenant      string
	Now         time.Time
	Users       int
	Units       int
	Events      int
	Requests    int
	Pending     int

	Root, Local, Leaf, Plain Someone // by their rights
	Tied, Rare               Someone // has the most memberships; has a name of its own
	Middle                   Someone // like most, in the middle of the list

	RootUnit, Region, LeafUnit, Wide, Crowded, Deepest pactius.UnitID

	Request, LeafRequest pactius.RequestID // pending: of a unit in the region, of the leaf
	Decided              pactius.RequestID
}

// Someone is a user who can sign in.
type Someone struct {
	ID pactius.UserID
	pactius.Person
}

// maker makes a company.
type maker struct {
	o     Options
	s     *store.Store
	crew  *crew
	asked map[int]newcomer // users who came by a request
	c     Company
}

// usersInTransaction and eventsInTransaction bound what is kept in memory until a commit.
const (
	usersInTransaction    = 20_000
	requestsInTransaction = 10_000
	eventsInTransaction   = 100_000
	eventsAtOnce          = 4   // the driver of SQLite takes time by the square of a statement's parameters
	warmUp                = 200 // in the first transactions: statements are prepared between transactions
)

// Make fills an empty database with a company.
func Make(ctx context.Context, s *store.Store, o Options) (Company, error) {
	if o.Users < MinUsers {
		return Company{}, fmt.Errorf("a company has at least %d users", MinUsers)
	}
	if o.Progress == nil {
		o.Progress = func(string, int) {}
	}
	o.Now = o.Now.UTC().Truncate(time.Microsecond)
	start := o.Now.AddDate(0, 0, -Days)
	accounts := newIdentifiers(o.Seed, kindAccount)
	m := &maker{o: o, s: s, asked: map[int]newcomer{}}
	m.crew = &crew{o: o, start: start, random: newRandom(o.Seed, streamUsers), people: newPeople(o.Seed),
		tree: newTree(o.Seed, unitCount(o.Users), start), ids: newIdentifiers(o.Seed, kindUser), accounts: accounts,
		tenant: accounts.any()}
	m.c = Company{Environment: pactius.EnvironmentID(newIdentifiers(o.Seed, kindEnvironment).at(start)),
		Tenant: m.crew.tenant, Now: o.Now, Users: o.Users, Units: len(m.crew.tree.units)}
	for _, step := range []func(context.Context) error{m.environment, m.users, m.requests, m.events} {
		if err := step(ctx); err != nil {
			return m.c, err
		}
	}
	return m.c, nil
}

// environment writes the environment and its business units.
func (m *maker) environment(ctx context.Context) error {
	t := m.crew.tree
	m.c.RootUnit, m.c.Region, m.c.LeafUnit = t.units[0].ID, t.units[t.region].ID, t.units[t.leaf].ID
	m.c.Wide, m.c.Crowded, m.c.Deepest = t.units[t.wide].ID, t.units[t.crowded].ID, t.units[t.deepest].ID
	return m.s.Update(ctx, m.c.Environment, func(tx *store.Tx) error {
		e := pactius.Environment{ID: m.c.Environment, Name: t.units[0].Name, Host: m.o.Host,
			TimeZone:   "Europe/Copenhagen",
			Connection: pactius.Connection{TenantID: m.c.Tenant, ClientID: m.crew.accounts.any()},
			CreatedAt:  m.crew.start}
		if err := tx.InsertEnvironment(e); err != nil {
			return err
		}
		for _, u := range t.units {
			if err := tx.InsertUnit(u); err != nil {
				return fmt.Errorf("unit %s: %w", u.Name, err)
			}
		}
		return nil
	})
}

// batches hands out what is made, batch by batch, while the one before is written: making and writing take turns on
// two processors. A batch is whole before its transaction begins, because a transaction may run again.
func batches[T any](ctx context.Context, size int, next func() (T, bool), write func([]T) error) error {
	made := make(chan []T, 1)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	go func() {
		defer close(made)
		for n := 0; ; n++ {
			most := size
			if n < 2 {
				most = min(size, warmUp)
			}
			batch := make([]T, 0, most)
			for len(batch) < most {
				one, ok := next()
				if !ok {
					break
				}
				batch = append(batch, one)
			}
			select {
			case made <- batch:
			case <-ctx.Done():
				return
			}
			if len(batch) < most {
				return
			}
		}
	}()
	for batch := range made {
		if err := write(batch); err != nil {
			stop()
			for range made { // until the other side has ended: it shares what it makes from
			}
			return err
		}
	}
	return ctx.Err()
}

// users writes all users with their business units.
func (m *maker) users(ctx context.Context) error {
	next := func() (newcomer, bool) {
		i := len(m.crew.made)
		if i == m.o.Users {
			return newcomer{}, false
		}
		n := m.crew.next()
		if n.CreatedBy == pactius.ByRequest {
			m.asked[i] = n
		}
		return n, true
	}
	number := 0
	return batches(ctx, usersInTransaction, next, func(some []newcomer) error {
		err := m.s.Update(ctx, m.c.Environment, func(tx *store.Tx) error {
			for _, n := range some {
				if err := m.user(tx, n); err != nil {
					return fmt.Errorf("user %s: %w", n.Username, err)
				}
			}
			return nil
		})
		for i := range some {
			m.note(number+i, some[i])
		}
		number += len(some)
		m.o.Progress("users", number)
		return err
	})
}

func (m *maker) user(tx *store.Tx, n newcomer) error {
	if err := tx.InsertUser(n.User, n.creator); err != nil {
		return err
	}
	if len(n.grants) > 0 {
		if err := tx.SetMemberships(n.ID, n.grants, n.CreatedAt); err != nil {
			return err
		}
	}
	if n.former != "" {
		if err := tx.KeepFormerUsername(n.User, n.former, n.CreatedAt.Add(m.o.Now.Sub(n.CreatedAt)/2)); err != nil {
			return err
		}
	}
	return m.session(tx, n)
}

// session opens a session for those who are here today.
func (m *maker) session(tx *store.Tx, n newcomer) error {
	if m.o.Now.Sub(n.LastSignInAt) > pactius.SessionIdle || !n.DeactivatedAt.IsZero() {
		return nil
	}
	return tx.InsertSession("none of "+string(n.ID), pactius.Session{ID: pactius.SessionID(n.ID), UserID: n.ID,
		Person: pactius.Person{Identity: n.Identity, Username: n.Username, Name: n.Name, Email: n.Email,
			Language: n.Language},
		Agent: "Edge on Windows", Address: "10.0.0.1", CreatedAt: n.LastSignInAt, SeenAt: n.LastSignInAt,
		ExpiresAt: n.LastSignInAt.Add(pactius.SessionAbsolute)})
}

// note keeps the users that a run asks about.
func (m *maker) note(number int, n newcomer) {
	someone := Someone{ID: n.ID, Person: pactius.Person{Identity: n.Identity, Username: n.Username, Name: n.Name,
		Language: n.Language}}
	for at, to := range map[int]*Someone{userRoot: &m.c.Root, userLocal: &m.c.Local, userLeaf: &m.c.Leaf,
		userPlain: &m.c.Plain, userTied: &m.c.Tied, userRare: &m.c.Rare, m.o.Users / 2: &m.c.Middle} {
		if at == number {
			*to = someone
		}
	}
}

// requests writes all access requests.
func (m *maker) requests(ctx context.Context) error {
	all := m.crew.requestsOf(m.asked)
	clear(m.asked)
	m.place(all)
	m.c.Requests = len(all)
	left, number := all, 0
	next := func() (asked, bool) {
		if len(left) == 0 {
			return asked{}, false
		}
		a := left[0]
		left = left[1:]
		return a, true
	}
	err := batches(ctx, requestsInTransaction, next, func(some []asked) error {
		number += len(some)
		m.o.Progress("requests", number)
		return m.s.Update(ctx, m.c.Environment, func(tx *store.Tx) error {
			for _, a := range some {
				if err := m.crew.store(tx, a); err != nil {
					return fmt.Errorf("request of %s: %w", a.Person.Username, err)
				}
			}
			return nil
		})
	})
	m.crew.settled = all
	return err
}

// place sees to it that each local administrator has a pending request to decide, and notes them.
func (m *maker) place(all []asked) {
	for i := range all {
		switch a := &all[i]; {
		case a.State == pactius.StateApproved:
			m.c.Decided = a.ID
		case a.State != pactius.StatePending:
		case m.c.Request == "":
			m.c.Request, a.Units = a.ID, []pactius.UnitID{m.c.Region}
		case m.c.LeafRequest == "":
			m.c.LeafRequest, a.Units = a.ID, []pactius.UnitID{m.c.LeafUnit}
		}
		if all[i].State == pactius.StatePending {
			m.c.Pending++
		}
	}
}

// events writes the activity log.
func (m *maker) events(ctx context.Context) error {
	l := newLog(m.crew, m.crew.settled)
	return batches(ctx, eventsInTransaction, l.next, func(some []pactius.Event) error {
		err := m.s.Update(ctx, m.c.Environment, func(tx *store.Tx) error {
			for from := 0; from < len(some); from += eventsAtOnce {
				if err := tx.InsertEvents(some[from:min(from+eventsAtOnce, len(some))]...); err != nil {
					return err
				}
			}
			return nil
		})
		m.c.Events += len(some)
		m.o.Progress("events", m.c.Events)
		return err
	})
}
