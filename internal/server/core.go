package server

import (
	"cmp"
	"context"
	"log/slog"
	"net/url"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/applications"
	"github.com/pactius/pactius/internal/audit"
	"github.com/pactius/pactius/internal/change"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/dbtool"
	"github.com/pactius/pactius/internal/directory"
	"github.com/pactius/pactius/internal/environments"
	"github.com/pactius/pactius/internal/incidents"
	"github.com/pactius/pactius/internal/leavers"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/profiles"
	"github.com/pactius/pactius/internal/seal"
	"github.com/pactius/pactius/internal/store"
	"github.com/pactius/pactius/internal/units"
	"github.com/pactius/pactius/internal/users"
)

// Core holds the rules over an open database, without a listener.
type Core struct {
	Users        *users.Rules
	Units        *units.Rules
	Environments *environments.Rules
	Directory    *directory.Rules
	Applications *applications.Rules
	Clients      *clients.Rules
	Incidents    *incidents.Rules
	Leavers      *leavers.Rules
	Profiles     *profiles.Rules
	Log          *audit.Log

	db    *change.DB
	store *store.Store
	box   *seal.Box // nil without PACTIUS_SECRET
	now   func() time.Time

	clockIsSet bool // by a test or a measurement

	microsoft *microsoft.Microsoft
	graph     *microsoft.Graph

	meters *meters
}

// Probe is what a measurement sets and sees of a core. The zero value changes nothing.
type Probe struct {
	Now       func() time.Time                                    // the clock of the rules and pages; nil is time.Now
	Statement func(ctx context.Context, query string, args []any) // called before each statement; nil is not called
}

// Open opens the database of a configuration, upgrades its schema and returns the rules
// over it. It can run beside a server.
func Open(ctx context.Context, cfg config.Config, logger *slog.Logger) (*Core, error) {
	return OpenMeasured(ctx, cfg, logger, Probe{})
}

// OpenReading is Open for work that changes nothing. It refuses a database of another schema, and neither upgrades nor
// makes one.
func OpenReading(ctx context.Context, cfg config.Config, logger *slog.Logger) (*Core, error) {
	return openCore(ctx, cfg, logger, Probe{}, true)
}

// OpenMeasured is Open for measurements.
func OpenMeasured(ctx context.Context, cfg config.Config, logger *slog.Logger, p Probe) (*Core, error) {
	return openCore(ctx, cfg, logger, p, false)
}

func openCore(ctx context.Context, cfg config.Config, logger *slog.Logger, p Probe, reading bool) (*Core, error) {
	set := p.Now != nil
	if !set {
		p.Now = time.Now
	}
	var box *seal.Box
	if secrets := cfg.SecretTexts(); len(secrets) > 0 {
		var err error
		if box, err = seal.New(secrets[0], secrets[1:]...); err != nil {
			return nil, err
		}
	}
	m := newMeters()
	s, err := store.Open(ctx, cfg.Database.Address(),
		store.Options{Logger: logger, Now: p.Now, Happened: m.happened, Statement: p.Statement, Reading: reading})
	if err != nil {
		return nil, err
	}
	c := newCore(s, box, cfg, outside{now: p.Now, logger: logger})
	c.meters, c.clockIsSet = m, set
	c.Leavers.Told = m.swept
	return c, nil
}

// At returns the rules over the same database on another clock: a sample company
// is given its past with it.
func (c *Core) At(cfg config.Config, now func() time.Time) *Core {
	return newCore(c.store, c.box, cfg, outside{now: now})
}

// outside holds the clock and the log of the rules.
type outside struct {
	now    func() time.Time
	logger *slog.Logger
}

// newCore returns the rules over a store.
func newCore(s *store.Store, box *seal.Box, cfg config.Config, o outside) *Core {
	now, db := o.now, &change.DB{Store: s, Now: o.now}
	ms := microsoft.New(microsoft.Options{Authority: origin(cfg.MicrosoftAuthority), Now: now, Logger: o.logger})
	graph := microsoft.NewGraph(ms, origin(cfg.MicrosoftGraph))
	c := &Core{
		Users:     users.New(db),
		Units:     units.New(db),
		Log:       audit.New(db),
		Incidents: incidents.New(db),
		Environments: environments.New(environments.Config{
			DB: db, Box: box, PublicURL: cfg.URL, CallbackHost: cfg.CallbackHost, SupportContact: cfg.SupportContact,
			Shared: pactius.Credentials{
				ClientID: cfg.MicrosoftClientID, ClientSecret: string(cfg.MicrosoftClientSecret),
				Certificate: []byte(cfg.MicrosoftCertificate),
			},
			Microsoft: graph, Directory: graph, ReadCertificate: microsoft.ParseCertificate,
		}),
		db: db, store: s, box: box, now: now, microsoft: ms, graph: graph,
	}
	c.Leavers = leavers.New(leavers.Config{
		DB: db, Directory: graph, Credentials: c.Environments.Credentials, Every: cfg.DirectorySweep,
		Logger: cmp.Or(o.logger, discard()),
	})
	c.Profiles = profiles.New(profiles.Config{
		DB: db, Directory: graph, Credentials: c.Environments.Credentials, Logger: cmp.Or(o.logger, discard()),
	})
	c.Directory = directory.New(directory.Config{
		DB: db, Graph: graph, Credentials: c.Environments.Credentials, Logger: o.logger,
	})
	c.Users.Directory = c.Directory
	c.Applications = applications.New(applications.Config{DB: db, Box: box, BaseURL: c.Environments.BaseURL,
		PublicHost: hostOf(cfg.URL), CallbackHost: cfg.CallbackHost})
	c.Environments.ResealKeys = c.Applications.ResealKeys
	c.Clients = clients.New(clients.Config{DB: db, Box: box, Applications: c.Applications,
		BaseURL: c.Environments.BaseURL, Logger: cmp.Or(o.logger, discard())})
	return c
}

// hostOf returns the host of an address without its port, as environments have it.
func hostOf(u *url.URL) string {
	if u == nil {
		return ""
	}
	return environments.CleanHost(u.Host)
}

// origin returns the text of an address; "" stands for the default.
func origin(u *url.URL) string {
	if u == nil {
		return ""
	}
	return u.String()
}

// Backup is dbtool.Backup of the database.
func (c *Core) Backup(ctx context.Context, file string) error {
	return dbtool.Backup(ctx, c.store, file)
}

// Close closes the database.
func (c *Core) Close() error { return c.store.Close() }

// discard returns a log for commands, which report errors on the terminal.
func discard() *slog.Logger { return slog.New(slog.DiscardHandler) }
