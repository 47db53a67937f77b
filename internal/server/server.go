package server

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/clients"
	"github.com/pactius/pactius/internal/clock"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/gateway"
	"github.com/pactius/pactius/internal/jobs"
	"github.com/pactius/pactius/internal/metrics"
	"github.com/pactius/pactius/internal/outbound"
	"github.com/pactius/pactius/internal/outbox"
	"github.com/pactius/pactius/internal/web"
)

// drainTime is how long open requests may take to finish when the server stops: as long as
// a request may take, and less than supervisors wait.
const drainTime = 25 * time.Second

// Server is PACTIUS with everything but a listener.
type Server struct {
	*Core
	cfg       config.Config
	logger    *slog.Logger
	handler   http.Handler
	site      *web.Site // behind handler
	gate      *gateway.Gateway
	runner    *jobs.Runner
	transport io.Closer // the mail server; nil without one
	health    *health
	service   *supervisor // nil without systemd
}

// New returns a server over a core. The configuration must have the settings of
// config.ForServe.
func New(core *Core, cfg config.Config, logger *slog.Logger) (*Server, error) {
	s := &Server{Core: core, cfg: cfg, logger: logger, health: &health{}}
	if !core.clockIsSet {
		core.db.Clock = clock.New(core.now(), time.Time{}, nil)
	}
	s.runner = &jobs.Runner{
		Store: core.store, Users: core.Users, Environments: core.Environments, Leavers: core.Leavers,
		Applications: core.Applications,
		Clock:        core.db.Clock, Now: core.now, Logger: logger,
	}
	s.runner.WarnOfShared = warnOfExpiry(cfg, logger)
	s.runner.Retention = s.retention()
	s.runner.Healed = s.meters.healed
	s.runner.Clients = clients.NewDeliverer(core.Clients, &outbound.Caller{Allowed: cfg.AllowedNetworks})
	s.runner.Clients.Told = s.meters.told
	core.store.WatchDoor(func([]pactius.DoorChange) { s.runner.Clients.Wake() })
	if cfg.DirectorySweep != 0 { // else the directory is asked on command only
		s.runner.Profiles = core.Profiles
	}
	if cfg.SMTPURL != "" {
		transport, err := newTransport(cfg, 0)
		if err != nil {
			return nil, err
		}
		s.transport = transport
		s.runner.Mail = s.deliverer(transport)
	}
	s.collect()
	var err error
	s.handler, err = s.newHandler()
	return s, err
}

// deliverer returns the delivery of emails to a mail server.
func (s *Server) deliverer(transport outbox.Transport) *outbox.Deliverer {
	return &outbox.Deliverer{
		DB: s.db, Transport: transport, From: s.cfg.MailFrom.String(), Logger: s.logger,
		Head: func(e pactius.Environment) (string, string) {
			return s.Environments.BaseURL(e).String(), s.Environments.Contact(e)
		},
		Told: s.meters.delivered, Workers: s.cfg.MailConnections, PerMinute: s.cfg.MailRate,
	}
}

// Run serves on a listener and does the background work until the context ends; then it
// calls stop. The database is not in use any more when it returns.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	s.learnTime(ctx)
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	var background sync.WaitGroup
	background.Go(func() { s.runner.Run(work) })
	background.Go(func() { s.gate.Run(work) })
	h := edge.NewServer(s.handler, s.logger)
	h.RegisterOnShutdown(s.gate.Leave)
	served := make(chan error, 1)
	go func() { served <- h.Serve(s.patiently(listener)) }()
	s.service.tell(work, stateReady) // the kernel accepts connections already
	background.Go(func() { s.service.watch(work, s.selfCheck) })
	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
		err = s.stop(work, h, served)
	}
	stopWork()
	background.Wait()
	s.site.Wait()
	if s.transport != nil {
		_ = s.transport.Close() // says goodbye; the emails are accepted
	}
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// stop stops a server in order. First /readyz answers 503, and for the configured delay
// the server still accepts requests, so that load balancers notice. Then it closes the
// listener and finishes the open requests. The background work goes on meanwhile.
func (s *Server) stop(ctx context.Context, h *http.Server, served <-chan error) error {
	s.health.stopping.Store(true)
	s.service.tell(ctx, stateStopping)
	s.logger.InfoContext(ctx, "stopping: not ready any more",
		"listener_closes_in", s.cfg.ShutdownDelay, "drain_at_most", drainTime)
	select {
	case err := <-served:
		return err
	case <-time.After(s.cfg.ShutdownDelay):
	}
	drain, cancel := context.WithTimeout(ctx, drainTime)
	defer cancel()
	err := h.Shutdown(drain)
	if errors.Is(err, context.DeadlineExceeded) {
		s.logger.WarnContext(ctx, "some requests did not finish in time and are cut", "after", drainTime)
		return h.Close()
	}
	return err
}

// Serve opens the database and serves until the context ends.
func Serve(ctx context.Context, cfg config.Config, logger *slog.Logger) error {
	version, revision := thisVersion()
	logger.InfoContext(ctx, "PACTIUS starts", "version", version, "revision", revision, "settings", cfg.Effective())
	core, err := Open(ctx, cfg, logger)
	if err != nil {
		return err
	}
	defer func() {
		if err := core.Close(); err != nil {
			logger.Error("closing the database failed", "error", err)
		}
	}()
	if err := core.callbackHostFree(ctx); err != nil {
		return err
	}
	for _, w := range cfg.Warnings() {
		logger.Warn(w)
	}
	s, err := New(core, cfg, logger)
	if err != nil {
		return err
	}
	if err := checkArchive(cfg); err != nil {
		return err
	}
	tellFewFiles(ctx, logger)
	if err := s.tellEnvironments(ctx); err != nil {
		return err
	}
	s.service = newSupervisor(os.Getenv, logger)
	closeMetrics, err := s.serveMetrics(ctx)
	if err != nil {
		return err
	}
	defer closeMetrics()
	listener, err := listen(ctx, "--listen", cfg.Listen)
	if err != nil {
		return err
	}
	logger.Info("PACTIUS is ready", "listen", listener.Addr().String(), "url", cfg.URL.String())
	err = s.Run(ctx, listener)
	logger.Info("PACTIUS has stopped")
	return err
}

// serveMetrics serves GET /metrics on its own port, if one is configured, until
// the returned function is called: at the very end, so that Prometheus sees the
// server stop. An error after the start is logged; the server goes on without.
func (s *Server) serveMetrics(ctx context.Context) (func(), error) {
	if s.cfg.MetricsListen == "" {
		return func() {}, nil
	}
	listener, err := listen(ctx, "--metrics-listen", s.cfg.MetricsListen)
	if err != nil {
		return nil, err
	}
	s.logger.InfoContext(ctx, "metrics are served", "listen", listener.Addr().String(), "path", "/metrics")
	return s.runMetrics(listener), nil
}

// runMetrics serves GET /metrics until the returned function is called.
func (s *Server) runMetrics(listener net.Listener) func() {
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", metrics.Handler(s.meters.registry, s.logger))
	h := edge.NewServer(mux, s.logger)
	go func() {
		if err := h.Serve(s.patiently(listener)); !errors.Is(err, http.ErrServerClosed) {
			s.logger.Error("metrics are no longer served; restart to have them again", "error", err)
		}
	}()
	return func() { _ = h.Close() }
}

// listen opens a port; the error names the flag that chooses another one.
func listen(ctx context.Context, flag, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; stop what uses the port or choose another with %s",
			address, err, flag)
	}
	return l, nil
}

// Wrap puts a handler in front of all others. It must be called before Run.
func (s *Server) Wrap(front edge.Middleware) { s.handler = front(s.handler) }

// RunDoor does the door's part of the background work until the context ends, for measurements.
func (s *Server) RunDoor(ctx context.Context) { s.gate.Run(ctx) }

// Handler is what answers requests, for measurements and tests.
func (s *Server) Handler() http.Handler { return s.handler }
