// Package exit turns the error of a command into an exit code, and into words for a person. The
// codes are part of the program's contract.
//
// It must never print, nor end the program.
//
// All of it is in exit.go.
package exit
