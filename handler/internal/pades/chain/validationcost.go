package chain

import (
	"crypto/x509"
	"fmt"
	"slices"

	"influxion/handler/internal/pades"
	"influxion/handler/internal/pades/algorithm"
	"influxion/handler/internal/pades/budget"
)

// MaxEffort bounds the public-key operations of one verification, in units of effort: about two
// seconds. Checking the evidence may take the same amount again, and so may an extension. Two
// hundred signatures with timestamps and chains of RSA keys take less than a tenth of it.
const MaxEffort = 20_000

// Effort is the cost of checking a signature with the key of a certificate, in tenths of a
// millisecond.
func Effort(c *x509.Certificate) int { return algorithm.Cost(c.PublicKey) }

// cost counts what the questions about one document have cost so far.
type cost struct {
	effort  int // of maxEffort
	signers int // for which chains were looked for, of maxSigners
	tries   int // to find an issuer, of maxTries
	sought  int // times that issuers were asked for online, of maxSought
}

// Charge counts the check of a signature of the document, and reports whether it is within the
// bound.
func (v *Validator) Charge(signer *x509.Certificate) bool {
	v.cost.effort += Effort(signer)
	return v.cost.effort <= MaxEffort && ChargeEffort(v.budget, Effort(signer))
}

// effortWork is the number of units of work of a budget in one unit of effort.
const effortWork = 20_000

// ChargeEffort charges a budget for effort, and reports whether that much was left. A nil budget is
// no limit.
func ChargeEffort(b *budget.Budget, effort int) bool {
	return b == nil || b.Charge(int64(effort)*effortWork)
}

// TooExpensive returns the verdict on a signature that is not checked, because checking all of the
// document's signatures costs too much.
func TooExpensive() *pades.VerdictError {
	return pades.LimitedBy(fmt.Sprintf("checking the signatures of the document takes more work than %d units",
		MaxEffort))
}

// search computes an upper bound of the effort of crypto/x509 for chains from a certificate.
// crypto/x509 tries all certificates that have the issuer's name, and continues from each whose key
// fits. search assumes that every key fits.
type search struct {
	anchors, issuers timeless
	path             []*x509.Certificate
	checks, effort   int
	reached          []candidate // that were tried, in this order
}

// from continues the search from a certificate, and returns the effort so far.
func (s *search) from(c *x509.Certificate) int {
	s.path = append(s.path, c)
	for _, anchor := range s.anchors.named[string(c.RawIssuer)] {
		s.check(candidate{anchor, true})
	}
	for _, issuer := range s.issuers.named[string(c.RawIssuer)] {
		if s.checks >= maxChecks {
			break
		}
		if s.check(candidate{issuer, false}); !slices.Contains(s.path, issuer) {
			s.from(issuer)
		}
	}
	s.path = s.path[:len(s.path)-1]
	if s.checks >= maxChecks { // the order in which crypto/x509 tries them does not matter
		return maxChecks * max(s.anchors.highest, s.issuers.highest)
	}
	return s.effort
}

func (s *search) check(issuer candidate) {
	s.checks++
	s.effort += Effort(issuer.certificate)
	s.reached = append(s.reached, issuer)
}

// Limits are the bounds of this package that a verdict can name, for the report.
func Limits() map[string]int64 {
	return map[string]int64{
		"signers": maxSigners, "chains_per_signer": maxPaths, "public_key_work": MaxEffort, "certificates": maxPieces,
		"ocsp_responses": maxPieces,
		"crls":           maxLists, "validation_data_bytes": maxBytes, "revocation_checks": maxQuestions,
		"issuer_key_bits": maxIssuerKey,
	}
}
