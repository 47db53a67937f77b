// Package outbox delivers emails. A change stores an email in its own transaction
// (change.Tx.Mail), and a Deliverer sends it to the mail server later. An email is
// sent if, and only if, the change was committed; a crash only delays it.
//
//	waiting --sent--> sent
//	   |  ^--again, an administrator-- dead
//	   +--permanent refusal, or five days without success--^
//
// A worker claims an email for a lease, during which no other worker sends it; if
// it must stop, it hands the email back. Package jobs calls it.
package outbox
