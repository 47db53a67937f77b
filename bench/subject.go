package main

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/bench/invent"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/database"
	"github.com/pactius/pactius/internal/server"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/users"
)

func quiet() *slog.Logger { return slog.New(slog.DiscardHandler) }

// settings are those of a server on a database.
func settings(database string) (config.Config, error) {
	return config.Load(config.Sources{Environ: []string{
		"PACTIUS_URL=http://" + host + ":1", "PACTIUS_DATABASE=" + database,
		"PACTIUS_SECRET=a secret that is long enough for a measurement",
		"PACTIUS_SUPPORT_CONTACT=support@bench.example", "PACTIUS_MICROSOFT_AUTHORITY=http://127.0.0.1:1",
		"PACTIUS_TRUSTED_PROXIES=127.0.0.1",
	}})
}

// subject is the real server over an invented company, without background work.
type subject struct {
	invent.Company
	core       *server.Core
	handler    http.Handler
	host       string
	plain      *store.Store // the same database beside the server
	statements atomic.Int64 // of the server so far
}

// openSubject opens a server whose clock goes on where the invented past ended.
func openSubject(ctx context.Context, address string, c invent.Company) (*subject, error) {
	cfg, err := settings(address)
	if err != nil {
		return nil, err
	}
	s := &subject{Company: c, host: cfg.URL.Host}
	began := time.Now()
	s.core, err = server.OpenMeasured(ctx, cfg, quiet(), server.Probe{
		Now:       func() time.Time { return c.Now.Add(time.Since(began)) },
		Statement: func(context.Context, string, []any) { s.statements.Add(1) },
	})
	if err != nil {
		return nil, err
	}
	web, err := server.New(s.core, cfg, quiet())
	if err != nil {
		return nil, err
	}
	s.handler = web.Handler()
	s.plain, err = store.Open(ctx, address, store.Options{})
	return s, err
}

func (s *subject) close() error {
	err := s.core.Close()
	if s.plain != nil {
		if e := s.plain.Close(); err == nil {
			err = e
		}
	}
	return err
}

// visitor is one who looks at pages.
type visitor struct {
	name  string
	token string // "": signed out
	actor pactius.Actor
}

// signIn opens a session of someone.
func (s *subject) signIn(ctx context.Context, name string, who invent.Someone) (visitor, error) {
	in, err := s.core.Users.SignIn(ctx, s.Environment, who.Person, users.Visit{Agent: "bench"})
	if err == nil && in.Session.IsVisitor() {
		err = fmt.Errorf("%s was not recognised", who.Username)
	}
	return visitor{name: name, token: in.Token, actor: pactius.UserActor(s.Environment, in.Session.UserID, "")}, err
}

// visitors are the actors of all tables, in order.
func (s *subject) visitors(ctx context.Context) ([]visitor, error) {
	var all []visitor
	for _, w := range []struct {
		name string
		who  invent.Someone
	}{{roleRoot, s.Root}, {roleLocal, s.Local}, {roleLeaf, s.Leaf}} {
		v, err := s.signIn(ctx, w.name, w.who)
		if err != nil {
			return nil, err
		}
		all = append(all, v)
	}
	return all, nil
}

// The roles that pages are looked at in.
const (
	roleRoot  = "administrator of the whole company"
	roleLocal = "local administrator of a tenth of the business units"
	roleLeaf  = "local administrator of one business unit"
)

const readOneUser = `SELECT name FROM users WHERE environment_id = $1 AND id = $2`

// read is the baseline of all pages: one row by its key, through package database/sql.
func (s *subject) read(ctx context.Context) error {
	_, err := database.One(ctx, s.plain.Reader(), database.Value[string], readOneUser, s.Environment, s.Middle.ID)
	return err
}

// version is the engine's version.
func (s *subject) version(ctx context.Context, engine string) (string, error) {
	ask := `SELECT sqlite_version()`
	if engine == onPostgres {
		ask = `SHOW server_version`
	}
	return database.One(ctx, s.plain.Reader(), database.Value[string], ask)
}

// deep is the cursor of a page far down the list of users, "" where the list is short.
func (s *subject) deep(ctx context.Context, v visitor) (string, error) {
	const pages = 5
	f, deepest := pactius.UserFilter{Limit: pactius.MaxPageSize}, ""
	for range pages {
		l, err := s.core.Users.Users(ctx, v.actor, f)
		if err != nil {
			return "", err
		}
		if l.Next == "" {
			break
		}
		deepest, f.After = l.Next, l.Next
	}
	return deepest, nil
}
