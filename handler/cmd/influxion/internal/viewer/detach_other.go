//go:build !unix

package viewer

import "os/exec"

// detach does nothing: the command is no viewer, but hands the file to one.
func detach(*exec.Cmd) {}
