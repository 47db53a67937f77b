package server

import (
	"context"
	"log/slog"
	"net"
	"os"
	"strconv"
	"time"
)

// supervisor sends the state of the service to systemd, as sd_notify(3) describes: one
// datagram with lines of NAME=VALUE to a socket named by systemd. A nil supervisor does
// nothing.
type supervisor struct {
	socket   string
	watchdog time.Duration // systemd restarts a service that is silent for this long; 0 is off
	logger   *slog.Logger
}

// The states of sd_notify(3).
const (
	stateReady    = "READY=1"
	stateStopping = "STOPPING=1"
	stateAlive    = "WATCHDOG=1"
)

// newSupervisor reads systemd's variables of the environment. It returns nil if there are
// none.
func newSupervisor(getenv func(string) string, logger *slog.Logger) *supervisor {
	socket := getenv("NOTIFY_SOCKET")
	if socket == "" {
		return nil
	}
	s := &supervisor{socket: socket, logger: logger}
	pid := getenv("WATCHDOG_PID") // another process, if that one has started this one
	forUs := pid == "" || pid == strconv.Itoa(os.Getpid())
	if us, err := strconv.ParseInt(getenv("WATCHDOG_USEC"), 10, 64); err == nil && us > 0 && forUs {
		s.watchdog = time.Duration(us) * time.Microsecond
	}
	return s
}

// tell sends a state. If that fails, tell logs the error and the service goes on.
func (s *supervisor) tell(ctx context.Context, state string) {
	if s == nil {
		return
	}
	c, err := new(net.Dialer).DialContext(ctx, "unixgram", s.socket) // a leading @ is Linux's abstract namespace
	if err == nil {
		_, err = c.Write([]byte(state))
		_ = c.Close() // the datagram has gone
	}
	if err != nil {
		s.logger.WarnContext(ctx, "systemd was not told", "state", state, "error", err)
	}
}

// watch sends twice in each period that the service works, as long as check returns no
// error, until the context ends. check must limit its own time.
func (s *supervisor) watch(ctx context.Context, check func(context.Context) error) {
	if s == nil || s.watchdog == 0 {
		return
	}
	every := time.NewTicker(s.watchdog / 2)
	defer every.Stop()
	for {
		if err := check(ctx); err == nil {
			s.tell(ctx, stateAlive)
		} else if ctx.Err() == nil {
			s.logger.ErrorContext(ctx,
				"the watchdog is not told that all is well; systemd will restart the service", "error", err)
		}
		select {
		case <-ctx.Done():
			return
		case <-every.C:
		}
	}
}
