package chain

import (
	"crypto/sha256"
	"crypto/x509"
	"slices"

	"influxion/handler/internal/pades/algorithm"
)

// One byte holds the place of a candidate, and the length of a chain.
const _ = uint8(maxChecks)

// candidate is a certificate that crypto/x509 may try as an issuer.
type candidate struct {
	certificate *x509.Certificate
	anchor      bool
}

// provenPaths are the chains from a certificate that were found before among the same candidates.
// The chains that crypto/x509 finds depend on these candidates alone: it looks for issuers by name,
// and search has reached each certificate whose name it could look for, in the same order.
type provenPaths struct {
	signer     *x509.Certificate
	candidates []candidate
	known      *algorithm.Proven
	fact       algorithm.Fact
}

// provenPaths is for a search that has ended. A search that reached its bound knows too few
// candidates, so that its result is not remembered.
func (s *search) provenPaths(signer *x509.Certificate, known *algorithm.Proven,
	digest func(*x509.Certificate) [sha256.Size]byte) *provenPaths {
	p := &provenPaths{signer: signer, candidates: s.reached, known: known}
	if s.checks >= maxChecks {
		p.known = nil
	}
	if p.known == nil {
		return p
	}
	sum := digest(signer)
	parts := append(make([]byte, 0, (1+len(s.reached))*(1+sha256.Size)), sum[:]...)
	for _, c := range s.reached {
		role := byte('i')
		if c.anchor {
			role = 'a'
		}
		sum := digest(c.certificate)
		parts = append(append(parts, role), sum[:]...)
	}
	p.fact = algorithm.NewFact("paths", parts)
	return p
}

// recall returns the chains, signer first.
func (p *provenPaths) recall() ([][]*x509.Certificate, bool) {
	outcome, known := p.known.Recall(p.fact)
	if !known {
		return nil, false
	}
	var paths [][]*x509.Certificate
	for len(outcome) > 0 {
		path := []*x509.Certificate{p.signer}
		for _, place := range outcome[1 : 1+outcome[0]] {
			path = append(path, p.candidates[place].certificate)
		}
		paths, outcome = append(paths, path), outcome[1+outcome[0]:]
	}
	return paths, true
}

// keep remembers chains in which each certificate but the signer is one of the candidates.
func (p *provenPaths) keep(paths [][]*x509.Certificate) {
	if p.known == nil {
		return
	}
	var outcome []byte
	for _, path := range paths {
		outcome = append(outcome, byte(len(path)-1))
		for _, c := range path[1:] {
			place := slices.IndexFunc(p.candidates, func(of candidate) bool { return of.certificate == c })
			if place < 0 {
				return
			}
			outcome = append(outcome, byte(place))
		}
	}
	p.known.Keep(p.fact, outcome)
}
