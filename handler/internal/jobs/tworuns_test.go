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

// A message that arrives again has no effect, neither while a run works on the job nor afterwards.
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

// Of runs that begin at the same time, one claims the job.
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

// check makes sure that the job has one result, and that exactly one record of a signature belongs
// to that result.
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

// A run whose heartbeats stopped has lost the job. Its output is neither recorded nor kept.
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

// A run sends heartbeats, and stops its work when it learns that another run has the job.
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

// If a run dies after writing the result and before ending the job, the next run signs nothing.
func TestResultIsAdopted(t *testing.T) {
	t.Parallel()
	for _, attempts := range []int{1, 5} {
		b := newBench(t, func(inner jobs.Store) jobs.Store { return &failing{inner, jobs.Done, 1} })
		job := b.job(t, jobs.Sign, "doc")
		job.Attempt = attempts - 1
		if err := b.store.Update(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		// The last run looks for the result itself.
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

// Two large jobs at most run at a time, however many messages arrive at once. Small jobs never wait
// for them.
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

// A second message of a large job that has ended or is under way waits for nobody.
func TestRepeatedMessagesDoNotWait(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	begun, end := make(chan bool), make(chan bool)
	b.tools.before = func(context.Context, int) error {
		begun <- true
		<-end
		return nil
	}
	done := b.job(t, jobs.Sign, strings.Repeat("a", 2<<20))
	done.Status = jobs.Done
	if err := b.store.Update(t.Context(), done); err != nil {
		t.Fatal(err)
	}
	repeated := []string{done.ID}
	var all sync.WaitGroup
	for range 2 { // as many as have a place
		job := b.job(t, jobs.Sign, strings.Repeat("a", 2<<20))
		repeated = append(repeated, job.ID)
		all.Go(func() {
			if err := b.Run(t.Context(), job.ID); err != nil {
				t.Error(err)
			}
		})
		<-begun
	}
	over, cancel := context.WithCancel(t.Context())
	cancel() // whoever waits gets an error
	for _, id := range repeated {
		if err := b.Run(over, id); err != nil {
			t.Errorf("got %v, want the message ignored", err)
		}
	}
	close(end)
	all.Wait()
}

// A job that waits in memory is run, and run again after a fault.
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
