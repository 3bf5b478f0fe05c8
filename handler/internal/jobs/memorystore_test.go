package jobs_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"strconv"
	"strings"
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

// A job that was taken can end, however full the store is. Deleted jobs free memory.
func TestMemoryIsBounded(t *testing.T) {
	t.Parallel()
	input := bytes.Repeat([]byte("x"), 1<<20)
	for _, limits := range []jobs.MemoryLimits{{Jobs: 3, Bytes: 1 << 30}, {Jobs: 1000, Bytes: 8 << 20}} {
		store := jobs.NewMemory(limits, time.Now)
		var made []*jobs.Job
		for {
			job := ofCaller(strconv.Itoa(len(made)), len(input))
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
			made[0] = ofCaller("0", len(input))
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

// What a result says of itself counts too: it can be larger than the result.
func TestMemoryCountsDescriptions(t *testing.T) {
	t.Parallel()
	const limit = 1 << 20
	store := jobs.NewMemory(jobs.MemoryLimits{Jobs: 10_000, Bytes: limit}, time.Now)
	kept := 0
	for caller := 0; ; caller++ {
		job := ofCaller(strconv.Itoa(caller), 1)
		if err := store.Create(t.Context(), job, bytes.NewReader([]byte("x"))); errors.Is(err, jobs.ErrFull) {
			break
		} else if err != nil {
			t.Fatal(err)
		}
		made := jobstest.Result([]byte("y"))
		made.Remarks = []string{strings.Repeat("r", 3<<10)}
		if err := store.PutResult(t.Context(), job, made, jobstest.Write([]byte("y"))); err != nil {
			t.Fatal(err)
		}
		job.Status, job.Result = jobs.Done, &made
		if err := store.Update(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		record, err := json.Marshal(job)
		if err != nil {
			t.Fatal(err)
		}
		kept += len(record) + len(made.Remarks[0]) // the description is there beside the record too
	}
	if kept > limit || kept < limit/2 {
		t.Errorf("got at least %d bytes kept, want about %d at most", kept, limit)
	}
}

// ofCaller is a new job of the person or application with that object ID.
func ofCaller(object string, size int) *jobs.Job {
	job := jobstest.New(size)
	job.Principal.ObjectID = object
	return job
}

// One caller gets at most half of what the others leave, however often it asks and whatever the
// case of its IDs. It gets back what it deletes.
func TestOneCallerLeavesHalf(t *testing.T) {
	t.Parallel()
	input := bytes.Repeat([]byte("x"), 100<<10)
	for _, test := range []struct {
		limits jobs.MemoryLimits
		wants  []int // jobs of each caller in turn
	}{
		{jobs.MemoryLimits{Jobs: 100, Bytes: 1 << 30}, []int{50, 25, 13, 6}},
		{jobs.MemoryLimits{Jobs: 1000, Bytes: 40 * (2*100<<10 + 48<<10)}, []int{20, 10, 5, 2}},
	} {
		store := jobs.NewMemory(test.limits, time.Now)
		fill := func(object string) (made []*jobs.Job) {
			for {
				job := ofCaller(object, len(input))
				err := store.Create(t.Context(), job, bytes.NewReader(input))
				if errors.Is(err, jobs.ErrShare) && errors.Is(err, jobs.ErrFull) {
					return made
				}
				if made = append(made, job); err != nil || len(made) > 1000 {
					t.Fatalf("got %v after %d jobs within %+v, want ErrShare", err, len(made), test.limits)
				}
			}
		}
		for i, want := range test.wants {
			made := fill("A" + strconv.Itoa(i))
			if got := len(made); got < want || got > want+want/8+1 {
				t.Errorf("got %d jobs of caller %d within %+v, want some %d", got, i, test.limits, want)
			}
			if more := fill("a" + strconv.Itoa(i)); len(more) != 0 {
				t.Errorf("got %d more jobs of caller %d by another case of its ID", len(more), i)
			}
			if err := store.Delete(t.Context(), made[0].ID); err != nil {
				t.Fatal(err)
			}
			if again := fill("A" + strconv.Itoa(i)); len(again) != 1 {
				t.Errorf("got %d jobs in the place of one that was deleted, want one", len(again))
			}
		}
	}
}

// A caller without other jobs may have one job that takes more than its share. The results of a
// caller count towards its share too.
func TestOneLargeJob(t *testing.T) {
	t.Parallel()
	input := bytes.Repeat([]byte("x"), 3<<20)
	store := jobs.NewMemory(jobs.MemoryLimits{Jobs: 10, Bytes: 8 << 20}, time.Now)
	if err := store.Create(t.Context(), ofCaller("a", len(input)), bytes.NewReader(input)); err != nil {
		t.Errorf("got %v, want the only job of its caller", err)
	}
	small := ofCaller("b", 1)
	if err := store.Create(t.Context(), small, bytes.NewReader([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	if err := store.Create(t.Context(), ofCaller("b", 1), bytes.NewReader([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	if err := store.PutResult(t.Context(), small, jobs.Result{Size: 1 << 20}, nil); !errors.Is(err, jobs.ErrShare) {
		t.Errorf("got %v, want ErrShare for a result that is over the share", err)
	}
}

// A result that is far larger than its input is counted before memory for it is taken.
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
