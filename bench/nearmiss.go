package main

import (
	"context"
	"fmt"
	"io"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/nearmiss"
	"github.com/pactius/pactius/internal/nearmiss/corpus"
	"github.com/pactius/pactius/internal/store"
)

// The questions about near misses: of each kind of mistake, and about strangers,
// in a world whose names no weight was chosen on.
const (
	nearPerKind   = 60
	nearStrangers = 1500
	nearSeed      = 2026
	nearTail      = 0.35 // of people have rare family names
)

// measureNearMisses invites people, asks about those who are not recognised as
// the request's page does, and prints how fast they were found and, not in a document, how well.
func measureNearMisses(ctx context.Context, out io.Writer, engine, database string, o options) error {
	invited := o.near
	s, err := store.Open(ctx, database, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	perKind := min(nearPerKind, invited/50)
	c := corpus.New(corpus.Options{World: corpus.HeldOut(), Seed: nearSeed, Invited: invited, PerKind: perKind,
		Strangers: min(nearStrangers, invited), Tail: nearTail})
	env := pactius.EnvironmentID(id.New())
	indices, filled, err := invite(ctx, s, env, c.Invited)
	if err != nil {
		return err
	}
	var took times
	report, err := corpus.Measure(c, func(asked nearmiss.Person) ([]int, error) {
		start := time.Now()
		found, err := nearMisses(ctx, s, env, asked)
		took = append(took, time.Since(start))
		matches := make([]int, len(found))
		for i, id := range found {
			matches[i] = indices[id]
		}
		return matches, err
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(out, "Near misses on %s, %d invited users, added at %.0f a second; "+
		"a question takes p50 %s ms, p95 %s ms, at most %s ms\n\n",
		engine, invited, float64(invited)/filled.Seconds(),
		milliseconds(took.at(.5)), milliseconds(took.at(.95)), milliseconds(took.at(1)))
	if o.document == "" {
		report.Print(out)
	}
	fmt.Fprintln(out)
	return nil
}

// invite adds all people, a thousand in a transaction.
func invite(ctx context.Context, s *store.Store, env pactius.EnvironmentID, people []nearmiss.Person) (
	map[pactius.UserID]int, time.Duration, error,
) {
	indices := make(map[pactius.UserID]int, len(people))
	now := time.Now()
	err := s.Update(ctx, env, func(tx *store.Tx) error {
		e := pactius.Environment{ID: env, Name: "Near", Host: string(env) + ".example", CreatedAt: now}
		return tx.InsertEnvironment(e)
	})
	if err != nil {
		return nil, 0, err
	}
	for from := 0; from < len(people); from += batch {
		err := s.Update(ctx, env, func(tx *store.Tx) error {
			for i, p := range people[from:min(from+batch, len(people))] {
				u := pactius.User{ID: pactius.UserID(id.New()), Username: p.Username, Name: p.Name, Email: p.Email,
					CreatedAt: now, CreatedBy: pactius.ByAdd}
				if err := tx.InsertUser(u, ""); err != nil {
					return fmt.Errorf("invite %s: %w", p.Username, err)
				}
				indices[u.ID] = from + i
			}
			return nil
		})
		if err != nil {
			return nil, 0, err
		}
	}
	return indices, time.Since(now), nil
}

// nearMisses asks as admission does.
func nearMisses(ctx context.Context, s *store.Store, env pactius.EnvironmentID, asked nearmiss.Person) (
	[]pactius.UserID, error,
) {
	var found []pactius.UserID
	err := s.View(ctx, env, func(tx *store.Tx) error {
		users, err := tx.SimilarInvited(nearmiss.Probes(asked))
		if err != nil || len(users) == 0 {
			return err
		}
		people := make([]nearmiss.Person, len(users))
		for i, u := range users {
			people[i] = nearmiss.OfUser(u)
		}
		common, err := tx.Commonness(nearmiss.Wanted(asked, people))
		for _, m := range nearmiss.Rank(asked, people, common) {
			found = append(found, users[m.Index].ID)
		}
		return err
	})
	return found, err
}
