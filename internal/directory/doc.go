// Package directory looks people up in the customer's Microsoft 365 directory while an administrator adds a user: it
// finds people by what is typed, checks whether a typed account name exists, and adds to every account what PACTIUS
// knows of the person. It also looks up the account of a person whose sign-in is explained. It decides nothing: when
// the directory doesn't answer, users are still added, and every answer says why names are not checked.
//
//	page --Search, Verify, Photo--> cached? --yes--> answer
//	                                   | no
//	                                paused after a failure? --yes--> its trouble
//	                                   | no
//	                                same query under way? --yes--> share its answer
//	                                   | no
//	                                the caller's queue: one query at a time
//	                                   |
//	                                Graph, outside any transaction
//
// A page waits for [Patience] and then continues without the answer, which is cached when it arrives. While Microsoft
// throttles, no query is made.
//
// Package web calls it; package server provides the client of Microsoft Graph.
package directory
