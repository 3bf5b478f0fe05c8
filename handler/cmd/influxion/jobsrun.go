package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/input"
	"influxion/handler/cmd/influxion/internal/jobstate"
	"influxion/handler/cmd/influxion/internal/outfile"
	"influxion/handler/cmd/influxion/internal/terminal"
	"influxion/handler/internal/pades"
)

// Bounds of one request for jobs.
const (
	chunkFiles = 200
	chunkBytes = 32 << 20 // of documents, unless one alone has more
)

// Pauses between two looks at the jobs.
const (
	firstPause   = 500 * time.Millisecond
	longestPause = 10 * time.Second
)

// jobsRun is one run of jobs submit.
type jobsRun struct {
	*app
	*submission
	service  *client.Client
	address  string   // of the service
	verify   verifier // nil = results are not verified here
	state    *jobstate.State
	tasks    map[string]task // those that are not finished, by ID of their job
	progress *terminal.Progress
	failed   int
	refused  bool // a result did not pass
}

// run submits, and waits if it is to.
func (r *jobsRun) run(ctx context.Context, tasks []task) error {
	r.progress = terminal.NewProgress(r.app.err, len(tasks))
	r.app.progress = r.progress
	defer r.progress.End()
	r.tasks = map[string]task{}
	fresh, err := r.sort(tasks)
	if err != nil {
		return err
	}
	for len(fresh) > 0 && err == nil {
		fresh, err = r.send(ctx, fresh)
	}
	if err == nil && r.wait {
		err = r.await(ctx)
	}
	if err == nil && r.wait && r.failed == 0 {
		for _, t := range tasks {
			delete(r.state.Files, input.Place(t.from))
		}
	}
	if failed := r.state.Write(&r.files, r.submission.state); failed != nil {
		err = errors.Join(err, failed)
	}
	switch {
	case err != nil && ctx.Err() != nil:
		r.progress.End()
		r.notice("the same command with --wait goes on from here")
		return err
	case err != nil:
		return err
	case r.refused && r.failed > 0:
		return exit.Reported(exit.NotVerified)
	case r.failed > 0:
		return exit.Reported(exit.Failed)
	}
	return nil
}

// sort finds what was submitted before, and gives the rest.
func (r *jobsRun) sort(tasks []task) (fresh []task, err error) {
	for _, t := range tasks {
		now, err := r.describe(t.from)
		if err != nil {
			return nil, err
		}
		known := r.state.Files[input.Place(t.from)]
		switch {
		case known.Same(now) && known.Done:
			r.progress.Step(t.from, true)
			continue
		case known.Same(now):
			r.tasks[known.Job] = t
			continue
		}
		if _, err := os.Lstat(t.to); err == nil && !r.force {
			return nil, fmt.Errorf("%s: %w (--force replaces it)", t.to, outfile.ErrExists)
		}
		fresh = append(fresh, t)
	}
	return fresh, nil
}

// describe is what the state says of a file, without its job.
func (r *jobsRun) describe(file string) (*jobstate.Submitted, error) {
	info, err := os.Stat(file)
	if err != nil {
		return nil, err
	}
	asked, err := json.Marshal([]any{r.operation, r.options})
	if err != nil {
		return nil, err
	}
	sum := sha256.Sum256(asked)
	return &jobstate.Submitted{Service: r.address, Asked: r.operation + " " + hex.EncodeToString(sum[:8]),
		Size: info.Size(), Modified: info.ModTime()}, nil
}

// send submits as many files as one request takes, and gives the rest.
func (r *jobsRun) send(ctx context.Context, tasks []task) (rest []task, err error) {
	var requests []client.JobRequest
	var entries []*jobstate.Submitted
	var bytes int64
	for _, t := range tasks {
		entry, err := r.describe(t.from)
		if err != nil {
			return nil, err
		}
		if bytes += entry.Size; len(requests) == chunkFiles || len(requests) > 0 && bytes > chunkBytes {
			break
		}
		document, closeDocument, err := input.Open(ctx, t.from, r.in)
		if err != nil {
			return nil, err
		}
		defer closeDocument()
		requests = append(requests, client.JobRequest{Operation: r.operation, Document: document,
			Name: filepath.Base(t.from), Options: r.options})
		entries = append(entries, entry)
	}
	batch, err := r.service.SubmitJobs(ctx, requests)
	if err != nil {
		return nil, err
	}
	for i, entry := range entries {
		entry.Job, entry.Batch = batch.Jobs[i].ID, batch.Batch
		r.state.Files[input.Place(tasks[i].from)] = entry
		r.tasks[entry.Job] = tasks[i]
		if !r.wait {
			r.tell(tasks[i].from+" "+entry.Job, map[string]any{"file": tasks[i].from, "job": entry.Job,
				"storage": batch.Storage})
		}
	}
	return tasks[len(entries):], r.state.Write(&r.files, r.submission.state)
}

// tell prints a line, as text or as JSON.
func (r *jobsRun) tell(text string, members map[string]any) {
	line := terminal.Safe(text) + "\n"
	if r.global.jsonOutput {
		line = terminal.JSONLine(members)
	}
	_ = r.progress.Print(r.app.out, line) // a closed stdout must not lose what was submitted
}

// await fetches results until every job has ended.
func (r *jobsRun) await(ctx context.Context) error {
	for pause := firstPause; len(r.tasks) > 0; pause = min(2*pause, longestPause) {
		ended, err := r.look(ctx)
		if err != nil {
			return err
		}
		if len(ended) > 0 {
			pause = firstPause
			if err := r.fetchAll(ctx, ended); err != nil {
				return err
			}
			continue
		}
		select {
		case <-time.After(pause):
		case <-ctx.Done():
			return ctx.Err()
		}
	}
	return nil
}

// look gives the jobs that have ended.
func (r *jobsRun) look(ctx context.Context) (ended map[string]*client.Job, err error) {
	batches := map[string]bool{}
	for _, t := range r.tasks {
		batches[r.state.Files[input.Place(t.from)].Batch] = true
	}
	ended = map[string]*client.Job{}
	known := map[string]bool{}
	for id := range batches {
		batch, err := r.service.Jobs(ctx, id)
		if problem, ok := errors.AsType[*client.Problem](err); ok && problem.Status == http.StatusNotFound {
			continue // deleted, or kept in the memory of an instance that is gone
		}
		if err != nil {
			return nil, err
		}
		for i := range batch.Jobs {
			job := &batch.Jobs[i]
			known[job.ID] = true
			if _, ours := r.tasks[job.ID]; ours && job.Final() {
				ended[job.ID] = job
			}
		}
	}
	for id := range r.tasks {
		if !known[id] {
			ended[id] = nil
		}
	}
	return ended, nil
}

// fetchAll writes the results of jobs that have ended, several at a time.
func (r *jobsRun) fetchAll(ctx context.Context, ended map[string]*client.Job) error {
	var ids []string
	for id := range ended {
		ids = append(ids, id)
	}
	type fetched struct {
		id  string
		err error
	}
	tasks := maps.Clone(r.tasks) // finish takes from them while others are fetched
	err := inOrder(ctx, r.jobs, ids, func(ctx context.Context, id string) fetched {
		return fetched{id, r.fetch(ctx, ended[id], tasks[id])}
	}, func(f fetched) error {
		if f.err != nil && (ctx.Err() != nil || exit.RefusesSignIn(f.err)) {
			return f.err
		}
		r.finish(f.id, ended[f.id], f.err)
		return nil
	})
	return errors.Join(err, r.state.Write(&r.files, r.submission.state))
}

// finish notes what came of a job.
func (r *jobsRun) finish(id string, job *client.Job, err error) {
	t := r.tasks[id]
	delete(r.tasks, id)
	if err == nil {
		r.state.Files[input.Place(t.from)].Done = true
		r.tell(t.to, map[string]any{"file": t.from, "output": t.to, "job": id, "size": job.Size,
			"sha256": job.Result.SHA256, "level": job.Result.Level, "certificate": job.Result.Certificate,
			"invocation": job.Result.InvocationID})
	} else {
		r.failed++
		delete(r.state.Files, input.Place(t.from)) // it is submitted again
		if r.global.jsonOutput {
			_ = r.progress.Print(r.app.out,
				terminal.JSONLine(map[string]any{"file": t.from, "job": id, "error": errorFields(err)}))
		}
		_ = r.progress.Print(r.app.err, "influxion: "+r.style(r.app.err).Bad("failed")+" "+
			terminal.Safe(t.from+": "+err.Error())+"\n")
		_, refused := errors.AsType[*notPassed](err)
		r.refused = r.refused || refused
	}
	r.progress.Step(t.from, err == nil)
}

// notPassed is a result whose signatures do not all pass.
type notPassed struct {
	passed, total int
	why           string // of the first that does not
}

func newNotPassed(found *pades.Report) *notPassed {
	e := &notPassed{passed: found.Summary.Passed, total: found.Summary.Total}
	for _, signature := range found.Signatures {
		if signature.Indication != pades.TotalPassed {
			e.why = ": " + strings.TrimSpace(string(signature.Indication)+" "+string(signature.SubIndication))
			break
		}
	}
	return e
}

func (e *notPassed) Error() string {
	return fmt.Sprintf("the result does not pass: %d of %d signatures do%s", e.passed, e.total, e.why)
}

// fetch writes the result of one job, after it was verified.
func (r *jobsRun) fetch(ctx context.Context, job *client.Job, t task) error {
	switch {
	case job == nil:
		return errors.New("the deployment does not know the job any more: submit it again")
	case job.Status == client.JobError && job.Error != nil:
		return job.Error
	case job.Result == nil:
		return errors.New("the job has no result")
	case r.written(t.to, job.Result.SHA256):
		return nil
	}
	scratch, remove, err := outfile.Scratch()
	if err != nil {
		return err
	}
	defer remove()
	if err := r.service.WriteJob(ctx, job, scratch); err != nil {
		return err
	}
	document := io.NewSectionReader(scratch, 0, job.Size)
	if r.verify != nil {
		found, err := r.verify(ctx, document)
		if err != nil {
			return fmt.Errorf("verify the result: %w", err)
		}
		if found.Summary.Total == 0 || found.Summary.Passed != found.Summary.Total {
			return newNotPassed(found)
		}
	}
	return r.files.Write(t.to, r.force, func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(scratch, 0, job.Size))
		return err
	})
}

// written tells whether a run before has written the result, and was then interrupted.
func (r *jobsRun) written(name, digest string) bool {
	file, err := os.Open(name)
	if err != nil {
		return false
	}
	defer file.Close()
	hash := sha256.New()
	_, err = io.Copy(hash, file)
	return err == nil && hex.EncodeToString(hash.Sum(nil)) == digest
}
