package jobs

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"influxion/handler/internal/signing"
)

// errLost says that another run has taken the job, or that it was deleted.
var errLost = errors.New("the job was taken by another run, or deleted")

// claim is a run's hold on a job. Another run may take the job when its heartbeats stop.
type claim struct {
	store      Store
	now        func() time.Time
	invocation string // of the run's audit record

	mu   sync.Mutex // of the record
	job  *Job
	lost error // why the job is no longer the run's own, with errLost; nil = it is
}

// present is a copy of the record.
func (c *claim) present() *Job {
	c.mu.Lock()
	defer c.mu.Unlock()
	job := *c.job
	return &job
}

// beat records a heartbeat.
func (c *claim) beat(ctx context.Context) error {
	return c.update(ctx, func(job *Job) { job.Heartbeat = c.now().UTC() })
}

// confirm makes sure that the job is still the run's own. No other run takes a job within
// staleAfter of a heartbeat, so confirm asks nothing of the store after a recent heartbeat.
func (c *claim) confirm(ctx context.Context) error {
	c.mu.Lock()
	lost, silent := c.lost, c.now().Sub(c.job.Heartbeat)
	c.mu.Unlock()
	if lost == nil && silent >= 0 && silent < beatEvery {
		return nil
	}
	return c.beat(ctx)
}

// update changes the record, if the job is still the run's own.
func (c *claim) update(ctx context.Context, change func(*Job)) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost != nil {
		return c.lost
	}
	changed := *c.job
	change(&changed)
	switch err := c.store.Update(ctx, &changed); {
	case errors.Is(err, ErrConflict), errors.Is(err, ErrNotFound):
		c.lost = fmt.Errorf("%w: %w", errLost, &signing.Error{Kind: signing.Internal, Code: "job_superseded",
			Detail: "another run has taken the job, or it was deleted", Err: err})
		return c.lost
	case err != nil:
		return fmt.Errorf("update job: %w", storeError(err))
	}
	*c.job = changed
	return nil
}

// keep records heartbeats until stop is called, and calls lose when the job is lost.
func (c *claim) keep(ctx context.Context, config RunnerConfig, lose context.CancelCauseFunc) (stop func()) {
	id := c.job.ID
	beats, end := config.Beat(beatEvery)
	done := make(chan struct{})
	var ended sync.WaitGroup
	ended.Go(func() {
		defer end()
		for {
			select {
			case <-done:
				return
			case <-ctx.Done():
				return
			case <-beats:
			}
			if err := c.beat(ctx); errors.Is(err, errLost) {
				lose(err)
				return
			} else if err != nil {
				config.Logger.Warn("no sign of life stored", "job", id, "error", err.Error())
			}
		}
	})
	return func() {
		close(done)
		ended.Wait()
	}
}
