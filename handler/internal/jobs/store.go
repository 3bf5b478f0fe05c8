package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"influxion/handler/internal/pades"
)

// Errors of a Store. All others mean that it cannot answer now, and that trying again may help.
var (
	ErrNotFound = errors.New("no such job, input or result")
	ErrConflict = errors.New("the record has changed")
	ErrExists   = errors.New("it exists already")
	ErrChanged  = errors.New("the input was changed after the job was submitted")
	ErrFull     = errors.New("the store is full")
	// ErrShare is an ErrFull for one caller: others may still store jobs.
	ErrShare   = fmt.Errorf("%w for this caller", ErrFull)
	ErrNoInbox = errors.New("the store has no inbox")
)

// Store keeps jobs with their inputs and results. It must be safe for concurrent use. The IDs that
// it gets may come from anybody: an ID that is not ValidID gives ErrNotFound.
type Store interface {
	// Kind names the storage in answers, such as "memory".
	Kind() string
	// Inbox describes the present blob of a name in the inbox container: its Blob, ETag and Size.
	// Errors: ErrNotFound, ErrNoInbox.
	Inbox(ctx context.Context, name string) (Input, error)
	// Create stores a new job. Where job.Input.Blob is "", it first stores the job.Input.Size bytes
	// that input gives; else input is nil. It sets Version, and Input.ETag and Input.InRecord where
	// the store has them. If input gives another number of bytes or an error, nothing is stored.
	// Errors: ErrExists, ErrFull, that of input.
	Create(ctx context.Context, job *Job, input io.Reader) error
	// Job gives a job with its Version. Errors: ErrNotFound.
	Job(ctx context.Context, id string) (*Job, error)
	// Update stores Progress, Problem and Result of a job, the only parts that ever change, and
	// sets the new Version. It does so only if the record still has job.Version. It may drop the
	// input of a job that has ended. Errors: ErrConflict, ErrNotFound.
	Update(ctx context.Context, job *Job) error
	// Batch gives the jobs of a batch, in the order of their IDs; none if the batch is unknown.
	Batch(ctx context.Context, batch string) ([]*Job, error)
	// Delete removes a job with the input that is kept with it and its result. A blob of the inbox
	// stays. It is no error if there is no such job, or only parts of one.
	Delete(ctx context.Context, id string) error
	// Scan visits every job, in no certain order; those that come or go meanwhile may be left out.
	// An error of visit ends it and is returned.
	Scan(ctx context.Context, visit func(Entry) error) error

	// OpenInput opens the input of a job, in the version that Job.Input has. Errors: ErrNotFound,
	// ErrChanged; reads of the Document may give them as well. The caller closes it.
	OpenInput(ctx context.Context, job *Job) (Document, error)
	// PutResult stores the result of a job with its description, unless there is one already: at
	// most one of several calls succeeds. The result is stored as a whole or not at all. write
	// gives exactly Result.Size bytes. Errors: ErrExists, ErrFull, that of write.
	PutResult(ctx context.Context, job *Job, result Result, write func(io.Writer) error) error
	// Result describes what PutResult has stored. Errors: ErrNotFound.
	Result(ctx context.Context, id string) (Result, error)
	// OpenResult gives length bytes of the result from offset on, which lie within it. Errors:
	// ErrNotFound. The caller closes it.
	OpenResult(ctx context.Context, id string, offset, length int64) (io.ReadCloser, error)
}

// Document is an open input.
type Document interface {
	pades.Document
	io.Closer
}

// Entry is what Scan tells of a job.
type Entry struct {
	ID      string
	Status  Status
	Changed time.Time // when the record was created or last updated, by the clock of the store
	Seen    time.Time // now, by the same clock
	Created time.Time // when the job was created, by the clock of the host that took it
	// Unqueued is the same as in the record.
	Unqueued bool
}

// Queue holds the IDs of jobs that are to be run. It delivers each at least once, in no certain
// order.
type Queue interface {
	// Enqueue adds the ID of a job. An error means that trying again may help.
	Enqueue(ctx context.Context, id string) error
}
