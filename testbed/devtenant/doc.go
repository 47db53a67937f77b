// Package devtenant is a Microsoft 365 tenant in this process: a sign-in page
// with a choice of people, OpenID Connect as Entra's v2.0 endpoints speak it, the
// consent of administrators, and the users of Graph. The demo signs in with it and
// the tests are run against it; it asks for no password and must never guard
// anything.
//
//	GET  /                                             the people and what each is good for
//	GET  /people.json                                  the same for programs
//	     /{tid}/admin, /{tid}/admin/people/{id}        the stand-in for the Entra admin centre
//	GET  /{tid}/v2.0/.well-known/openid-configuration  discovery; of a domain in place of the ID as well
//	GET  /{tid}/discovery/v2.0/keys                    signing keys
//	GET  /{tid}/oauth2/v2.0/authorize                  the sign-in page, or straight back (single sign-on)
//	POST /{tid}/oauth2/v2.0/authorize                  a person was chosen, Cancel, or an error to come back with
//	POST /{tid}/oauth2/v2.0/token                      authorization_code and client_credentials
//	GET  /{tid}/oauth2/v2.0/logout                     end of the session
//	     /{tid}/v2.0/adminconsent                      consent of an administrator; organizations and common as well
//	GET  /v1.0/users, /v1.0/users/$count               Graph: $search, $filter, $orderby, $count, $top, $select
//	GET  /v1.0/users/{id}, /v1.0/users('{id}')         one person, by object ID or account name
//	GET  /v1.0/users/{id}/photos/48x48/$value          a photo, if they have one
//	GET  /v1.0/users/delta                             what has changed
//	POST /v1.0/$batch                                  up to 20 of these calls in one
//	GET  /v1.0/directory/deletedItems/microsoft.graph.user, and below it /{id}   the recycle bin
//
// Where Microsoft is strict it is strict too: redirect URIs match exactly (sign-out
// addresses have to be registered as well), codes work once and for ten minutes,
// PKCE with S256 is required, secrets and certificates end, $search wants
// ConsistencyLevel: eventual, an application gets to see what it has permission
// for. It differs where that serves the reader: Entra shows some refusals (not
// assigned, disabled) on its own page and lets the person find the way back; here
// the browser is sent back with the error immediately. A replayed client assertion is
// refused, which Entra leaves open. Graph looks at the permissions that the token
// was issued with, so a withdrawal shows with the next token, or after EndTokens.
//
// Tests and the demo control:
//
//	people        Put, Rename, Disable, Enable, Delete, Restore, Remove, Populate
//	applications  PutApp, Grant, EndTokens
//	Graph         SetTrouble (throttled, slow, down, garbled), SetIndexDelay, ExpireDeltaTokens
//	calls         Calls, AtOnce, ForgetCalls
//
// Its pages are a stand-in for someone else's and speak English only.
//
// The demo starts one; tests start as many as they need.
package devtenant
