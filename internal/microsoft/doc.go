// Package microsoft is everything that PACTIUS knows of Microsoft 365: signing in,
// the directory, the connection between the two, and what Microsoft's error
// numbers mean.
//
// [Microsoft] signs people in with Microsoft Entra ID: OpenID Connect's
// authorization code flow with PKCE, against the one tenant an environment is
// connected to.
//
//	SignInURL ──▶ person at Microsoft ──▶ ParseCallback ──▶ Exchange ──▶ Claims
//	                                          │                │
//	                                          └──▶ *Failure ◀──┘
//
// It owns endpoints, signing keys, the meaning of claims and of refusals. It keeps
// no state about people: the caller stores an [Attempt] for each journey, lets it
// be used once, and hands it back.
//
// It refuses: multi-tenant authorities, issuers that differ by a single
// character, any signature but RS256, redirects, tokens of another tenant
// (personal accounts included) and tokens without tid and oid. It never links
// people by e-mail address and never shows what Microsoft wrote: whatever goes
// wrong becomes a [Failure] with a [Reason], words for the person and the error
// for the log. No error and no log line holds a secret, code or token.
//
// [Graph] reads the directory (Microsoft Graph v1.0) in the name of the app
// registration: Search and Account for whoever adds people, Changes for the sweep
// that notices leavers, Photo; and Test, which tries a connection before it is
// stored.
//
//	secret or certificate ──▶ app token ──▶ question ──▶ accounts
//	                             │             │
//	                             └─▶ *pactius.DirectoryError ◀─┘
//
// It refuses redirects, answers that are too large, of another form or about
// somebody else, and links that lead to another host; it asks nothing of a tenant
// that told us to wait. It stores nothing it is told.
//
// [Numbers] is the one table of Microsoft's error numbers: the sign-in takes its
// reasons from it, and [LookUp] finds them in whatever somebody pasted.
//
// The web surface signs people in and out with it; the rules of environments and
// the directory declare what they need of [Graph]. Package testbed/devtenant is the other
// side of the wire, for the demo and the tests.
package microsoft
