package verify

import (
	"context"
	"errors"
	"time"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/chain"
	"influxion/handler/internal/pades/cms"
)

// timestampToken is the token of a signature timestamp or of a document timestamp, and what is
// known about it.
type timestampToken struct {
	token  *cms.Timestamp // nil = it cannot be read
	place  chain.Span     // of the /Contents that contains it
	intact bool           // its digest and its signature value are correct
	err    error          // why it proves nothing, a *pades.VerdictError; nil = no reason so far
	weak   *cms.Error     // not nil = it verifies, but with an algorithm that is too old
	chain  *chain.Chain   // of the TSA; nil = not judged
}

func (e *examination) readTimestamp(der []byte, place chain.Span) *timestampToken {
	token, err := e.reader.ParseTimestamp(der)
	if err != nil {
		return &timestampToken{place: place, err: pades.CmsFailure(err)}
	}
	if err := e.chargeCertificates(token.SignedData); err != nil {
		return &timestampToken{place: place, err: err}
	}
	return &timestampToken{token: token, place: place}
}

// imprint is the digest of data by the hash of the token; nil = the hash is not known.
func (s *timestampToken) imprint(data []byte) []byte {
	if !s.token.Hash.Available() {
		return nil
	}
	hash := s.token.Hash.New()
	hash.Write(data)
	return hash.Sum(nil)
}

// latest is the time by which the token proves that its data existed. It is genTime. If the
// accuracy (RFC 3161, section 2.4.2) exceeds chain.ClockSkew, latest is genTime plus the accuracy,
// but not later than now, the time of the verification.
func (s *timestampToken) latest(now time.Time) time.Time {
	if s.token.Accuracy <= chain.ClockSkew {
		return s.token.Time
	}
	if latest := s.token.Time.Add(s.token.Accuracy); latest.Before(now) {
		return latest
	}
	return now
}

// checkToken verifies the token over the digest that it must contain. If the token does not contain
// the TSA's certificate, the document must contain it. Only failures to read the document are
// errors.
func (e *examination) checkToken(ctx context.Context, s *timestampToken, imprint []byte) error {
	if _, err := s.token.Signer(); err != nil {
		store, err := e.chain.Evidence(ctx)
		if err != nil {
			return err
		}
		s.token.Certificates = append(s.token.Certificates, store.Certificates...)
	}
	if signer, err := s.token.Signer(); err == nil && !e.chain.Charge(signer) {
		s.err = chain.TooExpensive()
		return nil
	}
	err := s.token.Verify(imprint)
	if cmsErr, ok := errors.AsType[*cms.Error](err); ok && cmsErr.Kind == cms.AlgorithmForbidden {
		s.weak, err = cmsErr, nil
	}
	if s.intact = holds(err); err != nil {
		s.err = pades.CmsFailure(err)
	}
	return nil
}

// validate finds out whether the token proves its time: ETSI EN 319 102-1, 5.4 and 5.6.2.4. A token
// that a later document timestamp covers is judged at the time of that timestamp, any other token
// at the time of the verification. Only failures to read the document are errors.
func (e *examination) validate(ctx context.Context, s *timestampToken) error {
	if s.err != nil {
		return nil
	}
	at, proved := e.chain.Proved(s.place)
	signer, err := s.token.Signer()
	if err != nil {
		s.err = pades.CmsFailure(err)
		return nil
	}
	stated := s.token.Time
	switch {
	case stated.After(at.Add(chain.ClockSkew + s.token.Accuracy)):
		if proved {
			s.err = pades.Undecided(pades.TimestampOrderFailure,
				"the timestamp states a later time than the document timestamp that covers it")
			return nil
		}
		s.err = pades.Undecided(pades.SigConstraintsFailure, "the timestamp states a time in the future")
		return nil
	case stated.Before(signer.NotBefore) || stated.After(signer.NotAfter):
		s.err = pades.Undecided(pades.SigConstraintsFailure,
			"the timestamp states a time at which the TSA's certificate was not valid")
		return nil
	}
	if s.err = chain.Reliable(s.weak, s.token.WeakDigest(), signer, at, proved); s.err != nil {
		return nil
	}
	s.chain, err = e.chain.Validate(ctx,
		chain.Question{Signer: signer, At: at, Proved: proved, Fresh: stated, Timestamping: true})
	if err == nil && s.chain.Err != nil {
		s.err = s.chain.Err
	}
	return err
}

// timestamp gives the entry of a signature timestamp in the report.
func (e *examination) timestamp(s *timestampToken) pades.Timestamp {
	t := pades.Timestamp{Indication: pades.TotalPassed}
	if s.token != nil {
		t.Time = s.token.Time
		if signer, err := s.token.Signer(); err == nil {
			t.TSA = e.chain.Describe(signer)
		}
	}
	if s.chain != nil {
		t.Chain = s.chain.Links
	}
	if verdict, ok := errors.AsType[*pades.VerdictError](s.err); ok {
		t.Indication, t.SubIndication, t.Detail = verdict.Indication, verdict.Sub, verdict.Detail
	}
	return t
}
