package edge

import (
	"log/slog"
	"net/http"
	"time"
)

// The limits of every connection.
const (
	// HeaderTimeout bounds the reading of a request's header: a slow client must
	// not hold a connection for nothing.
	HeaderTimeout = 10 * time.Second

	// ReadTimeout bounds the reading of a whole request: MaxBody at 35 kB/s.
	ReadTimeout = 30 * time.Second

	// RequestTimeout bounds a handler's work; see Timeout.
	RequestTimeout = 30 * time.Second

	// WriteTimeout bounds reading, working and answering together. It is longer
	// than RequestTimeout, so that a handler which runs out of time can say so.
	WriteTimeout = 75 * time.Second

	// IdleTimeout is how long a connection waits for its next request: longer
	// than the 60 seconds that common proxies keep theirs, else they use one that
	// we are about to close.
	IdleTimeout = 120 * time.Second

	// MaxHeader bounds a request's header in bytes; net/http adds 4 KiB and answers
	// 431. Our cookies and Microsoft's callback stay below 8 KiB.
	MaxHeader = 32 << 10
)

// NewServer returns a server for h with all limits set. What net/http has to say
// (broken TLS, malformed requests) goes to the log as debug: it is noise that
// anybody can cause.
func NewServer(h http.Handler, logger *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           h,
		ReadHeaderTimeout: HeaderTimeout,
		ReadTimeout:       ReadTimeout,
		WriteTimeout:      WriteTimeout,
		IdleTimeout:       IdleTimeout,
		MaxHeaderBytes:    MaxHeader,
		ErrorLog:          slog.NewLogLogger(logger.Handler(), slog.LevelDebug),
	}
}
