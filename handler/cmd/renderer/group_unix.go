//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// isolate puts a process into a group of its own. When the process is cancelled, all that it has
// started end with it.
func isolate(process *exec.Cmd) {
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	process.Cancel = func() error { return syscall.Kill(-process.Process.Pid, syscall.SIGKILL) }
}
