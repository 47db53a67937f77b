// Package gateway is the door of applications. A proxy in front of an application asks
// it for every request whether it may pass, and whose it is:
//
//	/verify                  200 with the person's identity, 401, 403 or 503, and nothing else
//	/verify/PATH             the same for proxies that append the path of the request
//
// On the application's host the proxy routes everything below /.pactius/ to it, which
// hands a sign-in at the portal over to that host:
//
//	/.pactius/start?to=PATH  keeps a secret in a cookie and leads to the portal's /enter
//	/.pactius/finish?code=   exchanges code and secret for the session at the application
//	/.pactius/sign-out       asks; its form ends the session everywhere
//	/.pactius/refused        says why, for proxies that cannot pass on the body of a refusal
//
// On the portal's host /.well-known/jwks.json has the keys that verify the signed identity.
//
// There, too, [OpenID] answers what programs that speak OpenID Connect ask: what the issuer
// offers, the exchange of codes and refresh tokens, userinfo and revocation. The pages of it
// are in package web, the rules in package clients.
//
// An application is named by ?application=ID, or by X-Forwarded-Proto and X-Forwarded-Host
// of a trusted proxy. A proxy that names it wrongly, twice or not at all is refused.
//
// # What an instance keeps
//
// Answers are kept in a [book] until a change: what took access away or altered a claim is
// numbered in the database. The changes of this instance count immediately; those of others
// are read every quarter of a second. An answer is believed for a second after a look that
// could have ended it. Then each request reads the database, and without a database it is
// refused. So a revocation takes effect within a second on every instance, whatever fails.
//
// Package gateway never logs a path, a cookie or a header of a person.
package gateway
