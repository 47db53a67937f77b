//go:build unix

package server

import "syscall"

// fileLimit returns how many files this process may have open, and whether that is known.
func fileLimit() (uint64, bool) {
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	return limit.Cur, err == nil
}
