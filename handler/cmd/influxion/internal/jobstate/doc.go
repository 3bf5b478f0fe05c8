// Package jobstate keeps a small file of the jobs that were submitted and are not finished, so that
// the same command can continue where it stopped.
//
// It must never confuse the state of one file, deployment or request with that of another.
//
// All of it is in jobstate.go.
package jobstate
