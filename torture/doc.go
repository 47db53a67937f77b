// Package torture holds PACTIUS to the promises of docs/operations.md. It builds
// the real program, runs it on both engines, and does to it what machines and
// networks do in bad years: it kills the process, lets two of them race for the
// same person, takes away the mail server, the database, Microsoft and the disk,
// each while people sign in, ask, add and approve. A driver writes down every
// change that was acknowledged (an answer with status 2xx or 3xx) and looks for it
// in the database afterwards; what comes out is the figures of each promise. All
// code is in test files.
//
//	go test ./torture                                          a shorter form, as part of make test
//	go test -v -timeout=3h ./torture -args -full               all of it (make torture)
//	go test -v -run TestPromisesAreKept/SQLite/kill ./torture  one promise on one engine
//
// Everything is bounded and stays on loopback and in a temporary folder. Without
// PostgreSQL's programs its part is skipped and says so; as root the disk is a
// small tmpfs, otherwise that part is skipped.
package torture
