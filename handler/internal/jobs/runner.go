package jobs

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"time"

	"influxion/handler/internal/signing"
)

// Times of jobs. A run without a heartbeat for staleAfter counts as dead.
const (
	beatEvery   = 30 * time.Second
	staleAfter  = 3 * time.Minute
	runTime     = 20 * time.Minute // for one run: the Functions host ends one after 30 minutes
	maxAttempts = 5
	// rightsLast is how long the rights of a caller count after the job was asked for.
	rightsLast = 24 * time.Hour
	// waitingLong is after what time a job that nobody has begun is queued again: its message may
	// be lost.
	waitingLong = 30 * time.Minute
	// defaultRetention is how long jobs are kept.
	defaultRetention = 7 * 24 * time.Hour
)

// Recorder writes audit records. Its errors are those of audit.Log.
type Recorder interface {
	Available() error
	Write(ctx context.Context, record *signing.Record) error
}

// RunnerConfig holds the parts of a Runner. Beat and Logger may be nil.
type RunnerConfig struct {
	Store     Store
	Queue     Queue
	Tools     Tools
	Admit     func(signing.Principal) error // whether a caller with these rights may still have jobs run
	Records   Recorder
	Status    func(signing.Kind) int // the HTTP status of a problem
	Retention time.Duration          // 0 = defaultRetention
	Now       func() time.Time
	Logger    *slog.Logger
	// Beat gives a channel with the times of a run's heartbeats, and a function that stops them;
	// nil = a time.Ticker.
	Beat func(every time.Duration) (<-chan time.Time, func())
}

// Jobs that take much memory wait for each other. Small jobs do not, because they spend most of
// their time waiting for storage. So a host may call Run for many jobs at once.
const (
	smallJob  = 1 << 20 // bytes of an input that is one
	largeJobs = 2       // at once in a process
	// maxJobsWaiting and runTime together stay below the time after which the host ends a run.
	maxJobsWaiting = 9 * time.Minute
)

// Runner runs jobs. Safe for concurrent use.
type Runner struct {
	config RunnerConfig
	large  chan struct{} // a place for each large job
}

// NewRunner makes a Runner of its parts. It does no I/O.
func NewRunner(config RunnerConfig) *Runner {
	if config.Retention <= 0 {
		config.Retention = defaultRetention
	}
	if config.Logger == nil {
		config.Logger = slog.New(slog.DiscardHandler)
	}
	if config.Beat == nil {
		config.Beat = func(every time.Duration) (<-chan time.Time, func()) {
			ticker := time.NewTicker(every)
			return ticker.C, ticker.Stop
		}
	}
	return &Runner{config, make(chan struct{}, largeJobs)}
}

// dead tells whether the last heartbeat of the job's run is so old that another run may take the
// job. So is one that lies as far in the future: it is of a host whose clock was wrong, and a job
// that waits for that time would never end.
func (j *Job) dead(now time.Time) bool {
	return j.Status == InProgress && now.Sub(j.Heartbeat).Abs() >= staleAfter
}

// place waits until there is a place for the job. The caller must call leave. The record is read
// before, and claimed afterwards, so a job that waits here is not under way.
func (r *Runner) place(ctx context.Context, job *Job) (leave func(), err error) {
	if job.Input.Size <= smallJob && job.Operation != Generate {
		return func() {}, nil
	}
	ctx, cancel := context.WithTimeout(ctx, maxJobsWaiting)
	defer cancel()
	select {
	case r.large <- struct{}{}:
		return func() { <-r.large }, nil
	case <-ctx.Done():
		return nil, fmt.Errorf("wait for other large jobs: %w", ctx.Err())
	}
}

// Run runs the job with that ID, unless it has ended or another run works on it. An error means
// that trying again may help. If trying again cannot help, Run records the error in the job and
// returns nil. The ID may come from anybody.
func (r *Runner) Run(ctx context.Context, id string) error {
	if !ValidID(id) {
		r.config.Logger.Warn("job ignored", "reason", "not an ID")
		return nil
	}
	var err error
	for range claimTries {
		if err = r.claimAndRun(ctx, id); !errors.Is(err, errChanged) {
			return err
		}
	}
	return err
}

// claimTries is how often a run looks at a job again that was changed before it had claimed it.
const claimTries = 3

var errChanged = errors.New("the job was changed before the run had claimed it")

// claimAndRun returns errChanged if the job was changed meanwhile. Another run may have taken it,
// but a sweep that has just queued it changes it too, and no other message comes then.
func (r *Runner) claimAndRun(ctx context.Context, id string) error {
	job, err := r.config.Store.Job(ctx, id)
	if errors.Is(err, ErrNotFound) {
		r.config.Logger.Info("job ignored", "job", id, "reason", "there is none")
		return nil
	}
	if err != nil {
		return fmt.Errorf("read job: %w", storeError(err))
	}
	if job.Status.Final() || job.Status == InProgress && !job.dead(r.config.Now()) {
		return nil // before the wait: messages come more than once
	}
	leave, err := r.place(ctx, job)
	if err != nil {
		return err
	}
	defer leave()
	now := r.config.Now()
	switch {
	case job.Attempt >= maxAttempts:
		return r.giveUp(ctx, job, &signing.Error{Kind: signing.Internal, Code: "job_abandoned",
			Detail: fmt.Sprintf("%d runs of the job ended without a result", job.Attempt)}, "")
	case now.Sub(job.CreatedAt).Abs() > rightsLast: // one from the future may have waited for any time
		return r.giveUp(ctx, job, &signing.Error{Kind: signing.PermissionDenied, Code: "job_expired",
			Detail: "the job waited so long that the caller's rights at its submission no longer count"}, "")
	}
	job.Status, job.Attempt, job.StartedAt, job.Heartbeat = InProgress, job.Attempt+1, now.UTC(), now.UTC()
	job.Problem, job.Unqueued = nil, false
	switch err := r.config.Store.Update(ctx, job); {
	case errors.Is(err, ErrConflict):
		return errChanged
	case errors.Is(err, ErrNotFound):
		return nil // the caller has deleted the job
	case err != nil:
		return fmt.Errorf("claim job: %w", storeError(err))
	}
	return r.run(ctx, &claim{store: r.config.Store, now: r.config.Now, job: job})
}

// run works on a job that was claimed.
func (r *Runner) run(ctx context.Context, c *claim) error {
	within, cancel := context.WithTimeout(ctx, runTime)
	defer cancel()
	within, lose := context.WithCancelCause(within)
	defer lose(nil)
	stop := c.keep(within, r.config, lose)
	err := r.attempt(within, c)
	stop()
	ending, cancel := context.WithTimeout(context.WithoutCancel(ctx), endTime)
	defer cancel()
	return r.recordEnd(ending, c, err)
}

// endTime is for recording the end of a run, whatever time the run had left.
const endTime = 20 * time.Second

// recordEnd records the end of a run that did not complete its job. If the job was deleted, it
// deletes what the run may have left.
func (r *Runner) recordEnd(ctx context.Context, c *claim, err error) error {
	job := c.job
	log := r.config.Logger.With("job", job.ID, "operation", job.Operation, "attempt", job.Attempt)
	switch {
	case err == nil:
		log.Info("job done")
		return nil
	case c.lost != nil:
		if errors.Is(c.lost, ErrNotFound) {
			err = errors.Join(err, r.config.Store.Delete(ctx, job.ID))
		}
		log.Warn("job left to another run", "error", err.Error())
		return nil
	}
	signingErr := errorOf(err)
	log.Warn("job failed", "code", signingErr.Code, "error", err.Error())
	if !temporary(signingErr) || job.Attempt >= maxAttempts {
		return r.giveUp(ctx, job, signingErr, c.invocation)
	}
	job.Status, job.Problem = Received, r.problem(signingErr, c.invocation)
	job.Problem.Detail = shortened(job.Problem.Detail) // only the last run's is shown
	if failed := r.config.Store.Update(ctx, job); failed != nil {
		return errors.Join(err, failed) // Sweep will find the job
	}
	return err
}

// giveUp ends a job that will not be run any more. The job ends in error, unless a run has left a
// result.
func (r *Runner) giveUp(ctx context.Context, job *Job, signingErr *signing.Error, invocation string) error {
	made, err := r.config.Store.Result(ctx, job.ID)
	switch {
	case err == nil:
		job.done(made, r.config.Now())
	case errors.Is(err, ErrNotFound):
		job.Status, job.CompletedAt, job.Problem = Error, r.config.Now().UTC(), r.problem(signingErr, invocation)
	default:
		return fmt.Errorf("look for a result: %w", storeError(err))
	}
	return r.end(ctx, job)
}

// end records a job that has ended. It does not overwrite what another run has recorded meanwhile.
func (r *Runner) end(ctx context.Context, job *Job) error {
	switch err := r.config.Store.Update(ctx, job); {
	case errors.Is(err, ErrConflict), errors.Is(err, ErrNotFound):
		return nil
	case err != nil:
		return fmt.Errorf("record the end of the job: %w", storeError(err))
	}
	return nil
}

func (r *Runner) problem(err *signing.Error, invocation string) *Problem {
	return &Problem{Status: r.config.Status(err.Kind), Code: err.Code, Detail: err.Detail, Instance: invocation}
}
