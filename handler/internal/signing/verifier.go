package signing

import (
	"context"
	"crypto/x509"
	"fmt"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/verify"
)

// Verifier verifies the signatures of a document, against the configured anchors and the chains of
// our own certificates. Safe for concurrent use.
type Verifier struct {
	Directory *Directory
	Anchors   []*x509.Certificate    // configured, in addition to the chains of the vault's certificates
	Online    pades.RevocationSource // nil = only the evidence in documents is used
	Now       func() time.Time
	Version   string            // of the program, for the report; "" = unknown
	Proven    *algorithm.Proven // about certificates, by the documents before; nil = nothing is remembered
}

// Verify reports every signature of the document. Its errors hold an *Error. While the vault is
// down it returns an error, because a report without the vault's certificates would call our own
// signatures untrusted.
func (v *Verifier) Verify(ctx context.Context, _ Principal, doc pades.Document) (*pades.Report, error) {
	// What a caller may use says nothing of what is to be trusted.
	own, err := v.Directory.All(ctx)
	if err != nil {
		return nil, err
	}
	anchors := append([]*x509.Certificate(nil), v.Anchors...)
	for _, certificate := range own {
		anchors = append(anchors, certificate.Chain[len(certificate.Chain)-1])
	}
	report, err := verify.Verify(ctx, doc, pades.Trust{
		Anchors: anchors, Time: v.Now(), Online: v.Online, Proven: v.Proven,
	})
	if err != nil {
		return nil, documentError(ctx, fmt.Errorf("verify: %w", err))
	}
	if v.Version != "" {
		report.Verifier = "influxion " + v.Version
	}
	return report, nil
}
