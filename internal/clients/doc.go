// Package clients has the rules of applications that speak OpenID Connect: what a client
// may ask for, the code that it gets, the tokens it exchanges that for, and what it is told
// when a sign-in ends. Each environment is an issuer of its own; a client is an application
// (package applications), whose ID is the client ID. The administrator who registers it
// consents for everyone.
//
//	authorization endpoint   Asked, Authorize    a one-time code for the browser to carry
//	token endpoint           Exchange, Refresh   ID token, access token, refresh token
//	userinfo, the API        Look, Bearer        who an access token stands for, now
//	revocation               Revoke
//	end of a session         Leaving             where a sign-out leads back to
//	in the background        Review, Deliverer   ends sessions at clients, and tells these
//
// # Tokens
//
// A code is a sealed text that lives for a minute; its use is noted with the used states of
// sign-ins, in the transaction that issues the tokens. ID and access tokens are JSON Web
// Tokens of the environment's keys and live for five minutes. A refresh token is a sealed text
// that names a grant and a generation. Showing the current generation makes the next one
// current; the one before repeats the answer for a few seconds, because answers get lost; any
// other ends the grant, because two have the token.
//
// A grant lives no longer than the session of the portal that it came from: every refresh, and
// every look at an access token, reads whether that session and the person's access still stand.
//
// # Sessions at clients
//
// A client session names a session of the portal at one client: the claim sid. Nothing that
// ends a session has to remember it. Package store notes which ones a change may concern, in
// the same transaction, and Review compares them with what is there. A client session that has
// ended stays until a Deliverer has told the client, at its sign-out address, or has given up:
//
//	alive --a comparison--> ended --told, or a day without success--> deleted
//
// A worker claims one for a lease; the count of attempts stops a worker that comes back too late.
package clients
