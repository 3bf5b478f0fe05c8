package signing

import (
	"errors"
	"fmt"
	"time"
)

// Kind is the class of an error. The zero Kind is Internal, so that an error that nobody classified
// is never blamed on the caller.
type Kind int

// The kinds. The server maps each to one HTTP status.
const (
	Internal             Kind = iota
	InvalidRequest            // the request is malformed or names an unknown option
	Unauthenticated           // no access token, or one that does not verify
	PermissionDenied          // a verified caller without the right
	NotFound                  // no such certificate for this caller
	TooLarge                  // over a stated limit
	UnsupportedMediaType      // a form of request that is not offered
	Unprocessable             // a document that cannot be signed or read
	Unavailable               // an outside service does not answer; trying again may help
	DeadlineExceeded          // the time of the route has run out
	TooManyRequests           // a caller over its rate; trying again later succeeds
)

// Error is an error whose Code and Detail are sent to the caller. Err, the cause, is only logged,
// because the texts of Azure services name the vault, the tenant and the identity.
type Error struct {
	Kind       Kind
	Code       string        // machine-readable, lower_snake: part of the API's contract
	Detail     string        // one sentence for a person, free of secrets and of host names
	RetryAfter time.Duration // for Unavailable and TooManyRequests: when to try again; 0 = not known
	Err        error         // the cause, for the log; may be nil
	// Certificate is the certificate of the error: it is fit, but its key cannot be used now. What
	// it has signed can still be verified. nil = the error is not about a key, or the certificate
	// is not known.
	Certificate *Certificate
}

// Error gives the whole chain for the log. It is never sent to a caller.
func (e *Error) Error() string {
	text := e.Code
	if e.Detail != "" {
		text += ": " + e.Detail
	}
	if e.Err != nil {
		return fmt.Sprintf("%s: %v", text, e.Err)
	}
	return text
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

// AsError finds the Error in a chain. An error that nobody classified becomes an Internal one that
// tells the caller nothing.
func AsError(err error) *Error {
	if typed, ok := errors.AsType[*Error](err); ok {
		return typed
	}
	return &Error{Kind: Internal, Code: "internal",
		Detail: "an internal error; the log has its cause under this instance", Err: err}
}
