package main

import (
	"context"
	"errors"
	"net/http"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/signin"
)

// The exit codes are part of the contract: exitCodes explains them in the help.
const (
	exitOK          = 0
	exitFailed      = 1
	exitUsage       = 2
	exitSignIn      = 3
	exitNotVerified = 4
	exitInterrupted = 130
)

const exitCodes = `Exit codes:
  0    all is well
  1    something failed: a file, the service; doctor: a fault was found
  2    the command line or a setting is wrong; nothing was done
  3    no sign-in, or one that the service does not accept
  4    verify: a document without a signature, or with one that is not TOTAL-PASSED; audit: a log that is not whole, or without the record
  130  interrupted; what was finished before is whole, nothing else is left`

// errReported is an error that the command has printed already.
var errReported = errors.New("reported already")

// usageError is a mistake in the command line or the settings.
type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

func usage(err error) error { return &usageError{err} }

// signInError is a failed sign-in.
type signInError struct{ err error }

func (e *signInError) Error() string { return e.err.Error() }
func (e *signInError) Unwrap() error { return e.err }

// reportedError is an exit code whose reason the command has printed already.
type reportedError struct{ code int }

func (e *reportedError) Error() string { return errReported.Error() }
func (e *reportedError) Unwrap() error { return errReported }

// exitCode gives the exit code for a command's error. ran tells whether the command line was
// understood.
func exitCode(ctx context.Context, err error, ran bool) int {
	if err == nil {
		return exitOK
	}
	if reported, ok := errors.AsType[*reportedError](err); ok {
		return reported.code
	}
	if _, ok := errors.AsType[*usageError](err); ok || !ran {
		return exitUsage
	}
	if ctx.Err() != nil {
		return exitInterrupted
	}
	if refusesSignIn(err) {
		return exitSignIn
	}
	return exitFailed
}

// refusesSignIn tells whether an error is about the caller: every other file would meet it too.
func refusesSignIn(err error) bool {
	if problem, ok := errors.AsType[*client.Problem](err); ok {
		return problem.Status == http.StatusUnauthorized || problem.Status == http.StatusForbidden
	}
	if _, ok := errors.AsType[*client.SignInError](err); ok {
		return true
	}
	_, ok := errors.AsType[*signInError](err)
	return ok || errors.Is(err, signin.ErrNotSignedIn)
}
