// Package edge is what every request passes before a surface sees it and what
// every answer passes on its way out. It knows HTTP and nothing of the business.
// Package server puts the pieces in order, outermost first:
//
//	edge.Chain(mux,
//		edge.Identify(trustedProxies),   // request ID, client address
//		edge.Observe(now, observers...), // AccessLog and metrics
//		edge.SecurityHeaders(...),       // also on error pages
//		edge.Recover(logger, errorPage), // a panic ends one request
//		edge.Timeout(edge.RequestTimeout),
//		crossOrigin,                     // edge.CrossOrigin: no foreign form posts
//		edge.LimitRate(...),             // 429, where the server asks for it
//		edge.LimitBody(...),             // 413
//		edge.Compress(),                 // gzip
//		edge.Route,                      // tells the log which route it was
//	)
//
// Nothing that a client sends is believed here except what proxies named in
// the configuration add to X-Forwarded-For. The request ID always is ours.
package edge
