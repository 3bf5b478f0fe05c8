package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"time"

	"influxion/handler/client"
	"influxion/handler/internal/cloudtest"
	"influxion/handler/internal/hosttest"
)

// jobTime bounds the job that is shown; pollTime is the interval between two requests for its
// status.
const (
	jobTime  = time.Minute
	pollTime = 50 * time.Millisecond
	// maxShownJob is the largest document for which a job is shown: a request for jobs carries the
	// document in base64, and the document stays in memory.
	maxShownJob = 8 << 20
)

// showJob signs the source by a job, verifies the result and prints how it went. It does not keep
// the result.
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
	var document bytes.Buffer
	if err := api.WriteJob(ctx, job, &document); err != nil {
		return fmt.Errorf("fetch the result of the job: %w", err)
	}
	report, err := api.Verify(ctx, bytes.NewReader(document.Bytes()))
	if err != nil {
		return fmt.Errorf("verify the result of the job: %w", err)
	}
	// The source may have signatures of other signers, about which this program knows nothing.
	made := &result{signed: &client.Signed{Fingerprint: job.Result.Fingerprint, Level: job.Result.Level}}
	if err := made.judge(report); err != nil {
		return fmt.Errorf("the result of the job: %w", err)
	}
	fmt.Fprintf(out, "\nSigned %s by a job too (%s, storage: %s): %s after %s, %d bytes, verified, not kept.\n",
		printable(from.name), job.ID, job.Storage, job.Status, milliseconds(time.Since(begin)), document.Len())
	return nil
}
