package signing

import (
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
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
	Proven    *algorithm.Proven // outcomes for certificates of earlier documents; nil = none are kept
}

// Verify reports every signature of the document. Its errors hold an *Error. If a certificate of
// the vault cannot be read now, a verdict that depends on it is an error, because a report without
// that certificate could call our own signatures untrusted. A certificate whose key alone cannot be
// used now counts as usual.
func (v *Verifier) Verify(ctx context.Context, doc pades.Document) (*pades.Report, error) {
	// All of them, whoever asks: which ones a caller may use does not decide which are trusted.
	own, err := v.Directory.all(ctx)
	if err != nil {
		return nil, err
	}
	anchors, missing := own.anchors()
	anchors = append(slices.Clone(v.Anchors), anchors...)
	report, err := verify.Verify(ctx, doc, pades.Trust{
		Anchors: anchors, Time: v.Now(), Online: v.Online, Proven: v.Proven,
	})
	if err != nil {
		return nil, documentError(ctx, fmt.Errorf("verify: %w", err))
	}
	if missing != nil && !decided(report) {
		return nil, missing
	}
	if v.Version != "" {
		report.Verifier = "influxion " + v.Version
	}
	return report, nil
}

// anchors gives the last certificate of each chain, and the first error about a certificate whose
// chain is not known.
func (l Listing) anchors() (anchors []*x509.Certificate, missing error) {
	last := func(c *Certificate) *x509.Certificate { return c.Chain[len(c.Chain)-1] }
	for _, certificate := range l.Certificates {
		anchors = append(anchors, last(certificate))
	}
	for _, unavailable := range l.Unavailable {
		known, ok := errors.AsType[*Error](unavailable.Err)
		switch {
		case ok && known.Certificate != nil:
			anchors = append(anchors, last(known.Certificate))
		case missing == nil:
			missing = unavailable.Err
		}
	}
	return anchors, missing
}

// decided tells whether a report would be the same with more anchors. More anchors can only turn
// indeterminate results into passed ones.
func decided(report *pades.Report) bool {
	open := func(t pades.Timestamp) bool { return t.Indication == pades.Indeterminate }
	return !slices.ContainsFunc(report.Signatures, func(s pades.Signature) bool {
		return s.Indication == pades.Indeterminate || slices.ContainsFunc(s.Timestamps, open)
	})
}
