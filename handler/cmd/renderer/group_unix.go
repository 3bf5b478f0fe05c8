//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// isolate has the end of a process be that of all that it has started.
func isolate(process *exec.Cmd) {
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	process.Cancel = func() error { return syscall.Kill(-process.Process.Pid, syscall.SIGKILL) }
}
