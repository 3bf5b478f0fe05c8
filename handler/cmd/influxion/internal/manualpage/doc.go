// Package manualpage writes the manual page of a command line, in roff with the macros of man(7).
//
// The page must never say anything that the help of the commands does not say, nor differ between
// two machines.
//
// All of it is in manualpage.go.
package manualpage
