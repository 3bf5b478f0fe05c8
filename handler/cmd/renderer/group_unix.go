//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// isolate puts a process into its own process group. When the process is cancelled, everything that
// it has started ends too.
func isolate(process *exec.Cmd) {
	process.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	process.Cancel = func() error { return syscall.Kill(-process.Process.Pid, syscall.SIGKILL) }
}
