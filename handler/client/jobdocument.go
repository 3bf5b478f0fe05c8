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

// maxStalls is how often in a row a download may break off without having got any further.
const maxStalls = 3

// WriteJob writes the result of a job that is done to w. A download that breaks off goes on where
// it stopped. What was written is the result only if the error is nil: then its size and its
// SHA-256 are those that the job tells. A refusal is a *Problem.
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

// brokenDownload is a download that can go on.
type brokenDownload struct{ err error }

func (e *brokenDownload) Error() string { return "read result: " + e.err.Error() }
func (e *brokenDownload) Unwrap() error { return e.err }

// writePart writes what comes of the result from an offset on.
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
		return 0, errors.New("got another result than that of the job")
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

// target tells an error of writing from one of reading.
type target struct{ w io.Writer }

// Write is io.Writer.
func (t *target) Write(p []byte) (int, error) {
	n, err := t.w.Write(p)
	if err != nil {
		err = &writeError{err}
	}
	return n, err
}

type writeError struct{ err error }

func (e *writeError) Error() string { return e.err.Error() }
