package verify

import (
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/chain"
)

// validateDocumentTimestamp judges a document timestamp. A valid one proves when everything in its
// revision existed, even if what came later is not permitted.
func (e *examination) validateDocumentTimestamp(ctx context.Context, s *signedField) error {
	if err := e.validate(ctx, s.timestamp); err != nil {
		return err
	}
	if signer, err := s.timestamp.token.Signer(); err == nil {
		s.finding.Signer = e.chain.Describe(signer)
	}
	if s.timestamp.chain == nil {
		s.outcome.constraint = s.timestamp.err // its certificate was not judged
		return nil
	}
	s.outcome.judged, s.finding.Chain = true, s.timestamp.chain.Links
	if s.timestamp.err != nil {
		return lacking(s.timestamp.err, e.unproved(s))
	}
	s.finding.BestSignatureTime = s.timestamp.latest(e.trust.Time)
	e.chain.Prove(s.place(), s.end(), s.timestamp.latest(e.trust.Time))
	return nil
}

// bestTime gives the earliest time at which the signature is proved to have existed, by its own
// timestamps and by those of the document: best-signature-time of ETSI EN 319 102-1, 5.6.3.4, step
// 6.
func (e *examination) bestTime(ctx context.Context, s *signedField) (best time.Time, proved bool, err error) {
	best, proved = e.chain.Proved(s.place())
	for _, timestamp := range s.timestamps {
		if err := e.validate(ctx, timestamp); err != nil {
			return best, proved, err
		}
		if timestamp.err != nil {
			continue
		}
		if proved = true; timestamp.latest(e.trust.Time).Before(best) {
			best = timestamp.latest(e.trust.Time)
		}
	}
	return best, proved, nil
}

// validateSignature judges a sound signature at the earliest time that is proved for it: ETSI EN
// 319 102-1, 5.5 and 5.6.
func (e *examination) validateSignature(ctx context.Context, s *signedField) error {
	best, proved, err := e.bestTime(ctx, s)
	if err != nil {
		return err
	}
	s.finding.BestSignatureTime, s.outcome.judged = best, true
	signer, err := s.signed.Signer()
	if err != nil {
		return pades.CmsFailure(err)
	}
	judged, err := e.chain.Validate(ctx, chain.Question{Signer: signer, At: best, Proved: proved, Fresh: best})
	if err != nil {
		return err
	}
	s.finding.Chain = judged.Links
	if s.finding.Level == pades.LevelBB && proved {
		if _, err := e.chain.Evidence(ctx); err != nil {
			return err
		}
		s.finding.Level = e.level(s, judged)
	}
	unproved := e.unproved(s)
	s.outcome.constraint = cmp.Or(
		lacking(chain.Reliable(s.weak, s.signed.WeakDigest(), signer, best, proved), unproved), s.order(),
		e.claim(s, signer))
	return lacking(judged.Err, unproved)
}

// claim judges the time that the signer claims. A time that cannot be read is already a remark.
func (e *examination) claim(s *signedField, signer *x509.Certificate) error {
	if s.finding.ClaimedTime.IsZero() && s.outcome.oddClaim {
		return nil
	}
	return e.chain.Claim(s.finding.ClaimedTime, signer)
}

// unproved gives the limit that stopped the examination of a timestamp which could have proved the
// time of the signature; nil = there is none.
func (e *examination) unproved(s *signedField) *pades.VerdictError {
	reasons := []error{s.outcome.unread}
	for _, timestamp := range s.timestamps {
		reasons = append(reasons, timestamp.err)
	}
	for _, other := range e.signatures {
		if other.finding.Kind == pades.KindDocumentTimestamp && other.end() > s.end() {
			reasons = append(reasons, other.outcome.integrity, other.outcome.trust)
		}
	}
	for _, reason := range reasons {
		if limit := pades.LimitOf(reason); limit != nil {
			return limit
		}
	}
	return nil
}

// lacking gives the reason against a signature. If the reason is a missing proof of time, and a
// limit may have caused that, lacking gives the limit instead.
func lacking(reason error, limit *pades.VerdictError) error {
	verdict, ok := errors.AsType[*pades.VerdictError](reason)
	if !ok || limit == nil {
		return reason
	}
	switch verdict.Sub {
	case pades.OutOfBoundsNoPOE, pades.OutOfBoundsNotRevoked, pades.RevokedNoPOE, pades.RevokedCANoPOE,
		pades.NotYetValid,
		pades.CryptoConstraintsNoPOE, pades.RevocationOutOfBounds, pades.NoPOE:
		if verdict.Indication != pades.TotalFailed {
			return pades.Undecided(pades.LimitReached, limit.Detail+"; without that "+verdict.Detail)
		}
	}
	return reason
}

// order gives the fault of timestamps that contradict each other: ETSI EN 319 102-1, 5.5.4, step 4
// e.
func (s *signedField) order() error {
	for _, timestamp := range s.timestamps {
		if verdict, ok := errors.AsType[*pades.VerdictError](timestamp.err); ok &&
			verdict.Sub == pades.TimestampOrderFailure {
			return pades.Undecided(pades.TimestampOrderFailure,
				"a timestamp of the signature states a later time than the document timestamp that covers it")
		}
	}
	return nil
}

// level gives the baseline level of a signature that has the form of B-B and a proved time: EN 319
// 142-1, table 1. Only what the document contains and what is valid counts.
func (e *examination) level(s *signedField, signer *chain.Chain) pades.Level {
	if signer.Err != nil {
		return pades.LevelBT
	}
	pieces := e.chain.Pieces(signer.Path)
	documented, archived := signer.Documented, signer.Archived
	timestamped := false
	for _, timestamp := range s.timestamps {
		if timestamp.err == nil {
			timestamped = true
			documented, archived = documented && timestamp.chain.Documented, archived && timestamp.chain.Archived
			pieces = append(pieces, e.chain.Pieces(timestamp.chain.Path)...)
		}
	}
	archived = archived && e.chain.AnyProved(pieces)
	// If a document timestamp proves the time, its own chain needs validation data, unless it is
	// also the archive timestamp.
	if first := e.firstTimestampBehind(s); !timestamped && first != nil && !archived {
		documented = documented && first.chain.Documented
		pieces = append(pieces, e.chain.Pieces(first.chain.Path)...)
	}
	switch {
	case documented && archived:
		return pades.LevelLTA
	case documented && len(pieces) > 0:
		return pades.LevelBLT
	}
	return pades.LevelBT
}

// firstTimestampBehind gives the oldest valid document timestamp that covers the signature; nil =
// there is none.
func (e *examination) firstTimestampBehind(s *signedField) *timestampToken {
	for _, other := range e.signatures {
		t := other.timestamp
		if t != nil && t.err == nil && t.chain != nil && other.end() > s.end() {
			return t
		}
	}
	return nil
}
