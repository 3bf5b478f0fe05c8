package jobs_test

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"
	"time"

	"influxion/handler/internal/jobs"
)

// A job whose message was refused is queued once, by the first sweep for which the queue takes it.
func TestSweepQueuesWhatTheQueueRefused(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	job := b.job(t, jobs.Sign, "doc")
	job.Unqueued = true
	if err := b.store.Update(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	b.queue.err = errors.New("the queue is full")
	if err := b.Sweep(t.Context()); !errors.Is(err, b.queue.err) || !b.present(t, job.ID).Unqueued {
		t.Errorf("got %v and %+v, want the job left to the next sweep", err, b.present(t, job.ID))
	}
	b.queue.err = nil
	for range 2 {
		if err := b.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	if len(b.queue.ids) != 1 || b.queue.ids[0] != job.ID {
		t.Errorf("got %v queued, want %s once", b.queue.ids, job.ID)
	}
	// The queue has the message after all, and the job runs before a sweep.
	job = b.job(t, jobs.Sign, "doc")
	job.Unqueued = true
	if err := errors.Join(b.store.Update(t.Context(), job), b.Run(t.Context(), job.ID),
		b.Sweep(t.Context())); err != nil {
		t.Fatal(err)
	}
	if len(b.queue.ids) != 1 || b.present(t, job.ID).Unqueued {
		t.Errorf("got %v queued of a job that has run, want it left alone", b.queue.ids)
	}
}

func TestSweep(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		status  jobs.Status
		after   time.Duration
		queued  bool
		deleted bool
	}{
		"waiting":           {jobs.Received, 10 * time.Minute, false, false},
		"waiting long":      {jobs.Received, time.Hour, true, false},
		"running":           {jobs.InProgress, time.Minute, false, false},
		"dead":              {jobs.InProgress, 10 * time.Minute, true, false},
		"done":              {jobs.Done, 6 * 24 * time.Hour, false, false},
		"old and done":      {jobs.Done, 8 * 24 * time.Hour, false, true},
		"old and in error":  {jobs.Error, 8 * 24 * time.Hour, false, true},
		"old and forgotten": {jobs.Received, 8 * 24 * time.Hour, false, true},
	} {
		b := newBench(t)
		job := b.job(t, jobs.Sign, "doc")
		job.Status = test.status
		if err := b.store.Update(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		b.clock.Advance(test.after)
		for range 2 {
			if err := b.Sweep(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		want := 0
		if test.queued {
			want = 1 // the second sweep finds it queued
		}
		if len(b.queue.ids) != want {
			t.Errorf("%s: got %v queued, want %d", name, b.queue.ids, want)
		}
		_, err := b.store.Job(t.Context(), job.ID)
		if errors.Is(err, jobs.ErrNotFound) != test.deleted {
			t.Errorf("%s: got %v, want it deleted: %v", name, err, test.deleted)
		}
	}
}

// A run that was wrongly taken for dead leaves its job to the run that the sweep has queued.
func TestSweepTakesTheJobFromADeadRun(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	job := b.job(t, jobs.Sign, "doc")
	b.tools.before = func(ctx context.Context, call int) error {
		if call > 1 {
			return nil
		}
		b.clock.Advance(10 * time.Minute) // without a sign of life
		return b.Sweep(ctx)
	}
	if err := b.Run(t.Context(), job.ID); err != nil {
		t.Fatal(err)
	}
	if now := b.present(t, job.ID); now.Status != jobs.Received || len(b.records.all) != 1 {
		t.Errorf("got %+v and %d records, want the job waiting and the record of a lost run", now,
			len(b.records.all))
	}
	if err := b.Run(t.Context(), b.queue.ids[0]); err != nil {
		t.Fatal(err)
	}
	b.check(t, job.ID, "doc+seal2")
}

// A sweep goes on with other jobs while the queue takes its time.
func TestSweepMendsSeveralAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for range 2 {
		job := b.job(t, jobs.Sign, "doc")
		job.Unqueued = true
		if err := b.store.Update(t.Context(), job); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	defer cancel()
	both := make(chan struct{})
	var calls atomic.Int32
	b.queue.meet = func(ctx context.Context) error {
		if calls.Add(1) == 2 {
			close(both)
		}
		select {
		case <-both:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	if err := b.Sweep(ctx); err != nil || len(b.queue.ids) != 2 {
		t.Errorf("got %v queued (%v), want both", b.queue.ids, err)
	}
}

// touched is a Store that somebody else changes each time that a job was read, as a sweep does
// after it has queued the job.
type touched struct {
	jobs.Store
	times int
}

func (s *touched) Job(ctx context.Context, id string) (*jobs.Job, error) {
	job, err := s.Store.Job(ctx, id)
	if err == nil && s.times > 0 {
		s.times--
		other := *job
		err = s.Store.Update(ctx, &other)
	}
	return job, err
}

// A job whose record a sweep changes while its message is looked at runs by that message: there is
// no other one.
func TestSweepDoesNotStopTheRunThatItCauses(t *testing.T) {
	t.Parallel()
	store := &touched{}
	b := newBench(t, func(inner jobs.Store) jobs.Store { store.Store = inner; return store })
	job := b.job(t, jobs.Sign, "doc")
	store.times = 100
	if err := b.Run(t.Context(), job.ID); err == nil {
		t.Error("got no error for a job that changes all the time, want one, so that the message comes again")
	}
	store.times = 1
	if err := b.Run(t.Context(), job.ID); err != nil {
		t.Fatal(err)
	}
	b.check(t, job.ID, "doc+seal1")
}
