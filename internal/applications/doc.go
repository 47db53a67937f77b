// Package applications has the rules of the applications behind the door: which
// there are, who may open them, how a sign-in is handed over to an application's
// host, and the keys that sign who a request is from.
//
// A hand-over, each step refused unless the one before was taken in the same browser:
//
//	application's host   start    a secret in a cookie of that host; its hash is the challenge
//	portal               Enter    a user who may open the application gets a one-time code
//	application's host   Finish   code and secret are exchanged for a session at the application
//
// The code is a sealed text that names the environment, the application, the origin, the
// portal's session and the challenge; its use is noted with the used states of sign-ins, so it
// works once. A session at an application ends with the portal's session.
//
// Look answers who a session is, for the door. What takes access away or changes a claim is
// numbered by package store in the same transaction, so that instances can keep answers.
package applications
