// Package change is the unit of work: one change or one read of an environment.
// A Tx holds the transaction, the actor, the environment, one moment and the
// actor's rights, which are read once and extended when further business units
// are needed. Record writes an event and Mail stores an email with the change:
// if either cannot be stored, nothing happened.
//
//	db.Change(ctx, actor, role, func(tx *change.Tx) error { ... })  one transaction that writes
//	db.Read(ctx, actor, role, func(tx *change.Tx) error { ... })    one snapshot
//	db.Page(ctx, host, func(ctx, env) error { ... })                one snapshot for all Reads of a page
//
// The role is the least that the actor must be; further rules are the caller's.
// The functions may run again after a conflict (see store.Store.Update), so they
// change nothing but the database and variables that they set anew each time.
// Questions to Microsoft are asked outside, because a transaction must be short.
//
// Rules call it; surfaces call the rules.
package change
