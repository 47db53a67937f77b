// Package mail holds every message PACTIUS sends, its text and its delivery to a
// mail server.
//
// A rule makes a [Message], and its change encodes it ([Encode]) and stores it in the
// same transaction. It is rendered ([Render]) only when it is
// delivered, in the recipient's language, as plain text and HTML with the same
// content: the need or the news first, one button, the facts in a small table.
// [SMTP] sends it to the mail server, many over one connection, and reports of every
// failure what it is about, whether a retry can help, and what to do: see rules.
//
// Messages contain names and sentences of strangers. Every text from a person is
// made a harmless single line (or quoted lines) of bounded length before it is
// used, so that it cannot add a header, imitate a part of the email or change the
// reading direction. No message contains a link that changes something, because
// mail scanners open every link: a link only opens a page.
//
// Times are written in full with their zone, because an email may be read much
// later.
//
// Rules make messages, package change stores them, package outbox renders and sends
// them, package server configures the mail server. This package decides neither
// recipients nor times.
package mail
