// Package incidents stores the pages with a reference that people were shown -
// failed sign-ins, faults, missing access - and finds them by the reference, for
// administrators of the environment and for Support.
//
// Incidents beyond the bounds are left out; the log holds all of them. One person has
// so many a day; where Microsoft authenticated no one, the browser and the network
// address stand for the person. Strangers, browsers with which a user has signed in,
// visitors and users have room of their own each. So the disk does not fill up, and no
// stranger or visitor displaces what a known person was shown.
//
// The pages record and look up, the command line looks up; package jobs deletes
// old ones. See docs/decisions/0016-incidents.md.
package incidents
