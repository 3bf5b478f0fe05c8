package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
)

// Sweep looks after all jobs; a timer calls it every few minutes. It queues a job again if its run
// has died or its message was lost or refused, and deletes jobs older than the retention. It goes
// on after an error with one job, and returns all errors.
func (r *Runner) Sweep(ctx context.Context) error {
	var (
		all   sync.WaitGroup
		slots = make(chan struct{}, sweptAtOnce)
		mu    sync.Mutex
		errs  []error
	)
	err := r.config.Store.Scan(ctx, func(entry Entry) error {
		mend := r.due(entry)
		if mend == nil {
			return ctx.Err()
		}
		mu.Lock()
		tooMany := len(errs) >= maxErrors
		mu.Unlock()
		if tooMany {
			return errTooMany
		}
		select {
		case slots <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		all.Go(func() {
			defer func() { <-slots }()
			if err := mend(ctx); err != nil {
				mu.Lock()
				defer mu.Unlock()
				errs = append(errs, fmt.Errorf("job %s: %w", entry.ID, err))
			}
		})
		return nil
	})
	all.Wait()
	return errors.Join(append(errs, err)...)
}

const (
	// maxErrors is after how many errors a sweep leaves the rest to the next one.
	maxErrors = 100
	// sweptAtOnce is how many jobs are queued again or deleted at once. Each of them waits for the
	// storage three times, and a full queue can leave the jobs of a whole night.
	sweptAtOnce = 8
)

var errTooMany = errors.New("too many errors: the rest is left to the next sweep")

// due is the action that a job needs now; nil = none. The times are those of the store: one host
// whose clock is wrong must not delete the jobs of all. A record was not changed before its job was
// created, so a later time of creation is wrong.
func (r *Runner) due(entry Entry) func(context.Context) error {
	created := entry.Created
	if created.After(entry.Changed) {
		created = entry.Changed
	}
	unchanged := entry.Seen.Sub(entry.Changed)
	switch {
	case entry.Seen.Sub(created) > r.config.Retention:
		return func(ctx context.Context) error { return r.config.Store.Delete(ctx, entry.ID) }
	case entry.Status == InProgress && unchanged > staleAfter,
		entry.Status == Received && (entry.Unqueued || unchanged > waitingLong):
		return func(ctx context.Context) error { return r.again(ctx, entry.ID) }
	}
	return nil
}

// again queues a job that nobody has begun or whose run has died. Then it updates the record: the
// time of change is new, and a dead run's job counts as received. So the next sweeps do not queue
// it again while the queue is long. The update comes last: a job that the queue refuses stays as it
// was.
func (r *Runner) again(ctx context.Context, id string) error {
	job, err := r.config.Store.Job(ctx, id)
	if err == nil && (job.Status == Received || job.dead(r.config.Now())) {
		if err := r.config.Queue.Enqueue(ctx, id); err != nil {
			return err
		}
		job.Status, job.Unqueued = Received, false
		err = r.config.Store.Update(ctx, job)
	}
	if errors.Is(err, ErrNotFound) || errors.Is(err, ErrConflict) {
		return nil
	}
	return err
}
