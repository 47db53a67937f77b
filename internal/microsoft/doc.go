// Package microsoft holds everything that PACTIUS knows of Microsoft 365: sign-in, the directory, the connection to
// both, and the meaning of Microsoft's error numbers.
//
// [Microsoft] signs people in with Microsoft Entra ID: OpenID Connect's authorization code flow with PKCE, against the
// one tenant of an environment.
//
//	SignInURL ──▶ person at Microsoft ──▶ ParseCallback ──▶ Exchange ──▶ Claims
//	                                          │                │
//	                                          └──▶ *Failure ◀──┘
//
// It discovers endpoints, caches signing keys, verifies ID tokens and explains refusals. It keeps no state about
// people: the caller stores an [Attempt] for each sign-in, allows its use once, and passes it to Exchange.
//
// It refuses multi-tenant authorities, issuers that differ by a single character, any signature but RS256, redirects,
// tokens of another tenant (personal accounts included) and tokens without tid and oid. It never links people by
// e-mail address and never shows Microsoft's own text: every error is a [Failure] with a [Reason], words for the
// person and an error for the log. No error and no log line holds a secret, code or token.
//
// [Graph] reads the directory (Microsoft Graph v1.0) with the application permissions of the app registration: Search,
// Account and Photo when users are added, Changes for the sweep that notices leavers, Profiles and Photos for what is
// shown of people, and Test, which tests a connection before it is stored.
//
//	secret or certificate ──▶ app token ──▶ call ──▶ accounts
//	                             │            │
//	                             └─▶ *pactius.DirectoryError ◀─┘
//
// It refuses redirects, answers that are too large, malformed or about another account, and links to another host. It
// makes no call to a tenant that asked to wait. It stores no answer.
//
// [Numbers] lists Microsoft's error numbers: sign-in takes its reasons from this table, and [LookUp] finds a number in
// pasted text.
//
// Package web signs people in and out with it; the rules of environments and the directory declare the part of [Graph]
// they need. Package devtenant is a Microsoft tenant for the demo and the tests.
package microsoft
