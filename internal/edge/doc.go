// Package edge holds the middleware that every request passes before a surface handles
// it. It knows HTTP and nothing of the business. Package server puts the middleware in
// order, outermost first:
//
//	edge.Chain(mux,
//		edge.Identify(trustedProxies),   // request ID, client address
//		edge.Observe(now, observers...), // AccessLog and metrics
//		edge.SecurityHeaders(...),       // also on error pages
//		edge.Recover(logger, errorPage), // a panic ends one request
//		edge.Timeout(edge.RequestTimeout),
//		crossOrigin,                     // edge.CrossOrigin: no foreign form posts
//		edge.LimitBody(...),             // 413
//		edge.Compress(),                 // gzip
//		edge.Route,                      // notes the route for Observe
//	)
//
// Package edge trusts nothing that a client sends, except the X-Forwarded headers of
// proxies named in the configuration. It always makes the request ID itself.
package edge
