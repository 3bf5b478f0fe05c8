package jobs_test

import (
	"context"
	"io"
	"testing"
	"time"

	"influxion/handler/internal/jobs"
)

// watched is a Store that counts updates, and whose callers delete jobs once their result is there.
type watched struct {
	jobs.Store
	updates int
	deletes func(ctx context.Context) // is called after that; nil = no job is deleted
	gone    []string                  // what was deleted besides
}

func (w *watched) Update(ctx context.Context, job *jobs.Job) error {
	w.updates++
	return w.Store.Update(ctx, job)
}

func (w *watched) PutResult(ctx context.Context, job *jobs.Job, result jobs.Result,
	write func(io.Writer) error) error {
	if err := w.Store.PutResult(ctx, job, result, write); err != nil || w.deletes == nil {
		return err
	}
	err := w.Store.Delete(ctx, job.ID)
	w.deletes(ctx)
	return err
}

func (w *watched) Delete(ctx context.Context, id string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	w.gone = append(w.gone, id)
	return w.Store.Delete(ctx, id)
}

// Nobody takes a job within minutes of its claim, so a short run need not ask whether the job is
// still its own. A run whose last heartbeat is older asks before it records a signature.
func TestShortRunAsksNothing(t *testing.T) {
	t.Parallel()
	for took, want := range map[time.Duration]int{0: 2, 29 * time.Second: 2, 30 * time.Second: 3, -time.Second: 3} {
		store := &watched{}
		b := newBench(t, func(inner jobs.Store) jobs.Store { store.Store = inner; return store })
		job := b.job(t, jobs.Sign, "doc")
		b.tools.before = func(context.Context, int) error {
			b.clock.Advance(took)
			return nil
		}
		if err := b.Run(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		if store.updates != want {
			t.Errorf("%v: got %d updates of the record, want %d", took, store.updates, want)
		}
		b.check(t, job.ID, "doc+seal1")
	}
}

// If the caller deletes a job while its result is written, the result is deleted too, whether the
// run finds that out at its end or by a heartbeat.
func TestResultOfADeletedJobGoes(t *testing.T) {
	t.Parallel()
	for _, beats := range []bool{false, true} {
		store := &watched{}
		b := newBench(t, func(inner jobs.Store) jobs.Store { store.Store = inner; return store })
		store.deletes = func(ctx context.Context) {
			if beats {
				b.beats <- b.clock.Now()
				<-ctx.Done() // the run knows
			}
		}
		job := b.job(t, jobs.Sign, "doc")
		if err := b.Run(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		if len(store.gone) != 1 || store.gone[0] != job.ID {
			t.Errorf("got %q deleted by the run, a heartbeat between: %v, want what it has made", store.gone, beats)
		}
	}
}
