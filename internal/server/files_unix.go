//go:build unix

package server

import (
	"os"
	"syscall"
)

// fileLimit returns how many files this process may have open, and whether that is known.
func fileLimit() (uint64, bool) {
	var limit syscall.Rlimit
	err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit)
	return limit.Cur, err == nil
}

// Permissions of those who are neither the owner nor in the group.
const (
	othersRead = 0o004
	othersPass = 0o001
)

// othersCanRead reports whether any user of this machine can read a file.
func othersCanRead(path string) bool {
	info, err := os.Stat(path)
	if err != nil || !info.Mode().IsRegular() || info.Mode()&othersRead == 0 {
		return false
	}
	return wayOpen(path, func(folder string) bool {
		info, err := os.Stat(folder)
		return err == nil && info.Mode()&othersPass != 0
	})
}
