// Package profiles keeps what Microsoft 365 says of people beside their account: title, department, manager and photo,
// for the pages on which people are decided about. It changes no access, and no page waits for it.
//
// A profile exists as long as a user or a pending request has its identity; package store begins and deletes it with
// them. The directory is asked about those that are due, people who wait for access first, and again after about a
// week. Package leavers tells changes of title and department in between.
//
//	due --claim--> asked (two calls for up to 20 people) --> stored, due after a week
//	                  |
//	                trouble --> handed back; the environment pauses
//
// Several instances can do it: a claimed profile is due again after a while, and asking twice is harmless.
//
// Package jobs gives a crew its time; package users reads profiles for pages.
package profiles
