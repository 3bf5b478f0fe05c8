package pdf

import (
	"errors"

	"influxion/handler/internal/pades/pdf/bounds"
)

// ErrorKind is the class of an Error.
type ErrorKind = bounds.ErrorKind

// The kinds of error.
const (
	NotPDF         = bounds.NotPDF         // no PDF header
	Damaged        = bounds.Damaged        // the structure cannot be read, or needs a feature that is not supported
	TooComplex     = bounds.TooComplex     // over one of the Limits
	Encrypted      = bounds.Encrypted      // by a security handler or in a way that is not supported
	PasswordNeeded = bounds.PasswordNeeded // to open it
	PasswordWrong  = bounds.PasswordWrong  // the one that was given
)

// Error says what is wrong with a document.
type Error = bounds.Error

func damaged(format string, args ...any) *Error { return Damaged.Errorf(format, args...) }

// damagedAt is a fault at an offset of the file, and of no object.
func damagedAt(offset int64, format string, args ...any) *Error {
	return Damaged.ErrorfAt(offset, format, args...)
}

// misledAt is a fault of the cross-references at an offset of the file.
func misledAt(offset int64, format string, args ...any) *Error {
	e := damagedAt(offset, format, args...)
	e.Repairable = true
	return e
}

// misled is a fault of the cross-references.
func misled(format string, args ...any) *Error {
	e := damaged(format, args...)
	e.Repairable = true
	return e
}

func tooComplex(format string, args ...any) *Error { return TooComplex.Errorf(format, args...) }

// damagedDetail returns the Detail of an Error of Kind Damaged; ok is false for any other error.
func damagedDetail(err error) (detail string, ok bool) {
	typed, ok := errors.AsType[*Error](err)
	if !ok || typed.Kind != Damaged {
		return "", false
	}
	return typed.Detail, true
}
