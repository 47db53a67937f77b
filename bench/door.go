package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/gateway"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/store/storetest"
)

// doorOptions say how much of the door is measured.
type doorOptions struct {
	sessions    int  // at the application
	active      int  // of them
	asked       int  // questions in each round
	rounds      int  // for the bare handler and the door in turn
	revocations int  // of each kind
	streams     int  // open at the same time through the built-in proxy
	pinned      bool // the instance and the client have a processor each, where there are two and taskset
}

// fewSessions are enough where only revocation is measured.
const fewSessions = 1000

// measureDoor measures the door on SQLite at all sizes, and how fast it hears of revocations on PostgreSQL at the
// smallest. The application and the sessions are added to the company, and removed afterwards.
func measureDoor(ctx context.Context, out io.Writer, o options, tell func(string, ...any)) error {
	var all []doorResult
	for i, users := range o.sizes {
		d, err := dataFor(ctx, o.data, o.seed, users, func(what string, n int) { tell("%s %d", what, n) })
		if err != nil {
			return err
		}
		for _, engine := range o.engines {
			if engine == onPostgres && i > 0 {
				continue
			}
			r := doorResult{engine: engine, users: users, sessions: o.door.sessions, active: o.door.active}
			if engine == onPostgres {
				r.sessions = min(r.sessions, fewSessions)
				r.active = min(r.active, r.sessions/2)
			}
			err := onEngine(ctx, engine, d, tell, func(address string) error {
				return r.measure(ctx, address, d, o, tell)
			})
			if errors.Is(err, storetest.ErrNoPostgres) {
				tell("not measured: %v", err)
				continue
			}
			if err != nil {
				return fmt.Errorf("%d users on %s: %w", users, engine, err)
			}
			all = append(all, r)
		}
	}
	doorTables(out, all)
	return nil
}

// doorResult is what was measured of the door at one size on one engine.
type doorResult struct {
	engine                  string
	users, sessions, active int

	bare, book, first time.Duration // processor time of the instance for an answer
	joined            time.Duration // processor time of the read behind a first look
	capacity          float64       // answers a second
	half, halfBare    times         // at half of it, from the book and from the bare handler
	failed            int
	memory            int64
	writes, seen      float64  // transactions, and sessions in them, a second
	heard             [2]times // from the commit of a revocation to the refusal, here and elsewhere
}

// doorApplication and doorHost are the name and the host of the application.
const (
	doorApplication = "Contracts (bench)"
	doorHost        = "contracts.bench.example"
	doorAgent       = "bench door"
)

// holder is a session at the application, which may lose its access.
type holder struct {
	user    pactius.UserID
	session string // hash of the portal's session
	token   string // at the application
}

// doorCompany is a company with an application that people have sessions at.
type doorCompany struct {
	*subject
	app     pactius.Application
	people  []pactius.User
	holders []holder // the sessions
	began   time.Time
	from    time.Time
}

func (c *doorCompany) now() time.Time { return c.from.Add(time.Since(c.began)) }

// measure measures one company.
func (r *doorResult) measure(
	ctx context.Context, address string, d data, o options, tell func(string, ...any),
) error {
	s, err := openSubject(ctx, address, d.Company)
	if err != nil {
		return err
	}
	c := &doorCompany{subject: s, began: time.Now(), from: d.Now}
	err = c.open(ctx, r.sessions)
	if err == nil {
		tell("%s, %d users: %d sessions of %d people", r.engine, r.users, len(c.holders), len(c.people))
		err = r.measureOpen(ctx, c, address, o, tell)
	}
	return errors.Join(err, c.clear(context.WithoutCancel(ctx)), s.close())
}

func (r *doorResult) measureOpen(
	ctx context.Context, c *doorCompany, address string, o options, tell func(string, ...any),
) error {
	i, err := startInstance(ctx, address, c.now())
	if err != nil {
		return err
	}
	p, err := newProxy(ctx, i.address)
	if err != nil {
		return errors.Join(err, i.stop())
	}
	if r.engine == onSQLite {
		err = r.measureAnswers(ctx, c, i, p, o)
		tell("bare %v, book %v, first %v, %.0f a second", r.bare, r.book, r.first, r.capacity)
	}
	if err == nil {
		err = r.measureRevocations(ctx, c, i, p, o.door.revocations)
	}
	return errors.Join(err, p.close(), i.stop())
}

// measureAnswers measures all but revocations. This process leaves a processor to the instance meanwhile: with more
// threads than processors the time that they are given in turn would be measured.
func (r *doorResult) measureAnswers(
	ctx context.Context, c *doorCompany, i *instance, p *proxy, o options,
) error {
	defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(1))
	if o.door.pinned && runtime.NumCPU() > 1 {
		pin(i.process.Process.Pid, "0")
		pin(os.Getpid(), "1")
		defer pin(os.Getpid(), fmt.Sprintf("0-%d", runtime.NumCPU()-1))
	}
	var book, bare [][]byte
	for _, t := range c.holders[:r.active] {
		book = append(book, ask(gateway.VerifyPath, c.app.ID, t.token))
		bare = append(bare, ask(barePath, c.app.ID, t.token))
	}
	var books, bares times
	var took time.Duration
	for n := range o.door.rounds + 1 {
		one, _, err := cost(i, p, o.door.asked, bare)
		if err != nil {
			return err
		}
		other, during, err := cost(i, p, o.door.asked, book)
		if err != nil {
			return err
		}
		if n > 0 { // the first one warms up
			bares, books, took = append(bares, one), append(books, other), took+during
		}
	}
	r.bare, r.book = bares.at(.5), books.at(.5)
	r.capacity = float64(o.door.asked*o.door.rounds) / took.Seconds()
	var err error
	r.halfBare, _ = p.atRate(r.capacity/2, o.loadTime/2, bare)
	r.half, r.failed = p.atRate(r.capacity/2, o.loadTime, book)
	if r.memory, err = i.memory(); err != nil {
		return err
	}
	u, err := i.used()
	r.writes, r.seen = float64(u.writes)/u.age.Seconds(), float64(u.seen)/u.age.Seconds()
	if err != nil {
		return err
	}
	var strange [][]byte
	for _, t := range c.holders[r.active : 2*r.active] {
		strange = append(strange, ask(gateway.VerifyPath, c.app.ID, t.token))
	}
	if r.first, _, err = cost(i, p, len(strange), strange); err != nil {
		return err
	}
	return r.measureJoined(ctx, c)
}

// pin keeps a process on some processors: the kernel likes to put those who talk to each other on the same one. Without
// taskset they go where they go.
func pin(process int, processors string) {
	_ = exec.Command("taskset", "-a", "-p", "-c", processors, strconv.Itoa(process)).Run()
}

// cost asks n questions and returns the instance's processor time for each, and how long all took.
func cost(i *instance, p *proxy, n int, questions [][]byte) (each, all time.Duration, err error) {
	before, err := i.used()
	if err != nil {
		return 0, 0, err
	}
	if all, err = p.all(n, questions); err != nil {
		return 0, 0, err
	}
	after, err := i.used()
	return (after.cpu - before.cpu) / time.Duration(max(n, 1)), all, err
}

// measureJoined measures the statement that joins all that a first look reads, in this process.
func (r *doorResult) measureJoined(ctx context.Context, c *doorCompany) error {
	some := c.holders[2*r.active:]
	some = some[:min(len(some), 5000)]
	before := cpuTime()
	for _, t := range some {
		err := c.plain.Glance(ctx, c.Environment, func(tx *store.Tx) error {
			_, err := tx.DoorLook(applications.TokenHash(t.token), c.app.ID)
			return err
		})
		if err != nil {
			return err
		}
	}
	r.joined = (cpuTime() - before) / time.Duration(max(len(some), 1))
	return nil
}

// open adds the application and the sessions.
func (c *doorCompany) open(ctx context.Context, sessions int) error {
	if err := c.clear(ctx); err != nil {
		return err
	}
	name, origins, access := doorApplication, []string{"https://" + doorHost}, pactius.AccessRead
	var err error
	c.app, err = c.core.Applications.Add(ctx, pactius.SupportActor(c.Environment),
		pactius.ApplicationUpdate{Name: &name, Origins: &origins, Unit: &c.Crowded, Access: &access})
	if err != nil {
		return err
	}
	if err := c.findPeople(ctx); err != nil {
		return err
	}
	for from := 0; from < sessions; from += batch {
		err := c.plain.Update(ctx, c.Environment, func(tx *store.Tx) error {
			for n := from; n < min(from+batch, sessions); n++ {
				if err := c.addSession(tx, n); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

const withAccess = `SELECT DISTINCT m.user_id FROM unit_above b CROSS JOIN memberships m
	WHERE b.environment_id = $1 AND b.unit_id = $2
	AND m.environment_id = b.environment_id AND m.unit_id = b.above_id`

// findPeople finds those who may open the application.
func (c *doorCompany) findPeople(ctx context.Context) error {
	ids, err := database.List(ctx, c.plain.Reader(), database.Value[pactius.UserID], withAccess, c.Environment,
		c.Crowded)
	if err != nil {
		return err
	}
	slices.Sort(ids)
	return c.plain.View(ctx, c.Environment, func(tx *store.Tx) error {
		e, err := tx.EnvironmentRow()
		if err != nil {
			return err
		}
		today := e.Today(c.now())
		for _, id := range ids {
			u, err := tx.User(id)
			if err != nil {
				return err
			}
			if !u.Identity.IsZero() && !e.Connection.CutsOff(u.Identity) && u.MayEnter(today) && u.EndsOn == "" {
				c.people = append(c.people, u)
			}
		}
		if len(c.people) == 0 {
			return errors.New("no user may open the application")
		}
		return nil
	})
}

// addSession adds a session with a number. They were seen at different times, as sessions in use are.
func (c *doorCompany) addSession(tx *store.Tx, n int) error {
	u, now, token := c.people[n%len(c.people)], c.now(), seal.NewToken()
	t := holder{user: u.ID, session: applications.TokenHash(seal.NewToken()), token: token}
	seen := now.Add(-time.Duration(n%600) * time.Second)
	err := tx.InsertSession(t.session, pactius.Session{ID: pactius.SessionID(id.New()), UserID: u.ID,
		Person: pactius.Person{Identity: u.Identity}, Agent: doorAgent, CreatedAt: now, SeenAt: seen,
		ExpiresAt: now.Add(pactius.SessionAbsolute)})
	if err != nil {
		return err
	}
	if err := tx.InsertDoorSession(applications.TokenHash(token), pactius.DoorSession{Application: c.app.ID,
		Session: t.session, CreatedAt: now}); err != nil {
		return err
	}
	if n >= len(c.holders) { // a transaction may run twice
		c.holders = append(c.holders, t)
	}
	c.holders[n] = t
	return nil
}

// clear removes the application and the sessions, also those that a run left which was ended early.
func (c *doorCompany) clear(ctx context.Context) error {
	support := pactius.SupportActor(c.Environment)
	app, err := c.core.Applications.FindNamed(ctx, support, doorApplication)
	if pactius.KindOf(err) == pactius.KindNotFound {
		return nil
	}
	if err != nil {
		return err
	}
	if len(c.people) == 0 {
		if err := c.findPeople(ctx); err != nil {
			return err
		}
		defer func() { c.people = nil }()
	}
	for some := range slices.Chunk(c.people, batch) {
		err := c.plain.Update(ctx, c.Environment, func(tx *store.Tx) error {
			for _, u := range some {
				if _, err := tx.DeleteSessions(u.ID); err != nil {
					return err
				}
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return c.core.Applications.Remove(ctx, support, app.ID)
}

// doorTables writes the tables.
func doorTables(out io.Writer, all []doorResult) {
	var answers, load, heard strings.Builder
	micro := func(d time.Duration) float64 { return float64(d.Nanoseconds()) / 1000 }
	for _, r := range all {
		if r.engine == onSQLite {
			fmt.Fprintf(&answers, "| %s | %s | %s, %s | %.1f | %.1f | %.2f | %.0f | %.1f | %.0f |\n", r.engine,
				thousands(r.users), thousands(r.sessions), thousands(r.active), micro(r.bare), micro(r.book),
				micro(r.book)/micro(r.bare), micro(r.first), micro(r.first)/micro(r.bare), micro(r.joined))
			fmt.Fprintf(&load, "| %s | %s | %s | %s | %s | %s | %s | %d | %.0f | %.2f | %.1f |\n", r.engine,
				thousands(r.users), thousands(int(r.capacity)), milliseconds(r.half.at(.5)),
				milliseconds(r.half.at(.95)), milliseconds(r.half.at(.99)), milliseconds(r.halfBare.at(.99)),
				r.failed, float64(r.memory)/(1<<20), r.writes, r.seen)
		}
		for n, where := range []string{"its own", "another"} {
			t := r.heard[n]
			fmt.Fprintf(&heard, "| %s | %s | %s | %d | %s | %s | %s |\n", r.engine, thousands(r.users), where, len(t),
				short(t.at(.5)), short(t.at(.95)), short(t.at(1)))
		}
	}
	fmt.Fprint(out, circumstances(nil, false), "\n\n")
	if answers.Len() > 0 {
		fmt.Fprintf(out, "| engine | users | sessions, active | bare handler, µs | from the book, µs | to bare | "+
			"first look, µs | to bare | joined read, µs |\n| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | "+
			"---: |\n%s\n| engine | users | answers a second | at half of it: p50 ms | p95 ms | p99 ms | "+
			"bare handler, p99 ms | failed | memory, MB | durable writes a second | sessions in them |\n"+
			"| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |\n%s\n", &answers, &load)
	}
	fmt.Fprintf(out, "| engine | users | revoked on an instance: | times | p50 ms | p95 ms | at most ms |\n"+
		"| --- | ---: | --- | ---: | ---: | ---: | ---: |\n%s", &heard)
}
