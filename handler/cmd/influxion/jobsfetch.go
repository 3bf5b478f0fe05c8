package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"os"
	"strings"
	"time"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/input"
	"influxion/handler/cmd/influxion/internal/outfile"
	"influxion/handler/cmd/influxion/internal/terminal"
	"influxion/handler/cmd/influxion/internal/waiting"
	"influxion/handler/internal/pades"
)

// Pauses between two status requests for the jobs.
const (
	firstPause   = 500 * time.Millisecond
	longestPause = 10 * time.Second
)

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

// look returns the jobs that have ended.
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
		if f.err != nil && (waiting.Ended(ctx, f.err) || exit.RefusesSignIn(f.err)) {
			return f.err
		}
		r.finish(f.id, ended[f.id], f.err)
		return nil
	})
	return errors.Join(err, r.state.Write(&r.files, r.submission.state))
}

// finish records the result of a job.
func (r *jobsRun) finish(id string, job *client.Job, err error) {
	t := r.tasks[id]
	delete(r.tasks, id)
	if err == nil {
		r.done++
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
			terminal.Safe(t.from+": "+err.Error())+"\n"+hint(err))
		_, refused := errors.AsType[*notPassed](err)
		r.refused = r.refused || refused
	}
	r.progress.Step(t.from, err == nil)
}

// notPassed is the error for a result whose signatures do not all pass.
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

// fetch verifies the result of one job, and then writes it.
func (r *jobsRun) fetch(ctx context.Context, job *client.Job, t task) error {
	switch {
	case job == nil:
		return errors.New("the deployment no longer has the job: submit it again")
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

// written reports whether an earlier run has written the result before it was interrupted.
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
