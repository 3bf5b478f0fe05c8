package signing

import (
	"context"
	"fmt"
	"time"

	"influxion/handler/internal/pades"
)

// checkSeal verifies our own output as a stranger would: what does not verify is never sent. The anchor is the certificate that was to
// be used, and none else: its chain was proved when it was fetched.
func checkSeal(ctx context.Context, doc pades.Document, increment *pades.Increment, certificate *Certificate, at time.Time) error {
	findings, err := checkIncrement(ctx, doc, increment, pades.Trust{Anchors: certificate.Chain[:1], Time: at})
	if err != nil {
		return err
	}
	for _, finding := range findings {
		if finding.Kind != pades.KindSignature {
			continue
		}
		if finding.Indication != pades.TotalPassed || finding.Signer.Fingerprint != certificate.Fingerprint() {
			return selfCheck(finding)
		}
		return nil
	}
	return selfCheck(pades.Signature{Detail: "no signature was found"})
}

// checkTimestamps verifies an increment that holds no signature of ours.
func checkTimestamps(ctx context.Context, doc pades.Document, increment *pades.Increment, at time.Time) error {
	_, err := checkIncrement(ctx, doc, increment, pades.Trust{Time: at})
	return err
}

// checkIncrement verifies what was appended: no part of it is broken, and nothing but validation data and timestamps of ours follows a
// part of it. The chains of timestamps were proved when they were fetched; here they have no anchor.
func checkIncrement(ctx context.Context, doc pades.Document, increment *pades.Increment, trust pades.Trust) ([]pades.Signature, error) {
	findings, err := pades.VerifyFrom(ctx, pades.Join(doc, increment.Bytes), doc.Size(), trust)
	if err != nil {
		return nil, documentFault(ctx, fmt.Errorf("verify own output: %w", err))
	}
	for _, finding := range findings {
		if finding.ChangesAfter != pades.ChangeNone && finding.ChangesAfter != pades.ChangeDSS {
			return nil, selfCheck(finding)
		}
		if finding.Kind == pades.KindDocumentTimestamp && !sound(finding.Indication, finding.SubIndication) {
			return nil, selfCheck(finding)
		}
		for _, timestamp := range finding.Timestamps {
			if !sound(timestamp.Indication, timestamp.SubIndication) {
				return nil, selfCheck(finding)
			}
		}
	}
	return findings, nil
}

// sound says whether nothing but the missing anchor speaks against a timestamp.
func sound(indication pades.Indication, sub pades.SubIndication) bool {
	return indication == pades.TotalPassed || indication == pades.Indeterminate && sub == pades.NoCertificateChain
}

func selfCheck(finding pades.Signature) error {
	return &Error{Kind: Internal, Code: "self_check", Detail: "what was made does not verify and was discarded",
		Err: fmt.Errorf("%s %s: %s", finding.Indication, finding.SubIndication, finding.Detail)}
}
