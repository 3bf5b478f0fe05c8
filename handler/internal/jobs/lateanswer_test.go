package jobs_test

import (
	"context"
	"fmt"
	"io"
	"testing"
	"time"

	"influxion/handler/internal/jobs"
	"influxion/handler/internal/jobstest"
)

// late is a store whose requests wait, before they are done or before they are answered.
type late struct {
	jobs.Store
	wait func(request string) // is called twice for each request
}

func (l *late) around(request string) (answered func()) {
	l.wait(request + ", done late")
	return func() { l.wait(request + ", answered late") }
}

func (l *late) Job(ctx context.Context, id string) (*jobs.Job, error) {
	defer l.around("read")()
	return l.Store.Job(ctx, id)
}

func (l *late) Update(ctx context.Context, job *jobs.Job) error {
	defer l.around("update to " + string(job.Status))()
	return l.Store.Update(ctx, job)
}

func (l *late) OpenInput(ctx context.Context, job *jobs.Job) (jobs.Document, error) {
	defer l.around("input")()
	return l.Store.OpenInput(ctx, job)
}

func (l *late) PutResult(ctx context.Context, job *jobs.Job, result jobs.Result, from func(io.Writer) error) error {
	defer l.around("result")()
	return l.Store.PutResult(ctx, job, result, from)
}

// While one request of a run takes longer than a run may be silent, the job is swept, its message
// comes twice, or it is deleted. Each job ends with one result, whose record is the one of the run
// that the job names, or is gone with its result.
func TestLateAnswersOfTheStore(t *testing.T) {
	t.Parallel()
	var requests []string
	for _, request := range []string{"read", "update to InProgress", "input", "result", "update to Done"} {
		requests = append(requests, request+", done late", request+", answered late")
	}
	for _, request := range requests {
		for _, delay := range []time.Duration{0, time.Minute, 10 * time.Minute} {
			for _, deleted := range []bool{false, true} {
				t.Run(fmt.Sprintf("%s by %s, deleted %v", request, delay, deleted), func(t *testing.T) {
					t.Parallel()
					store := &late{}
					b := newBench(t, func(inner jobs.Store) jobs.Store { store.Store = inner; return store })
					met := false
					store.wait = func(string) {}
					job := b.job(t, jobs.Sign, "doc")
					store.wait = func(now string) {
						if met || now != request {
							return
						}
						met = true
						b.clock.Advance(delay)
						if deleted {
							if err := b.store.Delete(t.Context(), job.ID); err != nil {
								t.Error(err)
							}
						}
						for range 2 {
							if err := b.Run(t.Context(), job.ID); err != nil {
								t.Error(err)
							}
						}
					}
					for range 3 { // the message, and what a sweep queues
						if err := b.Run(t.Context(), job.ID); err != nil {
							t.Error(err)
						}
						b.clock.Advance(10 * time.Minute)
						if err := b.Sweep(t.Context()); err != nil {
							t.Error(err)
						}
					}
					if !met {
						t.Fatal("the request was not made")
					}
					b.checkEnd(t, job.ID, deleted)
				})
			}
		}
	}
}

// checkEnd requires a job that is done, with one record for its result, or one that is gone.
func (b *bench) checkEnd(t *testing.T, id string, gone bool) {
	t.Helper()
	if gone {
		if _, err := b.store.Result(t.Context(), id); err == nil {
			t.Error("got a result of a deleted job")
		}
		return
	}
	got := b.present(t, id)
	if got.Status != jobs.Done || got.Result == nil {
		t.Fatalf("got %+v, want it done", got)
	}
	counts := 0
	for _, record := range b.records.signed() {
		if record.InvocationID == got.Result.InvocationID {
			counts++
			if record.SignedDigest != got.Result.SHA256 {
				t.Errorf("got the record %+v, want the digest %s", record, got.Result.SHA256)
			}
		}
	}
	if counts != 1 {
		t.Errorf("got %d records of the run that counts, want 1", counts)
	}
}

// The result of an earlier run arrives just before that of the run that has the job now: it is the
// job's result, and the record of the earlier run counts.
func TestResultOfAnEarlierRunCounts(t *testing.T) {
	t.Parallel()
	store := &late{}
	b := newBench(t, func(inner jobs.Store) jobs.Store { store.Store = inner; return store })
	store.wait = func(string) {}
	job := b.job(t, jobs.Sign, "doc")
	earlier := jobstest.Result([]byte("doc+seal of an earlier run"))
	store.wait = func(request string) {
		if request != "result, done late" {
			return
		}
		if err := store.Store.PutResult(t.Context(), job, earlier,
			jobstest.Write([]byte("doc+seal of an earlier run"))); err != nil {
			t.Error(err)
		}
	}
	if err := b.Run(t.Context(), job.ID); err != nil {
		t.Fatal(err)
	}
	got := b.present(t, job.ID)
	if got.Status != jobs.Done || got.Result == nil || got.Result.SHA256 != earlier.SHA256 ||
		got.Result.InvocationID != earlier.InvocationID || b.output(t, got) != "doc+seal of an earlier run" {
		t.Errorf("got %+v, want the result that is there, with its record", got.Result)
	}
}
