package revocation

import "fmt"

// FaultKind is the class of a Fault.
type FaultKind string

// The kinds of fault.
const (
	// not as its RFC and this package's bounds have it, or critically extended in an unknown way
	Malformed       FaultKind = "malformed"
	Refused         FaultKind = "refused"   // the responder answered with an error status
	NotAbout        FaultKind = "not_about" // sound as far as seen, and about other certificates
	SignatureBad    FaultKind = "signature_invalid"
	SignerForbidden FaultKind = "signer_forbidden"    // signed by someone who may not speak for the issuer
	AlgorithmWeak   FaultKind = "algorithm_forbidden" // too weak, too large, or not known
)

// Fault is why evidence cannot be used. Detail is safe to show.
type Fault struct {
	Kind   FaultKind
	Detail string
	Retry  bool // the responder says that asking again later may help
}

func (f *Fault) Error() string { return string(f.Kind) + ": " + f.Detail }

func faultf(kind FaultKind, format string, args ...any) *Fault {
	return &Fault{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}
