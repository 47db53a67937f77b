// Package incidents stores the pages with a reference that people were shown -
// failed sign-ins, faults, missing access - and finds them by the reference, for
// administrators of the environment and for Support.
//
// Incidents above the limits are not stored; the log has all of them. Each person has a
// limit per day. If Microsoft has authenticated no one, the browser and the network
// address count instead of the person. Strangers, browsers in which a user has signed in,
// visitors and users have separate limits, so the disk does not fill up, and no stranger
// or visitor displaces what a known person was shown.
//
// The pages record and look up, the command line looks up; package jobs deletes
// old ones. See docs/decisions/0016-incidents.md.
package incidents
