// Package microsoft signs people in with Microsoft Entra ID: OpenID Connect's
// authorization code flow with PKCE, against the one tenant an environment is
// connected to.
//
//	SignInURL ──▶ person at Microsoft ──▶ ParseCallback ──▶ Exchange ──▶ Claims
//	                                          │                │
//	                                          └──▶ *Failure ◀──┘
//
// It owns what is known about Microsoft: endpoints, signing keys, the meaning of
// claims and of refusals. It keeps no state about people: the caller stores an
// [Attempt] for each journey, lets it be used once, and hands it back.
//
// It refuses: multi-tenant authorities, issuers that differ by a single
// character, any signature but RS256, redirects, tokens of another tenant
// (personal accounts included) and tokens without tid and oid. It never links
// people by e-mail address and never shows what Microsoft wrote: whatever goes
// wrong becomes a [Failure] with a [Reason], words for the person and the error
// for the log. No error and no log line holds a secret, code or token.
//
// The web surface calls it to sign people in and out; the command line calls
// [Microsoft.Check] for "pactius doctor". Package devtenant is the other side of
// the wire, for the demo and the tests.
package microsoft
