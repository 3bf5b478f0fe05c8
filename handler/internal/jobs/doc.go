// Package jobs does work that nobody waits for: a job is recorded when it is asked for, and run
// later, perhaps by another instance.
//
// What a caller may do is recorded with the job (Job.Principal) and checked again when the job
// runs. A message of a Queue is the ID of a job and nothing else, so that the right to write
// messages lets nobody have anything signed. Queues deliver at least once, and two runs of one job
// may happen at the same time. Therefore runs claim a job by its version, a result is written only
// once, and the audit record that counts is the one that Result names.
//
// The package must never run a job for anybody but the caller that is recorded in it, never replace
// a result, and never mark a job done without its audit record.
//
// Read first: job.go (what is recorded), store.go (what a storage must do), runner.go (a run).
package jobs
