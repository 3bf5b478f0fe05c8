package jobs_test

import (
	"context"
	"encoding/json"
	"errors"
	"strings"
	"testing"
	"time"

	"influxion/handler/internal/jobs"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/signing"
)

const year = 365 * 24 * time.Hour

// Whatever the clock of the host was that had the job before, the job ends: done if the rights of
// its caller may still count, else in error.
func TestJobsEndAfterOddClocks(t *testing.T) {
	t.Parallel()
	for name, test := range map[string]struct {
		created, heartbeat time.Duration // from now
		status             jobs.Status   // before
		want               jobs.Status
		code               string
	}{
		"asked for now":                      {0, 0, jobs.Received, jobs.Done, ""},
		"asked for by a clock that is ahead": {time.Hour, 0, jobs.Received, jobs.Done, ""},
		"asked for in another year":          {year, 0, jobs.Received, jobs.Error, "job_expired"},
		"asked for a year ago":               {-year, 0, jobs.Received, jobs.Error, "job_expired"},
		"run by a host that lives":           {0, -time.Minute, jobs.InProgress, jobs.InProgress, ""},
		"run by a clock that is ahead":       {0, time.Minute, jobs.InProgress, jobs.InProgress, ""},
		"run by a host that died":            {0, -time.Hour, jobs.InProgress, jobs.Done, ""},
		"run in another year":                {0, year, jobs.InProgress, jobs.Done, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := newBench(t)
			job := b.job(t, jobs.Sign, "doc")
			b.clock.Advance(-test.created)
			job.Status, job.Heartbeat = test.status, b.clock.Now().Add(test.heartbeat)
			if err := errors.Join(b.store.Update(t.Context(), job), b.Run(t.Context(), job.ID)); err != nil {
				t.Fatal(err)
			}
			got := b.present(t, job.ID)
			if got.Status != test.want || (test.code != "") != (got.Problem != nil && got.Problem.Code == test.code) {
				t.Errorf("got %s and %+v, want %s %s", got.Status, got.Problem, test.want, test.code)
			}
		})
	}
}

// A dead run's job is found though its heartbeat lies in the future.
func TestSweepFindsRunsOfAnotherYear(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	job := b.job(t, jobs.Sign, "doc")
	job.Status, job.Heartbeat = jobs.InProgress, b.clock.Now().Add(year)
	if err := b.store.Update(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	b.clock.Advance(10 * time.Minute)
	if err := b.Sweep(t.Context()); err != nil || len(b.queue.ids) != 1 {
		t.Errorf("got %v queued (%v), want the job", b.queue.ids, err)
	}
}

// storeClock is a store with a clock of its own.
type storeClock struct {
	jobs.Store
	seen func(jobs.Entry) jobs.Entry
}

func (s storeClock) Scan(ctx context.Context, visit func(jobs.Entry) error) error {
	return s.Store.Scan(ctx, func(entry jobs.Entry) error { return visit(s.seen(entry)) })
}

// A sweep by a host whose clock is wrong deletes nothing, and a job whose host's clock was wrong is
// deleted in time.
func TestSweepDeletesByTheClockOfTheStore(t *testing.T) {
	t.Parallel()
	const day = 24 * time.Hour
	for name, test := range map[string]struct {
		host            time.Duration // of the clock of the host that sweeps, from that of the store
		created, change time.Duration // before now
		deleted         bool
	}{
		"young":                              {0, day, day, false},
		"young, on a host of another year":   {year, day, day, false},
		"young, on a host of an earlier one": {-year, day, day, false},
		"old":                                {0, 8 * day, 8 * day, true},
		"old, on a host of an earlier year":  {-year, 8 * day, 8 * day, true},
		"old and done of late":               {0, 8 * day, day, true},
		"created in another year":            {0, -year, day, false},
		"created in another year, and old":   {0, -year, 8 * day, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var now time.Time
			b := newBench(t, func(inner jobs.Store) jobs.Store {
				return storeClock{inner, func(entry jobs.Entry) jobs.Entry {
					entry.Seen, entry.Created, entry.Changed = now, now.Add(-test.created), now.Add(-test.change)
					return entry
				}}
			})
			now = b.clock.Now()
			b.clock.Advance(test.host)
			job := b.job(t, jobs.Sign, "doc")
			job.Status = jobs.Done
			if err := errors.Join(b.store.Update(t.Context(), job), b.Sweep(t.Context())); err != nil {
				t.Fatal(err)
			}
			if _, err := b.store.Job(t.Context(), job.ID); errors.Is(err, jobs.ErrNotFound) != test.deleted {
				t.Errorf("got %v, want it deleted: %v", err, test.deleted)
			}
		})
	}
}

// What a document makes of its remarks never keeps a store from taking the result.
func TestResultsFitIntoAStore(t *testing.T) {
	t.Parallel()
	for _, text := range []string{"x", "<", "\x00", "ä", "\U0001f512", "\xff"} {
		remark := strings.Repeat(text, 1000)
		b := newBench(t)
		b.tools.made = func(result *signing.Result) {
			result.Shortfall = remark
			for range 20 {
				result.Remarks = append(result.Remarks, remark)
			}
			result.Level = pades.LevelBT
		}
		job := b.job(t, jobs.Sign, "doc")
		if err := b.Run(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		got := b.present(t, job.ID)
		encoded, err := json.Marshal(got.Result)
		if err != nil || len(encoded) > 4<<10 || len(got.Result.Remarks) == 0 || got.Result.InvocationID == "" {
			t.Errorf("%q: got %d bytes with %d remarks (%v), want 4096 at most and some remarks", text, len(encoded),
				len(got.Result.Remarks), err)
		}
	}
}
