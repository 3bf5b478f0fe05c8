package main

import (
	"context"
	"crypto/sha256"
	"crypto/x509"
	"encoding/hex"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"os"

	"influxion/handler/client"
	"influxion/handler/cmd/influxion/internal/exit"
	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/verify"
)

// verifier verifies one document and returns the report.
type verifier func(ctx context.Context, document client.Document) (*pades.Report, error)

// verifier returns the verifier that the options ask for; service is nil with --offline.
func (a *app) verifier(v verification, service *client.Client) (verifier, error) {
	if !v.offline {
		return func(ctx context.Context, document client.Document) (*pades.Report, error) {
			return askService(ctx, service, document, v.password)
		}, nil
	}
	anchors, err := readAnchors(v.trust)
	if err != nil {
		return nil, exit.UsageError(err)
	}
	if len(anchors) == 0 {
		a.notice("without --trust FILE no signer is trusted: signatures can be INDETERMINATE at best")
	}
	return a.offlineVerifier(anchors, v.password), nil
}

// offlineVerifier returns a verifier of this machine.
func (a *app) offlineVerifier(anchors []*x509.Certificate, password string) verifier {
	return func(ctx context.Context, document client.Document) (*pades.Report, error) {
		found, err := verify.Verify(pades.WithPassword(ctx, password), document,
			pades.Trust{Anchors: anchors, Time: a.now()})
		if err == nil && a.version != "" {
			found.Verifier = "influxion " + a.version
		}
		return found, err
	}
}

// askService asks the service for the report, and makes sure that the report is about this
// document.
func askService(ctx context.Context, service *client.Client, document client.Document,
	password string) (*pades.Report, error) {
	// The struct hides the document's name, which must not be sent.
	answer, err := service.Verify(ctx, client.WithPassword(struct{ client.Document }{document}, password))
	if err != nil {
		return nil, err
	}
	digest := sha256.New()
	if _, err := io.Copy(digest, io.NewSectionReader(document, 0, document.Size())); err != nil {
		return nil, err
	}
	sum := hex.EncodeToString(digest.Sum(nil))
	if answer.Document.SHA256 != "" && answer.Document.SHA256 != sum {
		return nil, fmt.Errorf("the report covers another document: SHA-256 %s, want %s", answer.Document.SHA256, sum)
	}
	found, err := fromService(answer)
	if err != nil {
		return nil, err
	}
	found.Document.SHA256, found.Document.Size = sum, document.Size()
	return found, nil
}

// readAnchors reads PEM files of certificates.
func readAnchors(names []string) ([]*x509.Certificate, error) {
	var anchors []*x509.Certificate
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			return nil, err
		}
		before := len(anchors)
		for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
			certificate, err := x509.ParseCertificate(block.Bytes)
			if err != nil || block.Type != "CERTIFICATE" {
				return nil, fmt.Errorf("%s holds a block that is not a certificate", name)
			}
			anchors = append(anchors, certificate)
		}
		if len(anchors) == before {
			return nil, fmt.Errorf("%s holds no certificate in PEM", name)
		}
	}
	return anchors, nil
}

// fromService turns the service's answer into a report. Both types have the same members in JSON.
func fromService(answer *client.Report) (*pades.Report, error) {
	text, err := json.Marshal(answer)
	if err != nil {
		return nil, fmt.Errorf("encode report: %w", err)
	}
	r := &pades.Report{}
	if err := json.Unmarshal(text, r); err != nil {
		return nil, fmt.Errorf("read report: %w", err)
	}
	return r, nil
}
