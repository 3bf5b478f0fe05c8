package storage_test

import (
	"bytes"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"reflect"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"influxion/handler/internal/jobs"
	"influxion/handler/internal/jobstest"
	"influxion/handler/internal/storage"
)

// counted counts the requests that arrive, and the bytes of their bodies.
type counted struct {
	http.RoundTripper
	requests atomic.Int32
	bytes    atomic.Int64
}

func (c *counted) RoundTrip(request *http.Request) (*http.Response, error) {
	c.requests.Add(1)
	c.bytes.Add(request.ContentLength)
	return c.RoundTripper.RoundTrip(request)
}

// A job with a small input takes five requests to the storage, and one with a larger input seven:
// docs/scale.md calculates with these numbers.
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

// A caller that has a job without its input, for example from a list, changes the record and not
// the input. When the job ends, a small input is dropped.
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

// An input that is kept with its record can be read without a copy, from any offset to its end.
func TestKeptInputInPieces(t *testing.T) {
	t.Parallel()
	store, _ := smallAccount(t).open(t)
	content := []byte("%PDF-1.7\n0123456789")
	document, err := store.OpenInput(t.Context(), jobstest.Create(t, store, content))
	if err != nil {
		t.Fatal(err)
	}
	defer document.Close()
	pieces, ok := document.(interface{ Piece(offset int64) []byte })
	if !ok {
		t.Fatalf("got %T, want a document in memory", document)
	}
	for offset := range int64(len(content)) {
		if got := pieces.Piece(offset); !bytes.Equal(got, content[offset:]) {
			t.Errorf("got %q at %d, want %q", got, offset, content[offset:])
		}
	}
	for _, offset := range []int64{-1, int64(len(content)), 1 << 40} {
		if got := pieces.Piece(offset); got != nil {
			t.Errorf("got %q at %d, want nothing outside", got, offset)
		}
	}
}

// Whatever a run changes before the job has ended is read as it was written. The change rewrites
// neither record nor input.
func TestChangesMoveNoInput(t *testing.T) {
	t.Parallel()
	a := smallAccount(t)
	counter := &counted{RoundTripper: a.transport}
	a.transport = counter
	store, _ := a.open(t)
	for _, size := range []int{3, 128<<10 + 1} { // with the record, and by itself
		job := jobstest.Create(t, store, make([]byte, size))
		counter.bytes.Store(0)
		for i, now := range []jobs.Progress{
			{Status: jobs.InProgress, Attempt: 1, StartedAt: job.CreatedAt, Heartbeat: job.CreatedAt},
			{Status: jobs.InProgress, Attempt: 1, StartedAt: job.CreatedAt, Heartbeat: job.CreatedAt.Add(time.Second)},
			{Status: jobs.Received, Attempt: 1, StartedAt: job.CreatedAt, Unqueued: true},
		} {
			job.Progress, job.Problem = now, nil
			if i == 2 {
				job.Problem = &jobs.Problem{Status: 503, Code: "vault_unavailable", Detail: strings.Repeat("ü", 150)}
			}
			if err := store.Update(t.Context(), job); err != nil {
				t.Fatal(err)
			}
			got, err := store.Job(t.Context(), job.ID)
			if err != nil || !reflect.DeepEqual(got.Progress, job.Progress) ||
				!reflect.DeepEqual(got.Problem, job.Problem) || got.Version != job.Version {
				t.Errorf("%d bytes: got %+v (%v), want %+v", size, got, err, job)
			}
		}
		if got := counter.bytes.Load(); got != 0 {
			t.Errorf("%d bytes: got %d bytes sent, want none", size, got)
		}
	}
}

// A change that does not fit into metadata is refused before a request, and the job stays as it
// was. Metadata that cannot be read make the record invalid.
func TestChangesThatDoNotFit(t *testing.T) {
	t.Parallel()
	a := smallAccount(t)
	store, _ := a.open(t)
	job := jobstest.Create(t, store, []byte("abc"))
	text, err := json.Marshal(struct {
		jobs.Progress
		Problem *jobs.Problem `json:"problem"`
	}{job.Progress, &jobs.Problem{}})
	if err != nil {
		t.Fatal(err)
	}
	longest := 4<<10 - len(text)
	long := *job
	long.Problem = &jobs.Problem{Detail: strings.Repeat("x", longest+1)}
	if err := store.Update(t.Context(), &long); err == nil || errors.Is(err, jobs.ErrConflict) {
		t.Errorf("got %v, want that the change is too long", err)
	}
	if got, err := store.Job(t.Context(), job.ID); err != nil || got.Version != job.Version {
		t.Errorf("got %+v (%v), want the job as it was", got, err)
	}
	fitting := *job
	fitting.Problem = &jobs.Problem{Detail: strings.Repeat("x", longest)}
	if err := store.Update(t.Context(), &fitting); err != nil {
		t.Errorf("got %v for the longest change that fits", err)
	}
	blob := a.container(storage.RecordsContainer).raw(t).NewBlobClient("jobs/" + job.ID)
	for _, text := range []string{"%", "e30", base64.StdEncoding.EncodeToString([]byte("[]"))} {
		if _, err := blob.SetMetadata(t.Context(), map[string]*string{"change": &text}, nil); err != nil {
			t.Fatal(err)
		}
		if got, err := store.Job(t.Context(), job.ID); err == nil {
			t.Errorf("%q: got %+v, want an error", text, got)
		}
	}
}

// A record whose input has another size is invalid: the input is not signed.
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
