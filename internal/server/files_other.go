//go:build !unix

package server

// fileLimit reports that the limit of open files is not known.
func fileLimit() (uint64, bool) { return 0, false }
