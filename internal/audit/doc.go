// Package audit is the only writer of events, the lines of the activity log.
// An event is written in the transaction of the change it tells of: if it
// cannot be written, the change does not happen. Events name people by ID; what
// could identify a person goes into Detail, which can be erased.
//
// Log reads events for those who may: a local administrator sees those of the
// units, and of the people in them. Rules and outbox record; surfaces read.
package audit
