package jobstest

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"testing"
	"time"

	"influxion/handler/internal/jobs"
	"influxion/handler/internal/signing"
)

// New makes the record of a job that was just received, the first of its batch, for an input of
// size bytes.
func New(size int) *jobs.Job {
	return &jobs.Job{
		ID: jobs.JobID(jobs.NewBatch(), 0), Operation: jobs.Sign,
		Principal: signing.Principal{TenantID: "t", ObjectID: "o", ClientID: "c", Roles: []string{"sign.*"}},
		Input:     jobs.Input{Size: int64(size), Name: "a.pdf"},
		CreatedAt: time.Date(2026, 11, 29, 12, 0, 0, 0, time.UTC),
		Progress:  jobs.Progress{Status: jobs.Received},
	}
}

// Create stores a new job with its input.
func Create(t testing.TB, store jobs.Store, input []byte) *jobs.Job {
	t.Helper()
	job := New(len(input))
	if err := store.Create(t.Context(), job, bytes.NewReader(input)); err != nil {
		t.Fatal(err)
	}
	return job
}

// Result describes a result with that content.
func Result(content []byte) jobs.Result {
	sum := sha256.Sum256(content)
	return jobs.Result{MediaType: "application/pdf", Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:]),
		Attempt: 1, InvocationID: "i", Level: "B-B", Shortfall: "nämlich", Remarks: []string{"a", "b"}}
}

// Write returns a function that writes the content.
func Write(content []byte) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := w.Write(content)
		return err
	}
}
