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
	"time"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/input"
	"influxion/handler/cmd/influxion/internal/jobresult"
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
		id    string
		found judgement
		err   error
	}
	tasks := maps.Clone(r.tasks) // finish takes from them while others are fetched
	err := inOrder(ctx, r.jobs, ids, func(ctx context.Context, id string) fetched {
		found, err := r.fetch(ctx, ended[id], tasks[id])
		return fetched{id, found, err}
	}, func(f fetched) error {
		if f.err != nil && (waiting.Ended(ctx, f.err) || exit.RefusesSignIn(f.err)) {
			return f.err
		}
		r.finish(f.id, ended[f.id], f.found, f.err)
		return nil
	})
	return errors.Join(err, r.state.Write(&r.files, r.submission.state))
}

// finish records the result of a job.
func (r *jobsRun) finish(id string, job *client.Job, found judgement, err error) {
	t := r.tasks[id]
	delete(r.tasks, id)
	if err == nil {
		r.done++
		r.state.Files[input.Place(t.from)].Done = true
		r.tell(t.to, map[string]any{"file": t.from, "output": t.to, "job": id, "size": job.Size,
			"sha256": job.Result.SHA256, "level": job.Result.Level, "certificate": job.Result.Certificate,
			"invocation": job.Result.InvocationID, "integrity": found.integrity, "trust": found.trust})
		switch {
		case found.integrity != pades.IntegrityIntact:
			r.notice(fmt.Sprintf("the integrity of %s was not evaluated: %s", t.to, found.detail))
		case found.trust == pades.SignerTrustNotEvaluated:
			r.unproved++
		}
	} else {
		r.failed++
		delete(r.state.Files, input.Place(t.from)) // it is submitted again
		if r.global.jsonOutput {
			_ = r.progress.Print(r.app.out,
				terminal.JSONLine(map[string]any{"file": t.from, "job": id, "error": errorFields(err)}))
		}
		_ = r.progress.Print(r.app.err, "influxion: "+r.style(r.app.err).Bad("failed")+" "+
			terminal.Safe(t.from+": "+err.Error())+"\n"+hint(err))
		_, refused := errors.AsType[*jobresult.NotPassed](err)
		r.refused = r.refused || refused
	}
	r.progress.Step(t.from, err == nil)
}

// judgement is what was found out here about a result.
type judgement struct {
	integrity pades.Integrity
	detail    string            // if it is not intact
	trust     pades.SignerTrust // of all signers
}

// fetch verifies the result of one job, and then writes it.
func (r *jobsRun) fetch(ctx context.Context, job *client.Job, t task) (judgement, error) {
	switch {
	case job == nil:
		return judgement{}, errors.New("the deployment no longer has the job: submit it again")
	case job.Status == client.JobError && job.Error != nil:
		return judgement{}, job.Error
	case job.Result == nil:
		return judgement{}, errors.New("the job has no result")
	}
	if file := written(t.to, job.Result.SHA256); file != nil {
		defer file.Close()
		return r.judge(ctx, io.NewSectionReader(file, 0, job.Size), t)
	}
	scratch, remove, err := outfile.Scratch()
	if err != nil {
		return judgement{}, err
	}
	defer remove()
	if err := r.service.WriteJob(ctx, job, scratch); err != nil {
		return judgement{}, err
	}
	found, err := r.judge(ctx, io.NewSectionReader(scratch, 0, job.Size), t)
	if err != nil {
		return found, err
	}
	return found, r.files.Write(t.to, r.force, func(w io.Writer) error {
		_, err := io.Copy(w, io.NewSectionReader(scratch, 0, job.Size))
		return err
	})
}

// judge verifies a result here. Its errors hold a *jobresult.NotPassed if the result is wrong or,
// with trust anchors, does not pass.
func (r *jobsRun) judge(ctx context.Context, result *io.SectionReader, t task) (judgement, error) {
	original, closeOriginal, err := input.Open(ctx, t.from, r.in)
	if err != nil {
		return judgement{}, err
	}
	defer closeOriginal()
	if err := jobresult.Begins(result, io.NewSectionReader(original, 0, original.Size())); err != nil {
		return judgement{}, err
	}
	report, err := r.verify(ctx, result)
	if err != nil {
		return judgement{}, fmt.Errorf("verify the result: %w", err)
	}
	found := judgement{trust: pades.SignerTrustNotEvaluated}
	if len(r.trust) > 0 {
		if err := jobresult.Trusted(report); err != nil {
			return found, err
		}
		found.trust = pades.SignerTrusted
	}
	found.integrity, found.detail, err = jobresult.Integrity(report, original.Size(),
		r.operation != client.OperationExtend)
	return found, err
}

// written opens the result that an earlier run has written before it was interrupted; nil = there
// is none.
func written(name, digest string) *os.File {
	file, err := os.Open(name)
	if err != nil {
		return nil
	}
	hash := sha256.New()
	if _, err = io.Copy(hash, file); err != nil || hex.EncodeToString(hash.Sum(nil)) != digest {
		file.Close()
		return nil
	}
	return file
}
