package request

import (
	"context"
	"fmt"
	"io"
	"strings"
	"time"

	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/server/jsonstream"
	"influxion/handler/internal/server/request/memory"
	"influxion/handler/internal/signing"
)

// MaxJobsBytes bounds the body of a request for jobs. It is the Functions host's own limit.
const MaxJobsBytes = 100 << 20

const (
	maxInline   = 64 << 20 // bytes of a document that comes with a request for jobs
	maxJobs     = 1000     // of one request
	maxBlobName = 1024     // characters: "Naming and Referencing Containers, Blobs, and Metadata"
)

// jobReader reads the jobs of a request.
type jobReader struct {
	in    *Incoming
	each  func(context.Context, *JobItem) error
	count int
}

// ReadJobs reads a request for jobs, and calls each for one job after the other. The document of a
// job is released before the next job is read. An error of each ends the reading and is returned.
// Forms: one JSON object, or {"jobs": […]} with up to 1,000 of them; a PDF, with operation and
// options in the query; multipart/form-data with one or more documents, each of which is a job with
// the options before it.
func (in *Incoming) ReadJobs(ctx context.Context, each func(context.Context, *JobItem) error) error {
	if err := in.uncoded(); err != nil {
		return err
	}
	ctx = budget.With(ctx, nil) // the work on the documents is not this request's
	r := &jobReader{in: in, each: each}
	media, parameters := contentType(in.request.Header)
	var err error
	switch media {
	case mediaPDF:
		err = r.readPDF(ctx)
	case mediaMultipart:
		err = r.readMultipart(ctx, parameters["boundary"])
	case mediaJSON:
		if charset := parameters["charset"]; charset != "" && !strings.EqualFold(charset, "utf-8") {
			return unsupportedMediaType()
		}
		err = r.readJSON(ctx)
	default:
		return unsupportedMediaType()
	}
	if err == nil {
		_, err = io.Copy(io.Discard, in.body)
	}
	if err != nil {
		return bodyError(err)
	}
	_ = in.control.SetReadDeadline(time.Time{})
	return nil
}

// finish hands a job on and gives back the memory that it took.
func (r *jobReader) finish(ctx context.Context, j *job) error {
	item, err := j.item()
	if err != nil {
		return r.at(err)
	}
	if r.count >= maxJobs {
		return &signing.Error{Kind: signing.TooLarge, Code: "jobs_too_many",
			Detail: fmt.Sprintf("a request may ask for %d jobs at most", maxJobs)}
	}
	if err := r.each(ctx, item); err != nil {
		return r.at(err)
	}
	r.count++
	r.in.memory.Document.Release()
	r.in.memory.Image.Release()
	r.in.making = 0
	return nil
}

// at adds to an error which job it is about, if there are several.
func (r *jobReader) at(err error) error {
	signingErr, ok := err.(*signing.Error)
	if !ok || r.count == 0 {
		return err
	}
	placed := *signingErr
	placed.Detail = fmt.Sprintf("job %d: %s", r.count+1, signingErr.Detail)
	return &placed
}

// limit is the largest document that can come with the request, in bytes.
func (r *jobReader) limit() int64 { return min(maxInline, r.in.memory.Document.Largest()) }

// document reads a document.
func (r *jobReader) document(ctx context.Context, from io.Reader, expected int64) (*memory.Document, error) {
	expected = max(0, min(expected, r.limit()))
	if expected > 0 {
		if err := r.in.memory.Document.Expect(ctx, expected); err != nil {
			return nil, err
		}
	}
	document, err := memory.ReadDocument(ctx, from, expected, r.limit(), &r.in.memory.Document)
	return document, documentError(err, r.limit())
}

// readPDF reads one document. The query has the operation and its options.
func (r *jobReader) readPDF(ctx context.Context) error {
	j := &job{}
	if err := r.query(j); err != nil {
		return err
	}
	var err error
	if j.document, err = r.document(ctx, r.in.body, r.in.request.ContentLength); err != nil {
		return err
	}
	return r.finish(ctx, j)
}

// query reads the operation and its options, as far as the query has them.
func (r *jobReader) query(j *job) error {
	given, err := parseQuery(r.in.request.URL.RawQuery)
	if err != nil {
		return err
	}
	if list := given["operation"]; len(list) > 1 {
		return jsonstream.Repeated("operation")
	} else if len(list) == 1 {
		if err := j.operate(r.in, list[0]); err != nil {
			return err
		}
		delete(given, "operation")
	}
	if len(given) > 0 && j.operation == "" {
		return j.choose("operation")
	}
	if j.operation == operationGenerate {
		return &signing.Error{Kind: signing.UnsupportedMediaType, Code: CodeMediaType,
			Detail: "send a job that makes a document with Content-Type " + mediaJSON}
	}
	if j.options == nil {
		return nil
	}
	return j.options.chooseValues(given)
}
