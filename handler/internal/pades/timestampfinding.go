package pades

import (
	"cmp"
	"context"
	"errors"
	"time"

	"influxion/handler/internal/pades/cms"
)

// maxStamps bounds the signature timestamps of one signature.
const maxStamps = 16

// stamp is a timestamp token, of a signature or of the document, and what became known of it.
type stamp struct {
	token *cms.Timestamp // nil = it cannot be read
	place span           // of the /Contents that it is in
	fault error          // why it proves nothing, a *failure; nil so far
	weak  *cms.Fault     // it holds but for the age of an algorithm
	chain *chain         // of the TSA; nil = not looked at
}

func (e *examination) readStamp(der []byte, place span) *stamp {
	token, err := e.reader.ParseTimestamp(der)
	if err != nil {
		return &stamp{place: place, fault: cmsFailure(err)}
	}
	if err := e.afford(token.SignedData); err != nil {
		return &stamp{place: place, fault: err}
	}
	return &stamp{token: token, place: place}
}

// imprint is the digest of what the token should be about.
func (s *stamp) imprint(data []byte) []byte {
	if !s.token.Hash.Available() {
		return nil
	}
	hash := s.token.Hash.New()
	hash.Write(data)
	return hash.Sum(nil)
}

// hold holds the token against what it should be about. Some TSAs leave out their certificate: then the document must have it. Only
// failures to read the document are errors.
func (e *examination) hold(ctx context.Context, s *stamp, imprint []byte) error {
	if _, err := s.token.Signer(); err != nil {
		store, err := e.evidence(ctx)
		if err != nil {
			return err
		}
		s.token.Certificates = append(s.token.Certificates, store.certificates...)
	}
	if signer, err := s.token.Signer(); err == nil && !e.bear(signer) {
		s.fault = tooDear()
		return nil
	}
	err := s.token.Verify(imprint)
	if fault, ok := errors.AsType[*cms.Fault](err); ok && fault.Kind == cms.AlgorithmForbidden {
		s.weak, err = fault, nil
	}
	if err != nil {
		s.fault = cmsFailure(err)
	}
	return nil
}

// validate finds out whether the token proves its time: ETSI EN 319 102-1, 5.4 and 5.6.2.4. A token that a later document timestamp covers
// is judged at the time of that one, any other at the time of the verification. Only failures to read the document are errors.
func (e *examination) validate(ctx context.Context, s *stamp) error {
	if s.fault != nil {
		return nil
	}
	at, proved := e.proofs.of(s.place)
	signer, err := s.token.Signer()
	if err != nil {
		s.fault = cmsFailure(err)
		return nil
	}
	stated := s.token.Time
	switch {
	case stated.After(at.Add(clockSkew + s.token.Accuracy)):
		if proved {
			s.fault = undecided(TimestampOrderFailure, "the timestamp states a later time than the document timestamp that covers it")
			return nil
		}
		s.fault = undecided(SigConstraintsFailure, "the timestamp states a time in the future")
		return nil
	case stated.Before(signer.NotBefore) || stated.After(signer.NotAfter):
		s.fault = undecided(SigConstraintsFailure, "the timestamp states a time at which the TSA's certificate was not valid")
		return nil
	}
	if s.fault = reliable(s.weak, s.token.DigestAlgorithm, signer, at, proved); s.fault != nil {
		return nil
	}
	s.chain, err = e.validateChain(ctx, question{signer: signer, at: at, proved: proved, fresh: stated, timestamping: true})
	if err == nil && s.chain.fault != nil {
		s.fault = s.chain.fault
	}
	return err
}

// timestamp is what the report says of a signature timestamp.
func (e *examination) timestamp(s *stamp) Timestamp {
	t := Timestamp{Indication: TotalPassed}
	if s.token != nil {
		t.Time = s.token.Time
		if signer, err := s.token.Signer(); err == nil {
			t.TSA = e.show(signer)
		}
	}
	if s.chain != nil {
		t.Chain = s.chain.links
	}
	if verdict, ok := errors.AsType[*failure](s.fault); ok {
		t.Indication, t.SubIndication, t.Detail = verdict.indication, verdict.sub, verdict.detail
	}
	return t
}

// validateDocumentTimestamp judges the timestamp of a whole revision. One that holds proves when everything in that revision existed, even
// if what came later is not allowed.
func (e *examination) validateDocumentTimestamp(ctx context.Context, s *signedField) error {
	if err := e.validate(ctx, s.stamp); err != nil {
		return err
	}
	if signer, err := s.stamp.token.Signer(); err == nil {
		s.finding.Signer = e.show(signer)
	}
	if s.stamp.chain != nil {
		s.finding.Chain = s.stamp.chain.links
	}
	if s.stamp.fault != nil {
		return s.stamp.fault
	}
	s.finding.BestSignatureTime = s.stamp.token.Time
	e.proofs.add(s, s.stamp.token.Time)
	return nil
}

// bestTime gives the earliest time at which the signature is proved to have existed, by its own timestamps and by those of the document:
// best-signature-time of ETSI EN 319 102-1, 5.6.3.4, step 6.
func (e *examination) bestTime(ctx context.Context, s *signedField) (best time.Time, proved bool, err error) {
	best, proved = e.proofs.of(s.place())
	for _, stamp := range s.stamps {
		if err := e.validate(ctx, stamp); err != nil {
			return best, proved, err
		}
		if stamp.fault != nil {
			continue
		}
		if proved = true; stamp.token.Time.Before(best) {
			best = stamp.token.Time
		}
	}
	return best, proved, nil
}

// validateSignature judges a sound signature at the earliest time that is proved for it: ETSI EN 319 102-1, 5.5 and 5.6.
func (e *examination) validateSignature(ctx context.Context, s *signedField) error {
	best, proved, err := e.bestTime(ctx, s)
	if err != nil {
		return err
	}
	s.finding.BestSignatureTime = best
	signer, err := s.signed.Signer()
	if err != nil {
		return cmsFailure(err)
	}
	chain, err := e.validateChain(ctx, question{signer: signer, at: best, proved: proved, fresh: best})
	if err != nil {
		return err
	}
	s.finding.Chain = chain.links
	if s.finding.Level == LevelBB && proved {
		if _, err := e.evidence(ctx); err != nil {
			return err
		}
		s.finding.Level = e.level(s, chain)
	}
	return cmp.Or(chain.fault, reliable(s.weak, s.signed.DigestAlgorithm, signer, best, proved), s.order(),
		e.trust.claim(s.finding.ClaimedTime, signer))
}

// order is the fault of timestamps that contradict each other: ETSI EN 319 102-1, 5.5.4, step 4 e.
func (s *signedField) order() error {
	for _, stamp := range s.stamps {
		if verdict, ok := errors.AsType[*failure](stamp.fault); ok && verdict.sub == TimestampOrderFailure {
			return undecided(TimestampOrderFailure, "a timestamp of the signature states a later time than the document timestamp that covers it")
		}
	}
	return nil
}

// level is the baseline level that a signature of the form of B-B has reached by what is really there and valid: EN 319 142-1, table 1.
// Its time is proved.
func (e *examination) level(s *signedField, signer *chain) Level {
	if signer.fault != nil {
		return LevelBT
	}
	pieces := e.store.pieces(signer.path)
	documented, archived := signer.documented, signer.archived
	stamped := false
	for _, stamp := range s.stamps {
		if stamp.fault == nil {
			stamped = true
			documented, archived = documented && stamp.chain.documented, archived && stamp.chain.archived
			pieces = append(pieces, e.store.pieces(stamp.chain.path)...)
		}
	}
	archived = archived && e.proofs.any(pieces)
	// Where a document timestamp is what proves the time, its own chain needs validation data, unless it is the archive timestamp too.
	if first := e.firstStampBehind(s); !stamped && first != nil && !archived {
		documented = documented && first.chain.documented
		pieces = append(pieces, e.store.pieces(first.chain.path)...)
	}
	switch {
	case documented && archived:
		return LevelLTA
	case documented && len(pieces) > 0:
		return LevelBLT
	}
	return LevelBT
}

// firstStampBehind gives the oldest valid document timestamp that covers the signature.
func (e *examination) firstStampBehind(s *signedField) *stamp {
	for _, other := range e.signatures {
		if other.stamp != nil && other.stamp.fault == nil && other.stamp.chain != nil && other.end() > s.end() {
			return other.stamp
		}
	}
	return nil
}
