package signing

import "influxion/handler/internal/pades/sign"

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/budget"
)

// Sealer seals documents: the main job, from a verified caller's request to a signed document that
// has been verified. Safe for concurrent use.
type Sealer struct {
	Source   CertificateSource
	Policy   Policy
	Services pades.Services // for levels above B-B
	Level    pades.Level    // of requests that name none; "" = B-B
	Font     []byte         // of visible signatures; nil = the built-in one
	Now      func() time.Time
}

// Seal signs the request's document for the principal and notes in record what it learns on the
// way, whether or not it comes to a signature. Its errors hold an *Error.
func (s *Sealer) Seal(ctx context.Context, principal Principal, request Request, record *Record) (*Sealed, error) {
	sealed, err := s.seal(ctx, principal, request, record)
	if err == nil {
		return sealed, nil
	}
	request.Refused(record)
	return nil, err
}

func (s *Sealer) seal(ctx context.Context, principal Principal, request Request, record *Record) (*Sealed, error) {
	if request.Options.Level == "" {
		request.Options.Level = cmp.Or(s.Level, pades.LevelBB)
	}
	request.note(record)
	name, err := s.Policy.Choose(principal, request.Certificate)
	if err != nil {
		return nil, err
	}
	record.Certificate = name
	if request.Version != "" && !ValidCertificateVersion(request.Version) {
		return nil, CertificateNotFound(errors.New("not a vault version"))
	}
	certificate, err := s.Source.Certificate(ctx, name, request.Version)
	if err != nil {
		return nil, fmt.Errorf("fetch certificate %q: %w", name, err)
	}
	record.CertificateVersion = certificate.Version
	record.CertificateFingerprint = certificate.Fingerprint()

	options := request.Options
	options.Time, options.Services = s.Now(), s.Services
	if options.Appearance != nil {
		appearance := *options.Appearance
		appearance.Font = s.Font
		options.Appearance = &appearance
	}
	increment, err := sign.Sign(ctx, request.Document, certificate.Chain, certificate.Key, options)
	if err != nil {
		return nil, documentFault(ctx, fmt.Errorf("sign: %w", err))
	}
	if err := checkSeal(ctx, request.Document, increment, certificate, options.Time); err != nil {
		return nil, err
	}
	sealed, err := seal(ctx, request.Document, increment, record)
	if err != nil {
		return nil, err
	}
	sealed.Certificate = certificate
	return sealed, nil
}

// seal makes the answer of an increment that was checked, and notes it in record.
func seal(ctx context.Context, doc pades.Document, increment *pades.Increment, record *Record) (*Sealed, error) {
	declared, err := sign.Conformance(ctx, doc)
	if err != nil {
		return nil, documentFault(ctx, fmt.Errorf("read metadata: %w", err))
	}
	sealed := &Sealed{
		Increment: increment.Bytes, Level: increment.Reached(), PDFA: declared.PDFA, PDFUA: declared.PDFUA,
		Remarks: increment.Remarks,
	}
	if declared.PDFUA != "" {
		sealed.PDFUALost = increment.Inaccessible
	}
	if service, ok := errors.AsType[*pades.ServiceError](increment.Shortfall); ok {
		sealed.Shortfall = service.Reason()
	}
	record.DocumentDigest = hex.EncodeToString(increment.DocumentDigest[:])
	record.SignedDigest = hex.EncodeToString(increment.SignedDigest[:])
	record.Level, record.Shortfall = string(sealed.Level), sealed.Shortfall
	return sealed, nil
}

// DocumentFault gives an error of package pades the kind that the caller sees; an *Error stays one.
func DocumentFault(ctx context.Context, err error) error {
	if _, ok := errors.AsType[*Error](err); ok {
		return err
	}
	return documentFault(ctx, err)
}

// documentFault gives an error of package pades the kind that the caller sees.
func documentFault(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &Error{Kind: DeadlineExceeded, Code: "deadline_exceeded",
			Detail: "the request took longer than this route allows", Err: err}
	}
	if service, ok := errors.AsType[*pades.ServiceError](err); ok {
		return serviceFault(service, err)
	}
	if over, ok := errors.AsType[*budget.Error](err); ok {
		return &Error{Kind: Unprocessable, Code: pades.CodeTooComplex, Detail: over.Detail, Err: err}
	}
	fault, ok := errors.AsType[*pades.Error](err)
	if !ok {
		return err
	}
	kind := Unprocessable
	switch fault.Code {
	case pades.CodeOptionInvalid:
		kind = InvalidRequest
	case pades.CodeKeyUnsupported, pades.CodeContentsTooSmall:
		kind = Internal
	}
	return &Error{Kind: kind, Code: fault.Code, Detail: fault.Detail, Err: err}
}

// serviceRest is how long the failure of a trust service is remembered, so that nothing is gained
// by asking earlier.
const serviceRest = 30 * time.Second

// serviceFault says which trust service keeps a level from being reached: a state of the world
// outside that may pass, or one of the certificate or of this deployment that will not.
func serviceFault(service *pades.ServiceError, err error) error {
	fault := &Error{Kind: Unprocessable, Code: "level_unreachable",
		Detail: "the level cannot be reached: " + service.Reason(), Err: err}
	if service.Retry {
		fault.Kind, fault.RetryAfter = Unavailable, serviceRest
	}
	return fault
}
