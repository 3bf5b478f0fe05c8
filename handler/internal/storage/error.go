package storage

import (
	"errors"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// answerError is an answer of the service that is no success. Its text is one line.
type answerError struct {
	what string
	err  *azcore.ResponseError
}

func (e *answerError) Error() string {
	return fmt.Sprintf("%s: storage answers %d %s", e.what, e.err.StatusCode, e.err.ErrorCode)
}

// Unwrap gives the library's own error, whose text has several lines.
func (e *answerError) Unwrap() error { return e.err }

// failed says what could not be done.
func failed(what string, err error) error {
	if answer, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return &answerError{what, answer}
	}
	return fmt.Errorf("%s: %w", what, err)
}
