package jobstest

import (
	"bytes"
	"errors"
	"io"
	"reflect"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"influxion/handler/internal/jobs"
)

// Contract checks that a Store and a Queue meet the contract of package jobs. open returns them,
// each time as another process would see them. They may still contain data of other tests.
func Contract(t *testing.T, open func(t *testing.T) (jobs.Store, jobs.Queue)) {
	for _, part := range []struct {
		name string
		test func(*testing.T, jobs.Store)
	}{
		{"records", records}, {"conflicts", conflicts}, {"unknown", unknown}, {"batch", batch}, {"scan", scan},
		{"delete", deletion}, {"input", input}, {"broken input", brokenInput}, {"result", result},
		{"one result", oneResult}, {"broken result", brokenResult},
	} {
		t.Run(part.name, func(t *testing.T) {
			store, _ := open(t)
			part.test(t, store)
		})
	}
	t.Run("queue", func(t *testing.T) {
		_, queue := open(t)
		for range 3 { // the same ID may be there more than once
			if err := queue.Enqueue(t.Context(), New(0).ID); err != nil {
				t.Error(err)
			}
		}
	})
}

func records(t *testing.T, store jobs.Store) {
	if store.Kind() == "" {
		t.Error("got no kind, want one")
	}
	job := New(3)
	job.Options.Certificate, job.Options.Signature.Reason = "seal", "because \"ü\"\n"
	if err := store.Create(t.Context(), job, strings.NewReader("abc")); err != nil {
		t.Fatal(err)
	}
	checkRecord(t, store, job)
	if job.Version == "" {
		t.Error("got no version, want one")
	}
	first := job.Version
	job.Status, job.Attempt, job.StartedAt = jobs.InProgress, 1, job.CreatedAt
	job.Problem = &jobs.Problem{Status: 503, Code: "busy", Detail: "ü"}
	if err := store.Update(t.Context(), job); err != nil {
		t.Fatal(err)
	}
	if job.Version == first {
		t.Error("got the version of before, want another")
	}
	checkRecord(t, store, job)
	again := New(3)
	again.ID = job.ID
	if err := store.Create(t.Context(), again, strings.NewReader("xyz")); !errors.Is(err, jobs.ErrExists) {
		t.Errorf("got %v, want ErrExists", err)
	}
	checkRecord(t, store, job)
	if got := readInput(t, store, job); got != "abc" {
		t.Errorf("got input %q, want the first job's", got)
	}
}

// checkRecord checks that the store has the record of a job whose input is "abc".
func checkRecord(t *testing.T, store jobs.Store, job *jobs.Job) {
	t.Helper()
	got, err := store.Job(t.Context(), job.ID)
	if err != nil {
		t.Fatal(err)
	}
	if got.Content != nil && string(got.Content) != "abc" {
		t.Errorf("got the input %q, want the job's", got.Content)
	}
	got.Content, job.Content = nil, nil // both are the store's own
	if !reflect.DeepEqual(got, job) {
		t.Errorf("got %+v, want %+v", got, job)
	}
}

// Of several updates of the same version, exactly one succeeds.
func conflicts(t *testing.T, store jobs.Store) {
	job := Create(t, store, []byte("abc"))
	oneSucceeds(t, 8, jobs.ErrConflict, func(i int) error {
		mine := *job
		mine.Attempt = i + 1
		return store.Update(t.Context(), &mine)
	})
	job.Attempt = 99
	if err := store.Update(t.Context(), job); !errors.Is(err, jobs.ErrConflict) {
		t.Errorf("got %v, want ErrConflict", err)
	}
}

// oneSucceeds makes attempts at the same time. It checks that exactly one succeeds, and that the
// others get the error.
func oneSucceeds(t *testing.T, attempts int, want error, attempt func(i int) error) {
	t.Helper()
	var all sync.WaitGroup
	var done atomic.Int32
	for i := range attempts {
		all.Go(func() {
			switch err := attempt(i); {
			case err == nil:
				done.Add(1)
			case !errors.Is(err, want):
				t.Errorf("got %v, want %v", err, want)
			}
		})
	}
	all.Wait()
	if done.Load() != 1 {
		t.Errorf("got %d successes, want 1", done.Load())
	}
}

func unknown(t *testing.T, store jobs.Store) {
	for _, id := range []string{New(0).ID, "", "a", "../x", "x/y", strings.Repeat("a", 2000), New(0).ID + "/",
		strings.ToUpper(New(0).ID)} {
		if _, err := store.Job(t.Context(), id); !errors.Is(err, jobs.ErrNotFound) {
			t.Errorf("got %v of job %.40q, want ErrNotFound", err, id)
		}
		job := New(0)
		job.ID, job.Version = id, "1"
		for name, err := range map[string]error{
			"Update": store.Update(t.Context(), job),
			"Result": second(store.Result(t.Context(), id)), "OpenInput": second(store.OpenInput(t.Context(), job)),
			"OpenResult": second(store.OpenResult(t.Context(), id, 0, 1)),
			"PutResult":  store.PutResult(t.Context(), job, Result([]byte("a")), Write([]byte("a"))),
		} {
			if !errors.Is(err, jobs.ErrNotFound) && !(name == "PutResult" && err == nil && jobs.ValidID(id)) {
				t.Errorf("got %v of %s of %.40q, want ErrNotFound", err, name, id)
			}
		}
		if err := store.Delete(t.Context(), id); err != nil {
			t.Errorf("got %v, want no error of a job that is gone", err)
		}
	}
	if got, err := store.Batch(t.Context(), jobs.NewBatch()); err != nil || len(got) != 0 {
		t.Errorf("got %v, %v, want no jobs", got, err)
	}
	if _, err := store.Inbox(t.Context(), "t/o/nothing.pdf"); !errors.Is(err, jobs.ErrNotFound) &&
		!errors.Is(err, jobs.ErrNoInbox) {
		t.Errorf("got %v, want ErrNotFound or ErrNoInbox", err)
	}
}

func second[T any](_ T, err error) error { return err }

func batch(t *testing.T, store jobs.Store) {
	id := jobs.NewBatch()
	var want []string
	for _, place := range []int{11, 2, 999} {
		job := New(1)
		job.ID = jobs.JobID(id, place)
		if err := store.Create(t.Context(), job, strings.NewReader("a")); err != nil {
			t.Fatal(err)
		}
	}
	Create(t, store, []byte("a"))
	for _, place := range []int{2, 11, 999} {
		want = append(want, jobs.JobID(id, place))
	}
	found, err := store.Batch(t.Context(), id)
	var got []string
	for _, job := range found {
		got = append(got, job.ID)
		if job.Version == "" || job.Input.Size != 1 {
			t.Errorf("got %+v, want the whole job", job)
		}
	}
	if err != nil || !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, %v, want %v", got, err, want)
	}
}

func scan(t *testing.T, store jobs.Store) {
	a, b := Create(t, store, []byte("a")), Create(t, store, []byte("b"))
	found := map[string]jobs.Entry{}
	visit := func(entry jobs.Entry) error {
		found[entry.ID] = entry
		return nil
	}
	if err := store.Scan(t.Context(), visit); err != nil {
		t.Fatal(err)
	}
	before := found[b.ID]
	b.Status = jobs.Done
	a.Unqueued = true
	if err := errors.Join(store.Update(t.Context(), a), store.Update(t.Context(), b)); err != nil {
		t.Fatal(err)
	}
	if err := store.Scan(t.Context(), visit); err != nil {
		t.Fatal(err)
	}
	if got := found[a.ID]; got.Status != jobs.Received || !got.Created.Equal(a.CreatedAt) || got.Changed.IsZero() ||
		!got.Unqueued {
		t.Errorf("got %+v, want a job that was received and not queued", got)
	}
	if got := found[b.ID]; got.Unqueued || got.Status != jobs.Done || got.Changed.Before(before.Changed) {
		t.Errorf("got %+v after %+v, want a later one that is done", got, before)
	}
	stop := errors.New("stop")
	if err := store.Scan(t.Context(), func(jobs.Entry) error { return stop }); !errors.Is(err, stop) {
		t.Errorf("got %v, want the error of visit", err)
	}
}

func deletion(t *testing.T, store jobs.Store) {
	job, other := Create(t, store, []byte("abc")), Create(t, store, []byte("def"))
	if err := store.PutResult(t.Context(), job, Result([]byte("x")), Write([]byte("x"))); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := store.Delete(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
	}
	for name, err := range map[string]error{
		"Job": second(store.Job(t.Context(), job.ID)), "OpenInput": second(store.OpenInput(t.Context(), job)),
		"Result": second(store.Result(t.Context(), job.ID)), "Update": store.Update(t.Context(), job),
		"OpenResult": second(store.OpenResult(t.Context(), job.ID, 0, 1)),
	} {
		if !errors.Is(err, jobs.ErrNotFound) {
			t.Errorf("got %v of %s, want ErrNotFound", err, name)
		}
	}
	if got := readInput(t, store, other); got != "def" {
		t.Errorf("got input %q of another job, want it unharmed", got)
	}
}

func readInput(t *testing.T, store jobs.Store, job *jobs.Job) string {
	t.Helper()
	document, err := store.OpenInput(t.Context(), job)
	if err != nil {
		t.Fatal(err)
	}
	defer document.Close()
	text, err := io.ReadAll(io.NewSectionReader(document, 0, document.Size()))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// large returns more data than one block or segment of any implementation holds.
func large() []byte { return bytes.Repeat([]byte("0123456789abcdef\n"), 9<<20/17) }
