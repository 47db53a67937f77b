package edge

import (
	"log/slog"
	"net/http"
	"time"
)

// The limits of every connection.
const (
	// HeaderTimeout limits the reading of a request's header, so that a slow client does
	// not occupy a connection.
	HeaderTimeout = 10 * time.Second

	// ReadTimeout limits the reading of a whole request: MaxBody at 35 kB/s.
	ReadTimeout = 30 * time.Second

	// RequestTimeout limits the work of a handler; see Timeout.
	RequestTimeout = 30 * time.Second

	// WriteTimeout limits reading, working and answering together. It is longer than
	// RequestTimeout, so that a handler can still answer after a timeout.
	WriteTimeout = 75 * time.Second

	// IdleTimeout is how long a connection waits for its next request. It is longer than
	// the 60 seconds of common proxies, which otherwise would use a connection that is
	// about to close.
	IdleTimeout = 120 * time.Second

	// MaxHeader limits a request's header in bytes; net/http adds 4 KiB and answers 431.
	// Our cookies and Microsoft's callback need less than 8 KiB.
	MaxHeader = 32 << 10
)

// NewServer returns a server for h with all limits set. The messages of net/http (broken
// TLS, malformed requests) are logged at level debug, because every client can cause
// them.
func NewServer(h http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: HeaderTimeout,
		ReadTimeout:       ReadTimeout,
		WriteTimeout:      WriteTimeout,
		IdleTimeout:       IdleTimeout,
		MaxHeaderBytes:    MaxHeader,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),

		DisableGeneralOptionsHandler: true, // "OPTIONS *" passes h like all others
	}
}
