package server

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
	"github.com/pactius/pactius/internal/users"
)

// demoDays is how long the sample company has used PACTIUS: as long as the
// plots on the home page reach back.
const demoDays = 28

// seeder fills an empty database with the sample company, through the same
// rules that everybody uses, on a clock that runs through the last weeks.
type seeder struct {
	*Core
	ctx   context.Context
	start time.Time
	clock atomic.Int64 // microseconds since 1970
	plan  []moment
	env   pactius.Environment
	units map[string]pactius.UnitID // by path
	ada   pactius.Actor
}

// moment is something that happens in the sample company at its time.
type moment struct {
	at time.Time
	do func() error
}

// on plans something for so many days and minutes after the start.
func (s *seeder) on(day, minute int, do func() error) {
	s.plan = append(s.plan, moment{s.start.Add(time.Duration(day)*24*time.Hour + time.Duration(minute)*time.Minute), do})
}

// seed fills the database unless it has an environment already.
func (d *demo) seed(ctx context.Context, core *Core) error {
	existing, err := core.Environments.List(ctx)
	if err != nil || len(existing) > 0 {
		return err
	}
	s := &seeder{ctx: ctx, units: map[string]pactius.UnitID{}, start: core.now().Add(-demoDays * 24 * time.Hour)}
	s.Core = newCore(core.store, core.box, d.cfg, outside{now: func() time.Time { return time.UnixMicro(s.clock.Load()) }})
	s.on(0, 0, s.addEnvironment)
	s.on(0, 5, s.addUnits)
	for i, p := range demoPeople[1:] {
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
	tenant, client, secret, zone := demoTenantID, demoClientID, demoClientSecret, "Europe/Copenhagen"
	var err error
	s.env, err = s.Environments.Add(s.ctx, pactius.SupportActor(""), environments.NewEnvironment{
		Name: demoCompany, Administrator: demoPeople[0].username(),
		Update: pactius.EnvironmentUpdate{TenantID: &tenant, ClientID: &client, ClientSecret: &secret, TimeZone: &zone},
	})
	if err != nil {
		return err
	}
	in, err := s.signIn(demoPeople[0])
	s.ada = pactius.UserActor(s.env.ID, in.Session.UserID, "127.0.0.1")
	return err
}

func (s *seeder) addUnits() error {
	o, err := s.Units.Tree(s.ctx, s.ada)
	if err != nil {
		return err
	}
	s.units["/"] = o.Tree.Root().ID
	for _, path := range demoUnits {
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

// planArrival plans how somebody came to where they are.
func (s *seeder) planArrival(i int, p demoPerson) {
	switch p.stage {
	case unknown:
	case asking:
		s.on(demoDays-1-i%3, -47*(i%5), func() error { return s.ask(p) })
	case declined:
		s.on(demoDays-9, 0, func() error { return s.ask(p) })
		s.on(demoDays-8, 0, func() error { return s.decline(p) })
	default:
		s.on(1+i/5, i*7, func() error { return s.add(p) })
	}
	if p.stage == mistyped {
		s.on(demoDays-1, -31*i, func() error { return s.ask(p) })
	}
	if p.stage == left {
		s.on(demoDays-6, 0, func() error { return s.deactivate(p) })
	}
}

// add adds somebody beforehand.
func (s *seeder) add(p demoPerson) error {
	n := users.NewUser{Username: p.username(), Name: p.name}
	if p.stage == mistyped {
		n.Username, n.Name = p.added+"@"+demoDomain, cmp.Or(p.maiden, p.name)
	}
	if p.unit != "" {
		n.Grants = []pactius.Grant{{Unit: s.units[p.unit], Access: p.access}}
	}
	if _, err := s.Users.Add(s.ctx, s.ada, n); err != nil {
		return fmt.Errorf("user %s: %w", p.name, err)
	}
	return nil
}

func (s *seeder) deactivate(p demoPerson) error {
	u, err := s.Users.Find(s.ctx, s.ada, p.username())
	if err == nil {
		_, err = s.Users.Deactivate(s.ctx, s.ada, u.ID)
	}
	return err
}

// planSignIns lets the active ones use PACTIUS, each on some working days.
func (s *seeder) planSignIns() {
	const firstDay = 14 // everybody is added by then
	for day := firstDay; day < demoDays; day++ {
		if w := s.start.AddDate(0, 0, day).Weekday(); w == time.Saturday || w == time.Sunday {
			continue
		}
		for i, p := range demoPeople {
			if p.stage == active && ((i+day*3)%4 == 0 || day <= firstDay+2) {
				s.on(day, -(i*13)%300, func() error {
					_, err := s.signIn(p)
					return err
				})
			}
		}
	}
}

// demoMessages is what those who ask write.
var demoMessages = map[string]string{
	"Viggo Nørgaard":  "Hi, I started as a trainee in Sales North on Monday. Rasmus said I need this for the order lists.",
	"Sofie Lindqvist": "I take over planning from Helle while she is on leave.",
	"Emil Kowalski":   "",
	"Anna Hansen":     "It says that I am not known here. My colleague told me I was added weeks ago?",
	"Mette Krag":      "My account was renamed when I married; before I was Mette Lund.",
	"Karl Winther":    "Could I have a look at the old contracts?",
}

func (s *seeder) ask(p demoPerson) error {
	wish := users.Wish{Message: demoMessages[p.name]}
	if p.unit != "" {
		wish.Units = []pactius.UnitID{s.units[p.unit]}
	}
	in, err := s.signIn(p)
	if err != nil {
		return err
	}
	_, err = s.Users.Ask(s.ctx, pactius.Visitor(s.env.ID, in.Session.Person, "127.0.0.1"), wish)
	return err
}

func (s *seeder) decline(p demoPerson) error {
	page, err := s.Users.Requests(s.ctx, s.ada, pactius.RequestFilter{State: pactius.Pending})
	if err != nil {
		return err
	}
	for _, q := range page.Requests {
		if q.Person.Username == p.username() {
			_, err = s.Users.Decline(s.ctx, s.ada, q.ID, "The contracts are with the lawyers now. Please ask Inger.")
		}
	}
	return err
}

// signIn is what happens when Microsoft has vouched for somebody.
func (s *seeder) signIn(p demoPerson) (users.SignedIn, error) {
	return s.Users.SignIn(s.ctx, s.env.ID, pactius.Person{
		Identity: pactius.Identity{TenantID: demoTenantID, ObjectID: p.objectID()},
		Username: p.username(), Name: p.name, Email: p.email(),
	}, users.Visit{Agent: "Edge on Windows", Address: "127.0.0.1"})
}
