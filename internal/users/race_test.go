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

// TestTwoAdministratorsAtOnceOnMembers races, through the stores of two processes: two administrators of the company
// who remove each other, and two units that are archived into each other while one gets a member.
func TestTwoAdministratorsAtOnceOnMembers(t *testing.T) {
	t.Parallel()
	w := newOffice(t)
	second := users.New(&change.DB{Store: w.db.Again(t), Now: w.db.Clock.Now})
	remove := func(r *users.Rules, by, user pactius.User) error {
		_, err := r.SetAccess(context.Background(), w.Actor(by), user.ID, w.Root, administer, none)
		return err
	}
	archive := func(r *users.Rules, by pactius.User, unit, target pactius.UnitID) error {
		_, _, err := r.ArchiveInto(context.Background(), w.Actor(by), unit, 1, target)
		return err
	}
	for round := range 6 {
		rival := w.User(t, fmt.Sprintf("r%d@nordhavn.example", round), "Rival", grant(w.Root, administer))
		a, b := w.Unit(t, w.sales, fmt.Sprint("A", round)), w.Unit(t, w.sales, fmt.Sprint("B", round))
		member := w.User(t, fmt.Sprintf("m%d@nordhavn.example", round), "Member", grant(a, read), grant(b, read))
		var archived, removed [2]error
		var wg sync.WaitGroup
		wg.Go(func() { archived[0] = archive(w.rules, w.local, a, b) })
		wg.Go(func() { archived[1] = archive(second, w.local, b, a) })
		wg.Go(func() {
			_, _ = second.SetAccess(context.Background(), w.Actor(w.local), w.loose.ID, a, none, read) // may come late
		})
		wg.Wait()
		if (archived[0] == nil) == (archived[1] == nil) || len(w.Memberships(t, member.ID)) != 1 {
			t.Errorf("round %d: %v; the member has %v", round, archived, w.Memberships(t, member.ID))
		}
		if n := w.db.Count(t, `SELECT COUNT(*) FROM memberships m JOIN units u ON u.environment_id = m.environment_id
				AND u.id = m.unit_id WHERE u.archived_at <> 0`); n != 0 {
			t.Errorf("round %d: %d members of archived units", round, n)
		}
		wg.Go(func() { removed[0] = remove(w.rules, w.root, rival) })
		wg.Go(func() { removed[1] = remove(second, rival, w.root) })
		wg.Wait()
		if (removed[0] == nil) == (removed[1] == nil) {
			t.Fatalf("round %d: %v", round, removed)
		}
		if removed[0] != nil {
			w.root = rival
		}
	}
}
