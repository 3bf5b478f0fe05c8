// Package exit says what an error of a command means to whoever ran it: an exit code, and words for
// a person. The codes are part of the program's contract.
//
// It must never print, nor end the program.
//
// All of it is in exit.go.
package exit
