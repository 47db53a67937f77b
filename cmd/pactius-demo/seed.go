package main

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/server"
	"github.com/pactius/pactius/internal/users"
)

// days is how long the sample company has used PACTIUS: as long as the plots on
// the home page reach back.
const days = 28

// seeder fills an empty database with the sample company, through the same
// rules that a deployment uses, on a clock that runs through the last weeks.
type seeder struct {
	*server.Core
	ctx   context.Context
	start time.Time
	clock atomic.Int64 // microseconds since 1970
	plan  []moment
	env   pactius.Environment
	units map[string]pactius.UnitID // by path
	ada   pactius.Actor
	staff []person // the administrator first
}

// moment is an event of the sample company and its time.
type moment struct {
	at time.Time
	do func() error
}

// on plans something for so many days and minutes after the start.
func (s *seeder) on(day, minute int, do func() error) {
	s.plan = append(s.plan,
		moment{s.start.Add(time.Duration(day)*24*time.Hour + time.Duration(minute)*time.Minute), do})
}

// seed fills the database unless it has an environment already.
func (d *demo) seed(ctx context.Context, core *server.Core) error {
	existing, err := core.Environments.List(ctx)
	if err != nil || len(existing) > 0 {
		return err
	}
	s := &seeder{ctx: ctx, staff: d.people, units: map[string]pactius.UnitID{}, start: time.Now().AddDate(0, 0, -days)}
	s.Core = core.At(d.cfg, func() time.Time { return time.UnixMicro(s.clock.Load()) })
	s.on(0, 0, s.addEnvironment)
	s.on(0, 5, s.addUnits)
	s.on(days-10, 0, s.addApplication)
	for i, p := range s.staff[1:] {
		s.planArrival(i, p)
	}
	s.planSignIns()
	slices.SortStableFunc(s.plan, func(a, b moment) int { return a.at.Compare(b.at) })
	for _, m := range s.plan {
		s.clock.Store(m.at.UnixMicro())
		if err := m.do(); err != nil {
			return fmt.Errorf("make the sample company: %w", err)
		}
	}
	return nil
}

func (s *seeder) addEnvironment() error {
	tenant, client, secret, zone := tenantID, clientID, clientSecret, "Europe/Copenhagen"
	emblem, err := logo()
	if err != nil {
		return err
	}
	s.env, err = s.Environments.Add(s.ctx, pactius.SupportActor(""), environments.NewEnvironment{
		Name: company, Administrator: s.staff[0].AccountName,
		Update: pactius.EnvironmentUpdate{TenantID: &tenant, ClientID: &client, ClientSecret: &secret, TimeZone: &zone,
			Logo: &emblem, Accent: new(accent), Welcome: new(welcome)},
	})
	if err != nil {
		return err
	}
	in, err := s.signIn(s.staff[0])
	s.ada = pactius.UserActor(s.env.ID, in.Session.UserID, "127.0.0.1")
	return err
}

func (s *seeder) addUnits() error {
	o, err := s.Units.Tree(s.ctx, s.ada)
	if err != nil {
		return err
	}
	s.units["/"] = o.Tree.Root().ID
	for _, path := range unitPaths {
		parent, name := "/", path
		if i := strings.LastIndex(path, pactius.PathSeparator); i >= 0 {
			parent, name = path[:i], path[i+len(pactius.PathSeparator):]
		}
		u, err := s.Units.Add(s.ctx, s.ada, s.units[parent], name)
		if err != nil {
			return fmt.Errorf("unit %s: %w", path, err)
		}
		s.units[path] = u.ID
	}
	return nil
}

// addApplication adds the contract register. Its address is set when the port is known.
func (s *seeder) addApplication() error {
	name, unit, origins := registerName, s.units[registerUnit], []string{"http://" + registerHost}
	_, err := s.Applications.Add(s.ctx, s.ada,
		pactius.ApplicationUpdate{Name: &name, Icon: new("document"), Unit: &unit, Origins: &origins})
	return err
}

// planArrival plans what happened to a person before the demo begins.
func (s *seeder) planArrival(i int, p person) {
	switch p.Stage {
	case stageUnknown:
	case stageAsking:
		s.on(days-1-i%3, -47*(i%5), func() error { return s.ask(p) })
	case stageDeclined:
		s.on(days-9, 0, func() error { return s.ask(p) })
		s.on(days-8, 0, func() error { return s.decline(p) })
	default:
		s.on(1+i/5, i*7, func() error { return s.add(p) })
	}
	if p.Stage == stageMistyped {
		s.on(days-1, -31*i, func() error { return s.ask(p) })
	}
	if p.Stage == stageLeft {
		s.on(days-6, 0, func() error { return s.deactivate(p) })
	}
}

// add adds a person before their first sign-in.
func (s *seeder) add(p person) error {
	n := users.NewUser{Username: p.AccountName, Name: p.Name}
	if p.Stage == stageMistyped {
		n.Username, n.Name = p.AddedAs, cmp.Or(p.MaidenName, p.Name)
	}
	if p.Unit != "" {
		access, err := pactius.ParseAccess(p.Access)
		if err != nil {
			return fmt.Errorf("user %s: %w", p.Name, err)
		}
		n.Grants = []pactius.Grant{{Unit: s.units[p.Unit], Access: access}}
	}
	if _, err := s.Users.Add(s.ctx, s.ada, n); err != nil {
		return fmt.Errorf("user %s: %w", p.Name, err)
	}
	return nil
}

func (s *seeder) deactivate(p person) error {
	u, err := s.Users.Find(s.ctx, s.ada, p.AccountName)
	if err == nil {
		_, err = s.Users.Deactivate(s.ctx, s.ada, u.ID)
	}
	return err
}

// planSignIns lets the active users sign in, each on some working days.
func (s *seeder) planSignIns() {
	const firstDay = 14 // everyone is added by then
	for day := firstDay; day < days; day++ {
		if w := s.start.AddDate(0, 0, day).Weekday(); w == time.Saturday || w == time.Sunday {
			continue
		}
		for i, p := range s.staff {
			if p.Stage == stageActive && ((i+day*3)%4 == 0 || day <= firstDay+2) {
				s.on(day, -(i*13)%300, func() error {
					_, err := s.signIn(p)
					return err
				})
			}
		}
	}
}

func (s *seeder) ask(p person) error {
	wish := users.Wish{Message: p.Message}
	if p.Unit != "" {
		wish.Units = []pactius.UnitID{s.units[p.Unit]}
	}
	in, err := s.signIn(p)
	if err != nil {
		return err
	}
	_, err = s.Users.Ask(s.ctx, pactius.Visitor(s.env.ID, in.Session.Person, "127.0.0.1"), wish)
	return err
}

func (s *seeder) decline(p person) error {
	page, err := s.Users.Requests(s.ctx, s.ada, pactius.RequestFilter{State: pactius.StatePending})
	if err != nil {
		return err
	}
	for _, q := range page.Requests {
		if q.Person.Username == p.AccountName {
			_, err = s.Users.Decline(s.ctx, s.ada, q.ID, "The contracts are with the lawyers now. Please ask Inger.")
		}
	}
	return err
}

// signIn does what follows when Microsoft has authenticated a person.
func (s *seeder) signIn(p person) (users.SignedIn, error) {
	return s.Users.SignIn(s.ctx, s.env.ID, pactius.Person{
		Identity: pactius.Identity{TenantID: tenantID, ObjectID: p.ObjectID},
		Username: p.AccountName, Name: p.Name, Email: p.Mail,
	}, users.Visit{Agent: "Edge on Windows", Address: "127.0.0.1"})
}
