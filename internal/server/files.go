package server

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"os"
	"sync"
	"syscall"
	"time"
)

const (
	// fewFiles is the limit of open files below which the start warns: each connection of a client or of a proxy
	// takes one, and each of the database up to three. The usual limit of a shell is just enough.
	fewFiles = 1024

	// acceptPause is the time between two attempts to accept a connection while no file descriptor is free.
	acceptPause = 100 * time.Millisecond

	// quietFor is how long connections must have been accepted before an episode without free descriptors is over.
	// At the limit each one that is freed is taken immediately, and each time would be a line in the log.
	quietFor = 5 * time.Second
)

// outOfFiles reports whether an error means that this process, or the machine, has no free file descriptor.
func outOfFiles(err error) bool {
	return errors.Is(err, syscall.EMFILE) || errors.Is(err, syscall.ENFILE)
}

// noFilesLeft reports whether no file can be opened.
func noFilesLeft() bool {
	f, err := os.Open(os.DevNull)
	if err == nil {
		_ = f.Close() // was only read
	}
	return outOfFiles(err)
}

// tellFewFiles logs a limit of open files that is low. The Go runtime has already raised it as far as it may.
func tellFewFiles(ctx context.Context, logger *slog.Logger) {
	if limit, known := fileLimit(); known && limit < fewFiles {
		logger.WarnContext(ctx, "the limit of open files is low: connections wait when it is reached",
			"limit", limit, "recommended", fewFiles, "remedy", "raise it: LimitNOFILE of systemd, ulimit -n of a shell")
	}
}

// patientListener waits while no file descriptor is free, instead of returning an error, and logs each such episode
// once.
type patientListener struct {
	net.Listener
	logger *slog.Logger
	now    func() time.Time

	mu     sync.Mutex
	failed time.Time // the last failure of the present episode; zero without one
}

// Accept returns the next connection.
func (l *patientListener) Accept() (net.Conn, error) {
	for {
		c, err := l.Listener.Accept()
		if l.look(err) {
			time.Sleep(acceptPause)
			continue
		}
		return c, err
	}
}

// look takes notice of the outcome of an attempt, and reports whether to try again.
func (l *patientListener) look(err error) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	now := l.now()
	switch {
	case outOfFiles(err):
		if l.failed.IsZero() {
			limit, _ := fileLimit()
			l.logger.Error("no file descriptors are left: new connections wait, and other work fails",
				"limit", limit, "error", err, "remedy", "raise LimitNOFILE; look for a client or proxy that opens "+
					"connections without end")
		}
		l.failed = now
		return true
	case err == nil && !l.failed.IsZero() && now.Sub(l.failed) >= quietFor:
		l.failed = time.Time{}
		l.logger.Info("file descriptors are free again: connections are accepted")
	}
	return false
}

// patiently returns the listener as one that waits for free file descriptors.
func (s *Server) patiently(l net.Listener) net.Listener {
	return &patientListener{Listener: l, logger: s.logger, now: s.now}
}
