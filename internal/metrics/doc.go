// Package metrics adds to Prometheus's client library what a server needs and the
// library does not have. It knows nothing of the business: package server defines
// the metrics, with the library's own types.
//
//	registry := metrics.New()
//	requests := metrics.Counter(registry, "http_requests_total", "Requests answered.", "route", "code")
//	requests.With("GET /users", "200").Inc()
//	http.Handle("GET /metrics", metrics.Handler(registry, logger))
//
// New returns a registry that has the metrics of the Go runtime and the process;
// the library's global registry is never used. A Vec limits the series of a
// metric. A Collector reads its numbers at every scrape. Handler limits the time
// of a scrape and logs what was left out.
//
// The values of labels must come from the program, never from a person or a
// request: every combination is a series that is kept for ever, here and in
// Prometheus. The limit of a Vec is the last line of defence.
package metrics
