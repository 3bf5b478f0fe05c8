package jobs_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"io"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"influxion/handler/internal/clocktest"
	"influxion/handler/internal/jobs"
	"influxion/handler/internal/jobstest"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/render"
	"influxion/handler/internal/signing"
)

// bench is a Runner with a store in memory and tools that append their name to what they get.
type bench struct {
	*jobs.Runner
	store   jobs.Store
	clock   *clocktest.Clock
	tools   *tools
	records *records
	queue   *queue
	beats   chan time.Time
	refused error // by Admit
}

func newBench(t *testing.T, wrap ...func(jobs.Store) jobs.Store) *bench {
	t.Helper()
	b := &bench{clock: clocktest.New(jobstest.New(0).CreatedAt), tools: &tools{}, records: &records{}, queue: &queue{},
		beats: make(chan time.Time)}
	b.store = jobs.NewMemory(jobs.MemoryLimits{Jobs: 100, Bytes: 64 << 20}, b.clock.Now)
	for _, around := range wrap {
		b.store = around(b.store)
	}
	b.Runner = jobs.NewRunner(jobs.RunnerConfig{
		Store: b.store, Queue: b.queue, Records: b.records, Now: b.clock.Now,
		Tools: jobs.Tools{Sealer: b.tools, Extender: b.tools, Verifier: b.tools, Renderer: b.tools,
			Memory: func(int64) jobs.Allowance { return unbounded{} }},
		Admit:  func(signing.Principal) error { return b.refused },
		Status: func(kind signing.Kind) int { return 400 + int(kind) },
		Beat:   func(time.Duration) (<-chan time.Time, func()) { return b.beats, func() {} },
	})
	return b
}

// job creates a job.
func (b *bench) job(t *testing.T, operation jobs.Operation, input string) *jobs.Job {
	t.Helper()
	job := jobstest.New(len(input))
	job.Operation = operation
	if err := b.store.Create(t.Context(), job, bytes.NewReader([]byte(input))); err != nil {
		t.Fatal(err)
	}
	return job
}

// present is the job as it is recorded.
func (b *bench) present(t *testing.T, id string) *jobs.Job {
	t.Helper()
	job, err := b.store.Job(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	return job
}

// output is the content of a result.
func (b *bench) output(t *testing.T, job *jobs.Job) string {
	t.Helper()
	body, err := b.store.OpenResult(t.Context(), job.ID, 0, job.Result.Size)
	if err != nil {
		t.Fatal(err)
	}
	defer body.Close()
	text, err := io.ReadAll(body)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

type unbounded struct{}

func (unbounded) Bound(ctx context.Context) context.Context { return ctx }
func (unbounded) Reserve(context.Context, int64) error      { return nil }
func (unbounded) Release()                                  {}

// tools append their name, unless before says otherwise.
type tools struct {
	mu     sync.Mutex
	calls  int
	before func(ctx context.Context, call int) error
	made   func(*signing.Result) // nil = as it is
}

func (f *tools) append(ctx context.Context, name string, asked signing.Request, record *signing.Record) (
	*signing.Result, error) {
	f.mu.Lock()
	f.calls++
	call := f.calls
	f.mu.Unlock()
	if f.before != nil {
		if err := f.before(ctx, call); err != nil {
			return nil, err
		}
	}
	text, err := io.ReadAll(io.NewSectionReader(asked.Document, 0, asked.Document.Size()))
	if err != nil {
		return nil, err
	}
	increment := []byte(name + string(rune('0'+call)))
	sum := sha256.Sum256(append(text, increment...))
	record.SignedDigest = hex.EncodeToString(sum[:])
	result := &signing.Result{Increment: increment, Level: pades.LevelBT}
	if f.made != nil {
		f.made(result)
	}
	return result, nil
}

func (f *tools) Seal(ctx context.Context, p signing.Principal, asked signing.Request, record *signing.Record) (
	*signing.Result, error) {
	if p.ObjectID != "o" || !slices.Equal(p.Roles, []string{"sign.*"}) {
		return nil, errors.New("got another caller than the one that asked")
	}
	return f.append(ctx, "+seal", asked, record)
}

func (f *tools) Extend(ctx context.Context, asked signing.Request, record *signing.Record) (*signing.Result, error) {
	return f.append(ctx, "+extend", asked, record)
}

func (f *tools) Timestamp(ctx context.Context, asked signing.Request, record *signing.Record) (*signing.Result,
	error) {
	return f.append(ctx, "+timestamp", asked, record)
}

func (f *tools) Verify(context.Context, pades.Document) (*pades.Report, error) {
	return &pades.Report{}, nil
}

func (f *tools) Render(_ context.Context, asked *render.Request) (*render.Document, error) {
	return &render.Document{PDF: []byte(asked.HTML.Content), ETag: "e", StyleETag: "s"}, nil
}

// records keeps what is written.
type records struct {
	mu  sync.Mutex
	all []signing.Record
	err error
}

func (r *records) Available() error { return nil }

func (r *records) Write(_ context.Context, record *signing.Record) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.err != nil {
		return r.err
	}
	r.all = append(r.all, *record)
	return nil
}

// signed are the records of signatures.
func (r *records) signed() (found []signing.Record) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, record := range r.all {
		if record.Outcome == signing.Signed {
			found = append(found, record)
		}
	}
	return found
}

// queue keeps what is queued.
type queue struct {
	mu   sync.Mutex
	ids  []string
	err  error                       // that it gives
	meet func(context.Context) error // waits for other calls; nil = none
}

func (q *queue) Enqueue(ctx context.Context, id string) error {
	if q.meet != nil {
		if err := q.meet(ctx); err != nil {
			return err
		}
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.err != nil {
		return q.err
	}
	q.ids = append(q.ids, id)
	return nil
}

func TestRunDoesTheOperation(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		operation jobs.Operation
		input     string
		seal      bool
		output    string // "" = a report
		outcome   signing.Outcome
	}{
		{jobs.Sign, "doc", false, "doc+seal1", signing.Signed},
		{jobs.Extend, "doc", false, "doc+extend1", signing.Signed},
		{jobs.Timestamp, "doc", false, "doc+timestamp1", signing.Signed},
		{jobs.Verify, "doc", false, "", ""},
		{jobs.Generate, `{"html":{"Content":"page"}}`, false, "page", signing.Made},
		{jobs.Generate, `{"html":{"Content":"page"}}`, true, "page+seal1", signing.Made},
	} {
		b := newBench(t)
		job := b.job(t, test.operation, test.input)
		job.Options.Seal = test.seal
		if err := b.store.Update(t.Context(), job); err != nil {
			t.Fatal(err)
		}
		b.clock.Advance(time.Second)
		if err := b.Run(t.Context(), job.ID); err != nil {
			t.Fatal(err)
		}
		got := b.present(t, job.ID)
		if got.Status != jobs.Done || got.Result == nil || got.Problem != nil || got.Attempt != 1 ||
			got.StartedAt.IsZero() || got.CompletedAt.IsZero() {
			t.Fatalf("got %+v of %s, want it done", got, test.operation)
		}
		output := b.output(t, got)
		sum := sha256.Sum256([]byte(output))
		if got.Result.SHA256 != hex.EncodeToString(sum[:]) || test.output != "" && output != test.output {
			t.Errorf("got %q of %s, want %q with its digest", output, test.operation, test.output)
		}
		if test.outcome == "" {
			if len(b.records.all) != 0 || got.Result.InvocationID != "" {
				t.Errorf("got records %+v of %s, want none", b.records.all, test.operation)
			}
			continue
		}
		if len(b.records.all) != 1 {
			t.Fatalf("got %d records of %s, want 1", len(b.records.all), test.operation)
		}
		record := b.records.all[0]
		if record.Job != job.ID || record.ObjectID != "o" || record.Outcome != test.outcome ||
			record.SignedDigest != got.Result.SHA256 || record.InvocationID != got.Result.InvocationID {
			t.Errorf("got record %+v, want that of %+v", record, got)
		}
	}
}

func TestRunTriesAgainWhatMayPass(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		err    error
		status jobs.Status
		code   string
	}{
		{&signing.Error{Kind: signing.Unavailable, Code: "vault_unavailable"}, jobs.Received, "vault_unavailable"},
		{&signing.Error{Kind: signing.DeadlineExceeded, Code: "late"}, jobs.Received, "late"},
		{errors.New("secret host name"), jobs.Received, "internal"},
		{&signing.Error{Kind: signing.Unprocessable, Code: "document_damaged"}, jobs.Error, "document_damaged"},
		{&signing.Error{Kind: signing.NotFound, Code: "certificate_not_found"}, jobs.Error, "certificate_not_found"},
		{errors.Join(signing.AsError(errors.New("damaged")), jobs.ErrChanged), jobs.Error, "input_changed"},
	} {
		b := newBench(t)
		b.tools.before = func(_ context.Context, call int) error {
			if call == 1 {
				return test.err
			}
			return nil
		}
		job := b.job(t, jobs.Sign, "doc")
		err := b.Run(t.Context(), job.ID)
		got := b.present(t, job.ID)
		if got.Status != test.status || (err != nil) != (test.status == jobs.Received) {
			t.Errorf("got %s and %v after %v, want %s", got.Status, err, test.err, test.status)
		}
		if got.Problem == nil || got.Problem.Code != test.code || got.Problem.Instance == "" ||
			got.Problem.Status < 400 {
			t.Errorf("got problem %+v, want %s", got.Problem, test.code)
		}
		if len(b.records.all) != 1 || b.records.all[0].Outcome == signing.Signed {
			t.Errorf("got %+v, want one record that nothing was signed", b.records.all)
		}
		if err := b.Run(t.Context(), job.ID); err != nil {
			t.Error(err)
		}
		if got := b.present(t, job.ID); test.status == jobs.Received && (got.Status != jobs.Done ||
			got.Problem != nil || got.Result.Attempt != 2) {
			t.Errorf("got %+v, want it done by the second run", got)
		}
	}
}

// A panic ends the run alone: the attempt is recorded, and the job is tried again.
func TestRunSurvivesAPanic(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.tools.before = func(_ context.Context, call int) error {
		if call == 1 {
			panic("secret")
		}
		return nil
	}
	job := b.job(t, jobs.Sign, "doc")
	if err := b.Run(t.Context(), job.ID); err == nil || strings.Contains(err.Error(), "secret") {
		t.Errorf("got %v, want an error without the value of the panic", err)
	}
	if got := b.present(t, job.ID); got.Status != jobs.Received || got.Problem.Code != "internal" ||
		len(b.records.all) != 1 {
		t.Errorf("got %+v and %d records, want another try and the record of this one", got, len(b.records.all))
	}
	if err := b.Run(t.Context(), job.ID); err != nil {
		t.Fatal(err)
	}
	b.check(t, job.ID, "doc+seal2")
}

func TestRunGivesUp(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.tools.before = func(context.Context, int) error {
		return &signing.Error{Kind: signing.Unavailable, Code: "vault_unavailable"}
	}
	job := b.job(t, jobs.Sign, "doc")
	for run := 1; run <= 5; run++ {
		if err := b.Run(t.Context(), job.ID); (err != nil) != (run < 5) {
			t.Errorf("got %v of run %d", err, run)
		}
	}
	if got := b.present(t, job.ID); got.Status != jobs.Error || got.Problem.Code != "vault_unavailable" ||
		got.CompletedAt.IsZero() {
		t.Errorf("got %+v, want an end with the last problem", got)
	}
	dying := b.job(t, jobs.Sign, "doc")
	dying.Status, dying.Attempt, dying.Heartbeat = jobs.InProgress, 5, b.clock.Now()
	if err := b.store.Update(t.Context(), dying); err != nil {
		t.Fatal(err)
	}
	for _, after := range []struct {
		wait   time.Duration
		status jobs.Status
	}{{0, jobs.InProgress}, {time.Hour, jobs.Error}} {
		b.clock.Advance(after.wait)
		if err := b.Run(t.Context(), dying.ID); err != nil {
			t.Error(err)
		}
		if got := b.present(t, dying.ID); got.Status != after.status {
			t.Errorf("got %s after %v, want %s", got.Status, after.wait, after.status)
		}
	}
}

func TestRunChecksRightsAgain(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	b.refused = &signing.Error{Kind: signing.PermissionDenied, Code: "insufficient_scope"}
	job := b.job(t, jobs.Sign, "doc")
	if err := b.Run(t.Context(), job.ID); err != nil {
		t.Error(err)
	}
	if got := b.present(t, job.ID); got.Status != jobs.Error || got.Problem.Code != "insufficient_scope" {
		t.Errorf("got %+v, want it refused", got)
	}
	b.refused = nil
	old := b.job(t, jobs.Sign, "doc")
	b.clock.Advance(25 * time.Hour)
	if err := b.Run(t.Context(), old.ID); err != nil {
		t.Error(err)
	}
	if got := b.present(t, old.ID); got.Status != jobs.Error || got.Problem.Code != "job_expired" {
		t.Errorf("got %+v, want it expired", got)
	}
	if b.tools.calls != 0 || len(b.records.signed()) != 0 {
		t.Errorf("got %d calls, want none", b.tools.calls)
	}
}

func TestRunIgnoresWhatIsNoJob(t *testing.T) {
	t.Parallel()
	b := newBench(t)
	for _, id := range []string{"", "x", "../../secret", jobstest.New(0).ID, `{"id":"x"}`} {
		if err := b.Run(t.Context(), id); err != nil {
			t.Errorf("got %v for %q, want no other try", err, id)
		}
	}
}
