package pades

import (
	"errors"
	"fmt"

	"influxion/handler/internal/pades/pdf"
)

// Error says why a document cannot be signed or read, or an option cannot be used. The reason lies
// neither in the caller's rights nor in a service. Code and Detail are safe to show to the caller.
// Err is the error of the file reader.
type Error struct {
	Code   string // one of the Code constants
	Detail string
	Err    error
}

// Codes of an Error: part of the API's contract.
const (
	CodeNotPDF             = "not_a_pdf"            // no PDF header, or nothing after it
	CodeDamaged            = "document_damaged"     // the structure cannot be read
	CodeTooComplex         = "document_too_complex" // over a bound of the reader: objects, depth, inflated bytes
	CodeEncrypted          = "document_encrypted"   // by a security handler or in a way that is not supported
	CodePasswordNeeded     = "password_required"    // the document opens with a password, and none was given
	CodePasswordWrong      = "password_wrong"       // neither the user password nor the owner password
	CodeRestricted         = "document_restricted"  // it opens, but its permissions forbid what is asked for
	CodeChangesForbidden   = "changes_forbidden"    // a certification signature or a lock forbids another signature
	CodeAlreadySigned      = "document_signed"      // a certification signature must be the first one
	CodeFieldUnusable      = "field_unusable"       // the named field is no empty signature field
	CodeOptionInvalid      = "option_invalid"       // an option has a value that no signature can have
	CodeKeyUnsupported     = "key_unsupported"      // not an algorithm or size that PAdES readers accept
	CodeUnsigned           = "document_unsigned"    // there is no signature to extend
	CodeSignatureInvalid   = "signature_invalid"    // an existing signature does not verify, so it is not extended
	CodeCertificateRevoked = "certificate_revoked"  // that of the signer, of the TSA or of one of their issuers
	CodeContentsTooSmall   = "contents_too_small"   // internal: the CMS outgrew its estimate
)

func (e *Error) Error() string {
	if e.Err == nil {
		return fmt.Sprintf("%s: %s", e.Code, e.Detail)
	}
	return fmt.Sprintf("%s: %s: %v", e.Code, e.Detail, e.Err)
}

// Unwrap gives the error of the file reader.
func (e *Error) Unwrap() error { return e.Err }

// ReadError turns an error of the file reader into an Error with the code that callers see.
func ReadError(err error) error {
	pdfErr, ok := errors.AsType[*pdf.Error](err)
	if !ok {
		return err
	}
	codes := map[pdf.ErrorKind]string{
		pdf.NotPDF: CodeNotPDF, pdf.Damaged: CodeDamaged, pdf.TooComplex: CodeTooComplex, pdf.Encrypted: CodeEncrypted,
		pdf.PasswordNeeded: CodePasswordNeeded, pdf.PasswordWrong: CodePasswordWrong,
	}
	return &Error{Code: codes[pdfErr.Kind], Detail: pdfErr.Detail, Err: err}
}

// IsOfDocument reports whether an error is caused by the document, rather than by reading it.
func IsOfDocument(err error) bool {
	_, ofFile := errors.AsType[*pdf.Error](err)
	_, ofForm := errors.AsType[*Error](err)
	return ofFile || ofForm
}
