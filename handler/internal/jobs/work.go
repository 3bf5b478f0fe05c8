package jobs

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"strings"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/render"
	"influxion/handler/internal/signing"
)

// Tools do the operations, as they do for callers who wait. Their errors hold a *signing.Error.
type Tools struct {
	Sealer interface {
		Seal(context.Context, signing.Principal, signing.Request, *signing.Record) (*signing.Result, error)
	}
	Extender interface {
		Extend(context.Context, signing.Request, *signing.Record) (*signing.Result, error)
		Timestamp(context.Context, signing.Request, *signing.Record) (*signing.Result, error)
	}
	Verifier interface {
		Verify(context.Context, pades.Document) (*pades.Report, error)
	}
	Renderer interface { // nil = no documents are made here
		Render(context.Context, *render.Request) (*render.Document, error)
	}
	Memory func(document int64) Allowance
}

// Allowance is the memory that one run may take, for a document of a certain size. It is shared
// with all other work of the process. Reserve and Release are not safe for concurrent use.
type Allowance interface {
	// Bound gives a context in which the work on the document is bounded.
	Bound(ctx context.Context) context.Context
	// Reserve counts the documents in memory, up to this total of bytes, before they are taken.
	Reserve(ctx context.Context, bytes int64) error
	Release()
}

// work is one run's work on a job.
type work struct {
	tools  *Tools
	job    *Job
	record *signing.Record
	input  Document
	memory Allowance
}

// product is what the work makes.
type product struct {
	Result
	write func(io.Writer) error
}

func (w *work) open(ctx context.Context, store Store) (err error) {
	w.input, err = store.OpenInput(ctx, w.job)
	return err
}

func (w *work) close() {
	if w.memory != nil {
		w.memory.Release()
	}
	if w.input != nil {
		_ = w.input.Close() // it was only read
	}
}

// perform does the operation.
func (w *work) perform(ctx context.Context) (*product, error) {
	w.memory = w.tools.Memory(w.input.Size())
	ctx = w.memory.Bound(ctx)
	asked := w.job.Options.Request(w.input)
	switch w.job.Operation {
	case Sign:
		result, err := w.tools.Sealer.Seal(ctx, w.job.Principal, asked, w.record)
		return w.appended(w.input, result, err)
	case Extend:
		result, err := w.tools.Extender.Extend(ctx, asked, w.record)
		return w.appended(w.input, result, err)
	case Timestamp:
		result, err := w.tools.Extender.Timestamp(ctx, asked, w.record)
		return w.appended(w.input, result, err)
	case Verify:
		return w.verify(ctx)
	case Generate:
		return w.generate(ctx)
	}
	return nil, &signing.Error{Kind: signing.InvalidRequest, Code: "operation_unknown",
		Detail: "this version does not know the job's operation"}
}

// appended describes a document that was signed, extended or timestamped.
func (w *work) appended(document pades.Document, result *signing.Result, err error) (*product, error) {
	if err != nil {
		return nil, err
	}
	made := &product{Result: Result{MediaType: "application/pdf", SHA256: w.record.SignedDigest,
		Size: document.Size() + int64(len(result.Increment)), Level: string(result.Level),
		Shortfall: shortened(result.Shortfall), Remarks: fewer(result.Remarks)}}
	if c := result.Certificate; c != nil {
		made.Certificate, made.Fingerprint = c.Name, c.Fingerprint()
	}
	made.fit()
	made.write = func(out io.Writer) error {
		if _, err := io.Copy(out, io.NewSectionReader(document, 0, document.Size())); err != nil {
			return fmt.Errorf("read input: %w", err)
		}
		_, err := out.Write(result.Increment)
		return err
	}
	return made, nil
}

// Bounds of the texts of a Result.
const (
	maxRemarks = 8
	maxRemark  = 300 // bytes

	maxResult      = 4 << 10 // bytes of JSON
	reservedResult = 256     // for what is added later: the run, and the ID of its record
)

func shortened(text string) string {
	if len(text) > maxRemark {
		return strings.ToValidUTF8(text[:maxRemark], "") + "…"
	}
	return text
}

// fit leaves remarks out until the result is as small in JSON as a Store can take it: escaped, a
// character can take six times its place.
func (r *Result) fit() {
	for len(r.Remarks) > 0 {
		if text, err := json.Marshal(r); err == nil && len(text) <= maxResult-reservedResult {
			return
		}
		r.Remarks = r.Remarks[:len(r.Remarks)-1]
	}
}

func fewer(remarks []string) []string {
	var few []string
	for _, remark := range remarks[:min(len(remarks), maxRemarks)] {
		few = append(few, shortened(remark))
	}
	return few
}

// verify makes a report in JSON.
func (w *work) verify(ctx context.Context) (*product, error) {
	report, err := w.tools.Verifier.Verify(ctx, w.input)
	if err != nil {
		return nil, err
	}
	report.Document.Name = w.job.Input.Name
	text, err := json.Marshal(report)
	if err != nil {
		return nil, fmt.Errorf("encode report: %w", err)
	}
	return whole("application/json", text), nil
}

func whole(media string, content []byte) *product {
	sum := sha256.Sum256(content)
	return &product{Result: Result{MediaType: media, Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:])},
		write: func(out io.Writer) error {
			_, err := out.Write(content)
			return err
		}}
}

// generate makes a document, and seals it if that was asked for.
func (w *work) generate(ctx context.Context) (*product, error) {
	if w.tools.Renderer == nil {
		return nil, &signing.Error{Kind: signing.Unprocessable, Code: "renderer_missing",
			Detail: "this deployment has no renderer, and makes no documents"}
	}
	// The text, and what is decoded from it.
	taken := 2 * w.input.Size()
	if err := w.memory.Reserve(ctx, taken); err != nil {
		return nil, err
	}
	var g Generation
	if err := json.NewDecoder(io.NewSectionReader(w.input, 0, w.input.Size())).Decode(&g); err != nil {
		return nil, fmt.Errorf("read the request: %w", err)
	}
	asked := g.Request()
	asked.Reserve = func(ctx context.Context, bytes int64) error { return w.memory.Reserve(ctx, taken+bytes) }
	asked.Asked(&w.record.RecordedTemplate)
	made, err := w.tools.Renderer.Render(ctx, asked)
	if err != nil {
		return nil, err
	}
	made.Took(&w.record.RecordedTemplate)
	if w.job.Options.Seal {
		document := bytes.NewReader(made.PDF)
		sealed, err := w.tools.Sealer.Seal(ctx, w.job.Principal, w.job.Options.Request(document), w.record)
		return w.appended(document, sealed, err)
	}
	unsealed := whole("application/pdf", made.PDF)
	w.record.DocumentBytes, w.record.DocumentDigest = unsealed.Size, unsealed.SHA256
	w.record.SignedDigest = unsealed.SHA256
	return unsealed, nil
}
