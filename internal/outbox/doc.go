// Package outbox is the way of a mail: Put stores it in the transaction of the
// change it tells of, a Deliverer takes it to the mail server later. A mail leaves
// if, and only if, the change happened; a crash only delays it.
//
//	waiting --sent--> sent
//	   |  ^--again, an administrator-- dead
//	   +--permanent refusal, or five days without success--^
//
// A worker claims a mail for a lease and is the only one to send it in that time;
// when it is told to stop it hands the mail back. Rules call Put, package jobs
// delivers.
package outbox
