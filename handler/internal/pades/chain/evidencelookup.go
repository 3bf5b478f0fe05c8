package chain

import (
	"crypto/sha256"
	"crypto/x509"
	"errors"

	"influxion/handler/internal/pades/revocation"
)

// inquiries remembers the answers of a Store about certificates, and counts their cost. It verifies
// each piece of evidence once for each certificate.
type inquiries struct {
	answers map[statusKey][]answer
	digests map[*x509.Certificate][sha256.Size]byte // of those that were asked about
	checks  int                                     // pieces of evidence that were verified, of maxQuestions
	effort  int                                     // of MaxEffort
}

// locatedEvidence is evidence about one certificate.
type locatedEvidence struct {
	*revocation.Evidence
	places []Span // nil = from online
}

// answer is evidence about a certificate. Its list of places may still grow.
type answer struct {
	evidence *revocation.Evidence
	places   *[]Span
}

// digest returns the SHA-256 of a certificate. It is computed once, because a chain is asked about
// many times.
func (q *inquiries) digest(c *x509.Certificate) [sha256.Size]byte {
	sum, known := q.digests[c]
	if !known {
		sum = sha256.Sum256(c.Raw)
		q.digests[c] = sum
	}
	return sum
}

func (q *inquiries) key(c, issuer *x509.Certificate) statusKey {
	return statusKey{q.digest(c), q.digest(issuer)}
}

// EvidenceAbout returns all evidence about a certificate, if the signature of the evidence
// verifies. It verifies every piece once.
func (s *Store) EvidenceAbout(c, issuer *x509.Certificate) []locatedEvidence {
	key := s.key(c, issuer)
	answers, known := s.answers[key]
	if !known {
		answers = s.search(c, issuer)
		s.answers[key] = answers
	}
	found := make([]locatedEvidence, 0, len(answers)+1)
	for _, a := range answers {
		found = append(found, locatedEvidence{a.evidence, *a.places})
	}
	return found
}

// pieces returns the places of the validation data in the document that is about a chain. Other
// pieces of /DSS do not count for a level.
func (s *Store) pieces(path []*x509.Certificate) (found []Span) {
	take := func(places []Span) {
		for _, place := range places {
			if s.documented[place] {
				found = append(found, place)
			}
		}
	}
	for i, c := range path {
		if places := s.known[s.digest(c)]; places != nil {
			take(*places)
		}
		if i < len(path)-1 {
			for _, h := range s.EvidenceAbout(c, path[i+1]) {
				take(h.places)
			}
		}
	}
	return found
}

// exhausted reports whether a bound forbids checking more evidence.
func (s *Store) exhausted() bool {
	switch {
	case s.checks > maxQuestions:
		s.leaveOut("more than %d checks of revocation evidence are needed", maxQuestions)
	case s.effort > MaxEffort:
		s.leaveOut("checking the revocation evidence takes more work than %d units", MaxEffort)
	default:
		return false
	}
	return true
}

func (s *Store) search(c, issuer *x509.Certificate) (found []answer) {
	spent := s.effort
	// an exceeded budget is reported by the next question
	defer func() { ChargeEffort(s.budget, s.effort-spent) }()
	take := func(evidence *revocation.Evidence, err error, places *[]Span, candidates func() []*x509.Certificate) {
		if problem, ok := errors.AsType[*revocation.Error](err); !ok || problem.Kind != revocation.NotAbout {
			s.checks++
			s.effort += Effort(issuer)
			for _, responder := range candidates() {
				s.effort += Effort(issuer) + Effort(responder)
			}
		}
		s.leaveOutBeyond(err)
		if err == nil {
			found = append(found, answer{evidence, places})
		}
	}
	for _, h := range s.responses {
		if s.exhausted() {
			return found
		}
		evidence, err := h.value.About(c, issuer, s.responders...)
		take(evidence, err, h.places, func() []*x509.Certificate { return h.value.Candidates(s.responders) })
	}
	for _, h := range s.lists {
		if s.exhausted() {
			return found
		}
		evidence, err := h.value.About(c, issuer, s.Certificates...)
		take(evidence, err, h.places, func() []*x509.Certificate { return h.value.Candidates(s.Certificates) })
	}
	return found
}
