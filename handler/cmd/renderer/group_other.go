//go:build !unix

package main

import "os/exec"

// isolate has nothing to do where a browser cannot be given descriptors: it does not start there.
func isolate(*exec.Cmd) {}
