package storage

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"time"

	"influxion/handler/internal/jobs"
)

// The blob of a record is JSON in one line. While the job has not ended, a small input follows that
// line, and the blob's metadata hold what changes. So a heartbeat rewrites neither the record nor
// the input.
const (
	maxRecord = 8 << 20 // bytes, with the input
	// smallInput is the size in bytes up to which an input is kept behind its record. That saves
	// one request when the job is asked for, and one when it is run.
	smallInput = 128 << 10
	// maxChange bounds a change, in bytes of JSON. In base64 and with the other metadata, it must
	// stay below the 8 KiB of metadata that a blob may have.
	maxChange = 4 << 10
)

// Metadata of a record.
const (
	statusMember   = "status"
	createdMember  = "created"
	unqueuedMember = "unqueued" // the member is present only if it is true
	changeMember   = "change"   // change as JSON in base64, instead of what the blob says
)

// change is how a job differs from the blob of its record.
type change struct {
	jobs.Progress
	Problem *jobs.Problem `json:"problem,omitempty"`
}

// metadataOf gives the metadata that lists show: Scan reads them.
func metadataOf(job *jobs.Job) map[string]string {
	metadata := map[string]string{statusMember: string(job.Status),
		createdMember: job.CreatedAt.UTC().Format(time.RFC3339Nano)}
	if job.Unqueued {
		metadata[unqueuedMember] = "true"
	}
	return metadata
}

// record writes the record of a job. It replaces the record of the given version; with no version
// it writes only if there is no record.
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
	after, err := j.records.putText(ctx, write{name: recordPrefix + job.ID, mediaType: "application/json",
		version: version, metadata: metadataOf(job)}, text)
	if err != nil {
		return jobError(err)
	}
	job.Version = after
	return nil
}

// Update implements jobs.Store.
func (j *Jobs) Update(ctx context.Context, job *jobs.Job) error {
	if !jobs.ValidID(job.ID) || job.Version == "" {
		return jobs.ErrNotFound
	}
	if job.Status.Final() { // the input is dropped
		return j.record(ctx, job, job.Version)
	}
	text, err := json.Marshal(change{job.Progress, job.Problem})
	if err != nil {
		return fmt.Errorf("encode change of job: %w", err)
	}
	if len(text) > maxChange {
		return fmt.Errorf("the change of a job has %d bytes, more than %d", len(text), maxChange)
	}
	metadata := metadataOf(job)
	metadata[changeMember] = base64.StdEncoding.EncodeToString(text)
	after, err := j.records.putMetadata(ctx, write{name: recordPrefix + job.ID, version: job.Version,
		metadata: metadata})
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
	kept, err := j.records.small(ctx, recordPrefix+id, maxRecord)
	if err != nil {
		return nil, jobError(err)
	}
	job := &jobs.Job{Version: kept.version}
	record, content, _ := bytes.Cut(kept.text, []byte{'\n'})
	if err := json.Unmarshal(record, job); err != nil {
		return nil, fmt.Errorf("read job %s: %w", id, err)
	}
	if err := applyChange(job, kept.metadata[changeMember]); err != nil {
		return nil, fmt.Errorf("read job %s: its change: %w", id, err)
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

// applyChange applies the change in the metadata to a job.
func applyChange(job *jobs.Job, text string) error {
	if text == "" {
		return nil
	}
	plain, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		return err
	}
	var now change
	if err := json.Unmarshal(plain, &now); err != nil {
		return err
	}
	job.Progress, job.Problem = now.Progress, now.Problem
	return nil
}
