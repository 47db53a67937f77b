package invent

import (
	"math/rand/v2"
	"slices"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/store"
)

// Numbers of requests.
const (
	usersPerPending = 500 // so that there are 2,000 in a company of a million
	refusedShare    = 0.3 // of the decided requests did not lead to a user
	noUnitsShare    = 0.2 // leave the choice to the administrator
)

// asked is a request with how it ended.
type asked struct {
	pactius.AccessRequest
	decider int32 // number of the user, -1 for none
}

// messages are what people write.
var messages = []string{"", "I started in the team this week.", "Jeg skal bruge adgang til rapporterne.",
	"Ich vertrete Frau Schneider bis Ende des Monats.", "Please give me the same access as my colleagues. Thank you!"}

// requestsOf makes all requests in the order in which they were sent: those of users who came by one, those that were
// refused, and those that are pending.
func (c *crew) requestsOf(newcomers map[int]newcomer) []asked {
	r := newRandom(c.o.Seed, streamRequests)
	var all []asked
	for i, m := range c.made {
		if m.way != pactius.ByRequest {
			continue
		}
		n := newcomers[i]
		a := c.request(r, m.created.Add(-time.Duration(r.ExpFloat64()*float64(day))), m.created)
		a.Person = pactius.Person{Identity: n.Identity, Username: n.Username, Name: n.Name, Email: n.Email}
		if a.Person.IsZero() {
			a.Person.Identity = pactius.Identity{TenantID: c.tenant, ObjectID: c.accounts.any()}
		}
		a.State, a.DecidedAt, a.decider = pactius.StateApproved, m.created, m.creator
		a.UserID, a.Created = m.id, true
		all = append(all, a)
	}
	for range int(float64(len(all))*refusedShare) + 1 {
		a := c.request(r, between(r, c.start.Add(30*day), c.o.Now.Add(-30*day)), c.o.Now)
		a.Person = c.stranger()
		a.DecidedAt = a.CreatedAt.Add(time.Duration(1+r.IntN(96)) * time.Hour)
		switch at := r.Float64(); {
		case at < 0.5:
			a.State, a.Note = pactius.StateDeclined, "Please ask your own administrator."
			a.decider = int32(c.administrators[skewed(r, len(c.administrators), 2)])
		case at < 0.7:
			a.State = pactius.StateWithdrawn
		default:
			a.State, a.DecidedAt = pactius.StateExpired, a.ExpiresAt
		}
		all = append(all, a)
	}
	for range max(5, c.o.Users/usersPerPending) {
		a := c.request(r, between(r, c.o.Now.Add(-29*day), c.o.Now.Add(-time.Hour)), c.o.Now)
		a.Person, a.State = c.stranger(), pactius.StatePending
		all = append(all, a)
	}
	slices.SortStableFunc(all, func(a, b asked) int { return a.CreatedAt.Compare(b.CreatedAt) })
	ids := newIdentifiers(c.o.Seed, kindRequest)
	for i := range all {
		all[i].ID = pactius.RequestID(ids.at(all[i].CreatedAt))
		all[i].Person.VouchedAt = all[i].CreatedAt
	}
	return all
}

// request makes a request of no one yet, sent at a time, but not before the company was there.
func (c *crew) request(r *rand.Rand, at, before time.Time) asked {
	at = at.Truncate(time.Microsecond)
	if at.Before(c.start) {
		at = c.start.Add(before.Sub(c.start) / 2).Truncate(time.Microsecond)
	}
	a := asked{AccessRequest: pactius.AccessRequest{CreatedAt: at, ExpiresAt: at.Add(pactius.RequestLifetime),
		Message: one(r, messages), Version: 1}, decider: -1}
	if chance(r, noUnitsShare) {
		return a
	}
	wanted := 1
	if chance(r, 0.15) {
		wanted += 1 + r.IntN(4)
	}
	for range wanted {
		unit := c.tree.units[c.tree.open[r.IntN(len(c.tree.open))]].ID
		if !slices.Contains(a.Units, unit) {
			a.Units = append(a.Units, unit)
		}
	}
	slices.Sort(a.Units)
	return a
}

// stranger is a person who is no user.
func (c *crew) stranger() pactius.Person {
	p := c.people.next()
	return pactius.Person{Identity: pactius.Identity{TenantID: c.tenant, ObjectID: c.accounts.any()},
		Username: p.username, Name: p.name, Email: p.email, Language: p.language}
}

// store writes a request as the rules do: pending, then settled.
func (c *crew) store(tx *store.Tx, a asked) error {
	if err := tx.InsertRequest(a.AccessRequest); err != nil {
		return err
	}
	switch reminded := a.CreatedAt.Add(pactius.RequestReminder); {
	case a.State == pactius.StatePending && reminded.Before(c.o.Now):
		_, err := tx.MarkReminded(a.ID, reminded)
		return err
	case a.State == pactius.StatePending:
		return nil
	case a.decider >= 0:
		a.DecidedBy = pactius.UserActor("", c.made[a.decider].id, "")
	case a.State == pactius.StateExpired:
		a.DecidedBy = pactius.System("", "expiry")
	default:
		a.DecidedBy = pactius.Actor{Kind: pactius.ActorVisitor}
	}
	return tx.SettleRequest(a.AccessRequest, store.Undo{})
}
