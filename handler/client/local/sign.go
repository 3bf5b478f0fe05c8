package local

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"influxion/handler/client"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/signing"
	"influxion/handler/internal/trustservices"
)

// Signer signs documents. Safe for concurrent use.
type Signer struct {
	service    *client.Client
	revocation *trustservices.Revocation
}

// New makes a Signer that has hashes signed and timestamped by the service. It must be closed.
func New(service *client.Client) (*Signer, error) {
	revocation, err := trustservices.NewRevocation(trustservices.RevocationConfig{AllowedNetworks: privateNetworks()})
	if err != nil {
		return nil, err
	}
	return &Signer{service, revocation}, nil
}

// Close ends what is under way.
func (s *Signer) Close() { s.revocation.Close() }

// Sign signs a document as client.Sign does. The certificate may be left out where the caller may
// use only one; its version cannot be chosen. The level is B-B unless the options name one.
func (s *Signer) Sign(ctx context.Context, document client.Document, options client.Options) (*client.Signed, error) {
	if options.Version != "" {
		return nil, errors.New("the version of a certificate cannot be chosen where only hashes are sent")
	}
	name, err := s.choose(ctx, options.Certificate)
	if err != nil {
		return nil, err
	}
	chosen, err := padesOptions(options)
	if err != nil {
		return nil, err
	}
	document, password := client.Unlock(document)
	if password != "" {
		ctx = pades.WithPassword(ctx, password)
	}
	sealer := signing.Sealer{
		Source:   &source{s.service},
		Services: pades.Services{Timestamper: &timestamper{s.service}, Revocation: s.revocation},
		Now:      time.Now,
	}
	var record signing.Record
	sealed, err := sealer.Seal(ctx, signing.Principal{},
		signing.Request{Document: document, Certificate: name, Options: chosen}, &record)
	if err != nil {
		return nil, reason(err)
	}
	digest, err := hex.DecodeString(record.SignedDigest)
	if err != nil {
		return nil, fmt.Errorf("read digest: %w", err)
	}
	return &client.Signed{
		Body: io.NopCloser(io.MultiReader(io.NewSectionReader(document, 0, document.Size()),
			bytes.NewReader(sealed.Increment))),
		Size: document.Size() + int64(len(sealed.Increment)), SHA256: digest,
		Certificate: sealed.Certificate.Name, Fingerprint: sealed.Certificate.Fingerprint(),
		Level: string(sealed.Level), Shortfall: sealed.Shortfall, Remarks: strings.Join(sealed.Remarks, "; "),
		DaysLeft: sealed.Certificate.DaysLeft(time.Now()),
		Conformance: client.Conformance{PDFA: orNone(sealed.PDFA), PDFUA: orNone(sealed.PDFUA),
			PDFUALost: sealed.PDFUALost},
	}, nil
}

func orNone(conformance string) string {
	if conformance == "" {
		return "none" // as the service says it
	}
	return conformance
}

// choose gives the certificate that is asked for, or the only one.
func (s *Signer) choose(ctx context.Context, asked string) (string, error) {
	if asked != "" {
		return asked, nil
	}
	names, err := s.service.HashCertificates(ctx)
	switch {
	case err != nil:
		return "", err
	case len(names) == 0:
		return "", errors.New("no certificate signs hashes for you: that takes the app role hash.<certificate>")
	case len(names) > 1:
		return "", fmt.Errorf("several certificates sign hashes for you: name one of %s", strings.Join(names, ", "))
	}
	return names[0], nil
}

// reason gives an error its answer from the service, if one is behind it, and else what it says of
// the document.
func reason(err error) error {
	if problem, ok := errors.AsType[*client.Problem](err); ok {
		return problem
	}
	return err
}
