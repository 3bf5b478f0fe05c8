package main

import (
	"context"
	"log/slog"
	"runtime"
	"sync"
	"time"

	"influxion/handler/internal/audit"
	"influxion/handler/internal/idempotency"
	"influxion/handler/internal/jobs"
	"influxion/handler/internal/server"
	"influxion/handler/internal/signing"
)

// jobParts are the parts for work that nobody waits for.
type jobParts struct {
	store  jobs.Store
	queue  jobs.Queue
	memory *jobs.MemoryQueue // the queue, if jobs run in this process; nil = the platform calls
	runner *jobs.Runner
	logger *slog.Logger

	requests idempotency.Store               // nil = there is no storage for them
	ready    func(ctx context.Context) error // nil = nothing outside is needed
}

// Bounds of jobs that are kept in memory.
const (
	maxMemoryJobs   = 10_000
	memoryJobsPart  = 8         // of the memory limit
	memoryJobsBytes = 256 << 20 // where there is no limit
	sweepEvery      = time.Minute
)

// newMemoryJobs keeps jobs as long as the process lasts, within a part of a memory limit in bytes;
// 0 = none.
func newMemoryJobs(limit int64) *jobParts {
	bytes := limit / memoryJobsPart
	if limit == 0 {
		bytes = memoryJobsBytes
	}
	queue := &jobs.MemoryQueue{}
	return &jobParts{store: jobs.NewMemory(jobs.MemoryLimits{Jobs: maxMemoryJobs, Bytes: bytes}, time.Now),
		queue: queue, memory: queue}
}

// runJobs makes the runner from the parts that the server uses too.
func (p *parts) runJobs(c *config, config *server.Config, api *server.Server) {
	tools := jobs.Tools{Sealer: config.Sealer, Extender: config.Extender, Verifier: config.Verifier,
		Memory: func(document int64) jobs.Allowance { return api.Work(document) }}
	if p.renderer != nil {
		tools.Renderer = p.renderer
	}
	p.jobs.logger = p.logger
	p.jobs.runner = jobs.NewRunner(jobs.RunnerConfig{
		Store: p.jobs.store, Queue: p.jobs.queue, Tools: tools, Admit: p.authenticator.Admit,
		Records: jobRecords{p.records}, Status: server.Status, Retention: c.Jobs.JobsRetention, Now: time.Now,
		Logger: p.logger,
	})
}

// jobRecords writes the audit records of jobs. The callers' tokens were verified when they asked
// for the jobs, so the records belong to the stream of attempts.
type jobRecords struct{ *audit.Log }

// Write implements jobs.Recorder.
func (r jobRecords) Write(ctx context.Context, record *signing.Record) error {
	return r.Log.Write(ctx, record, audit.Attempts)
}

// run runs jobs in this process until ctx ends.
func (j *jobParts) run(ctx context.Context) {
	if j.memory == nil {
		return
	}
	var all sync.WaitGroup
	for range runtime.GOMAXPROCS(0) {
		all.Go(func() { j.memory.Serve(ctx, j.runner.Run) })
	}
	ticker := time.NewTicker(sweepEvery)
	defer ticker.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-ticker.C:
			if err := j.runner.Sweep(ctx); err != nil {
				j.logger.Warn("sweep of jobs", "error", err.Error())
			}
		}
	}
	all.Wait()
}
