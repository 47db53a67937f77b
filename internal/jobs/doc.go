// Package jobs does the work that follows a change: it delivers mail, expires
// and reminds of requests, and sweeps away what is over. Everything it does can
// be done by several instances at once, and again after a crash. It decides
// nothing: what is due and what then happens are rules of admission and outbox.
//
// Package server starts a Runner and asks it whether its work has stalled.
package jobs
