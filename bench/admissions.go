package main

import (
	"context"
	"fmt"
	"io"
	"sync/atomic"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// turns is how often the two sides of a measurement take turns, so that both
// see the same machine.
const turns = 4

// measureAdmissions times adding users, each durable when it returns, against
// the same rows written through the store without any rule, one change each, by
// one and by several administrators at once.
func measureAdmissions(ctx context.Context, out io.Writer, engine, database string, o options) error {
	c, err := newCompany(ctx, database, o.users)
	if err != nil {
		return err
	}
	defer c.core.Close()
	s, err := store.Open(ctx, database, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	bare := func() error { return c.bareAdmission(ctx, s) }
	rules := func() error { return c.admission(ctx) }
	fmt.Fprintf(out, "| admissions on %s, durable, %d users | bare rows, per second | through the rules, per second | "+
		"ratio | rules, to one caller |\n| --- | ---: | ---: | ---: | ---: |\n", engine, o.users)
	alone := 0.0
	for _, callers := range []int{1, 8, 32} {
		each := max(o.admissions/turns, callers)
		var took [2]time.Duration
		for range turns {
			for side, fn := range []func() error{bare, rules} {
				d, err := timeTogether(callers, each, fn)
				if err != nil {
					return fmt.Errorf("admissions on %s, %d callers: %w", engine, callers, err)
				}
				took[side] += d
			}
		}
		b, r := float64(turns*each)/took[0].Seconds(), float64(turns*each)/took[1].Seconds()
		if callers == 1 {
			alone = r
		}
		fmt.Fprintf(out, "| callers: %d | %.0f | %.0f | %.2f | %.2f |\n", callers, b, r, r/b, r/alone)
	}
	fmt.Fprintln(out)
	return nil
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
	_, err := c.core.Admission.Add(ctx, c.actor, admission.NewUser{
		Username: p.Username, Name: p.Name, Welcome: true,
		Grants: []pactius.Grant{{Unit: c.units[i%units], Access: pactius.Write}},
	})
	return err
}

// bareAdmission writes the rows that adding another person writes, without any rule.
func (c *company) bareAdmission(ctx context.Context, s *store.Store) error {
	i, now := c.another(), time.Now()
	p := invented(i)
	u := pactius.User{ID: pactius.UserID(id.New()), Name: p.Name, Username: p.Username,
		CreatedBy: pactius.ByAdd, CreatedAt: now}
	return s.Update(ctx, c.env.ID, func(tx *store.Tx) error {
		if err := tx.InsertUser(ctx, u, ""); err != nil {
			return err
		}
		grants := []pactius.Grant{{Unit: c.units[i%units], Access: pactius.Write}}
		if err := tx.SetMemberships(ctx, u.ID, grants, now); err != nil {
			return err
		}
		for _, kind := range []pactius.EventKind{pactius.UserAdded, pactius.UserUnitsAssigned} {
			e := pactius.Event{ID: pactius.EventID(id.New()), At: now, Kind: kind, Actor: c.actor, User: u.ID}
			if err := tx.InsertEvent(ctx, e); err != nil {
				return err
			}
		}
		return tx.Enqueue(ctx, pactius.Mail{ID: pactius.MailID(id.New()), Kind: "welcome", CreatedAt: now,
			Data: []byte(`{"Name":"` + names.Initials(u.Name) + `"}`), To: u.Username, ToName: u.Name})
	})
}
