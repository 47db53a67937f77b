// Package metrics counts what the server does and shows it in the text format
// of Prometheus (text exposition format 0.0.4), which every collector of metrics
// reads. It holds the registry and three kinds of metric, and knows nothing of
// the business; package server names the metrics.
//
//	registry := metrics.New()
//	requests := registry.Counter("http_requests_total", "Requests answered.", "route", "code")
//	requests.Add(1, "GET /users", "200")
//	registry.Collect(func(ctx context.Context, s *metrics.Sink) { s.Gauge("up", "Always 1.", 1) })
//	http.Handle("GET /metrics", registry.Handler())
//
// Values of labels must come from the program, never from a person or a request:
// every combination is a series that is kept for ever, here and at the collector.
// As the last line of defence a metric takes no more than maxSeries of them.
package metrics
