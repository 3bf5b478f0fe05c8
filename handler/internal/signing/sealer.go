package signing

import (
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/sign"
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

// Seal signs the request's document for the principal. It notes in record what it learns, even
// where no signature is made. Its errors hold an *Error.
func (s *Sealer) Seal(ctx context.Context, principal Principal, request Request, record *Record) (*Result, error) {
	result, err := s.seal(ctx, principal, request, record)
	if err == nil {
		return result, nil
	}
	request.Refused(record)
	return nil, err
}

func (s *Sealer) seal(ctx context.Context, principal Principal, request Request, record *Record) (*Result, error) {
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
	increment, err := sign.Sign(ctx, request.Document, certificate.Chain, certificate.Signer(ctx), options)
	if err != nil {
		return nil, documentError(ctx, fmt.Errorf("sign: %w", err))
	}
	if err := checkSeal(ctx, request.Document, increment, certificate, options.Time); err != nil {
		return nil, err
	}
	result := newResult(increment, record)
	result.Certificate = certificate
	return result, nil
}

// newResult makes the Result of an increment that was checked, and notes it in record.
func newResult(increment *pades.Increment, record *Record) *Result {
	declared := increment.Declared
	result := &Result{
		Increment: increment.Bytes, Level: increment.Reached(), PDFA: declared.PDFA, PDFUA: declared.PDFUA,
		Remarks: increment.Remarks,
	}
	if declared.PDFUA != "" {
		result.PDFUALost = increment.Inaccessible
	}
	if service, ok := errors.AsType[*pades.ServiceError](increment.Shortfall); ok {
		result.Shortfall = service.Reason()
	}
	record.DocumentDigest = hex.EncodeToString(increment.DocumentDigest[:])
	record.SignedDigest = hex.EncodeToString(increment.SignedDigest[:])
	record.Level, record.Shortfall = string(result.Level), result.Shortfall
	return result
}
