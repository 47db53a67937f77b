// Package jobs does the work in the background: it delivers email, expires requests
// and reminds of them, compares users with their directories, reads what those say of
// people, ends sessions at clients and tells these, warns of secrets that expire, and
// deletes old rows. Several instances can do all of it at the same
// time, and repeat it after a crash. Other packages' rules decide what is due and
// what is done.
//
// Package server starts a Runner and asks it whether its work has stalled.
package jobs
