package request

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"influxion/handler/internal/pades/budget"
	"influxion/handler/internal/signing"
)

// MaxJobsBytes bounds the body of a request for jobs. It is the Functions host's own limit.
const MaxJobsBytes = 100 << 20

const (
	maxInline   = 64 << 20 // bytes of a document that comes with a request for jobs
	maxJobs     = 1000     // of one request
	maxBlobName = 1024     // characters: "Naming and Referencing Containers, Blobs, and Metadata"
)

// Operations of jobs.
const (
	operationSign      = "sign"
	operationExtend    = "extend"
	operationTimestamp = "timestamp"
	operationVerify    = "verify"
	operationGenerate  = "generate"
)

// JobItem is one job that a caller asks for.
type JobItem struct {
	Operation  string
	Document   *Document       // nil = none was sent
	Blob       string          // name of a blob in the inbox; "" = none
	Name       string          // of the document, as it was sent
	Signing    signing.Request // without its document
	Generation *Generation     // of the operation generate
}

// jobReader reads the jobs of a request.
type jobReader struct {
	in    *Incoming
	each  func(context.Context, *JobItem) error
	count int
}

// ReadJobs reads a request for jobs, and calls each with one after the other: the document of the
// one before is gone then. An error of each ends it and is returned. Forms: one JSON object, or
// {"jobs": […]} with up to 1,000 of them; a PDF, with operation and options in the query;
// multipart/form-data with one or more documents, of which each is a job with the options before
// it.
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
	r.in.document.release()
	r.in.image.release()
	r.in.making = 0
	return nil
}

// at says of which job an error is, where there are several.
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
func (r *jobReader) limit() int64 { return min(maxInline, r.in.reader.inFlight-segmentSize) }

// document reads a document.
func (r *jobReader) document(ctx context.Context, from io.Reader, expected int64) (*Document, error) {
	expected = max(0, min(expected, r.limit()))
	if expected > 0 {
		if err := r.in.document.atLeast(ctx, expected+smallSegment); err != nil {
			return nil, err
		}
	}
	return readDocument(ctx, from, expected, r.limit(), &r.in.document)
}

// job is a job that is being read.
type job struct {
	operation  string
	document   *Document
	blob       string
	name       string
	options    *options // nil = no operation yet
	generation *generation
}

// operate notes the operation, on which it depends what the options are.
func (j *job) operate(in *Incoming, name string) error {
	known, ok := map[string][]Option{
		operationSign: SignOptions(), operationExtend: ExtendOptions(), operationTimestamp: TimestampOptions(),
		operationVerify: {}, operationGenerate: GenerateOptions(),
	}[name]
	if !ok {
		return invalidRequest("operation_unknown",
			"operation is not sign, extend, timestamp, verify or generate", nil)
	}
	j.operation = name
	j.options = newOptions(known)
	if name == operationGenerate {
		j.generation = newGeneration(in, j.options)
	}
	return nil
}

// choose is for an option that is not known before the operation is, and for the password, which no
// job may have.
func (j *job) choose(name string) error {
	if name == optionPassword {
		return OptionInvalid(name,
			"may not be in a job, whose record must hold no secret: use the operation's own route")
	}
	if j.options == nil {
		return invalidRequest("operation_missing", "the operation comes before the options", nil)
	}
	return nil
}

// item puts together what was read.
func (j *job) item() (*JobItem, error) {
	if j.options == nil {
		return nil, invalidRequest("operation_missing", "the job has no operation", nil)
	}
	item := &JobItem{Operation: j.operation, Document: j.document, Blob: j.blob, Name: j.name}
	if utf8.RuneCountInString(j.name) > 255 || strings.ContainsFunc(j.name, unprintable) {
		return nil, OptionInvalid("name", "has more than 255 characters, or a control character")
	}
	var err error
	switch given := j.document != nil || j.blob != ""; {
	case j.document != nil && j.blob != "":
		return nil, invalidRequest("invalid_request", "the job has both a document and a blob", nil)
	case j.operation == operationGenerate && given:
		return nil, invalidRequest("invalid_request", "a job that makes a document takes none", nil)
	case j.operation == operationGenerate:
		if item.Generation, err = j.generation.finish(); err == nil {
			item.Signing = item.Generation.Signing
		}
		return item, err
	case !given:
		return nil, invalidRequest(codeMissing, "the job has neither a document nor a blob", nil)
	}
	item.Signing, err = j.options.request(noDocument{})
	return item, err
}

// readJSON reads one job, or an object with a list of them.
func (r *jobReader) readJSON(ctx context.Context) error {
	if _, err := Query(r.in.request.URL.RawQuery); err != nil {
		return err
	}
	reader := &jsonReader{bufio.NewReaderSize(r.in.body, 32<<10)}
	if err := reader.skipMark(); err != nil {
		return err
	}
	single, list := &job{}, false
	members := 0
	err := reader.object(func(name string) error {
		members++
		if name == "jobs" {
			list = true
			return reader.array(name, func() error {
				next := &job{}
				if err := reader.object(
					func(name string) error { return r.member(ctx, reader, next, name) }); err != nil {
					return r.at(err)
				}
				return r.finish(ctx, next)
			})
		}
		return r.member(ctx, reader, single, name)
	})
	if err == nil {
		err = reader.end()
	}
	switch {
	case err != nil:
		return err
	case list && members > 1:
		return badMember("jobs", "stands alone")
	case list && r.count == 0:
		return badMember("jobs", "is empty")
	case list:
		return nil
	}
	return r.finish(ctx, single)
}

// member reads one member of a job.
func (r *jobReader) member(ctx context.Context, reader *jsonReader, j *job, name string) error {
	switch {
	case isDocument(name):
		return reader.file(name, isPDF, func(file io.Reader) (err error) {
			if j.document != nil {
				return repeated(name)
			}
			j.document, err = r.document(ctx, file, r.in.request.ContentLength/4*3)
			return err
		})
	case name == "operation":
		var operation string
		if err := reader.text(name, 16, &operation); err != nil {
			return err
		}
		return j.operate(r.in, operation)
	case name == "blob":
		return reader.text(name, maxBlobName*4, &j.blob)
	case name == "name":
		return reader.text(name, 255*4, &j.name)
	case name == "options":
		return r.options(ctx, reader, j)
	}
	return unknown(name, jobMembers())
}

func jobMembers() (members []Option) {
	for _, name := range []string{"operation", "document", "blob", "name", "options", "jobs"} {
		members = append(members, Option{name: name})
	}
	return members
}

// options reads the options of an operation: of generate they are the whole body of its route.
func (r *jobReader) options(ctx context.Context, reader *jsonReader, j *job) error {
	c, err := reader.peek()
	if err != nil {
		return err
	}
	if c == 'n' {
		return reader.literal("null")
	}
	if err := j.choose("options"); err != nil {
		return err
	}
	if j.generation != nil {
		if err := r.making(ctx); err != nil {
			return err
		}
		return reader.object(func(name string) error { return j.generation.member(ctx, reader, name) })
	}
	return reader.object(func(name string) error {
		if err := j.choose(name); err != nil {
			return err
		}
		known, err := j.options.find(name)
		if err != nil {
			return err
		}
		if name == optionImage {
			return reader.file(name, isAny, func(file io.Reader) error {
				return j.options.chooseImage(ctx, file, &r.in.image)
			})
		}
		return j.options.chooseJSON(known, reader)
	})
}

// making reserves memory for what is decoded of the rest of the body.
func (r *jobReader) making(ctx context.Context) error {
	size := r.in.request.ContentLength
	if size < 0 {
		size = MaxJobsBytes
	}
	r.in.making = 2*size + generateOverhead
	return r.in.Reserve(ctx, 0)
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
		return repeated("operation")
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

// fresh is a job with the same operation and options, for the next document.
func (j *job) fresh() *job {
	options := *j.options
	options.image = slices.Clone(j.options.image)
	return &job{operation: j.operation, options: &options}
}
