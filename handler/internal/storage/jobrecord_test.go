package storage_test

import (
	"bytes"
	"errors"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"influxion/handler/internal/jobs"
	"influxion/handler/internal/jobstest"
	"influxion/handler/internal/storage"
)

// counted counts the requests that arrive.
type counted struct {
	http.RoundTripper
	requests atomic.Int32
}

func (c *counted) RoundTrip(request *http.Request) (*http.Response, error) {
	c.requests.Add(1)
	return c.RoundTripper.RoundTrip(request)
}

// A job with a small input asks five requests of the storage, one with a larger input seven: what
// docs/scale.md reckons with.
func TestRequestsOfAJob(t *testing.T) {
	t.Parallel()
	for size, want := range map[int]int32{0: 5, 1: 5, 128 << 10: 5, 128<<10 + 1: 7} {
		a := smallAccount(t)
		counter := &counted{RoundTripper: a.transport}
		a.transport = counter
		store, _ := a.open(t)
		content := bytes.Repeat([]byte("\n"), size) // the byte that ends a record
		job := jobstest.Create(t, store, content)
		job, err := store.Job(t.Context(), job.ID)
		if err != nil {
			t.Fatal(err)
		}
		job.Status = jobs.InProgress
		if err := store.Update(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, store, job); got != string(content) {
			t.Errorf("%d bytes: got an input of %d, want what was sent", size, len(got))
		}
		output := []byte("signed")
		if err := store.PutResult(t.Context(), job, jobstest.Result(output), jobstest.Write(output)); err != nil {
			t.Fatal(err)
		}
		job.Status = jobs.Done
		if err := store.Update(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		if got := counter.requests.Load(); got != want {
			t.Errorf("%d bytes: got %d requests, want %d", size, got, want)
		}
	}
}

// Whoever has a job without its input, such as from a list, changes the record and not the input.
// With the end of the job a small input goes.
func TestRecordKeepsItsInput(t *testing.T) {
	t.Parallel()
	a := smallAccount(t)
	store, _ := a.open(t)
	job := jobstest.Create(t, store, []byte("abc"))
	if !job.Input.InRecord || job.Content != nil {
		t.Errorf("got %+v, want an input beside the record and not in memory", job)
	}
	stale := *job
	job.Unqueued = true
	if err := store.Update(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if err := store.Update(t.Context(), &stale); !errors.Is(err, jobs.ErrConflict) {
		t.Errorf("got %v of the version before, want ErrConflict", err)
	}
	listed, err := store.Batch(t.Context(), jobs.BatchOf(job.ID))
	if err != nil || len(listed) != 1 || listed[0].Content != nil || !listed[0].Unqueued {
		t.Fatalf("got %+v (%v), want the job without its input", listed, err)
	}
	if got := readAll(t, store, listed[0]); got != "abc" {
		t.Errorf("got the input %q, want that of the job", got)
	}
	listed[0].Status = jobs.Error
	if err := store.Update(t.Context(), listed[0]); err != nil {
		t.Fatal(err)
	}
	if text := a.container(storage.RecordsContainer).read(t, "jobs/"+job.ID); strings.Contains(text, "abc") {
		t.Errorf("got %q, want a record without the input of a job that has ended", text)
	}
	if _, err := store.OpenInput(t.Context(), listed[0]); !errors.Is(err, jobs.ErrNotFound) {
		t.Errorf("got %v, want no input of a job that has ended", err)
	}
	if err := store.Delete(t.Context(), job.ID); err != nil {
		t.Fatal(err)
	}
	if err := store.Update(t.Context(), &stale); !errors.Is(err, jobs.ErrNotFound) {
		t.Errorf("got %v of a job that was deleted, want ErrNotFound", err)
	}
}

// A record whose input has another size is no record: it is not signed.
func TestRecordWithAnotherInput(t *testing.T) {
	t.Parallel()
	a := smallAccount(t)
	store, _ := a.open(t)
	job := jobstest.Create(t, store, []byte("abc"))
	record := a.container(storage.RecordsContainer)
	text := record.read(t, "jobs/"+job.ID) + "d"
	blob := record.raw(t).NewBlockBlobClient("jobs/" + job.ID)
	if _, err := blob.UploadBuffer(t.Context(), []byte(text), nil); err != nil {
		t.Fatal(err)
	}
	if got, err := store.Job(t.Context(), job.ID); err == nil {
		t.Errorf("got %+v, want an error", got)
	}
}
