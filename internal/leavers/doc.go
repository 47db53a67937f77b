// Package leavers compares the users of an environment with its Microsoft 365
// directory, so that leavers and returns are noticed automatically. Entra cannot end
// an application's own sessions; this package does.
//
// A sweep works in rounds, page by page (Microsoft Graph: "Get incremental changes
// for users"). Each page is one transaction that also stores the next page's cursor,
// so a crash or a change of instance continues there. The phases of a round:
//
//	           expired cursor: begin again with all accounts
//	          v-------------------------------------------+
//	clearing -> reading -> comparing -> emptying -> asking -> judging -> acting -> (rest)
//	(a whole round)    \   (a whole round)          ^
//	                    `---------------------------'
//
// A round without a cursor is whole: it reads all accounts and then looks for users
// whose account was not among them. A missing account, or one that a page calls deleted,
// is queried by its object ID. It counts as deleted if it is in the recycle bin; if it is
// nowhere, only when it is still nowhere some minutes later (secondLook), because Graph is
// eventually consistent.
//
// Findings wait until the round judges them. A mistake in Microsoft 365 must not lock
// a company out: when the leavers of a day exceed the environment's bound, no user
// changes until an administrator has decided; only returns continue. Package users
// changes the single user.
//
// Package jobs gives a crew its time; pages and the command line show findings and decide.
package leavers
