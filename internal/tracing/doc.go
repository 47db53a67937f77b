// Package tracing sends traces by OTLP over HTTP (OpenTelemetry protocol 1.x) to
// a collector: one span for each request with its route and status, and spans
// below it for transactions, calls to Microsoft and mails. Names and attributes
// follow OpenTelemetry's semantic conventions for HTTP; they name no person and
// hold no path, query or address.
//
// A nil *Tracer does nothing, which is what a deployment without a collector
// has. A collector that is away costs spans and a line in the log, nothing else.
//
// A traceparent that a client sends is not believed: anybody could send one. A
// trace begins here.
package tracing
