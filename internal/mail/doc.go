// Package mail holds every message PACTIUS sends, how it is put into words and
// how it reaches a mail server.
//
// A rule makes a [Message], encodes it ([Encode]) and puts it into the outbox
// within the transaction of its change. It is rendered ([Render]) only when it
// is delivered, in the recipient's language, as a pair of plain text and HTML
// that say the same: what is needed first, one button, the facts in a small
// table. [SMTP] hands it to the mail server and says of every failure whether
// trying again can help.
//
// Messages carry names and sentences of strangers. Everything that comes from a
// person is made a harmless single line (or quoted lines) of bounded length
// before it is used, so nothing can add a header, imitate a part of the mail or
// turn the reading direction. No message carries a link that does something:
// mail scanners open every link, so a link only leads to a page.
//
// Times are written in full with their zone, because nobody knows when a mail
// is read.
//
// Rules make messages, package outbox stores, renders and sends them, package server
// chooses the mail server. It decides neither who gets a mail nor when.
package mail
