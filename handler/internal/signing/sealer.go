package signing

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"influxion/handler/internal/pades"
)

// Sealer seals documents: the main job, from a verified caller's request to a signed document that has been verified. Safe for
// concurrent use.
type Sealer struct {
	Source CertificateSource
	Policy Policy
	Now    func() time.Time
}

// Seal signs the request's document for the principal and notes in record what it learns on the way, whether or not it comes to
// a signature. Its errors hold an *Error.
func (s *Sealer) Seal(ctx context.Context, principal Principal, request Request, record *Record) (*Sealed, error) {
	sealed, err := s.seal(ctx, principal, request, record)
	if err == nil {
		return sealed, nil
	}
	request.Refused(record)
	return nil, err
}

func (s *Sealer) seal(ctx context.Context, principal Principal, request Request, record *Record) (*Sealed, error) {
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
	options.Time = s.Now()
	if options.Level == "" {
		options.Level = pades.LevelBB
	}
	increment, err := pades.Sign(ctx, request.Document, certificate.Chain, certificate.Key, options)
	if err != nil {
		return nil, documentFault(ctx, fmt.Errorf("sign: %w", err))
	}
	if err := s.check(ctx, pades.Join(request.Document, increment.Bytes), certificate, options.Time); err != nil {
		return nil, err
	}
	record.DocumentDigest = hex.EncodeToString(increment.DocumentDigest[:])
	record.SignedDigest = hex.EncodeToString(increment.SignedDigest[:])
	return &Sealed{Increment: increment.Bytes, Certificate: certificate, Level: options.Level}, nil
}

// check verifies our own output as a stranger would: what does not verify is never sent. The anchor is the certificate that was to be
// used, and none else: its chain was proved when it was fetched.
func (s *Sealer) check(ctx context.Context, signed pades.Document, certificate *Certificate, at time.Time) error {
	finding, err := pades.VerifyLast(ctx, signed, pades.Trust{Anchors: certificate.Chain[:1], Time: at})
	if err != nil {
		return documentFault(ctx, fmt.Errorf("verify own signature: %w", err))
	}
	if finding.Indication != pades.TotalPassed || !finding.CoversWholeDocument || finding.Signer.Fingerprint != certificate.Fingerprint() {
		return &Error{Kind: Internal, Code: "self_check", Detail: "the signature that was made does not verify and was discarded",
			Err: fmt.Errorf("%s %s: %s", finding.Indication, finding.SubIndication, finding.Detail)}
	}
	return nil
}

// documentFault gives an error of package pades the kind that the caller sees.
func documentFault(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return &Error{Kind: DeadlineExceeded, Code: "deadline_exceeded", Detail: "the document took longer than this route allows", Err: err}
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
