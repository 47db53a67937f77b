// Package doorcheck asks the address of an application from outside, as a stranger
// would, and says what the reverse proxy before it leaves open.
//
// A stranger has no session, so nothing but refusals may come back: the way to the
// sign-in for a person, 401 for a script, and the two addresses below /.pactius/ that
// the proxy routes to PACTIUS. Each probe is one request that tries one known way
// around such a proxy: forged headers, unusual spellings of a path, other methods and
// protocols. Only GET, HEAD and OPTIONS are sent, so that nothing changes behind a
// door that turns out to be open.
//
//	closed   refused, as it should be
//	good     answered, as it should be
//	open     the application answered a stranger
//	wrong    refused or redirected, but not as the door does: people can't sign in, or the application redirected
//	unasked  no answer; the detail has the cause
//
// Of an application that uses OpenID Connect it reads what the application reads, the
// discovery document and the keys, and tries the addresses that were registered: where
// sign-ins lead back to gets a connection and no request, the sign-out address one POST
// with a logout token that is none.
//
// One thing cannot be seen from outside: whether the proxy deletes the identity
// headers that a signed-in person sends.
//
// The command line calls it. It knows addresses only, no rules and no database.
package doorcheck
