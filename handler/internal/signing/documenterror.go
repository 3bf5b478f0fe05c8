package signing

import (
	"context"
	"errors"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
)

// DocumentError gives an error of package pades the kind that the caller sees; an *Error stays one.
func DocumentError(ctx context.Context, err error) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return documentError(ctx, err)
}

// documentError gives an error of package pades, or of reading a document, the kind and the code
// that the caller sees.
func documentError(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &Error{Kind: DeadlineExceeded, Code: "deadline_exceeded",
			Detail: "the request took longer than this route allows", Err: err}
	}
	if service, ok := errors.AsType[*pades.ServiceError](err); ok {
		return serviceError(service, err)
	}
	if over, ok := errors.AsType[*budget.Error](err); ok {
		return &Error{Kind: Unprocessable, Code: pades.CodeTooComplex, Detail: over.Detail, Err: err}
	}
	known, ok := errors.AsType[*pades.Error](err)
	if !ok {
		return err
	}
	kind := Unprocessable
	switch known.Code {
	case pades.CodeOptionInvalid:
		kind = InvalidRequest
	case pades.CodeKeyUnsupported, pades.CodeContentsTooSmall:
		kind = Internal
	}
	return &Error{Kind: kind, Code: known.Code, Detail: known.Detail, Err: err}
}

// serviceRest is how long trust services remember a failure: asking earlier gives the same answer.
const serviceRest = 30 * time.Second

// serviceError says which trust service keeps a level from being reached. The caller may try again
// if the service says that its failure is temporary.
func serviceError(service *pades.ServiceError, err error) error {
	unreachable := &Error{Kind: Unprocessable, Code: "level_unreachable",
		Detail: "the level cannot be reached: " + service.Reason(), Err: err}
	if service.Retry {
		unreachable.Kind, unreachable.RetryAfter = Unavailable, serviceRest
	}
	return unreachable
}
