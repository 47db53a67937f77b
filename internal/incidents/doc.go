// Package incidents keeps what people were shown with a reference - sign-ins
// that failed, faults, no access - and finds it again by the reference: for an
// administrator of the environment, and for Support.
//
// It is a notebook and no record of changes: what does not fit its bounds is left
// out, since it stands in the log as well. The bounds keep visitors whom nobody
// has vouched for from filling the disk, and from crowding out those of people
// whom Microsoft has vouched for.
//
// The pages record and look up, the command line looks up; package jobs sweeps
// what is old. See docs/decisions/0016-incidents.md.
package incidents
