package client

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
)

// maxStalls is how many times in a row a download may break off without progress.
const maxStalls = 3

// WriteJob writes the result of a finished job to w. It resumes a download that breaks off. What
// was written is the result only if the error is nil: then its size and its SHA-256 are those in
// job. A refusal is a *Problem.
func (c *Client) WriteJob(ctx context.Context, job *Job, w io.Writer) error {
	if job.Status != JobDone || job.Result == nil {
		return errors.New("the job has no result: its status is " + strconv.Quote(job.Status))
	}
	digest := sha256.New()
	written, stalls := int64(0), 0
	for written < job.Size {
		n, err := c.writePart(ctx, job, written, io.MultiWriter(w, digest))
		written += n
		if err == nil {
			continue
		}
		if n > 0 {
			stalls = 0
		}
		if _, goesOn := err.(*brokenDownload); !goesOn || stalls == maxStalls || ctx.Err() != nil {
			return err
		}
		stalls++
	}
	if sum := hex.EncodeToString(digest.Sum(nil)); sum != job.Result.SHA256 {
		return fmt.Errorf("got a result with the SHA-256 %s, want %s", sum, job.Result.SHA256)
	}
	return nil
}

// brokenDownload is the error of a download that can be resumed.
type brokenDownload struct{ err error }

func (e *brokenDownload) Error() string { return "read result: " + e.err.Error() }
func (e *brokenDownload) Unwrap() error { return e.err }

// writePart writes the result from an offset on, as far as it arrives.
func (c *Client) writePart(ctx context.Context, job *Job, offset int64, w io.Writer) (int64, error) {
	etag := `"` + job.Result.SHA256 + `"`
	asked := call{method: http.MethodGet, path: "jobs/" + url.PathEscape(job.ID) + "/document", accept: "*/*"}
	if offset > 0 {
		asked.header = http.Header{"Range": {fmt.Sprintf("bytes=%d-", offset)}, "If-Range": {etag}}
	}
	response, err := c.do(ctx, asked)
	if err != nil {
		return 0, err
	}
	defer response.Body.Close()
	want := fmt.Sprintf("bytes %d-%d/%d", offset, job.Size-1, job.Size)
	if response.Header.Get("Etag") != etag || offset > 0 && (response.StatusCode != http.StatusPartialContent ||
		response.Header.Get("Content-Range") != want) || offset == 0 && response.StatusCode != http.StatusOK {
		return 0, errors.New("got a result that is not that of the job")
	}
	n, err := io.Copy(&target{w}, io.LimitReader(response.Body, job.Size-offset))
	if writeErr, ok := errors.AsType[*writeError](err); ok {
		return n, writeErr.err
	}
	if err == nil && n < job.Size-offset {
		err = io.ErrUnexpectedEOF
	}
	if err != nil {
		return n, &brokenDownload{err}
	}
	return n, nil
}

// target tells write errors from read errors.
type target struct{ w io.Writer }

// Write implements io.Writer.
func (t *target) Write(p []byte) (int, error) {
	n, err := t.w.Write(p)
	if err != nil {
		err = &writeError{err}
	}
	return n, err
}

type writeError struct{ err error }

func (e *writeError) Error() string { return e.err.Error() }
