package server

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"influxion/handler/internal/jobs"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/server/answer"
	"influxion/handler/internal/server/request"
	"influxion/handler/internal/signing"
)

// maxInboxBytes is the largest document of the inbox.
const maxInboxBytes = 2 << 30

// Jobs are the parts for work that is done after the answer.
type Jobs struct {
	Store jobs.Store
	Queue jobs.Queue
}

// submit is POST /api/jobs. Nothing is queued before all jobs of the request are stored, and after
// an error none of them is left.
func (s *Server) submit(ctx context.Context, x *exchange) (*answer.Answer, error) {
	batch := &submission{server: s, principal: x.principal, id: jobs.NewBatch(), keyed: x.once.key != "",
		count: func() error { return s.countDocument(x) }}
	err := x.in.ReadJobs(ctx, batch.add)
	if err == nil {
		err = s.begin(ctx, x, batch.asked)
	}
	if err != nil {
		batch.withdraw(ctx)
		return nil, err
	}
	batch.enqueue(ctx)
	answer, err := answer.JSON(http.StatusAccepted, s.config.Jobs.list(batch.id, batch.jobs))
	if err == nil {
		answer.Header = http.Header{"Location": {batch.location()}}
	}
	return answer, err
}

// submission is a batch of jobs that is being stored.
type submission struct {
	server    *Server
	principal signing.Principal
	id        string
	jobs      []*jobs.Job
	keyed     bool   // the request has an Idempotency-Key
	asked     []byte // with that: what the jobs ask for
	count     func() error
}

// add stores one job.
func (b *submission) add(ctx context.Context, item *request.JobItem) error {
	config := b.server.config
	job := &jobs.Job{
		ID: jobs.JobID(b.id, len(b.jobs)), Operation: jobs.Operation(item.Operation), Principal: b.principal,
		Options: jobs.NewOptions(item.Signing), CreatedAt: config.Now().UTC(),
		Progress: jobs.Progress{Status: jobs.Received}, Input: jobs.Input{Name: item.Name},
	}
	if err := b.check(job, item); err != nil {
		return err
	}
	if len(b.jobs) > 0 { // the first one is the request, which was counted
		if err := b.count(); err != nil {
			return err
		}
	}
	switch {
	case item.Blob != "":
		if err := b.fromInbox(ctx, job, item.Blob); err != nil {
			return err
		}
		return b.store(ctx, job, nil)
	case item.Generation != nil:
		text, err := json.Marshal(jobs.NewGeneration(&item.Generation.Render))
		if err != nil {
			return fmt.Errorf("encode request: %w", err)
		}
		return b.store(ctx, job, bytes.NewReader(text))
	}
	return b.store(ctx, job, item.Document)
}

// store stores a job with its input; nil = the input is a blob of the inbox.
func (b *submission) store(ctx context.Context, job *jobs.Job, input pades.Document) error {
	digest := sha256.New()
	var from io.Reader
	if input != nil {
		job.Input.Size = input.Size()
		from = io.NewSectionReader(input, 0, input.Size())
		if b.keyed {
			from = io.TeeReader(from, digest)
		}
	}
	b.jobs = append(b.jobs, job) // before it is stored: after an error it may be there all the same
	if err := b.server.config.Jobs.Store.Create(ctx, job, from); err != nil {
		return storeError(err)
	}
	if !b.keyed {
		return nil
	}
	version := "" // of what the caller sent, the digest counts
	if job.Input.Blob != "" {
		version = job.Input.ETag
	}
	asked, err := json.Marshal([]any{job.Operation, job.Options, job.Input.Name, job.Input.Blob, version})
	if err != nil {
		return fmt.Errorf("encode options: %w", err)
	}
	b.asked = append(append(b.asked, asked...), digest.Sum(nil)...)
	return nil
}

// check refuses a job at once if it would be refused when it runs.
func (b *submission) check(job *jobs.Job, item *request.JobItem) error {
	config := b.server.config
	if item.Generation != nil {
		if config.Renderer == nil {
			return noRenderer("makes no documents")
		}
		job.Options.Seal = item.Generation.Sign
	}
	if job.Operation == jobs.Sign || job.Options.Seal {
		_, err := config.Sealer.Policy.Choose(b.principal, job.Options.Certificate)
		return err
	}
	return nil
}

// fromInbox records the current version of a blob.
func (b *submission) fromInbox(ctx context.Context, job *jobs.Job, name string) error {
	missing := &signing.Error{Kind: signing.NotFound, Code: "input_not_found",
		Detail: "no blob of this name is below the caller's own prefix of the inbox"}
	if !jobs.InInbox(b.principal, name) {
		return missing
	}
	found, err := b.server.config.Jobs.Store.Inbox(ctx, name)
	switch {
	case errors.Is(err, jobs.ErrNoInbox):
		return invalidRequest("inbox_missing", "this deployment has no inbox: send the document with the request", err)
	case errors.Is(err, jobs.ErrNotFound):
		return missing
	case err != nil:
		return storeError(err)
	case found.Size > maxInboxBytes:
		return &signing.Error{Kind: signing.TooLarge, Code: "document_too_large",
			Detail: "a blob may have 2147483648 bytes at most"}
	case found.Size == 0:
		return invalidRequest("document_missing", "the blob is empty", nil)
	}
	found.Name = job.Input.Name
	job.Input = found
	return nil
}

// location is where the caller finds its jobs.
func (b *submission) location() string {
	if len(b.jobs) == 1 {
		return "/api/jobs/" + b.jobs[0].ID
	}
	return "/api/jobs?batch=" + b.id
}

// withdraw deletes what was stored, or may have been.
func (b *submission) withdraw(ctx context.Context) {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), withdrawTime)
	defer cancel()
	for _, job := range b.jobs {
		if err := b.server.config.Jobs.Store.Delete(ctx, job.ID); err != nil {
			b.server.config.Logger.Warn("job of a refused request not deleted", "job", job.ID, "error", err.Error())
		}
	}
}

// withdrawTime bounds the deletion of a refused request's jobs.
const withdrawTime = 30 * time.Second

// enqueue queues the jobs. After the queue has refused one, enqueue leaves the others to the next
// sweep: the caller must not wait while each of them is refused too.
func (b *submission) enqueue(ctx context.Context) {
	ctx = context.WithoutCancel(ctx) // the jobs are stored, so the answer lists them
	for i, job := range b.jobs {
		if err := b.server.config.Jobs.Queue.Enqueue(ctx, job.ID); err != nil {
			b.server.config.Logger.Warn("jobs not queued; a sweep will", "job", job.ID, "jobs", len(b.jobs)-i,
				"error", err.Error())
			b.leave(ctx, b.jobs[i:])
			return
		}
	}
}

// leave marks jobs for the next sweep. If the queue took a message in spite of an error and the job
// has begun, the job stays as it is. A job that cannot be marked is found once it has waited long.
func (b *submission) leave(ctx context.Context, left []*jobs.Job) {
	for _, job := range left {
		marked := *job
		marked.Unqueued = true
		if err := b.server.config.Jobs.Store.Update(ctx, &marked); err != nil {
			b.server.config.Logger.Warn("job not marked for a sweep", "job", job.ID, "error", err.Error())
		}
	}
}
