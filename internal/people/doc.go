// Package people holds the rules about users who are there already: lists and
// one user's page, master data, business units, deactivation, end date,
// sessions. How users come to be is package admission's.
//
// Who may: an administrator sees the users in the units they administer, and
// those without any, who wait to be assigned. They assign units of their own,
// and change the person - master data, deactivation, sessions - when all the
// person's units are theirs, or where they brought in somebody without any. The
// last administrator of the root can be neither removed nor deactivated nor
// demoted nor given an end date.
//
// Surfaces and the command line call it; package web asks it on every request
// whose session a token is.
package people
