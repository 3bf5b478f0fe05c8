package revocation

import "fmt"

// ErrorKind is the class of an Error.
type ErrorKind string

// The kinds of error.
const (
	// not as its RFC and this package's bounds have it, or critically extended in an unknown way
	Malformed       ErrorKind = "malformed"
	Refused         ErrorKind = "refused"   // the responder answered with an error status
	NotAbout        ErrorKind = "not_about" // sound as far as seen, and about other certificates
	SignatureBad    ErrorKind = "signature_invalid"
	SignerForbidden ErrorKind = "signer_forbidden"    // signed by someone who may not speak for the issuer
	AlgorithmWeak   ErrorKind = "algorithm_forbidden" // too weak, too large, or not known
)

// Error is why evidence cannot be used. Detail is safe to show.
type Error struct {
	Kind   ErrorKind
	Detail string
	Retry  bool // the responder says that asking again later may help
}

func (e *Error) Error() string { return string(e.Kind) + ": " + e.Detail }

func errorf(kind ErrorKind, format string, args ...any) *Error {
	return &Error{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}
