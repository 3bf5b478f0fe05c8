package server_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"time"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/jobs"
	"influxion/handler/internal/server"
	"influxion/handler/internal/signing"
)

// jobRunner runs each job when it is queued, before the caller has its answer.
type jobRunner struct {
	store   *inbox
	runner  *jobs.Runner
	resting bool // nothing is run
}

// inbox is a store in memory with one blob in its inbox, until a fault is set.
type inbox struct {
	*jobs.Memory
	fault   func(context.Context) error // of reading and storing a job
	changed bool                        // the blob has another version
}

func newJobRunner() *jobRunner {
	return &jobRunner{store: &inbox{Memory: jobs.NewMemory(jobs.MemoryLimits{Jobs: 2200, Bytes: 160 << 20}, time.Now)}}
}

// start makes the runner from the parts that the server uses.
func (r *jobRunner) start(s *server.Server, config server.Config) {
	tools := jobs.Tools{Sealer: config.Sealer, Extender: config.Extender, Verifier: config.Verifier,
		Memory: func(document int64) jobs.Allowance { return s.Work(document) }}
	if config.Renderer != nil {
		tools.Renderer = config.Renderer
	}
	r.runner = jobs.NewRunner(jobs.RunnerConfig{Store: r.store, Queue: r, Tools: tools,
		Admit:   func(signing.Principal) error { return nil },
		Records: jobRecords{config.Audit}, Status: server.Status, Now: time.Now})
}

// Enqueue implements jobs.Queue.
func (r *jobRunner) Enqueue(ctx context.Context, id string) error {
	if r.resting {
		return nil
	}
	return r.runner.Run(ctx, id)
}

type jobRecords struct{ *audit.Log }

func (r jobRecords) Write(ctx context.Context, record *signing.Record) error {
	return r.Log.Write(ctx, record, audit.Attempts)
}

const inboxBlob = "tenant-1/object-1/folder/a.pdf"

// Inbox implements jobs.Store.
func (s *inbox) Inbox(_ context.Context, name string) (jobs.Input, error) {
	if name != inboxBlob {
		return jobs.Input{}, jobs.ErrNotFound
	}
	version := `"1"`
	if s.changed {
		version = `"2"`
	}
	return jobs.Input{Blob: name, ETag: version, Size: int64(len(samplePDF()))}, nil
}

// Create implements jobs.Store.
func (s *inbox) Create(ctx context.Context, job *jobs.Job, input io.Reader) error {
	if s.fault != nil {
		if err := s.fault(ctx); err != nil {
			return err
		}
	}
	if job.Input.Blob == "" {
		return s.Memory.Create(ctx, job, input)
	}
	named := job.Input
	job.Input.Blob = ""
	err := s.Memory.Create(ctx, job, bytes.NewReader(samplePDF()))
	job.Input = named
	return errors.Join(err, s.Update(ctx, job))
}

// Job implements jobs.Store.
func (s *inbox) Job(ctx context.Context, id string) (*jobs.Job, error) {
	if s.fault != nil {
		if err := s.fault(ctx); err != nil {
			return nil, err
		}
	}
	return s.Memory.Job(ctx, id)
}

// Batch implements jobs.Store.
func (s *inbox) Batch(ctx context.Context, batch string) ([]*jobs.Job, error) {
	if s.fault != nil {
		if err := s.fault(ctx); err != nil {
			return nil, err
		}
	}
	return s.Memory.Batch(ctx, batch)
}

// lastJob gives the ID of the first job in an answer, and notes it with its batch. If the answer
// names no job, it gives the last noted ID.
func (a *api) lastJob(answer []byte) string {
	var found struct {
		Batch string
		Jobs  []struct{ ID string }
	}
	if json.Unmarshal(answer, &found) == nil && len(found.Jobs) > 0 {
		a.lastBatch, a.lastID = found.Batch, found.Jobs[0].ID
	}
	return a.lastID
}
