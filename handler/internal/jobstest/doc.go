// Package jobstest checks every implementation of jobs.Store and jobs.Queue against one contract,
// and makes jobs for tests. It must never be linked into the handler.
//
// Read first: contract.go.
package jobstest
