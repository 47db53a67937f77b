// Package server assembles PACTIUS; it is the only package that imports every other.
// Open returns the rules over a database, which is all that the commands need. Serve
// adds pages, emails and background work and runs until it is told to stop; New and Run
// are its parts, for the demo and for tests. Doctor examines everything that a
// deployment depends on.
//
// Beside the pages a server answers
//
//	GET /livez    the process accepts requests
//	GET /readyz   the database answers and has the schema; the text mentions late email
//	GET /metrics  on its own port
//
// and tells systemd when it is ready, alive and stopping. It holds no rules. The command
// line calls it.
package server
