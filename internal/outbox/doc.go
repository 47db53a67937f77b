// Package outbox is the way of a mail: Put stores it in the transaction of the
// change it tells of, Deliver takes it to the mail server later. A mail leaves
// if, and only if, the change happened; a crash only delays it.
//
//	waiting --sent--> sent
//	   |  ^--again, an administrator-- dead
//	   +--permanent refusal, or too many attempts--^
package outbox
