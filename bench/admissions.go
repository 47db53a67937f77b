package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/names"
	"github.com/pactius/pactius/internal/store"
)

// admissions is how many users each measurement adds.
const admissions = 500

// measureAdmissions times adding users one by one, each durable when it
// returns, against the bare engine writing the same rows in one transaction each.
func measureAdmissions(ctx context.Context, out io.Writer, dir string, _, _ int) error {
	file := database(dir, "admissions.db")
	c, err := newCompany(ctx, file, 100)
	if err != nil {
		return err
	}
	defer c.core.Close()
	s, err := store.Open(ctx, "sqlite:"+file, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	var bare, rules times
	for i := range admissions { // in turn, so that both see the same machine
		start := time.Now()
		if err := c.bareAdmission(ctx, s, i); err != nil {
			return err
		}
		bare = append(bare, time.Since(start))
		start = time.Now()
		_, err := c.core.Admission.Add(ctx, c.actor, admission.NewUser{
			Username: fmt.Sprintf("new.%d@bench.example", i), Name: "New Person", Welcome: true,
			Grants: []pactius.Grant{{Unit: c.units[i%units], Access: pactius.Write}},
		})
		if err != nil {
			return err
		}
		rules = append(rules, time.Since(start))
	}
	fmt.Fprintf(out, "| admission, durable | median ms | per second, one after another | ratio to the bare engine |\n| --- | ---: | ---: | ---: |\n")
	fmt.Fprintf(out, "| the same rows through the bare engine | %s | %.0f | 1 |\n", milliseconds(bare.at(.5)), 1/bare.at(.5).Seconds())
	fmt.Fprintf(out, "| add, through the rules, with event and mail | %s | %.0f | %.2f |\n\n", milliseconds(rules.at(.5)), 1/rules.at(.5).Seconds(),
		bare.at(.5).Seconds()/rules.at(.5).Seconds())
	return nil
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
