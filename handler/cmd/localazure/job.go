package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"influxion/handler/client"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
)

// jobTime bounds the job that is shown, pollTime is between two looks at it.
const (
	jobTime  = time.Minute
	pollTime = 50 * time.Millisecond
	// maxShownJob is the largest document for which a job is shown: a request for jobs carries it
	// in base64, and it stays in memory.
	maxShownJob = 8 << 20
)

// showJob has the source signed by a job, verifies the result and says how it went. The result is
// not kept.
func showJob(ctx context.Context, cloud *cloudtest.Cloud, host *hosttest.Host, from *source, out io.Writer) error {
	credential, err := cloud.Credential()
	if err != nil {
		return err
	}
	ctx, cancel := context.WithTimeout(ctx, jobTime)
	defer cancel()
	api := client.New(host.URL(), credential, cloud.Scope)
	begin := time.Now()
	batch, err := api.SubmitJobs(ctx, []client.JobRequest{{Operation: client.OperationSign, Document: from,
		Options: client.Options{Level: "B-LTA"}}})
	if err != nil {
		return fmt.Errorf("submit a job: %w", err)
	}
	job := &batch.Jobs[0]
	for !job.Final() {
		select {
		case <-time.After(pollTime):
		case <-ctx.Done():
			return fmt.Errorf("wait for job %s: %w", job.ID, ctx.Err())
		}
		if job, err = api.Job(ctx, job.ID); err != nil {
			return fmt.Errorf("ask for the job: %w", err)
		}
	}
	if job.Error != nil {
		return fmt.Errorf("job %s: %w", job.ID, job.Error)
	}
	var result bytes.Buffer
	if err := api.WriteJob(ctx, job, &result); err != nil {
		return fmt.Errorf("fetch the result of the job: %w", err)
	}
	report, err := api.Verify(ctx, bytes.NewReader(result.Bytes()))
	if err != nil {
		return fmt.Errorf("verify the result of the job: %w", err)
	}
	if report.Summary.Total == 0 || report.Summary.Passed != report.Summary.Total {
		return errors.New("the result of the job does not verify")
	}
	fmt.Fprintf(out, "\nSigned %s by a job too (%s, storage: %s): %s after %s, %d bytes, verified, not kept.\n",
		printable(from.name), job.ID, job.Storage, job.Status, milliseconds(time.Since(begin)), result.Len())
	return nil
}
