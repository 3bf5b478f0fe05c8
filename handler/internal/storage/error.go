package storage

import (
	"errors"
	"fmt"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
)

// answerError is an unsuccessful answer of the service. Its text is one line.
type answerError struct {
	what string
	err  *azcore.ResponseError
}

func (e *answerError) Error() string {
	return fmt.Sprintf("%s: storage answers %d %s", e.what, e.err.StatusCode, e.err.ErrorCode)
}

// Unwrap returns the library's own error, whose text has several lines.
func (e *answerError) Unwrap() error { return e.err }

// failed adds to an error what could not be done.
func failed(what string, err error) error {
	if answer, ok := errors.AsType[*azcore.ResponseError](err); ok {
		return &answerError{what, answer}
	}
	return fmt.Errorf("%s: %w", what, err)
}
