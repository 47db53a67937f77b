// Package server puts PACTIUS together: the only package that names every
// other. Open makes the rules over a database, which is all the commands need;
// Serve adds pages, mail and background work and runs until it is told to stop;
// Demo adds a Microsoft 365 tenant and a mailbox of its own and a sample company.
package server
