// Package audit reads the activity log. Its lines are events, which changes write
// with change.Tx.Record. Events name people by ID; personal data is in Detail, which
// can be erased.
//
// A local administrator sees the events of the administered units and of the users in
// them. Surfaces and package users call it.
package audit
