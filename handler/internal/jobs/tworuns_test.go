package jobs_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"influxion/handler/internal/jobs"
	"influxion/handler/internal/jobstest"
	"influxion/handler/internal/signing"
)

// A message that comes twice is of no effect while a run works on the job, nor afterwards.
func TestSecondMessageIsIgnored(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	job := b.job(t, jobs.Sign, "doc")
	b.tools.before = func(context.Context, int) error { return b.Run(t.Context(), job.ID) }
	for range 2 {
		if err := b.Run(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
	}
	b.check(t, job.ID, "doc+seal1")
}

// Runs that begin at the same time: one claims the job.
func TestManyRunsAtOnce(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	job := b.job(t, jobs.Sign, "doc")
	var all sync.WaitGroup
	for range 16 {
		all.Go(func() {
			if err := b.Run(t.Context(), job.ID); err != nil {
				t.Error(err)
			}
		})
	}
	all.Wait()
	b.check(t, job.ID, "doc+seal1")
}

// check holds that the job has one result, and one record of a signature, which is its.
func (b *bench) check(t *testing.T, id, output string) {
	t.Helper()
	got := b.present(t, id)
	if got.Status != jobs.Done || b.output(t, got) != output {
		t.Errorf("got %+v, want it done with %q", got, output)
	}
	if signed := b.records.signed(); len(signed) != 1 || signed[0].InvocationID != got.Result.InvocationID ||
		signed[0].SignedDigest != got.Result.SHA256 {
		t.Errorf("got %+v, want one record of the signature", signed)
	}
}

// A run whose heartbeats stopped has lost the job: what it made is neither recorded nor kept.
func TestLateRunIsSuperseded(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	job := b.job(t, jobs.Sign, "doc")
	b.tools.before = func(_ context.Context, call int) error {
		if call > 1 {
			return nil
		}
		b.clock.Advance(time.Hour)
		return b.Run(t.Context(), job.ID)
	}
	if err := b.Run(t.Context(), job.ID); err != nil {
		t.Fatal(err)
	}
	b.check(t, job.ID, "doc+seal2")
	if got := b.present(t, job.ID); got.Attempt != 2 {
		t.Errorf("got attempt %d, want the second", got.Attempt)
	}
	if last := b.records.all[len(b.records.all)-1]; last.Outcome != signing.Failed || last.Code != "job_superseded" {
		t.Errorf("got record %+v of the late run, want that it failed", last)
	}
}

// A run gives signs of life, and stops its work when it learns that the job is another's.
func TestHeartbeats(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	job := b.job(t, jobs.Sign, "doc")
	b.tools.before = func(ctx context.Context, _ int) error {
		b.clock.Advance(2 * time.Minute)
		b.beats <- b.clock.Now()
		b.beats <- b.clock.Now() // the first one has been dealt with
		if got := b.present(t, job.ID); !got.Heartbeat.Equal(b.clock.Now()) {
			t.Errorf("got heartbeat %v, want %v", got.Heartbeat, b.clock.Now())
		}
		if err := b.store.Delete(t.Context(), job.ID); err != nil {
			return err
		}
		select {
		case b.beats <- b.clock.Now():
		case <-ctx.Done(): // the second one came after the deletion
		}
		<-ctx.Done()
		return ctx.Err()
	}
	if err := b.Run(t.Context(), job.ID); err != nil {
		t.Errorf("got %v, want nothing more to do", err)
	}
	if _, err := b.store.Job(t.Context(), job.ID); !errors.Is(err, jobs.ErrNotFound) {
		t.Errorf("got %v, want the job gone", err)
	}
}

// failing is a Store whose updates to a status fail.
type failing struct {
	jobs.Store
	status jobs.Status
	times  int
}

func (f *failing) Update(ctx context.Context, job *jobs.Job) error {
	if job.Status == f.status && f.times > 0 {
		f.times--
		return errors.New("storage is down")
	}
	return f.Store.Update(ctx, job)
}

// A run that dies between the result and the end of the job: the next one signs nothing.
func TestResultIsAdopted(t *testing.T) {
	t.Parallel()
	for _, attempts := range []int{1, 5} {
		b := newBench(t, func(inner jobs.Store) jobs.Store { return &failing{inner, jobs.Done, 1} })
		job := b.job(t, jobs.Sign, "doc")
		job.Attempt = attempts - 1
		if err := b.store.Update(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		// The last run looks for its result itself.
		if err := b.Run(t.Context(), job.ID); (err != nil) != (attempts == 1) {
			t.Errorf("got %v of attempt %d", err, attempts)
		}
		if err := b.Run(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		b.check(t, job.ID, "doc+seal1")
	}
}

// Without its audit record nothing is released, and the job is tried again.
func TestNoResultWithoutRecord(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	job := b.job(t, jobs.Sign, "doc")
	b.records.err = &signing.Error{Kind: signing.Unavailable, Code: "audit_unavailable"}
	if err := b.Run(t.Context(), job.ID); err == nil {
		t.Error("got no error, want another try")
	}
	if _, err := b.store.Result(t.Context(), job.ID); !errors.Is(err, jobs.ErrNotFound) {
		t.Errorf("got %v, want no result without a record", err)
	}
	b.records.err = nil
	if err := b.Run(t.Context(), job.ID); err != nil {
		t.Fatal(err)
	}
	b.check(t, job.ID, "doc+seal2")
}

// A job whose message was refused is queued by the first sweep that the queue lets do so, once.
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
	// Its message was put after all, and it is run before a sweep.
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

// Of large jobs two are at work at a time, however many messages come at once; small ones never
// wait for them.
func TestLargeJobsWaitForEachOther(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	var all sync.WaitGroup
	var most, now atomic.Int32
	begun, end := make(chan bool, 8), make(chan bool)
	b.tools.before = func(context.Context, int) error {
		most.Store(max(most.Load(), now.Add(1)))
		begun <- true
		<-end
		now.Add(-1)
		return nil
	}
	for range 6 {
		job := b.job(t, jobs.Sign, strings.Repeat("a", 2<<20))
		all.Go(func() {
			if err := b.Run(t.Context(), job.ID); err != nil {
				t.Error(err)
			}
		})
	}
	<-begun
	<-begun
	small := b.job(t, jobs.Sign, "doc")
	all.Go(func() {
		if err := b.Run(t.Context(), small.ID); err != nil {
			t.Error(err)
		}
	})
	<-begun // the small one
	close(end)
	all.Wait()
	if most.Load() != 3 {
		t.Errorf("got %d jobs at work at once, want two large ones and a small one", most.Load())
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

// A run that was taken for dead and lives leaves its job to the run that the sweep has asked for.
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

// What waits in memory is run, and again after a fault.
func TestMemoryQueueServes(t *testing.T) {
	t.Parallel()
	var q jobs.MemoryQueue
	ctx, cancel := context.WithCancel(t.Context())
	want := []string{jobstest.New(0).ID, jobstest.New(0).ID}
	for _, id := range append(want, want...) {
		if err := q.Enqueue(ctx, id); err != nil {
			t.Fatal(err)
		}
	}
	var got []string
	q.Serve(ctx, func(_ context.Context, id string) error {
		if got = append(got, id); len(got) == 1 {
			return &signing.Error{Kind: signing.Unavailable, RetryAfter: time.Nanosecond}
		}
		if len(got) == 3 {
			cancel()
		}
		return nil
	})
	if len(got) != 3 || got[0] != want[0] || got[1] != want[1] && got[1] != want[0] {
		t.Errorf("got %v, want %v and the first again", got, want)
	}
}
