package torture

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/server"
	"github.com/pactius/pactius/internal/users"
)

// Two instances with eight clients each race in every round; one client of the
// second is a process of its own, the command line.
const (
	instancesOfRace = 2
	clientsEach     = 8
)

// roundsOfBatch are the rounds of one process of the command line: it asks the directory about 1,000 groups of lines,
// and what it adds after that is not linked, so that a request of the person goes on waiting.
const roundsOfBatch = 500

// course is where the races are run.
type course struct {
	site    *site
	cores   [instancesOfRace]*server.Core
	batch   *batch
	ada     pactius.Actor
	lone    pactius.Actor
	refusal map[string]int // how losers were told, for the figures
}

// race lets many admit the same person at the same moment, by all ways there are,
// round after round with a new person.
func race(ctx context.Context, run *run, v *verdict) error {
	s, err := run.newSite(ctx, v, 0)
	if err != nil {
		return err
	}
	defer s.close()
	c := &course{site: s, refusal: map[string]int{}}
	defer c.close()
	if err := c.open(ctx); err != nil {
		return err
	}
	began := time.Now()
	done := 0
	v.failed(s.look(func(db *sql.DB) error {
		for ; done < run.rounds && ctx.Err() == nil; done++ {
			if done%roundsOfBatch == 0 {
				if err := c.startBatch(ctx); err != nil {
					return err
				}
			}
			r := &round{course: c, n: done, told: map[pactius.UserID]int{}, words: map[string]int{}}
			if err := r.run(ctx, db); err != nil {
				return fmt.Errorf("round %d: %w", done, err)
			}
		}
		return nil
	}))
	took := time.Since(began)
	s.examine(ctx)
	v.figure("%d rounds of %d clients in 2 processes, %.0f rounds a second", done, instancesOfRace*clientsEach,
		float64(done)/took.Seconds())
	v.figure("told: %v", c.refusal)
	return ctx.Err()
}

func (c *course) open(ctx context.Context) error {
	for i := range c.cores {
		core, err := c.site.core(ctx)
		if err != nil {
			return err
		}
		c.cores[i] = core
	}
	support := pactius.SupportActor(c.site.env)
	for p, actor := range map[person]*pactius.Actor{c.site.ada: &c.ada, c.site.lone: &c.lone} {
		u, err := c.cores[0].Users.Find(ctx, support, p.username)
		if err != nil {
			return err
		}
		*actor = pactius.UserActor(c.site.env, u.ID, "192.0.2.1")
	}
	return nil
}

// startBatch starts the process of the command line, in place of an earlier one.
func (c *course) startBatch(ctx context.Context) (err error) {
	if c.batch != nil {
		c.batch.Close()
	}
	c.batch, err = c.site.startBatch(ctx)
	return err
}

func (c *course) close() {
	if c.batch != nil {
		c.batch.Close()
	}
	for _, core := range c.cores {
		if core != nil {
			_ = core.Close()
		}
	}
}

// round is one race for one person.
type round struct {
	*course
	n       int
	person  pactius.Person
	request pactius.RequestID // where the person had asked before
	invited bool              // the person had been added before

	mu      sync.Mutex
	created int                    // how many say that they made the user
	told    map[pactius.UserID]int // the users they were told of
	words   map[string]int
}

// say notes what a client was told. A user is named where there is one to name.
func (r *round) say(word string, user pactius.UserID, created bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.words[word]++
	if user != "" {
		r.told[user]++
	}
	if created {
		r.created++
	}
}

// lie notes an answer that is not the truth.
func (r *round) lie(what string, err error) {
	r.site.broken("round %d: %s is told: %v", r.n, what, err)
}

// run prepares the round, lets all clients go at once and looks at the result.
func (r *round) run(ctx context.Context, db *sql.DB) error {
	e := employee(int64(r.n))
	if err := r.site.m365.hire(e); err != nil { // the batch asks the directory
		return err
	}
	r.person = pactius.Person{
		Identity: pactius.Identity{TenantID: tenantID, ObjectID: e.oid}, Username: e.username, Name: e.name,
		Email: e.username,
	}
	rules := r.cores[r.n%instancesOfRace].Users
	switch r.n % 3 {
	case 0:
		q, err := rules.Ask(ctx, r.visitor(), r.wish())
		if err != nil {
			return err
		}
		r.request = q.ID
	case 1:
		r.invited = true
		n := r.newUser(false)
		n.Identity = pactius.Identity{} // linked at the first sign-in
		if _, err := rules.Add(ctx, r.ada, n); err != nil {
			return err
		}
	}
	ways := r.ways()
	gate := make(chan struct{})
	var wg sync.WaitGroup
	for i := range instancesOfRace * clientsEach {
		way := ways[(i/instancesOfRace+r.n)%len(ways)]
		rules := r.cores[i%instancesOfRace].Users
		if i == instancesOfRace*clientsEach-1 {
			way = r.addByBatch
		}
		wg.Go(func() {
			<-gate
			way(ctx, rules)
		})
	}
	close(gate)
	wg.Wait()
	for word, n := range r.words {
		r.refusal[word] += n
	}
	return r.judge(ctx, db)
}

// judge compares what was told with what there is.
func (r *round) judge(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(
		ctx, `SELECT id FROM users WHERE environment_id = $1 AND (username_key = $2 OR oid = $3)`, r.site.env,
		r.person.Username, r.person.ObjectID,
	)
	if err != nil {
		return err
	}
	defer rows.Close()
	var users []pactius.UserID
	for rows.Next() {
		var id pactius.UserID
		if err := rows.Scan(&id); err != nil {
			return err
		}
		users = append(users, id)
	}
	if len(users) != 1 {
		r.site.broken("round %d: %d users", r.n, len(users))
		return rows.Err()
	}
	delete(r.told, users[0])
	if len(r.told) > 0 {
		r.site.broken("round %d: somebody was told of a user who does not exist: %v", r.n, r.told)
	}
	want := 1
	if r.invited {
		want = 0
	}
	if r.created != want {
		r.site.broken("round %d: %d say that they created the user, want %d: %v", r.n, r.created, want, r.words)
	}
	return rows.Err()
}

func (r *round) visitor() pactius.Actor {
	return pactius.Visitor(r.site.env, r.person, "192.0.2.2")
}

func (r *round) wish() users.Wish {
	return users.Wish{Units: []pactius.UnitID{r.site.sales}}
}

func (r *round) newUser(settle bool) users.NewUser {
	return users.NewUser{Username: r.person.Username, Name: r.person.Name, Identity: r.person.Identity, Settle: settle,
		Despite: true, Welcome: true, Grants: []pactius.Grant{{Unit: r.site.sales, Access: pactius.AccessRead}}}
}

// ways are the ways in that fit the round.
func (r *round) ways() []func(context.Context, *users.Rules) {
	add := func(actor pactius.Actor, settle bool) func(context.Context, *users.Rules) {
		return func(ctx context.Context, rules *users.Rules) { r.add(ctx, rules, actor, settle) }
	}
	ways := []func(context.Context, *users.Rules){
		add(r.ada, true), add(r.lone, true), r.signIn, r.ask, add(r.ada, false),
	}
	if r.request != "" {
		for _, actor := range []pactius.Actor{r.ada, r.lone} {
			ways = append(ways, func(ctx context.Context, rules *users.Rules) { r.approve(ctx, rules, actor) })
		}
	}
	return ways
}

func (r *round) add(ctx context.Context, rules *users.Rules, actor pactius.Actor, settle bool) {
	a, err := rules.Add(ctx, actor, r.newUser(settle))
	exists, isUser := errors.AsType[*users.ExistsError](err)
	pending, hasAsked := errors.AsType[*users.PendingError](err)
	switch {
	case isUser:
		r.say("there is such a user", exists.User.ID, false)
	case hasAsked && !settle && pending.Request.Person.Identity == r.person.Identity:
		r.say("has asked, confirm", "", false)
	case err != nil:
		r.lie("who adds", err)
	case a.Again:
		r.say("added by your first click", a.User.ID, false)
	case a.Settled != nil:
		r.say("added, request approved", a.User.ID, true)
	default:
		r.say("added", a.User.ID, true)
	}
}

func (r *round) approve(ctx context.Context, rules *users.Rules, actor pactius.Actor) {
	d, err := rules.Approve(ctx, actor, r.request, users.Approval{Grants: r.newUser(false).Grants})
	switch {
	case err != nil:
		r.lie("who approves", err)
	case d.Late && (d.Request.DecidedBy.Kind == "" || d.Request.DecidedAt.IsZero() || d.User.ID == ""):
		r.lie("who approves late", fmt.Errorf("decided by %q at %s", d.Request.DecidedBy.Kind, d.Request.DecidedAt))
	case d.Late:
		r.say("decided before you", d.User.ID, false)
	case d.Created:
		r.say("approved", d.User.ID, true)
	default:
		r.say("approved, was a user", d.User.ID, false)
	}
}

func (r *round) signIn(ctx context.Context, rules *users.Rules) {
	in, err := rules.SignIn(ctx, r.site.env, r.person, users.Visit{Address: "192.0.2.2"})
	switch {
	case err != nil:
		r.lie("who signs in", err)
	case in.Decision.User != nil:
		r.say("signed in", in.Decision.User.ID, false)
	case in.Decision.Outcome == users.OutcomeUnrecognised && !r.invited:
		r.say("not recognised yet", "", false)
	default:
		r.lie("who signs in", fmt.Errorf("outcome %s", in.Decision.Outcome))
	}
}

func (r *round) ask(ctx context.Context, rules *users.Rules) {
	q, err := rules.Ask(ctx, r.visitor(), r.wish())
	switch {
	case err == nil && (r.invited || (r.request != "" && q.ID != r.request)):
		r.lie("who asks", errors.New("a second request was made"))
	case err == nil:
		r.say("asked", "", false)
	case pactius.KindOf(err) == pactius.KindConflict:
		r.say("you have access already", "", false)
	default:
		r.lie("who asks", err)
	}
}

func (r *round) addByBatch(context.Context, *users.Rules) {
	result, user, err := r.batch.add(r.person)
	switch {
	case err != nil:
		r.lie("the command line", err)
	case result == "exists":
		r.say("there is such a user (command line)", user, false)
	default:
		r.say(result+" (command line)", user, true)
	}
}
