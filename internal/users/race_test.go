package users_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/store/storetest"
	"github.com/pactius/pactius/internal/users"
)

// TestAllWaysAtOnceMakeOneUser races all ways to admit one person, through the stores of
// two processes: they make exactly one user, and every loser is told the truth.
func TestAllWaysAtOnceMakeOneUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := users.New(&change.DB{Store: w.db.Again(t), Now: w.db.Clock.Now})
	for round := range 12 {
		p := storetest.Person(fmt.Sprintf("p%d@nordhavn.example", round), "New")
		q := w.ask(t, p, w.sales)
		c := &contest{t: t, round: round}
		ways := []func(*users.Rules){
			func(r *users.Rules) {
				d, err := r.Approve(context.Background(), w.Actor(w.root), q.ID, users.Approval{})
				switch {
				case err != nil:
					c.truth(err)
				case d.Late && (d.Request.DecidedBy.User == "" || d.User.ID == ""):
					t.Errorf("round %d: the late one is not told who decided: %+v", round, d)
				default:
					c.note(d.Created && !d.Late, "approved")
				}
			},
			func(r *users.Rules) {
				a, err := r.Add(context.Background(), w.Actor(w.local),
					users.NewUser{Username: p.Username, Name: "New", Identity: p.Identity, Settle: true})
				if err != nil {
					c.truth(err)
					return
				}
				c.note(!a.Again, "added")
			},
			func(r *users.Rules) {
				if in, err := r.SignIn(context.Background(), w.Env, p, users.Visit{}); err != nil {
					t.Errorf("round %d: sign-in: %v", round, err)
				} else {
					c.note(false, string(in.Decision.Outcome))
				}
			},
			func(r *users.Rules) {
				got, err := r.Ask(context.Background(), w.visitor(p), users.Wish{})
				if err != nil {
					c.truth(err)
				} else if got.ID != q.ID {
					t.Errorf("round %d: a second request was made", round)
				}
			},
		}
		var wg sync.WaitGroup
		for i := range 3 * len(ways) {
			rules := w.rules
			if i/len(ways)%2 == 1 { // every way by both
				rules = second
			}
			wg.Go(func() { ways[i%len(ways)](rules) })
		}
		wg.Wait()
		if c.created != 1 {
			t.Errorf("round %d: %d ways say that they created the user: %v", round, c.created, c.told)
		}
		if n := w.db.Count(t, `SELECT COUNT(*) FROM users WHERE environment_id = $1
				AND username_key = $2`, w.Env, p.Username); n != 1 {
			t.Errorf("round %d: %d users", round, n)
		}
		if n := w.db.Count(t, `SELECT COUNT(*) FROM events WHERE request_id = $1
				AND kind = 'request.approved'`, q.ID); n != 1 {
			t.Errorf("round %d: the request was approved %d times", round, n)
		}
	}
}

// TestNearlyTheSameNamesAtOnceMakeOneUser races the adding of one person under names that differ
// by a letter. No unique index knows that they are alike: only turns keep the second one out.
func TestNearlyTheSameNamesAtOnceMakeOneUser(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	second := users.New(&change.DB{Store: w.db.Again(t), Now: w.db.Clock.Now})
	for round, first := range []string{"Annika", "Birgit", "Cordelia", "Dagmar"} {
		c := &contest{t: t, round: round}
		add := func(r *users.Rules, name string) {
			_, err := r.Add(context.Background(), w.Actor(w.root),
				users.NewUser{Username: name + "@nordhavn.example", Name: first + " Wolfsberg"})
			if _, similar := errors.AsType[*users.SimilarError](err); err != nil && !similar {
				c.truth(err)
				return
			}
			c.note(err == nil, name)
		}
		typed := strings.ToLower(first) + ".wolfsber"
		var wg sync.WaitGroup
		for i := range 4 {
			rules := []*users.Rules{w.rules, second}[i%2]
			wg.Go(func() { add(rules, typed+strings.Repeat("g", i)) })
		}
		wg.Wait()
		if c.created != 1 {
			t.Errorf("round %d: %d users of one person: %v", round, c.created, c.told)
		}
	}
}

// contest is one round of many admitting the same person.
type contest struct {
	t     *testing.T
	round int

	mu      sync.Mutex
	created int      // ways that say they created the user
	told    []string // one text per way
}

func (c *contest) note(made bool, text string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if made {
		c.created++
	}
	c.told = append(c.told, text)
}

// truth makes sure that a loser is told who was first.
func (c *contest) truth(err error) {
	if _, exists := errors.AsType[*users.ExistsError](err); !exists && pactius.KindOf(err) != pactius.KindConflict {
		c.t.Errorf("round %d: a loser is told %v", c.round, err)
	}
	c.note(false, "conflict")
}

// TestTwoRequestsAtOnce: one person in two tabs.
func TestTwoRequestsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	p := storetest.Person("new@nordhavn.example", "New")
	ids := make([]pactius.RequestID, 8)
	var wg sync.WaitGroup
	for i := range ids {
		wg.Go(func() {
			q, err := w.rules.Ask(context.Background(), w.visitor(p), users.Wish{})
			if err != nil {
				t.Error(err)
			}
			ids[i] = q.ID
		})
	}
	wg.Wait()
	for _, id := range ids {
		if id != ids[0] {
			t.Errorf("two requests: %s and %s", id, ids[0])
		}
	}
	if n := w.db.Count(t, `SELECT COUNT(*) FROM mails`); n != 1 {
		t.Errorf("%d mails, want 1", n)
	}
}

// TestTwoDecisionsAtOnce: one says yes, the other no.
func TestTwoDecisionsAtOnce(t *testing.T) {
	t.Parallel()
	w := newWorld(t)
	for round := range 8 {
		q := w.ask(t, storetest.Person(fmt.Sprintf("p%d@nordhavn.example", round), "New"), w.sales)
		var yes, no users.Decided
		var wg sync.WaitGroup
		wg.Go(func() {
			var err error
			if yes, err = w.rules.Approve(context.Background(), w.Actor(w.root), q.ID, users.Approval{}); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			var err error
			if no, err = w.rules.Decline(context.Background(), w.Actor(w.local), q.ID, ""); err != nil {
				t.Error(err)
			}
		})
		wg.Wait()
		if yes.Late == no.Late || yes.Request.State != no.Request.State {
			t.Errorf("round %d: yes %v %s, no %v %s", round, yes.Late, yes.Request.State, no.Late, no.Request.State)
		}
	}
}
