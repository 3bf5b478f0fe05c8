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

// New makes a Signer that has the service sign and timestamp hashes. It does no network I/O. The
// Signer must be closed.
func New(service *client.Client) (*Signer, error) {
	revocation, err := trustservices.NewRevocation(trustservices.RevocationConfig{AllowedNetworks: privateNetworks()})
	if err != nil {
		return nil, err
	}
	return &Signer{service, revocation}, nil
}

// Close stops background work.
func (s *Signer) Close() { s.revocation.Close() }

// Sign signs a document as client.Sign does. The options may omit the certificate if the caller may
// use only one. They cannot name its version. The level is B-B unless the options name one. If the
// service refused the signature, the error is its *client.Problem.
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
		return "none" // as the service writes it
	}
	return conformance
}

// choose returns the requested certificate, or the only one.
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

// reason returns the *client.Problem behind an error if there is one, else the error itself.
func reason(err error) error {
	if problem, ok := errors.AsType[*client.Problem](err); ok {
		return problem
	}
	return err
}
