package cms

import (
	"errors"
	"fmt"

	"influxion/handler/internal/pades/algorithm"
)

// Errors of Sign and Size, for errors.Is.
var (
	// ErrKeyUnsupported: readers of baseline signatures do not accept the key, or do not accept
	// this algorithm for it.
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
	Malformed          Kind = "malformed"           // not CMS by RFC 5652
	LimitExceeded      Kind = "limit_exceeded"      // beyond a bound of this package, and therefore not evaluated
	FormForbidden      Kind = "form_forbidden"      // CMS, but in a form that is not allowed; not evaluated
	TypeMismatch       Kind = "type_mismatch"       // content-type is missing or wrong; the values hold
	AlgorithmMismatch  Kind = "algorithm_mismatch"  // algorithms named in different places disagree; the values hold
	SignerNotFound     Kind = "signer_not_found"    // the signer's certificate is missing or ambiguous
	DigestMismatch     Kind = "digest_mismatch"     // the content is not what was signed
	SignatureInvalid   Kind = "signature_invalid"   // the signature value does not verify
	BindingMismatch    Kind = "binding_mismatch"    // the signed reference does not name the signer's certificate
	BindingMissing     Kind = "binding_missing"     // no signed reference to the signer's certificate
	AlgorithmForbidden Kind = "algorithm_forbidden" // known, but too weak to accept; everything else is valid
	AlgorithmUnknown   Kind = "algorithm_unknown"   // this package cannot evaluate it
	NotBaseline        Kind = "not_baseline"        // valid, but in a form that no baseline level allows
	PurposeForbidden   Kind = "purpose_forbidden"   // the TSA's certificate is not for timestamping only
	Refused            Kind = "refused"             // the TSA answered without a timestamp
	ResponseMismatch   Kind = "response_mismatch"   // the TSA's answer does not match the request
)

// Error says why signed data cannot be read, or does not verify. Detail is safe to show to the
// sender of the document.
type Error struct {
	Kind   Kind
	Detail string
}

func (e *Error) Error() string { return string(e.Kind) + ": " + e.Detail }

// Integrity says whether the signed bytes are intact, as far as an error tells.
type Integrity string

// The answers.
const (
	Intact       Integrity = "intact"        // the bytes are intact; the error is about something else
	Broken       Integrity = "broken"        // the bytes were changed, or what was signed cannot be read
	NotEvaluated Integrity = "not_evaluated" // not checked
)

// Integrity returns whether the error means that the signature is broken, intact or not evaluated.
func (e *Error) Integrity() Integrity {
	switch e.Kind {
	case Malformed, DigestMismatch, SignatureInvalid:
		return Broken
	case LimitExceeded, SignerNotFound, AlgorithmUnknown, FormForbidden:
		return NotEvaluated
	}
	return Intact
}

// SubIndication returns the sub-indication of ETSI EN 319 102-1, table 6, for the error. It is
// empty for LimitExceeded, which the table does not have; for NotBaseline, which only lowers the
// level; and for Refused and ResponseMismatch, which are about answers of a TSA.
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

// tooMuch returns the error for a bound that stopped reading.
func tooMuch(format string, args ...any) *Error {
	return errorf(LimitExceeded, "not evaluated: "+format, args...)
}

// algorithmError turns an error of package algorithm into an Error.
func algorithmError(err error) error {
	algorithmErr, ok := errors.AsType[*algorithm.Error](err)
	if !ok {
		return err
	}
	kinds := map[algorithm.Kind]Kind{
		algorithm.NotEvaluated: AlgorithmUnknown, algorithm.Invalid: SignatureInvalid,
		algorithm.Weak: AlgorithmForbidden,
	}
	return &Error{Kind: kinds[algorithmErr.Kind], Detail: algorithmErr.Detail}
}
