package pdf

import "fmt"

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
// has object numbers and offsets, but no bytes of the document. For a Damaged document it names the
// place: the offset, and the object if one is at fault. Failures of the Source and of the context
// are not Errors.
type Error struct {
	Kind   ErrorKind
	Detail string
	Err    error // the cause; may be nil
	// Repairable: the cross-references are at fault, not what they should lead to, so that Rebuild
	// may read the document.
	Repairable bool

	placed    bool // Detail says where
	otherType bool // see OtherType
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

func damaged(format string, args ...any) *Error {
	return &Error{Kind: Damaged, Detail: fmt.Sprintf(format, args...)}
}

// damagedAt is a fault at an offset of the file, and of no object.
func damagedAt(offset int64, format string, args ...any) *Error {
	e := damaged(format, args...)
	e.Detail, e.placed = fmt.Sprintf("%s (offset %d)", e.Detail, offset), true
	return e
}

// misledAt is a fault of the cross-references at an offset of the file.
func misledAt(offset int64, format string, args ...any) *Error {
	e := damagedAt(offset, format, args...)
	e.Repairable = true
	return e
}

// misled is a fault of the cross-references.
func misled(format string, args ...any) *Error {
	return &Error{Kind: Damaged, Detail: fmt.Sprintf(format, args...), Repairable: true}
}

func tooComplex(format string, args ...any) *Error {
	return &Error{Kind: TooComplex, Detail: fmt.Sprintf(format, args...)}
}
