// Package rest is the HTTP API for applications behind the door, at /api/v1/ of the host of an environment's pages.
//
//	GET /api/v1/units         the business units that the bearer of a token can reach
//	GET /api/v1/openapi.json  the description of the API (OpenAPI 3.1), the same for all environments, for everyone
//
// An application sends the token that came with the request it is answering (header Pactius-Token):
//
//	Authorization: Bearer TOKEN
//
// or the access token that OpenID Connect has given it (package clients). The token says who asks, through which
// application; see clients.Rules.Bearer. Each request reads afresh whether
// the user may still open the application, so that one who may not is refused immediately. After a sign-out a token is
// good for the rest of its minute, because it names no session. The answer does not depend on the application: any
// application that a user opens learns of all units that the user can reach. Cookies count for nothing here, so
// requests of other sites need no check.
//
// The units are those in use that the user has access to, inherited access included, and all units above them with the
// access "none", so that an application can show the way to each. Parents come before their children, children in
// natural order. Archived units are left out unless one in use lies below. The answer has an ETag that changes with
// the units, the user's access and whatever else the door tells applications of; If-None-Match is answered with 304
// without reading the units. It may be cached by the application, for that user, and must be asked for anew each time
// (Cache-Control: private, no-cache).
//
// Refusals are problems of RFC 9457, whose type is stable: urn:pactius:problem: and one of
//
//	401 token-missing, token-invalid, token-expired, access-ended   with WWW-Authenticate of RFC 6750
//	400 several-tokens, unknown-parameter
//	404 not-found, 405 method-not-allowed, 413 too-large, 421 unknown-host
//	503 unavailable                                                 with Retry-After where it is known
//	500 fault                                                       with a reference for Support
//
// They repeat nothing of the request. Clients should ignore members that they don't know: there may be more later.
package rest
