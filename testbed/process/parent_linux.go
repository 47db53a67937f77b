package process

import (
	"os/exec"
	"syscall"
)

// endWithParent makes the kernel end a process when the tests die without having
// ended it.
func endWithParent(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
}
