//go:build !unix

package main

import "os/exec"

// isolate does nothing here: the browser does not start on this system, because it cannot get the
// descriptors.
func isolate(*exec.Cmd) {}
