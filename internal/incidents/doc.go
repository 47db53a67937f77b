// Package incidents stores the pages with a reference that people were shown -
// failed sign-ins, faults, missing access - and finds them by the reference, for
// administrators of the environment and for Support.
//
// Incidents beyond the bounds are left out; the log holds all of them. One person,
// or one network address of people who are not authenticated, has so many a day;
// strangers, visitors and users have room of their own each. So the disk does not
// fill up, and no stranger or visitor displaces what a user was shown.
//
// The pages record and look up, the command line looks up; package jobs deletes
// old ones. See docs/decisions/0016-incidents.md.
package incidents
