// Package jobstate notes in a small file what was submitted as jobs and is not finished, so that
// the same command can go on where it stopped.
//
// It must never take the state of another file, deployment or order for that of this one.
//
// All of it is in jobstate.go.
package jobstate
