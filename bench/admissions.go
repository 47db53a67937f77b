package main

import (
	"context"
	"fmt"
	"io"
	"sync"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// admissions is how many users each measurement adds, and crowd how many
// administrators do it at once: a company that imports, or a busy Monday.
const (
	admissions = 2000
	crowd      = 32
)

// measureAdmissions times adding users, each durable when it returns, against
// the same rows written through the store, a change each, that asks nothing. Both
// share commits where they come together (docs/decisions/0011).
func measureAdmissions(ctx context.Context, out io.Writer, engine, database string) error {
	c, err := newCompany(ctx, database, 100)
	if err != nil {
		return err
	}
	defer c.core.Close()
	s, err := store.Open(ctx, database, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	bare := func(i int) error { return c.bareAdmission(ctx, s, i) }
	rules := func(i int) error {
		_, err := c.core.Admission.Add(ctx, c.actor, admission.NewUser{
			Username: fmt.Sprintf("new.%d@bench.example", i), Name: "New Person", Welcome: true,
			Grants: []pactius.Grant{{Unit: c.units[i%units], Access: pactius.Write}},
		})
		return err
	}
	fmt.Fprintf(out, "| admissions on %s, durable | the same rows without rules, per second | through the rules, with event and mail, per second | ratio |\n| --- | ---: | ---: | ---: |\n", engine)
	done := 0
	for _, together := range []int{1, crowd} {
		n := admissions / (crowd / together) // as long for one as for many
		var b, r time.Duration
		for range 4 { // in turn, so that both see the same machine
			b += timeTogether(together, done, n/4, bare)
			r += timeTogether(together, done, n/4, rules)
			done += n / 4
		}
		rate := func(d time.Duration) float64 { return float64(n/4*4) / d.Seconds() }
		fmt.Fprintf(out, "| %d at once | %.0f | %.0f | %.2f |\n", together, rate(b), rate(r), rate(r)/rate(b))
	}
	fmt.Fprintln(out)
	return nil
}

// timeTogether runs fn for n numbers from first on, so many at once. A failure
// ends the measurement: there is nothing to tell then.
func timeTogether(together, first, n int, fn func(int) error) time.Duration {
	var next atomic.Int64
	start := time.Now()
	var wg sync.WaitGroup
	for range together {
		wg.Go(func() {
			for {
				i := int(next.Add(1))
				if i > n {
					return
				}
				if err := fn(first + i); err != nil {
					panic(err)
				}
			}
		})
	}
	wg.Wait()
	return time.Since(start)
}

// bareAdmission writes what adding a user writes, and asks nothing.
func (c *company) bareAdmission(ctx context.Context, s *store.Store, i int) error {
	now := time.Now()
	u := pactius.User{ID: pactius.UserID(id.New()), Name: "Bare Person", Username: fmt.Sprintf("bare.%d@bench.example", i), CreatedBy: pactius.ByAdd, CreatedAt: now}
	return s.Update(ctx, c.env.ID, func(tx *store.Tx) error {
		if err := tx.InsertUser(ctx, u, ""); err != nil {
			return err
		}
		if err := tx.SetMemberships(ctx, u.ID, []pactius.Grant{{Unit: c.units[i%units], Access: pactius.Write}}, now); err != nil {
			return err
		}
		for _, kind := range []pactius.EventKind{pactius.UserAdded, pactius.UserUnitsAssigned} {
			if err := tx.InsertEvent(ctx, pactius.Event{ID: pactius.EventID(id.New()), At: now, Kind: kind, Actor: c.actor, User: u.ID}); err != nil {
				return err
			}
		}
		return tx.Enqueue(ctx, pactius.Mail{ID: pactius.MailID(id.New()), Kind: "welcome", Data: []byte(`{"Name":"` + names.Initials(u.Name) + `"}`), To: u.Username, ToName: u.Name, CreatedAt: now})
	})
}
