package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"os"
	"sync"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/jobs"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/outbox"
	"github.com/pactius/pactius/internal/tracing"
)

// drainTime is how long requests under way may take to finish when the server
// stops: as long as a request may work, and no longer than supervisors wait.
const drainTime = 25 * time.Second

// Server is PACTIUS, ready to listen.
type Server struct {
	*Core
	cfg     config.Config
	logger  *slog.Logger
	handler http.Handler
	runner  *jobs.Runner
	health  *health
	service *supervisor // nil where systemd does not ask
}

// New makes a server over a core. The configuration must be complete for
// serving, see config.ForServe.
func New(core *Core, cfg config.Config, logger *slog.Logger) (*Server, error) {
	s := &Server{Core: core, cfg: cfg, logger: logger, health: &health{},
		runner: &jobs.Runner{Store: core.store, Admission: core.Admission, Environments: core.Environments, Leavers: core.Leavers, Now: core.now, Logger: logger}}
	if cfg.SMTPURL != "" {
		transport, err := mail.NewSMTP(string(cfg.SMTPURL), mail.SMTPOptions{})
		if err != nil {
			return nil, err
		}
		s.runner.Mail = s.deliverer(transport)
	}
	s.collect()
	var err error
	s.handler, err = s.newHandler()
	return s, err
}

// deliverer takes mails to a mail server.
func (s *Server) deliverer(transport outbox.Transport) *outbox.Deliverer {
	return &outbox.Deliverer{
		Store: s.store, Transport: tracedTransport{transport, s.tracer}, From: s.cfg.MailFrom.String(), Now: s.now, Logger: s.logger,
		Head: func(e pactius.Environment) (string, string) {
			return s.Environments.BaseURL(e).String(), s.Environments.Contact(e)
		},
		Told: s.meters.delivered,
	}
}

// tracedTransport makes a span for each mail.
type tracedTransport struct {
	next   outbox.Transport
	tracer *tracing.Tracer
}

// Send sends a mail.
func (t tracedTransport) Send(ctx context.Context, e mail.Envelope) error {
	ctx, end := t.tracer.Call(ctx, "smtp.send")
	err := t.next.Send(ctx, e)
	end(err)
	return err
}

// Run serves on a listener and does the background work until the context
// ends; then it stops in order, see stop.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	var background sync.WaitGroup
	background.Go(func() { s.runner.Run(work) })
	h := edge.NewServer(s.handler, s.logger)
	served := make(chan error, 1)
	go func() { served <- h.Serve(listener) }()
	s.service.tell(work, stateReady) // connections are taken since listening began
	background.Go(func() { s.service.watch(work, s.selfCheck) })
	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
		err = s.stop(work, h, served)
	}
	stopWork()
	background.Wait()
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// stop ends a server in order: readiness goes, requests are still taken for the
// configured delay, so that load balancers notice; then the listener closes and the
// requests under way are finished. The background work goes on meanwhile.
func (s *Server) stop(ctx context.Context, h *http.Server, served <-chan error) error {
	s.health.stopping.Store(true)
	s.service.tell(ctx, stateStopping)
	s.logger.InfoContext(ctx, "stopping: not ready any more", "listener_closes_in", s.cfg.ShutdownDelay, "drain_at_most", drainTime)
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
	tracer, err := startTracing(ctx, cfg, version, logger)
	if err != nil {
		return err
	}
	defer endTracing(tracer, logger)
	core, err := open(ctx, cfg, logger, tracer)
	if err != nil {
		return err
	}
	defer func() {
		if err := core.Close(); err != nil {
			logger.Error("closing the database failed", "error", err)
		}
	}()
	for _, w := range cfg.Warnings() {
		logger.Warn(w)
	}
	s, err := New(core, cfg, logger)
	if err != nil {
		return err
	}
	s.service = newSupervisor(os.Getenv, logger)
	closeMetrics, err := s.serveMetrics(ctx)
	if err != nil {
		return err
	}
	defer closeMetrics()
	listener, err := listen(ctx, cfg.Listen)
	if err != nil {
		return err
	}
	logger.Info("PACTIUS is ready", "listen", listener.Addr().String(), "url", cfg.URL.String())
	err = s.Run(ctx, listener)
	logger.Info("PACTIUS has stopped")
	return err
}

// serveMetrics serves GET /metrics on a port of its own, where one is
// configured, until the function it returns is called: to the very end, so that
// stopping can be watched.
func (s *Server) serveMetrics(ctx context.Context) (func(), error) {
	if s.cfg.MetricsListen == "" {
		return func() {}, nil
	}
	listener, err := listen(ctx, s.cfg.MetricsListen)
	if err != nil {
		return nil, err
	}
	mux := http.NewServeMux()
	mux.Handle("GET /metrics", s.meters.registry.Handler(s.logger))
	h := edge.NewServer(mux, s.logger)
	go func() { _ = h.Serve(listener) }() // ends with Close
	s.logger.InfoContext(ctx, "metrics are served", "listen", listener.Addr().String(), "path", "/metrics")
	return func() { _ = h.Close() }, nil
}

// startTracing makes what sends traces, where a collector is named: by our own
// setting or by OpenTelemetry's variables.
func startTracing(ctx context.Context, cfg config.Config, version string, logger *slog.Logger) (*tracing.Tracer, error) {
	o := tracing.Options{Version: version, Logger: logger}
	switch {
	case cfg.OTLPEndpoint != nil:
		o.Endpoint = cfg.OTLPEndpoint.String()
	case os.Getenv("OTEL_EXPORTER_OTLP_ENDPOINT") == "" && os.Getenv("OTEL_EXPORTER_OTLP_TRACES_ENDPOINT") == "":
		return nil, nil
	}
	return tracing.New(ctx, o)
}

// traceTime bounds the sending of the last traces.
const traceTime = 3 * time.Second

func endTracing(t *tracing.Tracer, logger *slog.Logger) {
	ctx, cancel := context.WithTimeout(context.Background(), traceTime)
	defer cancel()
	if err := t.Close(ctx); err != nil {
		logger.Warn("the last traces were not sent", "error", err)
	}
}

// listen opens the port, or says which one it could not have.
func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; stop what uses the port or choose another with --listen", address, err)
	}
	return l, nil
}

// Wrap puts a handler in front of all others. It must be called before Run.
func (s *Server) Wrap(front edge.Middleware) { s.handler = front(s.handler) }

// Handler is what answers requests, for measurements and tests.
func (s *Server) Handler() http.Handler { return s.handler }
