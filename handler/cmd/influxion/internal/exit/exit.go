package exit

import (
	"context"
	"errors"
	"net/http"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/signin"
)

// The exit codes. Help explains them.
const (
	OK          = 0
	Failed      = 1
	Usage       = 2
	SignIn      = 3
	NotVerified = 4
	Interrupted = 130
)

// Help explains the exit codes in the program's help.
const Help = `Exit codes:
  0    all is well
  1    something failed: a file, the service; doctor: a fault was found
  2    the command line or a setting is wrong; nothing was done
  3    no sign-in, or one that the service does not accept
  4    verify: a document without a signature, or with one that is not TOTAL-PASSED; audit: a log that is not whole, or without the record
  130  interrupted; what was finished before is whole, nothing else is left`

// ErrReported is an error that the command has printed already.
var ErrReported = errors.New("reported already")

type usageError struct{ err error }

func (e *usageError) Error() string { return e.err.Error() }
func (e *usageError) Unwrap() error { return e.err }

// UsageError marks an error as a mistake in the command line or the settings.
func UsageError(err error) error { return &usageError{err} }

type signInError struct{ err error }

func (e *signInError) Error() string { return e.err.Error() }
func (e *signInError) Unwrap() error { return e.err }

// SignInError marks an error as a failed sign-in or, if it is a *signin.SettingError, as a mistake
// in the settings.
func SignInError(err error) error {
	if _, ok := errors.AsType[*signin.SettingError](err); ok {
		return UsageError(err)
	}
	return &signInError{err}
}

type reportedError struct{ code int }

func (e *reportedError) Error() string { return ErrReported.Error() }
func (e *reportedError) Unwrap() error { return ErrReported }

// Reported returns an error that ends the program with the code. The command has already printed
// the reason.
func Reported(code int) error { return &reportedError{code} }

// Code returns the exit code for a command's error. ran says whether the command line was
// understood.
func Code(ctx context.Context, err error, ran bool) int {
	if err == nil {
		return OK
	}
	if known, ok := errors.AsType[*reportedError](err); ok {
		return known.code
	}
	if _, ok := errors.AsType[*usageError](err); ok || !ran {
		return Usage
	}
	if ctx.Err() != nil {
		return Interrupted
	}
	if RefusesSignIn(err) {
		return SignIn
	}
	return Failed
}

// RefusesSignIn reports whether an error concerns the caller, so that every other file would meet
// it too.
func RefusesSignIn(err error) bool {
	if problem, ok := errors.AsType[*client.Problem](err); ok {
		return problem.Status == http.StatusUnauthorized || problem.Status == http.StatusForbidden
	}
	if _, ok := errors.AsType[*client.SignInError](err); ok {
		return true
	}
	_, ok := errors.AsType[*signInError](err)
	return ok || errors.Is(err, signin.ErrNotSignedIn)
}

// Explain returns an error as text for a person.
func Explain(ctx context.Context, err error) string {
	if ctx.Err() != nil && errors.Is(err, context.Canceled) {
		return "interrupted"
	}
	if failed, ok := errors.AsType[*client.SignInError](err); ok {
		return "sign-in: " + signin.Explain(failed.Err)
	}
	if failed, ok := errors.AsType[*signInError](err); ok {
		return "sign-in: " + signin.Explain(failed.err)
	}
	return err.Error()
}
