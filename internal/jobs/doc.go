// Package jobs does the work that follows a change: it delivers mail, expires
// and reminds of requests, compares users with their directories, warns of secrets
// that end, and sweeps away what is over. Everything it does can
// be done by several instances at once, and again after a crash. It decides
// nothing: what is due and what then happens are rules of other packages.
//
// Package server starts a Runner and asks it whether its work has stalled.
package jobs
