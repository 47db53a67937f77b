// Package audit reads the activity log for actors: a local administrator sees the events of the units that they
// administer, and of the people in them. Rules record events with change.Tx.Record, in the transaction of the change.
// Events name people by ID; details that could identify a person are in Detail, which can be erased.
package audit
