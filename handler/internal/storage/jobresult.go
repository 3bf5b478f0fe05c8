package storage

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"

	"influxion/handler/internal/jobs"
)

// resultMember has the description of a result, as JSON in base64: metadata are ASCII, and at most
// 8 KiB.
const resultMember = "result"

// PutResult implements jobs.Store. One request writes description and content, so that neither is
// there without the other. The condition of that request detects an earlier result, because few
// jobs have one.
func (j *Jobs) PutResult(ctx context.Context, job *jobs.Job, result jobs.Result, from func(io.Writer) error) error {
	if !jobs.ValidID(job.ID) {
		return jobs.ErrNotFound
	}
	description, err := json.Marshal(result)
	if err != nil {
		return fmt.Errorf("encode result: %w", err)
	}
	err = j.results.pour(ctx, write{name: job.ID, mediaType: result.MediaType, size: result.Size,
		metadata: map[string]string{resultMember: base64.StdEncoding.EncodeToString(description)}}, from)
	return jobError(err)
}

// Result implements jobs.Store.
func (j *Jobs) Result(ctx context.Context, id string) (jobs.Result, error) {
	var result jobs.Result
	if !jobs.ValidID(id) {
		return result, jobs.ErrNotFound
	}
	is, err := j.results.properties(ctx, id)
	if err != nil {
		return result, jobError(err)
	}
	description, err := base64.StdEncoding.DecodeString(is.metadata[resultMember])
	if err == nil {
		err = json.Unmarshal(description, &result)
	}
	if err == nil && result.Size != is.size {
		err = errors.New("it has another size")
	}
	if err != nil {
		return jobs.Result{}, fmt.Errorf("read result of job %s: %w", id, err)
	}
	return result, nil
}

// OpenResult implements jobs.Store.
func (j *Jobs) OpenResult(ctx context.Context, id string, offset, length int64) (io.ReadCloser, error) {
	if !jobs.ValidID(id) {
		return nil, jobs.ErrNotFound
	}
	if length == 0 { // a range has one byte at least
		if _, err := j.results.properties(ctx, id); err != nil {
			return nil, jobError(err)
		}
		return io.NopCloser(strings.NewReader("")), nil
	}
	body, err := j.results.span(ctx, id, "", offset, length)
	if err != nil {
		return nil, jobError(readError(err))
	}
	return body, nil
}
