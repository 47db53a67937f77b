package edge

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"runtime/debug"
)

// AccessLog is an observer for Observe that writes one line per request: method,
// route pattern, status, bytes, duration and request ID. It never writes the
// path, the query, a header or the address, because they may name people.
func AccessLog(logger *slog.Logger) func(context.Context, Result) {
	return func(ctx context.Context, res Result) {
		logger.LogAttrs(ctx, slog.LevelInfo, "request", slog.String("method", res.Method),
			slog.String("route", res.Route), slog.Int("status", res.Status), slog.Int64("bytes", res.Bytes),
			slog.Duration("duration", res.Duration), slog.String("request", res.Request))
	}
}

// method returns the request's method, or "other" if it is not one of HTTP's: any other
// is text from outside.
func method(r *http.Request) string {
	switch r.Method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete,
		http.MethodOptions:
		return r.Method
	}
	return "other"
}

// Recover logs a panic with the stack and the request ID, and answers with the error
// page, which must not depend on the request's state. If the answer has begun, Recover
// closes the connection, so that half an answer does not look complete.
func Recover(logger *slog.Logger, page http.Handler) Middleware {
	return func(next http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			rec := record(w)
			before := rec.Header().Clone()
			defer func() {
				cause := recover()
				if cause == nil {
					return
				}
				if err, ok := cause.(error); ok && errors.Is(err, http.ErrAbortHandler) {
					panic(http.ErrAbortHandler) // net/http closes the connection
				}
				logger.ErrorContext(r.Context(), "panic",
					"cause", cause, "request", RequestID(r.Context()), "stack", string(debug.Stack()))
				if rec.status != 0 {
					panic(http.ErrAbortHandler)
				}
				restore(rec.Header(), before) // without the headers of the failed answer
				page.ServeHTTP(rec, r)
			}()
			next.ServeHTTP(rec, r)
		})
	}
}

// restore sets header to its earlier values.
func restore(header, before http.Header) {
	clear(header)
	for name, values := range before {
		header[name] = values
	}
}
