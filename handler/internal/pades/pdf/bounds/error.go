package bounds

import (
	"errors"
	"fmt"
)

// ErrorKind is the class of an Error.
type ErrorKind int

// The kinds of error.
const (
	NotPDF         ErrorKind = iota + 1 // no PDF header
	Damaged                             // the structure cannot be read, or needs a feature that is not supported
	TooComplex                          // over one of the Limits
	Encrypted                           // by a security handler or in a way that is not supported
	PasswordNeeded                      // to open it
	PasswordWrong                       // the one that was given
)

func (k ErrorKind) String() string {
	switch k {
	case NotPDF:
		return "not a PDF"
	case Damaged:
		return "damaged"
	case TooComplex:
		return "too complex"
	case Encrypted:
		return "encrypted"
	case PasswordNeeded:
		return "needs a password"
	case PasswordWrong:
		return "wrong password"
	}
	return fmt.Sprintf("error kind %d", int(k))
}

// Error says what is wrong with a document. Detail is one sentence that is safe for the client: it
// contains object numbers and offsets, but no bytes of the document. For a Damaged document, Detail
// names the place: the offset, and the object if one is at fault. Failures of the Source and of the
// context are not Errors.
type Error struct {
	Kind   ErrorKind
	Detail string
	Err    error // the cause; may be nil
	// Repairable: the cross-references are at fault, not the objects that they should lead to.
	// Rebuild may then be able to read the document.
	Repairable bool

	// OtherType: the Error says only that a value has another type than the caller asked for.
	OtherType bool

	placed bool // Detail says where
}

func (e *Error) Error() string {
	if e.Err == nil {
		return e.Kind.String() + ": " + e.Detail
	}
	return e.Kind.String() + ": " + e.Detail + ": " + e.Err.Error()
}

// OfEncryption reports whether the document cannot be read because it is encrypted.
func (e *Error) OfEncryption() bool {
	return e.Kind == Encrypted || e.Kind == PasswordNeeded || e.Kind == PasswordWrong
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Err }

// Errorf makes an Error of the kind. format and args give its Detail.
func (k ErrorKind) Errorf(format string, args ...any) *Error {
	return &Error{Kind: k, Detail: fmt.Sprintf(format, args...)}
}

// ErrorfAt does what Errorf does, for an error at an offset of the file that is in no object.
func (k ErrorKind) ErrorfAt(offset int64, format string, args ...any) *Error {
	e := k.Errorf(format, args...)
	e.Detail, e.placed = fmt.Sprintf("%s (offset %d)", e.Detail, offset), true
	return e
}

// Placed adds a place to an error of Kind Damaged that has none. Any other error stays as it is.
func Placed(err error, place func() string) error {
	if typed, ok := errors.AsType[*Error](err); ok && typed.Kind == Damaged && !typed.placed {
		typed.Detail, typed.placed = typed.Detail+" ("+place()+")", true
	}
	return err
}
