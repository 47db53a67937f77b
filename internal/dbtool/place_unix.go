//go:build unix

package dbtool

import (
	"fmt"
	"os"
	"syscall"
)

// own gives a file the owner of another file or folder, so that a restore as root does
// not lock the server out. Other users need no change.
func own(file, like string) error {
	info, err := os.Stat(like)
	if err != nil {
		return fmt.Errorf("look at %s: %w", like, err)
	}
	there, ok := info.Sys().(*syscall.Stat_t)
	if !ok || os.Geteuid() != 0 {
		return nil
	}
	if err := os.Chown(file, int(there.Uid), int(there.Gid)); err != nil {
		return fmt.Errorf("give the restored database the owner of %s: %w", like, err)
	}
	return nil
}
