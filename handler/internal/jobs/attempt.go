package jobs

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"

	"influxion/handler/internal/guid"
	"influxion/handler/internal/signing"
)

// actions are the operations that have audit records.
var actions = map[Operation]signing.Action{Sign: signing.Sign, Extend: signing.Extend, Timestamp: signing.Timestamp,
	Generate: signing.Generate}

// attempt does the work of a job, and completes it. The order is what makes two runs harmless:
// work, confirm the claim, write the audit record, write the result where there is none, mark the
// job done.
func (r *Runner) attempt(ctx context.Context, c *claim) error {
	job := c.present()
	if job.Attempt > 1 { // an earlier run may have got this far
		if made, err := r.config.Store.Result(ctx, job.ID); err == nil {
			return r.complete(ctx, c, made)
		} else if !errors.Is(err, ErrNotFound) {
			return fmt.Errorf("look for a result: %w", storeError(err))
		}
	}
	work := &work{tools: &r.config.Tools, job: job, record: &signing.Record{Time: r.config.Now().UTC(),
		InvocationID: guid.New(), Action: actions[job.Operation]}}
	c.invocation = work.record.InvocationID
	work.record.Job = job.ID
	work.record.By(job.Principal)
	defer work.close()

	made, err := r.work(ctx, work)
	if err == nil {
		err = c.confirm(ctx) // a run that has lost the job must not record a signature
	}
	if err := r.record(ctx, work.record, err); err != nil {
		return err
	}
	if err != nil {
		return err
	}
	made.Attempt = job.Attempt
	if work.record.Action != "" {
		made.InvocationID = c.invocation
	}
	err = r.config.Store.PutResult(ctx, job, made.Result, made.write)
	if errors.Is(err, ErrExists) {
		// The other run's audit record is the one that counts.
		made.Result, err = r.config.Store.Result(ctx, job.ID)
	}
	if err != nil {
		return fmt.Errorf("write result: %w", storeError(err))
	}
	return r.complete(ctx, c, made.Result)
}

// work checks what was allowed when the job was asked for, and does it. A panic becomes an error,
// so that the attempt is recorded and the heartbeats end. The error leaves out the value of the
// panic, which may hold what a caller sent.
func (r *Runner) work(ctx context.Context, w *work) (_ *product, err error) {
	defer func() {
		if reason := recover(); reason != nil {
			err = fmt.Errorf("panic of type %T: %s", reason, debug.Stack())
		}
	}()
	if err := r.config.Admit(w.job.Principal); err != nil {
		return nil, err
	}
	if w.record.Action != "" {
		if err := r.config.Records.Available(); err != nil {
			return nil, err
		}
	}
	if err := w.open(ctx, r.config.Store); err != nil {
		return nil, fmt.Errorf("open input: %w", storeError(err))
	}
	return w.perform(ctx)
}

// record writes the audit record of an attempt that ended with err.
func (r *Runner) record(ctx context.Context, record *signing.Record, err error) error {
	if record.Action == "" {
		return nil
	}
	var outcome error
	if err != nil {
		outcome = errorOf(err)
	}
	record.Finish(outcome, r.config.Now())
	if outcome != nil {
		ctx = context.WithoutCancel(ctx) // an attempt that ran out of time is recorded as well
	}
	if failed := r.config.Records.Write(ctx, record); failed != nil {
		return fmt.Errorf("write audit record: %w", errors.Join(failed, err))
	}
	return nil
}

// complete marks a job done.
func (r *Runner) complete(ctx context.Context, c *claim, made Result) error {
	return c.update(ctx, func(job *Job) { job.done(made, r.config.Now()) })
}
