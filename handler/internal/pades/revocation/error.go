package revocation

import "fmt"

// ErrorKind is the class of an Error.
type ErrorKind string

// The kinds of error.
const (
	// breaks its RFC or a bound of this package, or has an unknown critical extension
	Malformed       ErrorKind = "malformed"
	Refused         ErrorKind = "refused"   // the responder answered with an error status
	NotAbout        ErrorKind = "not_about" // nothing wrong was found, and it covers other certificates
	SignatureBad    ErrorKind = "signature_invalid"
	SignerForbidden ErrorKind = "signer_forbidden"    // signed by someone whom the issuer did not authorize
	AlgorithmWeak   ErrorKind = "algorithm_forbidden" // too weak, too large, or not known
)

// Error says why evidence cannot be used. Detail is safe to show.
type Error struct {
	Kind   ErrorKind
	Detail string
	Retry  bool // the responder says that asking again later may help
}

func (e *Error) Error() string { return string(e.Kind) + ": " + e.Detail }

func errorf(kind ErrorKind, format string, args ...any) *Error {
	return &Error{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}
