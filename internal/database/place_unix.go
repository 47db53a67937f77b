//go:build unix

package database

import (
	"errors"
	"syscall"
)

// full reports whether the operating system refused for lack of space.
func full(err error) bool { return errors.Is(err, syscall.ENOSPC) || errors.Is(err, syscall.EDQUOT) }

// readOnly reports whether the file system cannot be written to.
func readOnly(err error) bool { return errors.Is(err, syscall.EROFS) }
