//go:build !linux

package process

import "os/exec"

// endWithParent does nothing where the kernel offers nothing of the kind.
func endWithParent(*exec.Cmd) {}
