// Package scripted is a browser for tests that need no screen: it keeps cookies,
// stops at redirects, reads pages and their forms as a browser does, and signs in
// with a tenant of package devtenant. It knows nothing of testing, so that the
// torture uses it too.
package scripted
