package server

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"time"

	"github.com/pactius/pactius"
	"github.com/pactius/pactius/internal/config"
	"github.com/pactius/pactius/internal/edge"
	"github.com/pactius/pactius/internal/jobs"
	"github.com/pactius/pactius/internal/mail"
	"github.com/pactius/pactius/internal/microsoft"
	"github.com/pactius/pactius/internal/outbox"
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
}

// New makes a server over a core. The configuration must be complete for
// serving, see config.ForServe.
func New(core *Core, cfg config.Config, logger *slog.Logger) (*Server, error) {
	s := &Server{Core: core, cfg: cfg, logger: logger,
		runner: &jobs.Runner{Store: core.store, Admission: core.Admission, Now: core.now, Logger: logger}}
	if cfg.SMTPURL != "" {
		transport, err := mail.NewSMTP(string(cfg.SMTPURL), mail.SMTPOptions{})
		if err != nil {
			return nil, err
		}
		s.runner.Mail = s.deliverer(transport)
	}
	ms := microsoft.New(microsoft.Options{Authority: cfg.MicrosoftAuthority.String(), Now: core.now, Logger: logger})
	var err error
	s.handler, err = s.newHandler(ms)
	return s, err
}

// deliverer takes mails to a mail server.
func (s *Server) deliverer(transport outbox.Transport) *outbox.Deliverer {
	return &outbox.Deliverer{
		Store: s.store, Transport: transport, From: s.cfg.MailFrom.String(), Now: s.now, Logger: s.logger,
		Head: func(e pactius.Environment) (string, string) {
			return s.Environments.BaseURL(e).String(), s.Environments.Contact(e)
		},
	}
}

// Run serves on a listener and does the background work until the context
// ends; then it finishes the requests under way.
func (s *Server) Run(ctx context.Context, listener net.Listener) error {
	work, stopWork := context.WithCancel(context.WithoutCancel(ctx))
	worked := make(chan struct{})
	go func() {
		defer close(worked)
		s.runner.Run(work)
	}()
	h := edge.NewServer(s.handler, s.logger)
	served := make(chan error, 1)
	go func() { served <- h.Serve(listener) }()
	var err error
	select {
	case err = <-served:
	case <-ctx.Done():
		s.logger.Info("stopping; requests under way are finished")
		drain, cancel := context.WithTimeout(context.WithoutCancel(ctx), drainTime)
		err = h.Shutdown(drain)
		cancel()
	}
	stopWork()
	<-worked
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Serve opens the database and serves until the context ends.
func Serve(ctx context.Context, cfg config.Config, logger *slog.Logger) error {
	core, err := Open(ctx, cfg, logger)
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
	listener, err := listen(ctx, cfg.Listen)
	if err != nil {
		return err
	}
	logger.Info("PACTIUS is ready", "listen", listener.Addr().String(), "url", cfg.URL.String())
	return s.Run(ctx, listener)
}

// listen opens the port, or says which one it could not have.
func listen(ctx context.Context, address string) (net.Listener, error) {
	l, err := new(net.ListenConfig).Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listen on %s: %w; stop what uses the port or choose another with --listen", address, err)
	}
	return l, nil
}

// Handler is what answers requests, for measurements and tests.
func (s *Server) Handler() http.Handler { return s.handler }
