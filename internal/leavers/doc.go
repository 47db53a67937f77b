// Package leavers compares the users of an environment with its Microsoft 365
// directory, so that whoever leaves the company, or comes back, is noticed
// without anybody's doing. Entra cannot end an application's own sessions; this does.
//
// A sweep goes in rounds, page by page (Microsoft Graph: "Get incremental changes
// for users"), each page in one transaction with the place to go on from, so that
// a crash or another instance goes on there. The phases of a round:
//
//	           expired cursor: all over again, all accounts
//	          v-------------------------------------------+
//	clearing -> reading -> comparing -> emptying -> asking -> judging -> acting -> (rest)
//	(a whole round)    \   (a whole round)          ^
//	                    `---------------------------'
//
// A round that begins without a cursor is whole: it reads all accounts, and then
// looks for users whose account was not among them. What only looks missing is
// asked for by its object ID before it is believed.
//
// What is found waits as findings until the round judges them. A mistake in
// Microsoft 365 must not lock a company out: beyond the environment's bound, within
// a day, nobody is touched until a human has decided; only returns go on. What
// happens to a single user is a rule of package users.
//
// Package jobs has it sweep what is due; pages and the command line show what was
// found, and decide.
package leavers
