// Package manualpage writes the manual page of a command line, in roff with the macros of man(7).
//
// It must never say anything else than the help of each command, nor differ between two machines.
//
// All of it is in manualpage.go.
package manualpage
