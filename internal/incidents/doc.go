// Package incidents stores the pages with a reference that people were shown -
// failed sign-ins, faults, missing access - and finds them by the reference, for
// administrators of the environment and for Support.
//
// Incidents beyond the bounds are left out; the log holds all of them. The bounds
// prevent people who are not authenticated from filling the disk and from
// displacing the incidents of authenticated people.
//
// The pages record and look up, the command line looks up; package jobs deletes
// old ones. See docs/decisions/0016-incidents.md.
package incidents
