// Package outbox delivers emails. change.Tx.Mail stores one in the transaction of the
// change that it reports, a Deliverer sends it to the mail server later: an email is
// sent if, and only if, the change was committed, and a crash only delays it.
//
//	waiting --sent--> sent
//	   |  ^--again, an administrator-- dead
//	   +--permanent refusal, or five days without success--^
//
// A worker claims an email for a lease, during which no other worker sends it; if
// it must stop, it hands the email back. Package jobs runs the Deliverer.
package outbox
