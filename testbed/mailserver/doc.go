// Package mailserver is the mail server of the demo and of all tests: a real
// SMTP server (RFC 5321) on loopback that keeps what it takes and behaves as it
// is told. A [Mood] says at which step of a conversation it does not do its work,
// and what it does instead: it refuses with a reply, hangs up, or falls silent.
//
// It delivers nothing. Package mailbox shows what it takes on a page.
package mailserver
