//go:build !unix

package server

// fileLimit reports that the limit of open files is not known.
func fileLimit() (uint64, bool) { return 0, false }

// othersCanRead reports false: the permissions are not known.
func othersCanRead(string) bool { return false }
