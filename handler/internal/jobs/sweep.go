package jobs

import (
	"context"
	"errors"
	"fmt"
)

// Sweep looks after all jobs, for a timer to call every few minutes: it queues those again whose
// run has died or whose message was lost or refused, and deletes those older than the retention. It
// goes on after an error with one job, and returns all errors.
func (r *Runner) Sweep(ctx context.Context) error {
	var errs []error
	err := r.config.Store.Scan(ctx, func(entry Entry) error {
		if err := r.sweep(ctx, entry); err != nil {
			errs = append(errs, fmt.Errorf("job %s: %w", entry.ID, err))
		}
		if len(errs) >= maxErrors {
			return errTooMany
		}
		return ctx.Err()
	})
	return errors.Join(append(errs, err)...)
}

// maxErrors is after how many errors a sweep leaves the rest to the next one.
const maxErrors = 100

var errTooMany = errors.New("too many errors: the rest is left to the next sweep")

func (r *Runner) sweep(ctx context.Context, entry Entry) error {
	now := r.config.Now()
	unchanged := now.Sub(entry.Changed)
	switch {
	case now.Sub(entry.Created) > r.config.Retention:
		return r.config.Store.Delete(ctx, entry.ID)
	case entry.Status == InProgress && unchanged > staleAfter:
		return r.config.Queue.Enqueue(ctx, entry.ID)
	case entry.Status == Received && (entry.Unqueued || unchanged > waitingLong):
		return r.again(ctx, entry.ID)
	}
	return nil
}

// again queues a job that nobody has begun. The update counts as a change, so that a long queue
// does not double with each sweep. It comes last: what the queue refuses stays as it was.
func (r *Runner) again(ctx context.Context, id string) error {
	job, err := r.config.Store.Job(ctx, id)
	if err == nil && job.Status == Received {
		if err := r.config.Queue.Enqueue(ctx, id); err != nil {
			return err
		}
		job.Unqueued = false
		err = r.config.Store.Update(ctx, job)
	}
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrConflict) {
		return nil
	}
	return err
}
