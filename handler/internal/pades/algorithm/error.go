package algorithm

import "fmt"

// Kind is the class of an Error.
type Kind string

// The kinds of error.
const (
	NotEvaluated Kind = "not_evaluated" // beyond the algorithms or bounds of this package; no verdict on the signature
	Invalid      Kind = "invalid"       // the signature value does not verify with the key
	Weak         Kind = "weak"          // evaluated, and too weak to accept at this time
)

// Error says why a signature is not accepted. Detail is safe to show to whoever sent the document.
type Error struct {
	Kind   Kind
	Detail string
}

func (e *Error) Error() string { return string(e.Kind) + ": " + e.Detail }

func errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}
