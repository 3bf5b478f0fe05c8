package storage

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"influxion/handler/internal/jobs"
)

// The blob of a record is JSON in one line. Behind that line comes a small input, while the job has
// not ended.
const (
	maxRecord = 8 << 20 // bytes, with the input
	// smallInput is the size in bytes up to which an input lies behind its record: that saves one
	// request when the job is asked for, and one when it is run.
	smallInput = 128 << 10
)

// Metadata of a record.
const (
	statusMember   = "status"
	createdMember  = "created"
	unqueuedMember = "unqueued" // there where it is so
)

// record writes the record of a job over that of a version, or where there is none.
func (j *Jobs) record(ctx context.Context, job *jobs.Job, version string) error {
	text, err := json.Marshal(job)
	if err != nil {
		return fmt.Errorf("encode job: %w", err)
	}
	if len(text) > maxRecord-smallInput {
		return fmt.Errorf("the record of a job has %d bytes, more than %d", len(text), maxRecord-smallInput)
	}
	if job.Input.InRecord && !job.Status.Final() {
		text = append(append(text, '\n'), job.Content...)
	}
	metadata := map[string]string{statusMember: string(job.Status),
		createdMember: job.CreatedAt.UTC().Format(time.RFC3339Nano)}
	if job.Unqueued {
		metadata[unqueuedMember] = "true"
	}
	after, err := j.records.putText(ctx, write{name: recordPrefix + job.ID, mediaType: "application/json",
		version: version, metadata: metadata}, text)
	if err != nil {
		return jobError(err)
	}
	job.Version = after
	return nil
}

// Job implements jobs.Store.
func (j *Jobs) Job(ctx context.Context, id string) (*jobs.Job, error) {
	if !jobs.ValidID(id) {
		return nil, jobs.ErrNotFound
	}
	text, version, err := j.records.small(ctx, recordPrefix+id, maxRecord)
	if err != nil {
		return nil, jobError(err)
	}
	job := &jobs.Job{Version: version}
	record, content, _ := bytes.Cut(text, []byte{'\n'})
	if err := json.Unmarshal(record, job); err != nil {
		return nil, fmt.Errorf("read job %s: %w", id, err)
	}
	switch {
	case job.ID != id:
		return nil, fmt.Errorf("read job %s: the record has another ID", id)
	case !job.Input.InRecord || job.Status.Final():
	case int64(len(content)) != job.Input.Size:
		return nil, fmt.Errorf("read job %s: the record has another input", id)
	default:
		job.Content = content
	}
	return job, nil
}

// fill reads the content that is kept with the record, where the job has been read without it.
// Errors: jobs.ErrNotFound, jobs.ErrConflict.
func (j *Jobs) fill(ctx context.Context, job *jobs.Job) error {
	if !job.Input.InRecord || job.Content != nil || job.Status.Final() {
		return nil
	}
	kept, err := j.Job(ctx, job.ID)
	switch {
	case err != nil:
		return err
	case kept.Version != job.Version:
		return jobs.ErrConflict
	case kept.Content == nil:
		return jobs.ErrNotFound
	}
	job.Content = kept.Content
	return nil
}

// Update implements jobs.Store.
func (j *Jobs) Update(ctx context.Context, job *jobs.Job) error {
	if !jobs.ValidID(job.ID) || job.Version == "" {
		return jobs.ErrNotFound
	}
	if err := j.fill(ctx, job); err != nil {
		return err
	}
	return j.record(ctx, job, job.Version)
}
