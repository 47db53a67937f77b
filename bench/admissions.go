package main

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/users"
)

// maxTurns is how often the ways of adding users take turns, so that all see the
// same machine.
const maxTurns = 4

// measureAdmissions times adding users, each durable when it returns, in two
// ways, by one and by several administrators at once: the bare rows, written
// through the store without any rule, and through the rules.
func measureAdmissions(ctx context.Context, out io.Writer, engine, database string, o options) error {
	c, err := newCompany(ctx, database, o.admissionUsers, o.admissionUnits)
	if err != nil {
		return err
	}
	defer c.core.Close()
	s, err := store.Open(ctx, database, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	ways := []way{
		{"bare rows", func() error { return c.bareAdmission(ctx, s) }},
		{"rules", func() error { return c.admission(ctx) }},
	}
	fmt.Fprintf(out, "| admissions on %s, durable, %d users | per second | to bare rows | to one caller |\n"+
		"| --- | ---: | ---: | ---: |\n", engine, o.admissionUsers)
	var alone []float64
	for _, callers := range []int{1, 8, 32} {
		rates, err := compare(ways, callers, o.admissions)
		if err != nil {
			return fmt.Errorf("admissions on %s, %d callers: %w", engine, callers, err)
		}
		if callers == 1 {
			alone = rates
		}
		for i, r := range rates {
			fmt.Fprintf(out, "| %s, callers: %d | %.0f | %.2f | %.2f |\n",
				ways[i].name, callers, r, r/rates[0], r/alone[i])
		}
	}
	fmt.Fprintln(out)
	return nil
}

// way is one of the ways to add a user.
type way struct {
	name string
	add  func() error
}

// compare returns how many users a second each way adds. The ways take turns.
func compare(ways []way, callers, admissions int) ([]float64, error) {
	turns := min(maxTurns, admissions)
	each := max(admissions/turns, callers)
	took := make([]time.Duration, len(ways))
	for range turns {
		for i, w := range ways {
			d, err := timeTogether(callers, each, w.add)
			if err != nil {
				return nil, err
			}
			took[i] += d
		}
	}
	rates := make([]float64, len(ways))
	for i, d := range took {
		rates[i] = float64(turns*each) / d.Seconds()
	}
	return rates, nil
}

// timeTogether runs fn n times, by so many callers at once.
func timeTogether(callers, n int, fn func() error) (time.Duration, error) {
	var next atomic.Int64
	var group errgroup.Group
	start := time.Now()
	for range callers {
		group.Go(func() error {
			for next.Add(1) <= int64(n) {
				if err := fn(); err != nil {
					return err
				}
			}
			return nil
		})
	}
	err := group.Wait()
	return time.Since(start), err
}

// admission adds another person through the rules.
func (c *company) admission(ctx context.Context) error {
	i := c.another()
	p := invented(i)
	_, err := c.core.Users.Add(ctx, c.actor, users.NewUser{Username: p.Username, Name: p.Name, Welcome: true,
		Grants: []pactius.Grant{{Unit: c.units[i%len(c.units)], Access: pactius.AccessWrite}}})
	return err
}

// bareAdmission writes the rows that adding another person writes, without any rule.
func (c *company) bareAdmission(ctx context.Context, s *store.Store) error {
	i, now := c.another(), time.Now()
	p := invented(i)
	u := pactius.User{ID: pactius.UserID(id.New()), Name: p.Name, Username: p.Username,
		CreatedBy: pactius.ByAdd, CreatedAt: now}
	return s.Update(ctx, c.env.ID, func(tx *store.Tx) error {
		if err := tx.InsertUser(u, ""); err != nil {
			return err
		}
		grants := []pactius.Grant{{Unit: c.units[i%len(c.units)], Access: pactius.AccessWrite}}
		if err := tx.SetMemberships(u.ID, grants, now); err != nil {
			return err
		}
		added := pactius.Event{ID: pactius.EventID(id.New()), At: now, Kind: pactius.UserAdded, Actor: c.actor,
			User: u.ID}
		given := added
		given.ID, given.Kind = pactius.EventID(id.New()), pactius.UserUnitsAssigned
		if err := tx.InsertEvents(added, given); err != nil {
			return err
		}
		return tx.Enqueue(pactius.Mail{ID: pactius.MailID(id.New()), Kind: "welcome", CreatedAt: now,
			Data: []byte(`{"Name":"` + names.Initials(u.Name) + `"}`), To: u.Username, ToName: u.Name})
	})
}
