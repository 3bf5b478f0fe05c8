package verify

import (
	"cmp"
	"context"
	"errors"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/chain"
	"influxion/handler/internal/pades/cms"
)

// check verifies the signature over the document (ETSI EN 319 102-1, 5.2.7). It also checks the
// form that the baseline levels require.
func (e *examination) check(ctx context.Context, s *signedField) error {
	if s.timestamp != nil {
		return e.checkDocumentTimestamp(ctx, s)
	}
	if signer, err := s.signed.Signer(); err == nil && !e.chain.Charge(signer) {
		return chain.TooExpensive()
	}
	if err := e.checkContentApart(s); err != nil {
		return err
	}
	err := s.signed.Verify(s.digest)
	if cmsErr, ok := errors.AsType[*cms.Error](err); ok && cmsErr.Kind == cms.AlgorithmForbidden {
		s.weak, err = cmsErr, nil
	}
	if !holds(err) {
		return pades.CmsFailure(err)
	}
	s.outcome.intact, s.outcome.form = true, cmp.Or(pades.CmsFailure(err), s.outcome.form)
	checkBaseline(s)
	for _, timestamp := range s.timestamps {
		if timestamp.err != nil {
			continue
		}
		if err := e.checkToken(ctx, timestamp, timestamp.imprint(s.signed.Signature)); err != nil {
			return err
		}
	}
	if s.finding.ClaimedTime.IsZero() {
		s.finding.ClaimedTime = s.signed.SigningTime
	}
	return nil
}

// checkDocumentTimestamp checks the token of a document timestamp over the document.
func (e *examination) checkDocumentTimestamp(ctx context.Context, s *signedField) error {
	if err := e.checkToken(ctx, s.timestamp, s.digest); err != nil {
		return err
	}
	if s.outcome.intact = s.timestamp.intact; s.outcome.intact {
		s.outcome.form = cmp.Or(s.timestamp.err, s.outcome.form)
		return nil
	}
	return s.timestamp.err
}

// checkBaseline checks the form of a signature that is intact: what its format demands, and whether
// it has level B-B.
func checkBaseline(s *signedField) {
	form := s.signed.Baseline()
	if cmsErr, ok := errors.AsType[*cms.Error](form); ok && cmsErr.Kind != cms.NotBaseline &&
		s.finding.SubFilter == pades.SubFilterPAdES {
		// A signature that claims to be PAdES must name its certificate and follow RFC 5652: EN 319
		// 142-1, 6.3.
		s.outcome.form = cmp.Or(s.outcome.form, pades.CmsFailure(cmsErr))
	}
	if form == nil && s.outcome.form == nil && s.finding.SubFilter == pades.SubFilterPAdES &&
		!s.finding.ClaimedTime.IsZero() {
		s.finding.Level = pades.LevelBB
	}
}

// holds reports whether the digest and the signature value are correct, even if the error is about
// something else.
func holds(err error) bool {
	cmsErr, ok := errors.AsType[*cms.Error](err)
	return err == nil || ok && cmsErr.Integrity() == cms.Intact
}

// conclude writes the verdict and the signature timestamps into the finding.
func (e *examination) conclude(s *signedField) {
	for _, timestamp := range s.timestamps {
		s.finding.Timestamps = append(s.finding.Timestamps, e.timestamp(timestamp))
	}
	s.outcome.tell(s.finding)
}
