//go:build unix

package database

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// full reports whether the operating system refused for lack of space.
func full(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// readOnly reports whether the file system cannot be written to.
func readOnly(err error) bool { return errors.Is(err, syscall.EROFS) }

// SyncFolder makes new names in a folder durable.
func SyncFolder(dir string) error {
	f, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("open a folder: %w", err)
	}
	return errors.Join(f.Sync(), f.Close())
}
