package main

import (
	"context"
	"fmt"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/server"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/users"
)

const (
	tenant   = "5b1c7f5e-6a0d-4a5c-9d3e-2f8b1a7c4e90"
	clientID = "c0de1a5e-77aa-4b0b-8f3d-91e2d6a4b3c2"
	admin    = "ada.lund@bench.example"
	batch    = 1000
)

// company is an environment with many users.
type company struct {
	core  *server.Core
	cfg   config.Config
	env   pactius.Environment
	actor pactius.Actor
	units []pactius.UnitID
	used  atomic.Int64 // invented people who are users
}

// another returns the number of an invented person who is no user yet.
func (c *company) another() int { return int(c.used.Add(1)) - 1 }

// newCompany makes a database with so many users.
func newCompany(ctx context.Context, database string, users, units int) (*company, error) {
	cfg, err := settings(database)
	if err != nil {
		return nil, err
	}
	c := &company{cfg: cfg}
	if c.core, err = server.Open(ctx, c.cfg, quiet()); err != nil {
		return nil, err
	}
	ten, cli := tenant, clientID
	if c.env, err = c.core.Environments.Add(ctx, pactius.SupportActor(""), environments.NewEnvironment{Name: "Bench",
		Administrator: admin, Update: pactius.EnvironmentUpdate{TenantID: &ten, ClientID: &cli}}); err != nil {
		return nil, err
	}
	if err := c.signIn(ctx); err != nil {
		return nil, err
	}
	if err := c.addUnits(ctx, units); err != nil {
		return nil, err
	}
	return c, c.fill(ctx, database, users)
}

// signIn opens the administrator's session.
func (c *company) signIn(ctx context.Context) error {
	in, err := c.core.Users.SignIn(ctx, c.env.ID, pactius.Person{
		Identity: pactius.Identity{TenantID: tenant, ObjectID: id.New()}, Username: admin, Name: "Ada Lund",
	}, users.Visit{Agent: "bench"})
	c.actor = pactius.UserActor(c.env.ID, in.Session.UserID, "")
	return err
}

func (c *company) addUnits(ctx context.Context, units int) error {
	o, err := c.core.Units.Tree(ctx, c.actor)
	if err != nil {
		return err
	}
	for i := range units {
		parent := o.Tree.Root().ID
		if i >= 10 {
			parent = c.units[i%10]
		}
		u, err := c.core.Units.Add(ctx, c.actor, parent, fmt.Sprintf("Unit %d", i))
		if err != nil {
			return err
		}
		c.units = append(c.units, u.ID)
	}
	return nil
}

// fill adds users through the store, a thousand in a transaction: a generator,
// not a measurement.
func (c *company) fill(ctx context.Context, database string, users int) error {
	s, err := store.Open(ctx, database, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	for done := 0; done < users; {
		err := s.Update(ctx, c.env.ID, func(tx *store.Tx) error {
			for range min(batch, users-done) {
				if err := c.addUser(tx); err != nil {
					return err
				}
				done++
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

func (c *company) addUser(tx *store.Tx) error {
	i := c.another()
	p := invented(i)
	u := pactius.User{ID: pactius.UserID(id.New()), Name: p.Name, Username: p.Username,
		CreatedBy: pactius.ByAdd, CreatedAt: time.Now()}
	if err := tx.InsertUser(u, ""); err != nil {
		return err
	}
	grants := []pactius.Grant{{Unit: c.units[i%len(c.units)], Access: pactius.AccessWrite}}
	return tx.SetMemberships(u.ID, grants, u.CreatedAt)
}
