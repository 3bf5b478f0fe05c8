package server

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"net/http"
	"strconv"

	"influxion/handler/internal/jobs"
	"influxion/handler/internal/server/answer"
	"influxion/handler/internal/server/request"
	"influxion/handler/internal/signing"
)

// findJob returns a job that the caller may see. For a job that it may not see, the error is that
// for a job that does not exist.
func (s *Server) findJob(ctx context.Context, x *exchange) (*jobs.Job, error) {
	if _, err := request.Query(x.request.URL.RawQuery); err != nil {
		return nil, err
	}
	if !jobs.ValidID(x.name) {
		return nil, jobNotFound()
	}
	job, err := s.config.Jobs.Store.Job(ctx, x.name)
	if errors.Is(err, jobs.ErrNotFound) {
		return nil, jobNotFound()
	}
	if err != nil {
		return nil, storeError(err)
	}
	if !s.mayRead(x.principal, job) {
		return nil, jobNotFound()
	}
	return job, nil
}

func (s *Server) mayRead(principal signing.Principal, job *jobs.Job) bool {
	return job.IsCreator(principal) || jobs.MayReadAll(principal, s.config.Sealer.Policy.HomeTenant)
}

func jobNotFound() error {
	return &signing.Error{Kind: signing.NotFound, Code: "job_not_found",
		Detail: "there is no such job that this caller may see"}
}

// job is GET /api/jobs/{id}.
func (s *Server) job(ctx context.Context, x *exchange) (*answer.Answer, error) {
	job, err := s.findJob(ctx, x)
	if err != nil {
		return nil, err
	}
	return answer.JSON(http.StatusOK, s.config.Jobs.show(job))
}

// deleteJob is DELETE /api/jobs/{id}. If the job is running, its result is discarded.
func (s *Server) deleteJob(ctx context.Context, x *exchange) (*answer.Answer, error) {
	job, err := s.findJob(ctx, x)
	if err != nil {
		return nil, err
	}
	if !job.IsCreator(x.principal) {
		return nil, &signing.Error{Kind: signing.PermissionDenied, Code: "job_not_own",
			Detail: "only the creator of a job may delete it"}
	}
	if err := s.config.Jobs.Store.Delete(ctx, job.ID); err != nil {
		return nil, storeError(err)
	}
	return answer.JSON(http.StatusOK, s.config.Jobs.show(job))
}

// listJobs is GET /api/jobs?batch=.
func (s *Server) listJobs(ctx context.Context, x *exchange) (*answer.Answer, error) {
	query, err := request.Query(x.request.URL.RawQuery, request.BatchOption())
	if err != nil {
		return nil, err
	}
	batch := query["batch"]
	if batch == "" {
		return nil, request.OptionInvalid("batch", "is missing: it is in the answer to POST /api/jobs")
	}
	if !jobs.ValidBatch(batch) {
		return nil, jobNotFound()
	}
	found, err := s.config.Jobs.Store.Batch(ctx, batch)
	if err != nil {
		return nil, storeError(err)
	}
	if len(found) == 0 || !s.mayRead(x.principal, found[0]) { // all jobs of a batch have one creator
		return nil, jobNotFound()
	}
	return answer.JSON(http.StatusOK, s.config.Jobs.list(batch, found))
}

// jobDocument is GET /api/jobs/{id}/document, whole or in part: RFC 9110, section 14.
func (s *Server) jobDocument(ctx context.Context, x *exchange) (*answer.Answer, error) {
	job, err := s.findJob(ctx, x)
	if err != nil {
		return nil, err
	}
	if job.Status != jobs.Done || job.Result == nil {
		return nil, &statusError{http.StatusConflict, nil, &signing.Error{Kind: signing.InvalidRequest,
			Code: "job_not_done", Detail: "the job has no result: its status is " + string(job.Status)}}
	}
	made := job.Result
	digest, err := hex.DecodeString(made.SHA256)
	if err != nil {
		return nil, fmt.Errorf("read digest: %w", err)
	}
	etag := `"` + made.SHA256 + `"`
	header := http.Header{"Etag": {etag}, "Accept-Ranges": {"bytes"}, "Influxion-Storage": {s.config.Jobs.Store.Kind()},
		"Repr-Digest": {"sha-256=:" + base64.StdEncoding.EncodeToString(digest) + ":"}}
	if made.MediaType == mediaPDF {
		header.Set("Content-Disposition", `attachment; filename="`+string(job.Operation)+`.pdf"`)
	}
	a := &answer.Answer{Status: http.StatusOK, MediaType: made.MediaType, Header: header}
	part := answer.Span{Length: made.Size}
	switch asked, err := answer.AskedSpan(x.request, etag, made.Size); {
	case err != nil:
		return nil, unsatisfiable(made.Size, err)
	case asked != nil:
		part, a.Status = *asked, http.StatusPartialContent
		header.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", part.From, part.From+part.Length-1, made.Size))
	}
	if x.request.Method == http.MethodHead {
		a.Body = answer.Stream(part.Length, nil)
		return a, nil
	}
	// The store is read while the answer is written. The route's deadline does not apply to that.
	body, err := s.config.Jobs.Store.OpenResult(context.WithoutCancel(ctx), job.ID, part.From, part.Length)
	if err != nil {
		return nil, storeError(err)
	}
	a.Body = answer.Stream(part.Length, body)
	return a, nil
}

// unsatisfiable is the answer to a range outside of the document: RFC 9110, section 15.5.17.
func unsatisfiable(size int64, cause error) error {
	return &statusError{http.StatusRequestedRangeNotSatisfiable,
		http.Header{"Content-Range": {"bytes */" + strconv.FormatInt(size, 10)}},
		&signing.Error{Kind: signing.InvalidRequest, Code: "range_invalid",
			Detail: "the range lies outside of the document", Err: cause}}
}

// storeError turns an error of the store into the error that a caller may see. A deadline stays
// one.
func storeError(err error) error {
	_, known := errors.AsType[*signing.Error](err)
	switch {
	case known, errors.Is(err, context.DeadlineExceeded), errors.Is(err, context.Canceled):
		return err
	case errors.Is(err, jobs.ErrFull):
		return jobs.Full(err)
	}
	return jobs.Unavailable(err)
}
