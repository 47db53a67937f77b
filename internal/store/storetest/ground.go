package storetest

import (
	"context"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/id"
	"github.com/pactius/pactius/internal/store"
)

// Tenant is the Microsoft 365 tenant that environments of Ground are connected to.
const Tenant = "8d3c1f6e-0b5a-4c7d-9e21-5f4a3b2c1d0e"

// Ground is an environment with its root unit, and a way to put rows into it
// without any rule.
type Ground struct {
	db   *DB
	Env  pactius.EnvironmentID
	Root pactius.UnitID
}

// Ground makes a connected environment in Copenhagen's time zone with a root
// unit called Nordhavn.
func (db *DB) Ground(t TB, host string) *Ground {
	t.Helper()
	g := &Ground{db: db, Env: pactius.EnvironmentID(id.New()), Root: pactius.UnitID(id.New())}
	g.Update(t, func(tx *store.Tx) error {
		e := pactius.Environment{ID: g.Env, Name: "Nordhavn", Host: host, CreatedAt: db.Clock.Now(),
			TimeZone:   "Europe/Copenhagen",
			Connection: pactius.Connection{TenantID: Tenant}}
		if err := tx.InsertEnvironment(e); err != nil {
			return err
		}
		return tx.InsertUnit(pactius.Unit{ID: g.Root, Name: "Nordhavn", CreatedAt: db.Clock.Now()})
	})
	return g
}

// Update changes the environment's rows; an error ends the test.
func (g *Ground) Update(t TB, fn func(*store.Tx) error) {
	t.Helper()
	if err := g.db.Update(context.Background(), g.Env, fn); err != nil {
		t.Fatalf("update: %v", err)
	}
}

// View reads the environment's rows; an error ends the test.
func (g *Ground) View(t TB, fn func(*store.Tx) error) {
	t.Helper()
	if err := g.db.View(context.Background(), g.Env, fn); err != nil {
		t.Fatalf("view: %v", err)
	}
}

// Unit puts a unit below another.
func (g *Ground) Unit(t TB, parent pactius.UnitID, name string) pactius.UnitID {
	t.Helper()
	u := pactius.Unit{ID: pactius.UnitID(id.New()), ParentID: parent, Name: name, CreatedAt: g.db.Clock.Now()}
	g.Update(t, func(tx *store.Tx) error { return tx.InsertUnit(u) })
	return u.ID
}

// User adds a user with an identity of their own who has signed in, with access to
// units.
func (g *Ground) User(t TB, username, name string, grants ...pactius.Grant) pactius.User {
	t.Helper()
	return g.add(t, pactius.User{Username: username, Name: name, LastSignInAt: g.db.Clock.Now(),
		Identity: pactius.Identity{TenantID: Tenant, ObjectID: id.New()}}, grants)
}

// Invite adds a user without an identity who never signed in.
func (g *Ground) Invite(t TB, username, name string, grants ...pactius.Grant) pactius.User {
	t.Helper()
	return g.add(t, pactius.User{Username: username, Name: name}, grants)
}

// add stores a new user.
func (g *Ground) add(t TB, u pactius.User, grants []pactius.Grant) pactius.User {
	t.Helper()
	u.ID, u.CreatedAt, u.CreatedBy = pactius.UserID(id.New()), g.db.Clock.Now(), pactius.ByAdd
	g.Update(t, func(tx *store.Tx) error {
		err := tx.InsertUser(u, "")
		if err == nil && !u.LastSignInAt.IsZero() {
			err = tx.UserSignedIn(u)
		}
		if err != nil {
			return err
		}
		return tx.SetMemberships(u.ID, grants, u.CreatedAt)
	})
	return g.Reload(t, u.ID)
}

// Reload reads a user as it is now.
func (g *Ground) Reload(t TB, user pactius.UserID) pactius.User {
	t.Helper()
	var u pactius.User
	g.View(t, func(tx *store.Tx) (err error) {
		u, err = tx.User(user)
		return err
	})
	return u
}

// Memberships reads a user's explicit access.
func (g *Ground) Memberships(t TB, user pactius.UserID) map[pactius.UnitID]pactius.Access {
	t.Helper()
	access := map[pactius.UnitID]pactius.Access{}
	g.View(t, func(tx *store.Tx) error {
		memberships, err := tx.Memberships(user)
		for _, m := range memberships {
			access[m.UnitID] = m.Access
		}
		return err
	})
	return access
}

// Actor is a user of the environment, acting.
func (g *Ground) Actor(u pactius.User) pactius.Actor {
	return pactius.UserActor(g.Env, u.ID, "192.0.2.1")
}

// Person is a person of the environment's tenant that Microsoft vouches for, with an
// identity of their own.
func Person(username, name string) pactius.Person {
	return pactius.Person{Identity: pactius.Identity{TenantID: Tenant, ObjectID: id.New()}, Username: username,
		Name: name}
}

// Dump is DB.Dump of this environment alone.
func (g *Ground) Dump(t TB) map[string][]string {
	t.Helper()
	dump := map[string][]string{}
	for _, table := range column(t, g.db.Raw, g.db.engine.tables) {
		switch table {
		case "schema_steps", "mail_queue": // of the deployment
		case "environments":
			dump[table] = rows(t, g.db.Raw, `SELECT * FROM environments WHERE id = $1`, g.Env)
		default:
			dump[table] = rows(t, g.db.Raw, `SELECT * FROM `+table+` WHERE environment_id = $1`, g.Env)
		}
	}
	return dump
}
