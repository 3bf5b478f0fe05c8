package client

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"time"
)

// Operations of jobs.
const (
	OperationSign      = "sign"
	OperationExtend    = "extend"
	OperationTimestamp = "timestamp"
	OperationVerify    = "verify"
	OperationGenerate  = "generate"
)

// Statuses of jobs. JobDone and JobError are final.
const (
	JobReceived   = "Received"
	JobInProgress = "InProgress"
	JobDone       = "Done"
	JobError      = "Error"
)

// JobRequest asks for one job.
type JobRequest struct {
	Operation  string
	Document   Document    // nil = Blob, or a document that is to be made
	Blob       string      // name in the deployment's inbox, below <tenant>/<object>/ of the caller
	Name       string      // what the caller calls the document; "" = nothing
	Options    Options     // of OperationSign; of OperationExtend Level and AllowLower
	Generation *Generation // of OperationGenerate
}

// Job is the state of a job as the deployment reports it.
type Job struct {
	ID          string     `json:"id"`
	Batch       string     `json:"batch"` // the request that asked for it
	Operation   string     `json:"operation"`
	Status      string     `json:"status"`
	Name        string     `json:"name"`
	CreatedAt   time.Time  `json:"created_at"`
	StartedAt   time.Time  `json:"started_at"`   // zero = not yet
	CompletedAt time.Time  `json:"completed_at"` // zero = not yet
	Size        int64      `json:"size"`         // bytes of the result
	Result      *JobResult `json:"result"`       // of a job that is done
	Error       *Problem   `json:"error"`        // of one that ended in error
	Storage     string     `json:"storage"`      // memory = lost when the instance ends
}

// Final reports whether the job has ended.
func (j *Job) Final() bool { return j.Status == JobDone || j.Status == JobError }

// JobResult describes the result of a job.
type JobResult struct {
	MediaType    string   `json:"media_type"`
	SHA256       string   `json:"sha256"` // hex
	Certificate  string   `json:"certificate"`
	Fingerprint  string   `json:"fingerprint"`
	Level        string   `json:"level"`
	Shortfall    string   `json:"shortfall"`
	Remarks      []string `json:"remarks"`
	InvocationID string   `json:"invocation_id"`
}

// JobBatch holds the jobs of one request, in the order of the request.
type JobBatch struct {
	Batch   string `json:"batch"`
	Storage string `json:"storage"`
	Jobs    []Job  `json:"jobs"`
}

// Bounds of a request for jobs.
const (
	MaxJobs      = 1000
	maxJobsBytes = 100 << 20 // of the body
)

// SubmitJobs submits all the jobs or none. It holds the whole request in memory, with the documents
// in base64; the request may have 100 MB. A refusal is a *Problem.
func (c *Client) SubmitJobs(ctx context.Context, requests []JobRequest) (*JobBatch, error) {
	body, err := jobsBody(requests)
	if err != nil {
		return nil, fmt.Errorf("make request: %w", err)
	}
	batch := &JobBatch{}
	err = c.fetch(ctx, call{method: http.MethodPost, path: "jobs", accept: mediaJSON,
		document: bytes.NewReader(body), mediaType: mediaJSON}, batch)
	if err == nil && len(batch.Jobs) != len(requests) {
		err = fmt.Errorf("got %d jobs, want %d", len(batch.Jobs), len(requests))
	}
	return batch, err
}

// jobsBody is the request in JSON.
func jobsBody(requests []JobRequest) ([]byte, error) {
	if len(requests) == 0 || len(requests) > MaxJobs {
		return nil, fmt.Errorf("got %d jobs, want 1 to %d", len(requests), MaxJobs)
	}
	var body bytes.Buffer
	body.WriteString(`{"jobs":[`)
	for i, request := range requests {
		if i > 0 {
			body.WriteByte(',')
		}
		if err := request.write(&body); err != nil {
			return nil, fmt.Errorf("job %d: %w", i+1, err)
		}
		if body.Len() > maxJobsBytes {
			return nil, fmt.Errorf("more than %d bytes with job %d: send fewer at once", maxJobsBytes, i+1)
		}
	}
	body.WriteString("]}")
	return body.Bytes(), nil
}

// write writes a job in JSON, the operation first and the document last.
func (r JobRequest) write(body *bytes.Buffer) error {
	if _, ok := r.Document.(*locked); ok {
		return errors.New("a job takes no password")
	}
	options, err := r.operationOptions()
	if err != nil {
		return err
	}
	for i, member := range []struct {
		name  string
		value any
	}{{"operation", r.Operation}, {"options", options}, {"name", r.Name}, {"blob", r.Blob}} {
		if member.value == nil || member.value == "" {
			continue
		}
		text, err := json.Marshal(member.value)
		if err != nil {
			return err
		}
		separator := `,"`
		if i == 0 {
			separator = `{"`
		}
		body.WriteString(separator + member.name + `":`)
		body.Write(text)
	}
	if r.Document != nil {
		if err := writeDocument(body, r.Document); err != nil {
			return err
		}
	}
	body.WriteByte('}')
	return nil
}

// operationOptions returns the options of the operation for the JSON; nil = it takes none.
func (r JobRequest) operationOptions() (any, error) {
	switch r.Operation {
	case OperationGenerate:
		if r.Generation == nil {
			return nil, errors.New("the job has no document to generate")
		}
		text, err := r.Generation.body()
		return json.RawMessage(text), err
	case OperationSign:
		return r.Options.members(), nil
	case OperationExtend:
		return Options{Level: r.Options.Level, AllowLower: r.Options.AllowLower}.members(), nil
	}
	return nil, nil
}

// writeDocument writes the member that holds the document of a job.
func writeDocument(body *bytes.Buffer, document Document) error {
	if int64(maxJobsBytes) < document.Size() {
		return fmt.Errorf("a document of %d bytes is too large for a job", document.Size())
	}
	body.WriteString(`,"document":"`)
	encoder := base64.NewEncoder(base64.StdEncoding, body)
	if _, err := io.Copy(encoder, io.NewSectionReader(document, 0, document.Size())); err != nil {
		return err
	}
	if err := encoder.Close(); err != nil {
		return err
	}
	body.WriteByte('"')
	return nil
}

// Job returns the state of a job. A refusal is a *Problem.
func (c *Client) Job(ctx context.Context, id string) (*Job, error) {
	job := &Job{}
	err := c.fetch(ctx, call{method: http.MethodGet, path: "jobs/" + url.PathEscape(id), accept: mediaJSON}, job)
	return job, err
}

// Jobs returns the state of the jobs of a batch. A refusal is a *Problem.
func (c *Client) Jobs(ctx context.Context, batch string) (*JobBatch, error) {
	found := &JobBatch{}
	err := c.fetch(ctx, call{method: http.MethodGet, path: "jobs", query: url.Values{"batch": {batch}},
		accept: mediaJSON}, found)
	return found, err
}

// DeleteJob deletes a job with its document and its result. A refusal is a *Problem.
func (c *Client) DeleteJob(ctx context.Context, id string) error {
	return c.fetch(ctx, call{method: http.MethodDelete, path: "jobs/" + url.PathEscape(id), accept: mediaJSON}, &Job{})
}
