// Package server puts PACTIUS together: the only package that names every
// other. Open makes the rules over a database, which is all the commands need;
// Serve adds pages, mail and background work and runs until it is told to stop.
// Doctor looks at everything outside that a deployment depends on. Check, Copy and
// Restore work on a whole database.
//
// Beside the pages a server answers
//
//	GET /livez    the process takes requests
//	GET /readyz   send requests here: database and schema are there; late mail is told
//	GET /metrics  on a port of its own
//
// and tells systemd when it is ready, alive and stopping. It holds no rule: what
// may happen is decided below it. The command line calls it.
package server
