// Package metrics counts what the server does and shows it to Prometheus, and to
// every other collector of metrics that reads its formats. It stands on
// Prometheus's own client library, which nothing else imports, with a registry of
// its own and never the library's global one. It knows nothing of the business;
// package server names the metrics.
//
//	registry := metrics.New()
//	requests := registry.Counter("http_requests_total", "Requests answered.", "route", "code")
//	requests.Add(1, "GET /users", "200")
//	registry.Collect(func(s *metrics.Sink) { s.Gauge("up", "Always 1.", 1) })
//	http.Handle("GET /metrics", registry.Handler(logger))
//
// What it adds to the library is an end: values of labels must come from the
// program, never from a person or a request, because every combination is a series
// that is kept for ever, here and at the collector. As the last line of defence a
// metric takes no more than maxSeries of them.
package metrics
