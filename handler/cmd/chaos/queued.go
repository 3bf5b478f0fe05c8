package main

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"slices"
	"sync"
	"time"

	"influxion/handler/internal/pdftest"
)

const (
	jobEnded    = "job ended"            // in the tally, beside requests
	queuedPause = 500 * time.Millisecond // between two looks at the jobs
	// queuedWait is how long jobs may take after the faults are over. Jobs that a fault has stopped
	// may take longer: another run takes over such a job only after three minutes, and the handler
	// queues a job whose message was lost again only after half an hour.
	queuedWait = 30 * time.Second
)

// queued holds the jobs that were accepted and that, as far as this program knows, have not ended.
// Safe for concurrent use.
type queued struct {
	mu   sync.Mutex
	jobs []*queuedJob
}

// queuedJob is an accepted job and its document.
type queuedJob struct {
	id       string
	document []byte
	began    time.Time
}

func (q *queued) add(job *queuedJob) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = append(q.jobs, job)
}

func (q *queued) remove(job *queuedJob) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = slices.DeleteFunc(q.jobs, func(other *queuedJob) bool { return other == job })
}

func (q *queued) all() []*queuedJob {
	q.mu.Lock()
	defer q.mu.Unlock()
	return slices.Clone(q.jobs)
}

// submit submits a job that seals a document.
func (s *storm) submit(ctx context.Context, random *rand.Rand) {
	document := fmt.Appendf(pdftest.Sample(random.IntN(50<<10)), "%% %016x\n", random.Uint64())
	body := `{"jobs": [{"operation": "sign", "options": {"level": "B-B"}, "document": "` +
		base64.StdEncoding.EncodeToString(document) + `"}]}`
	began := time.Now()
	a := s.ask(ctx, call{kind: "jobs", method: http.MethodPost, path: "/api/jobs", mediaType: "application/json",
		body: bytes.NewReader([]byte(body)), token: s.bearer()})
	if a.status != http.StatusAccepted {
		if a.status == http.StatusOK {
			s.tally.wrong("jobs were answered with 200, want 202")
		}
		return
	}
	var answer struct{ Jobs []struct{ ID string } }
	if err := json.Unmarshal(a.body, &answer); err != nil || len(answer.Jobs) != 1 || answer.Jobs[0].ID == "" {
		s.tally.wrong("a job was accepted without an ID: %s", a.body)
		return
	}
	s.queued.add(&queuedJob{answer.Jobs[0].ID, document, began})
}

// watchJobs looks at the jobs until the context ends.
func (s *storm) watchJobs(ctx context.Context) {
	for ctx.Err() == nil {
		for _, job := range s.queued.all() {
			if ctx.Err() == nil && s.look(ctx, job) {
				s.queued.remove(job)
			}
		}
		wait(ctx, queuedPause)
	}
}

// look checks a job that has ended; false = it has not.
func (s *storm) look(ctx context.Context, job *queuedJob) (ended bool) {
	a := s.ask(ctx, call{kind: "job", method: http.MethodGet, path: "/api/jobs/" + job.id, token: s.bearer()})
	if a.status != http.StatusOK {
		return false
	}
	var state struct {
		Status string
		Error  struct{ Code string }
		Result struct{ SHA256, Fingerprint string }
	}
	if err := json.Unmarshal(a.body, &state); err != nil {
		s.tally.wrong("a job's status: %v", err)
		return true
	}
	switch state.Status {
	case "Error":
		s.tally.add(jobEnded, answer{code: state.Error.Code}, time.Since(job.began), nil)
		if !s.events.explain(state.Error.Code, job.began) && !slices.Contains(ofLoad, state.Error.Code) {
			s.tally.wrong("a job ended with %s, which no fault explains", state.Error.Code)
		}
		return true
	case "Done":
		return s.fetch(ctx, job, state.Result.SHA256, state.Result.Fingerprint)
	}
	return false
}

// fetch verifies the document of a finished job; false = the document is not available now.
func (s *storm) fetch(ctx context.Context, job *queuedJob, digest, fingerprint string) bool {
	a := s.ask(ctx, call{kind: "job document", method: http.MethodGet, path: "/api/jobs/" + job.id + "/document",
		token: s.bearer()})
	if a.status != http.StatusOK {
		return false
	}
	s.tally.add(jobEnded, answer{status: http.StatusOK}, time.Since(job.began), nil)
	leaf, err := s.witness.seal(job.document, a.body, "B-B")
	if err != nil {
		s.tally.wrong("the document of a job: %v", err)
		return true
	}
	sum, of := sha256.Sum256(a.body), sha256.Sum256(leaf.Raw)
	if hex.EncodeToString(sum[:]) != digest || hex.EncodeToString(of[:]) != fingerprint {
		s.tally.wrong("a job's status names another document or certificate")
	}
	return true
}

// awaitJobs waits for the remaining jobs after the faults. A job that then has not ended must have
// met a fault that stops jobs.
func (s *storm) awaitJobs(ctx context.Context) {
	within, cancel := context.WithTimeout(ctx, queuedWait)
	defer cancel()
	for within.Err() == nil && len(s.queued.all()) > 0 {
		for _, job := range s.queued.all() {
			if s.look(within, job) {
				s.queued.remove(job)
			}
		}
		wait(within, queuedPause)
	}
	for _, job := range s.queued.all() {
		s.tally.add(jobEnded, answer{code: pendingJob}, time.Since(job.began), nil)
		if !s.events.explain(pendingJob, job.began) {
			s.tally.wrong("a job has not ended, and no fault has stopped it")
		}
	}
}
