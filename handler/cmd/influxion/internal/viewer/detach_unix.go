//go:build unix

package viewer

import (
	"os/exec"
	"syscall"
)

// detach gives the viewer a process group of its own: Ctrl-C in the terminal is not for it.
func detach(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
