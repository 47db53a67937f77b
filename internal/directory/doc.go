// Package directory puts the customer's Microsoft 365 directory at the service
// of those who add users: it finds people by what is typed, tells whether a
// typed account name exists, and puts beside every account what PACTIUS knows of
// the person. It decides nothing: with the directory away, adding goes on, and
// every answer carries the words why names are not checked.
//
//	a page --Search, Verify, Photo--> remembered for a moment? --yes--> answer
//	                                       | no
//	                                  asked already, by anybody? --yes--> share that answer
//	                                       | no
//	                                  the person's turn: one question at a time
//	                                       |
//	                                  Graph, outside any transaction
//
// A page waits for [Patience] and then goes on without; the answer that comes
// later is remembered all the same. While Microsoft asks to wait, nobody is asked.
//
// Package web calls it; the client of Microsoft Graph is given by package server.
package directory
