// Package devtenant is a Microsoft 365 tenant in this process: a sign-in page
// with a choice of people, OpenID Connect as Entra's v2.0 endpoints speak it,
// and the users of Graph. The demo signs in with it and the tests are run
// against it; it asks for no password and must never guard anything.
//
//	GET  /                                             the people and what each is good for
//	GET  /people.json                                  the same for programs
//	GET  /{tid}/v2.0/.well-known/openid-configuration  discovery
//	GET  /{tid}/discovery/v2.0/keys                    signing keys
//	GET  /{tid}/oauth2/v2.0/authorize                  the sign-in page, or straight back (single sign-on)
//	POST /{tid}/oauth2/v2.0/authorize                  a person was chosen, or Cancel
//	POST /{tid}/oauth2/v2.0/token                      authorization_code and client_credentials
//	GET  /{tid}/oauth2/v2.0/logout                     end of the session
//	GET  /v1.0/users, /v1.0/users/{id}                 Graph
//
// Where Entra is strict it is strict too: redirect URIs match exactly (sign-out
// addresses have to be registered as well), codes work once and for ten minutes,
// PKCE with S256 is required. It differs where that serves the reader: Entra shows some
// refusals (not assigned, disabled) on its own page and lets the person find
// the way back; here the browser is sent back with the error at once.
//
// Its pages are a stand-in for somebody else's and speak English only.
//
// Package server starts one for the demo; tests start as many as they need.
package devtenant
