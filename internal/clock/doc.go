// Package clock tells whether this machine's clock can be believed. Work that deletes or ends much asks a Guard first:
// a clock that is a year ahead for a minute would otherwise expire every request and every session at once.
//
// The clock is compared with what the database knows of the time, and with the time for which the process has run.
//
// Package server makes the Guard, package jobs asks it.
package clock
