package torture

import (
	"fmt"
	"syscall"
)

// smallDisk mounts a disk of a few megabytes at a folder. Only root may.
func smallDisk(dir string, megabytes int) error {
	return syscall.Mount("tmpfs", dir, "tmpfs", 0, fmt.Sprintf("size=%dm,mode=0777", megabytes))
}

// readOnlyDisk makes a small disk read-only, or writable again; nothing on it may
// be open for writing.
func readOnlyDisk(dir string, readOnly bool) error {
	flags := uintptr(syscall.MS_REMOUNT)
	if readOnly {
		flags |= syscall.MS_RDONLY
	}
	return syscall.Mount("tmpfs", dir, "tmpfs", flags, "")
}

// takeDiskAway unmounts a small disk, as soon as it is not in use.
func takeDiskAway(dir string) error { return syscall.Unmount(dir, syscall.MNT_DETACH) }
