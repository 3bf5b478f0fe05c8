package main

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/input"
	"influxion/handler/cmd/influxion/internal/jobstate"
)

// underWayPause is the pause while the deployment works on a request that was sent before.
const underWayPause = 5 * time.Second

// submitOnce submits jobs. If the program ends before it knows the answer, the next run sends the
// same request with the same Idempotency-Key, and gets the jobs of the first one. Without a storage
// for jobs a deployment knows no keys.
func (r *jobsRun) submitOnce(ctx context.Context, tasks []task, entries []*jobstate.Submitted,
	requests []client.JobRequest) (*client.JobBatch, error) {
	key, err := r.sending(tasks, entries)
	if err != nil {
		return nil, err
	}
	for {
		service := r.service
		if !r.keyless {
			service = service.WithIdempotencyKey(key)
		}
		batch, err := service.SubmitJobs(ctx, requests)
		problem, answered := errors.AsType[*client.Problem](err)
		switch {
		case err != nil && !answered:
			return nil, err // what became of the request is not known
		case answered && problem.Code == "idempotency_unsupported" && !r.keyless:
			r.keyless = true
		case answered && problem.Code == "idempotency_in_progress":
			select {
			case <-time.After(cmp.Or(problem.RetryAfter, underWayPause)):
			case <-ctx.Done():
				return nil, errors.Join(ctx.Err(), err)
			}
		case answered && problem.Status >= http.StatusInternalServerError && !r.keyless:
			return nil, err // a gateway's answer says nothing of the request, and Influxion forgets the key
		default:
			r.state.Sent = nil
			return batch, err
		}
	}
}

// sending notes a request before it is sent, and returns its Idempotency-Key.
func (r *jobsRun) sending(tasks []task, entries []*jobstate.Submitted) (string, error) {
	var places []string
	for _, t := range tasks {
		places = append(places, input.Place(t.from))
	}
	asked, err := json.Marshal([]any{places, entries})
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256(asked)
	key := r.state.Send(hex.EncodeToString(sum[:]))
	return key, r.state.Write(&r.files, r.submission.state)
}
