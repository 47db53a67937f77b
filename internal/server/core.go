package server

import (
	"cmp"
	"context"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/admission"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/directory"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/incidents"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/people"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/tracing"
	"github.com/pactius/pactius/internal/units"
)

// Core is the rules over an open database, without a listener.
type Core struct {
	Admission    *admission.Rules
	People       *people.Rules
	Units        *units.Rules
	Environments *environments.Rules
	Directory    *directory.Rules
	Incidents    *incidents.Rules
	Leavers      *leavers.Rules
	Log          *audit.Log

	store *store.Store
	box   *seal.Box // nil without PACTIUS_SECRET
	now   func() time.Time

	microsoft *microsoft.Microsoft
	graph     *microsoft.Graph

	meters *meters
	tracer *tracing.Tracer // nil makes no traces
}

// Open opens the database of a configuration, brings its schema up to date and
// makes the rules over it. It works beside a running server.
func Open(ctx context.Context, cfg config.Config, logger *slog.Logger) (*Core, error) {
	return open(ctx, cfg, logger, nil)
}

func open(ctx context.Context, cfg config.Config, logger *slog.Logger, tracer *tracing.Tracer) (*Core, error) {
	var box *seal.Box
	if secrets := cfg.SecretTexts(); len(secrets) > 0 {
		var err error
		if box, err = seal.New(secrets[0], secrets[1:]...); err != nil {
			return nil, err
		}
	}
	m := newMeters()
	s, err := store.Open(ctx, cfg.Database.Address(), store.Options{Logger: logger, Now: time.Now, Happened: m.happened, Trace: tracer.Step})
	if err != nil {
		return nil, err
	}
	c := newCore(s, box, cfg, outside{now: time.Now, logger: logger, client: &http.Client{Transport: tracer.Transport(http.DefaultTransport)}})
	c.meters, c.tracer = m, tracer
	c.Leavers.Told = m.swept
	return c, nil
}

// At returns the rules over the same database on another clock: a sample company
// is given its past with it.
func (c *Core) At(cfg config.Config, now func() time.Time) *Core {
	return newCore(c.store, c.box, cfg, outside{now: now})
}

// outside is what the rules are given of the world.
type outside struct {
	now    func() time.Time
	logger *slog.Logger
	client *http.Client // nil is a usual one
}

// newCore makes the rules over a store.
func newCore(s *store.Store, box *seal.Box, cfg config.Config, o outside) *Core {
	now := o.now
	ms := microsoft.New(microsoft.Options{Authority: origin(cfg.MicrosoftAuthority), Now: now, Logger: o.logger, HTTPClient: o.client})
	graph := microsoft.NewGraph(microsoft.GraphOptions{Base: origin(cfg.MicrosoftGraph), Microsoft: ms, Now: now, Logger: o.logger, HTTPClient: o.client})
	c := &Core{
		Admission: admission.New(s, now),
		People:    people.New(s, now),
		Units:     units.New(s, now),
		Log:       &audit.Log{Store: s, Now: now},
		Incidents: incidents.New(s, now),
		Environments: environments.New(environments.Config{
			Store: s, Now: now, Box: box, PublicURL: cfg.URL, SupportContact: cfg.SupportContact,
			Shared:    pactius.Credentials{ClientID: cfg.MicrosoftClientID, ClientSecret: string(cfg.MicrosoftClientSecret)},
			Microsoft: graph, ReadCertificate: microsoft.ParseCertificate,
		}),
		store: s, box: box, now: now, microsoft: ms, graph: graph,
	}
	c.Leavers = leavers.New(leavers.Config{Store: s, Directory: graph, Credentials: c.Environments.Credentials, Every: cfg.DirectorySweep, Now: now, Logger: cmp.Or(o.logger, discard())})
	c.Directory = directory.New(directory.Config{Store: s, Graph: graph, Credentials: c.Environments.Credentials, Now: now, Logger: o.logger})
	return c
}

// origin is the text of an address, "" for none: the default.
func origin(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.String()
}

// Backup writes a consistent copy of the database to a file that does not
// exist yet, while everything goes on.
func (c *Core) Backup(ctx context.Context, file string) error { return c.store.Backup(ctx, file) }

// Close closes the database.
func (c *Core) Close() error { return c.store.Close() }

// discard is the log of those who report otherwise.
func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
