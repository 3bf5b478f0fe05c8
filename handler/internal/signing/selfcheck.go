package signing

import (
	"context"
	"fmt"
	"slices"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/verify"
)

// checkSeal verifies our own output by the code that verifies other people's documents, so that a
// signature that does not verify is never sent. The only anchor is the signing certificate, whose
// chain was verified when it was fetched.
func checkSeal(ctx context.Context, doc pades.Document, increment *pades.Increment, certificate *Certificate,
	at time.Time) error {
	findings, err := checkIncrement(ctx, doc, increment,
		pades.Trust{Anchors: certificate.Chain[:1], Parsed: certificate.Chain[1:], Time: at})
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
		if increment.Level != pades.LevelBB && len(finding.Timestamps) == 0 {
			return selfCheck(pades.Signature{Detail: "no signature timestamp was found"})
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

// checkIncrement verifies what was appended. No signature or timestamp in it may be broken; only
// validation data and timestamps of ours may follow one; and the last one must cover the whole
// document, unless validation data comes last. Timestamps are verified without an anchor, because
// their chains were verified when they were fetched.
func checkIncrement(ctx context.Context, doc pades.Document, increment *pades.Increment,
	trust pades.Trust) ([]pades.Signature, error) {
	findings, err := verify.VerifyFrom(ctx, pades.Join(doc, increment.Bytes), doc.Size(), trust)
	if err != nil {
		return nil, documentError(ctx, fmt.Errorf("verify own output: %w", err))
	}
	for _, finding := range findings {
		if finding.SubIndication == pades.LimitReached {
			return nil, tooComplex(finding)
		}
		if finding.ChangesAfter != pades.ChangeNone && finding.ChangesAfter != pades.ChangeDSS {
			if finding.SubIndication == pades.SigConstraintsFailure {
				return nil, entangled(finding)
			}
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
	last := slices.IndexFunc(findings, func(finding pades.Signature) bool {
		return finding.CoversWholeDocument != nil && *finding.CoversWholeDocument
	})
	switch {
	case len(increment.Bytes) == 0 || increment.Level == pades.LevelBLT:
		// nothing was added, or the last part is validation data
	case last < 0:
		return nil, selfCheck(pades.Signature{Detail: "no appended signature or timestamp covers the whole document"})
	case (increment.Level == pades.LevelLTA || increment.Level == "") &&
		findings[last].Kind != pades.KindDocumentTimestamp:
		return nil, selfCheck(pades.Signature{Detail: "no document timestamp was found"})
	}
	return findings, nil
}

// sound reports whether a timestamp verifies, apart from its missing trust anchor.
func sound(indication pades.Indication, sub pades.SubIndication) bool {
	return indication == pades.TotalPassed || indication == pades.Indeterminate && sub == pades.NoCertificateChain
}

// entangled refuses a document whose own structure reaches the objects that validation data is
// added to, such as a page that names the catalog as its parent. Verifiers would take our additions
// for a change of the signed content. Such a document can still be signed at level B-B, where
// nothing follows the signature.
func entangled(finding pades.Signature) error {
	return &Error{Kind: Unprocessable, Code: pades.CodeDamaged,
		Detail: "the document is built so that validation data and timestamps cannot be added after a signature " +
			"without changing what it covers",
		Err: fmt.Errorf("changes after %q: %s", finding.Field, finding.ChangesAfter)}
}

// tooComplex refuses a document if one of our limits stopped the check.
func tooComplex(finding pades.Signature) error {
	return &Error{Kind: Unprocessable, Code: pades.CodeTooComplex,
		Detail: "the result could not be checked within the limits: " + finding.Detail}
}

func selfCheck(finding pades.Signature) error {
	return &Error{Kind: Internal, Code: "self_check", Detail: "the result does not verify and was discarded",
		Err: fmt.Errorf("%s %s: %s", finding.Indication, finding.SubIndication, finding.Detail)}
}
