package main

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/cmd/influxion/internal/input"
	"influxion/handler/cmd/influxion/internal/jobstate"
	"influxion/handler/cmd/influxion/internal/outfile"
	"influxion/handler/cmd/influxion/internal/terminal"
	"influxion/handler/cmd/influxion/internal/waiting"
)

// Bounds of one request for jobs.
const (
	chunkFiles = 200
	chunkBytes = 32 << 20 // of documents, unless a single one has more
)

// jobsRun is one run of jobs submit.
type jobsRun struct {
	*app
	*submission
	service  *client.Client
	address  string   // of the service
	verify   verifier // of results
	state    *jobstate.State
	tasks    map[string]task // those that are not finished, by ID of their job
	progress *terminal.Progress
	keyless  bool // the deployment takes no Idempotency-Key
	tally
}

// tally counts the files of a run.
type tally struct {
	done     int
	failed   int
	refused  bool // a result did not pass
	unproved int  // results that are intact, and whose signers were not judged
}

// run submits the jobs and, if asked to, waits for them until --timeout.
func (r *jobsRun) run(ctx context.Context, tasks []task) error {
	began := r.now()
	ctx, cancel := r.limited(ctx)
	defer cancel()
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
	stopped := err != nil && waiting.Ended(ctx, err)
	if r.wait && len(tasks) > 1 && (err == nil || stopped) {
		r.progress.End()
		r.summarize(r.done, r.failed, len(tasks), r.now().Sub(began))
	}
	if r.unproved > 0 {
		r.progress.End()
		r.notice(fmt.Sprintf("without --trust FILE the trust in the signers was not evaluated; "+
			"the bytes, signatures and changes of %d results were verified here", r.unproved))
	}
	err = errors.Join(waiting.TimedOut(ctx, err), r.state.Write(&r.files, r.submission.state))
	switch {
	case stopped:
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

// sort separates the tasks of an earlier run, and returns the new ones.
func (r *jobsRun) sort(tasks []task) (fresh []task, err error) {
	for _, t := range tasks {
		now, err := r.describe(t.from)
		if err != nil {
			return nil, err
		}
		known := r.state.Files[input.Place(t.from)]
		switch {
		case known.Same(now) && known.Done:
			r.done++
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

// describe returns the file's entry in the state, without its job.
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

// send submits as many files as one request takes, and returns the rest.
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
	batch, err := r.submitOnce(ctx, tasks[:len(entries)], entries, requests)
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
