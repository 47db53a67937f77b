package invent

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pactius/pactius"
)

// EventsPerUser is how many events a company has for each user, on average.
const EventsPerUser = 5

// signInPower is how skewed sign-ins are: the most frequent of a million users has some thousands of them.
const signInPower = 2.2

// log makes the events of a company in the order of time, from three sources that are each in order: how users came,
// what happened to requests, and everything else.
type log struct {
	c      *crew
	random *rand.Rand
	ids    *identifiers

	user     int             // the next one whose coming is told
	requests []pactius.Event // about them, in order
	rest     int             // events that are left beside those
	all      int             // that rest was in the beginning
	spread   uint64          // with which users are numbered anew, so that the frequent ones came at any time
	waiting  []pactius.Event // to be told next
}

func newLog(c *crew, requests []asked) *log {
	l := &log{c: c, random: newRandom(c.o.Seed, streamEvents), ids: newIdentifiers(c.o.Seed, kindEvent)}
	for _, a := range requests {
		l.requests = append(l.requests, l.requestEvents(a)...)
	}
	slices.SortStableFunc(l.requests, func(a, b pactius.Event) int { return a.At.Compare(b.At) })
	coming := 0
	for _, m := range c.made {
		coming++
		if m.unit >= 0 {
			coming++
		}
	}
	l.all = max(0, EventsPerUser*c.o.Users-coming-len(l.requests))
	l.rest = l.all
	for l.spread = 7919; gcd(l.spread, uint64(len(c.made))) != 1; l.spread++ {
	}
	return l
}

func gcd(a, b uint64) uint64 {
	for b != 0 {
		a, b = b, a%b
	}
	return a
}

func (l *log) requestEvents(a asked) []pactius.Event {
	sent := pactius.Event{At: a.CreatedAt, Kind: pactius.RequestSent, Request: a.ID,
		Actor: pactius.Actor{Kind: pactius.ActorVisitor, Address: l.address()}}
	end := pactius.Event{At: a.DecidedAt, Request: a.ID, User: a.UserID}
	switch a.State {
	case pactius.StatePending:
		return []pactius.Event{sent}
	case pactius.StateApproved:
		end.Kind = pactius.RequestApproved
	case pactius.StateDeclined:
		end.Kind, end.Detail = pactius.RequestDeclined, pactius.Facts{pactius.DetailNote: a.Note}
	case pactius.StateWithdrawn:
		end.Kind = pactius.RequestWithdrawn
	default:
		end.Kind = pactius.RequestExpired
	}
	if end.Actor = pactius.System("", "expiry"); a.decider >= 0 {
		end.Actor = l.actor(int(a.decider))
	}
	return []pactius.Event{sent, end}
}

// next makes the next event; false at the end.
func (l *log) next() (pactius.Event, bool) {
	if len(l.waiting) == 0 {
		l.waiting = l.earliest()
	}
	if len(l.waiting) == 0 {
		return pactius.Event{}, false
	}
	e := l.waiting[0]
	l.waiting = l.waiting[1:]
	e.ID = pactius.EventID(l.ids.at(e.At))
	return e, true
}

// earliest takes from the source whose next event comes first.
func (l *log) earliest() []pactius.Event {
	end := l.c.o.Now.Add(day)
	coming, settled, other := end, end, end
	if l.user < len(l.c.made) {
		coming = l.c.made[l.user].created
	}
	if len(l.requests) > 0 {
		settled = l.requests[0].At
	}
	if l.rest > 0 {
		other = l.time(l.all - l.rest)
	}
	switch {
	case coming == end && settled == end && other == end:
		return nil
	case !coming.After(settled) && !coming.After(other):
		l.user++
		return l.coming(l.user - 1)
	case !settled.After(other):
		e := l.requests[0]
		l.requests = l.requests[1:]
		return []pactius.Event{e}
	default:
		l.rest--
		return []pactius.Event{l.daily(other)}
	}
}

// time is when one of the other events happened: evenly, the number tells when.
func (l *log) time(number int) time.Time {
	whole := l.c.o.Now.Sub(l.c.start)
	return l.c.start.Add(time.Duration(float64(whole) * (float64(number) + 0.5) / float64(l.all))).
		Truncate(time.Microsecond)
}

// coming tells how a user came.
func (l *log) coming(i int) []pactius.Event {
	m := l.c.made[i]
	e := pactius.Event{At: m.created, Kind: pactius.UserAdded, User: m.id, Actor: pactius.SupportActor(""),
		Facts: pactius.Facts{pactius.FactWay: string(m.way)}}
	if m.creator >= 0 {
		e.Actor = l.actor(int(m.creator))
	}
	if m.way == pactius.ByRequest {
		e.Kind = pactius.UserAdmitted
	}
	if m.unit < 0 {
		return []pactius.Event{e}
	}
	return []pactius.Event{e, l.assigned(e, m)}
}

// assigned tells that a user got the first business unit.
func (l *log) assigned(e pactius.Event, m memory) pactius.Event {
	e.Kind = pactius.UserUnitsAssigned
	e.Facts = pactius.AccessFacts(nil, map[pactius.UnitID]pactius.Access{
		l.c.tree.units[m.unit].ID: pactius.AccessWrite})
	return e
}

// daily tells what happens all the time: mostly that people sign in.
func (l *log) daily(at time.Time) pactius.Event {
	r := l.random
	i := l.frequent(at)
	m := l.c.made[i]
	e := pactius.Event{At: at, Kind: pactius.UserSignedIn, User: m.id, Actor: l.actor(i)}
	manager := l.actor(l.c.administrators[skewed(r, len(l.c.administrators), 2)])
	switch kind := r.Float64(); {
	case kind < 0.01:
		e.Kind, e.User, e.Actor = pactius.VisitorSignedIn, "", pactius.Actor{Kind: pactius.ActorVisitor}
		e.Actor.Address = l.address()
	case m.seen.Before(at) || kind < 0.08: // never signed in, or not any more
		e.Kind, e.Actor, e.Facts = pactius.UserChanged, manager, pactius.Facts{pactius.FactFields: "name"}
		e.Detail = pactius.Facts{pactius.DetailName: "Before"}
	case kind < 0.12 && m.unit >= 0:
		e.Actor = manager
		return l.assigned(e, m)
	case kind < 0.18:
		e.Kind = pactius.UserSignedOut
	case kind < 0.185:
		e.Kind, e.User, e.Actor = pactius.UnitRenamed, "", manager
		e.Unit = one(r, l.c.tree.units).ID
		e.Detail = pactius.Facts{pactius.FactFrom: "Before"}
	case kind < 0.19:
		e.Kind, e.Actor = pactius.UserDeactivated, manager
	}
	return e
}

// frequent is a user who was there at a time: some sign in every day, most rarely.
func (l *log) frequent(at time.Time) int {
	const tries = 4
	there := l.user // all who have come
	for range tries {
		i := int(uint64(skewed(l.random, len(l.c.made), signInPower)) * l.spread % uint64(len(l.c.made)))
		if i < there && !l.c.made[i].seen.Before(at) {
			return i
		}
	}
	return l.random.IntN(max(1, there))
}

func (l *log) actor(user int) pactius.Actor {
	return pactius.UserActor("", l.c.made[user].id, l.address())
}

func (l *log) address() string {
	return fmt.Sprintf("10.%d.%d.%d", l.random.IntN(8), l.random.IntN(256), l.random.IntN(256))
}
