package cms

import (
	"errors"
	"fmt"

	"influxion/handler/internal/pades/algorithm"
)

// What Sign and Size refuse; use errors.Is.
var (
	// ErrKeyUnsupported: not a key, or not an algorithm for it, that baseline readers accept.
	ErrKeyUnsupported = errors.New("key unsupported")
	// ErrKeyMismatch: the key is not the one that the leaf certifies.
	ErrKeyMismatch = errors.New("key does not match the certificate")
	// ErrRequestInvalid: the Request is incomplete or contradicts itself.
	ErrRequestInvalid = errors.New("signing request invalid")
)

// Kind says what is wrong with signed data that was read.
type Kind string

// The kinds.
const (
	Malformed          Kind = "malformed"           // not CMS as RFC 5652 has it
	LimitExceeded      Kind = "limit_exceeded"      // beyond a bound of this package, and therefore not evaluated
	AlgorithmMismatch  Kind = "algorithm_mismatch"  // the algorithms named in different places do not agree
	SignerNotFound     Kind = "signer_not_found"    // the signer's certificate is not there, or is ambiguous
	DigestMismatch     Kind = "digest_mismatch"     // the content is not what was signed
	SignatureInvalid   Kind = "signature_invalid"   // the signature value does not verify
	BindingMismatch    Kind = "binding_mismatch"    // the signed reference names another certificate than the signer's
	BindingMissing     Kind = "binding_missing"     // no signed reference to the signer's certificate
	AlgorithmForbidden Kind = "algorithm_forbidden" // known, and too weak to accept; all else about the signature holds
	AlgorithmUnknown   Kind = "algorithm_unknown"   // not one that this package can evaluate
	NotBaseline        Kind = "not_baseline"        // sound, but in a form that no baseline level allows
	PurposeForbidden   Kind = "purpose_forbidden"   // the TSA's certificate is not one for timestamping alone
	Refused            Kind = "refused"             // the TSA answered without a timestamp
	ResponseMismatch   Kind = "response_mismatch"   // the TSA answered something else than what it was asked
)

// Error is why signed data cannot be read, or does not verify. Detail is fit for whoever sent the document.
type Error struct {
	Kind   Kind
	Detail string
}

func (e *Error) Error() string { return string(e.Kind) + ": " + e.Detail }

// Integrity says what an error leaves of the question whether the signed bytes are intact.
type Integrity string

// The answers.
const (
	Intact       Integrity = "intact"        // they are; the error is about something else
	Broken       Integrity = "broken"        // they are not, or what was signed cannot be read
	NotEvaluated Integrity = "not_evaluated" // nobody looked
)

// Integrity tells a broken signature from one that holds, and from one that was not evaluated.
func (e *Error) Integrity() Integrity {
	switch e.Kind {
	case Malformed, AlgorithmMismatch, DigestMismatch, SignatureInvalid:
		return Broken
	case LimitExceeded, SignerNotFound, AlgorithmUnknown:
		return NotEvaluated
	}
	return Intact
}

// SubIndication is the reason in the words of ETSI EN 319 102-1, table 6. It is empty for
// LimitExceeded, which has no word there, for NotBaseline, which costs a signature its level and
// nothing else, and for what only the answer of a TSA can be: Refused and ResponseMismatch.
func (e *Error) SubIndication() string {
	switch e.Kind {
	case DigestMismatch:
		return "HASH_FAILURE"
	case SignatureInvalid:
		return "SIG_CRYPTO_FAILURE"
	case SignerNotFound:
		return "NO_SIGNING_CERTIFICATE_FOUND"
	case BindingMismatch, BindingMissing:
		return "SIG_CONSTRAINTS_FAILURE"
	case AlgorithmForbidden, AlgorithmUnknown:
		return "CRYPTO_CONSTRAINTS_FAILURE"
	case PurposeForbidden:
		return "CHAIN_CONSTRAINTS_FAILURE"
	case LimitExceeded, NotBaseline, Refused, ResponseMismatch:
		return ""
	}
	return "FORMAT_FAILURE"
}

func errorf(kind Kind, format string, args ...any) *Error {
	return &Error{Kind: kind, Detail: fmt.Sprintf(format, args...)}
}

// tooMuch is a bound that stopped the reading.
func tooMuch(format string, args ...any) *Error {
	return errorf(LimitExceeded, "not evaluated: "+format, args...)
}

// algorithmError is an error of package algorithm in the words of this one.
func algorithmError(err error) error {
	fault, ok := errors.AsType[*algorithm.Error](err)
	if !ok {
		return err
	}
	kinds := map[algorithm.Kind]Kind{
		algorithm.NotEvaluated: AlgorithmUnknown, algorithm.Invalid: SignatureInvalid, algorithm.Weak: AlgorithmForbidden,
	}
	return &Error{Kind: kinds[fault.Kind], Detail: fault.Detail}
}
