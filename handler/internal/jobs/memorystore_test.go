package jobs_test

import (
	"bytes"
	"errors"
	"testing"
	"time"

	"influxion/handler/internal/jobs"
	"influxion/handler/internal/jobstest"
)

func TestMemoryKeepsTheContract(t *testing.T) {
	t.Parallel()
	jobstest.Contract(t, func(*testing.T) (jobs.Store, jobs.Queue) {
		return jobs.NewMemory(jobs.MemoryLimits{Jobs: 100, Bytes: 64 << 20}, time.Now), &jobs.MemoryQueue{}
	})
}

// A job that was taken can end however full the store is, and what goes makes space.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	input := bytes.Repeat([]byte("x"), 1<<20)
	for _, limits := range []jobs.MemoryLimits{{Jobs: 3, Bytes: 1 << 30}, {Jobs: 1000, Bytes: 8 << 20}} {
		store := jobs.NewMemory(limits, time.Now)
		var made []*jobs.Job
		for {
			job := jobstest.New(len(input))
			if err := store.Create(t.Context(), job, bytes.NewReader(input)); errors.Is(err, jobs.ErrFull) {
				break
			} else if err != nil {
				t.Fatal(err)
			}
			if made = append(made, job); len(made) > 8 {
				t.Fatalf("got %d jobs within %+v", len(made), limits)
			}
		}
		if len(made) < 3 {
			t.Errorf("got %d jobs within %+v, want 3", len(made), limits)
		}
		output := append(bytes.Clone(input), bytes.Repeat([]byte("y"), 100<<10)...)
		for _, job := range made {
			if err := store.PutResult(t.Context(), job, jobstest.Result(output), jobstest.Write(output)); err != nil {
				t.Errorf("got %v, want the result of a job that was taken", err)
			}
		}
		for round := range 50 {
			if err := store.Delete(t.Context(), made[0].ID); err != nil {
				t.Fatal(err)
			}
			made[0] = jobstest.New(len(input))
			if err := store.Create(t.Context(), made[0], bytes.NewReader(input)); err != nil {
				t.Fatalf("got %v in round %d, want space for what went", err, round)
			}
			broken := jobstest.New(len(input))
			if err := store.Create(t.Context(), broken, bytes.NewReader(input[1:])); err == nil {
				t.Fatal("got a job without its whole input")
			}
		}
	}
}

// A result that is far larger than its input is counted before it is taken.
func TestMemoryCountsLargeResults(t *testing.T) {
	t.Parallel()
	store := jobs.NewMemory(jobs.MemoryLimits{Jobs: 10, Bytes: 4 << 20}, time.Now)
	job := jobstest.Create(t, store, []byte("small"))
	size := jobs.Result{Size: 5 << 20}
	if err := store.PutResult(t.Context(), job, size, nil); !errors.Is(err, jobs.ErrFull) {
		t.Errorf("got %v, want ErrFull before anything is written", err)
	}
	if err := store.PutResult(t.Context(), job, jobstest.Result([]byte("fits")),
		jobstest.Write([]byte("fits"))); err != nil {
		t.Error(err)
	}
}
