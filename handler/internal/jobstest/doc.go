// Package jobstest holds every implementation of jobs.Store and jobs.Queue to one contract, and
// makes jobs for tests.
package jobstest
