// Package outbox delivers emails. change.Tx.Mail stores one in the transaction of the
// change that it reports, a Deliverer sends it to the mail server later: an email is
// sent if, and only if, the change was committed, and a crash only delays it.
//
//	waiting --sent--> sent
//	   |  ^--again, an administrator-- dead
//	   +--permanent refusal, or five days without success--^
//
// A worker claims emails for a lease, during which no other worker sends them; if it must
// stop, it hands them back. Environments take turns, see turns.
//
// A failure is about one email, which then waits alone, or about us: our sign-in, our
// address, our quota, the way to the mail server. Then the whole queue is put off, for all
// instances and without using up attempts, and one email probes now and then:
//
//	open --a failure about us, or one policy for three domains--> put off
//	  ^                                                             |
//	  +--------------a probe is accepted, or judged itself----------+
//
// Package jobs runs the Deliverer.
package outbox
