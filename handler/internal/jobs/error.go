package jobs

import (
	"errors"
	"time"

	"influxion/handler/internal/signing"
)

// Pauses before a job is tried again.
const (
	defaultPause = 5 * time.Second
	longestPause = time.Minute
)

// pauseAfter is how long a job rests after an error of its run.
func pauseAfter(err error) time.Duration {
	if pause := signing.AsError(err).RetryAfter; pause > 0 {
		return min(pause, longestPause)
	}
	return defaultPause
}

// errorOf finds the error that a caller is told of.
func errorOf(err error) *signing.Error {
	// An error of the store passes through the layer that reads the document. That layer's own
	// error would blame the document.
	if errors.Is(err, ErrChanged) || errors.Is(err, ErrNotFound) {
		if signingErr, ok := errors.AsType[*signing.Error](storeError(err)); ok {
			return signingErr
		}
	}
	return signing.AsError(err)
}

// temporary tells whether trying again may help.
func temporary(err *signing.Error) bool {
	switch err.Kind {
	case signing.Internal, signing.Unavailable, signing.DeadlineExceeded, signing.TooManyRequests:
		return true
	}
	return false
}

// storeError turns an error of a Store into the error that a caller is told.
func storeError(err error) error {
	switch {
	case errors.Is(err, ErrChanged):
		return &signing.Error{Kind: signing.Unprocessable, Code: "input_changed",
			Detail: "the input was changed after the job was submitted", Err: err}
	case errors.Is(err, ErrNotFound):
		return &signing.Error{Kind: signing.Unprocessable, Code: "input_missing",
			Detail: "the input no longer exists", Err: err}
	case errors.Is(err, ErrFull):
		return Full(err)
	}
	if signingErr, ok := errors.AsType[*signing.Error](err); ok {
		return signingErr
	}
	return Unavailable(err)
}

// Full is what a caller is told when a store is full, for all or, with ErrShare, for this caller.
func Full(cause error) *signing.Error {
	detail := "there is no space for more jobs now"
	if errors.Is(cause, ErrShare) {
		detail = "the jobs of this caller take all of its share of the space"
	}
	return &signing.Error{Kind: signing.Unavailable, Code: "jobs_full",
		Detail:     detail + ": fetch results, delete jobs that are done, and try again later",
		RetryAfter: time.Minute, Err: cause}
}

// Unavailable is what a caller is told when a store or a queue does not answer.
func Unavailable(cause error) *signing.Error {
	return &signing.Error{Kind: signing.Unavailable, Code: "jobs_unavailable",
		Detail: "the storage of jobs does not answer; try again later", Err: cause}
}
