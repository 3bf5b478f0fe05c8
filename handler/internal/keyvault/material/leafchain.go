package material

import (
	"bytes"
	"crypto/x509"
	"fmt"
)

// ChainOf puts the leaf's issuers behind it in order and leaves out unrelated certificates. It
// finds issuers by name and key identifiers, and proves each by its signature. A verifier can
// complete a chain that ends early.
func ChainOf(leaf *x509.Certificate, certificates []*x509.Certificate) ([]*x509.Certificate, error) {
	chain := []*x509.Certificate{leaf}
	for {
		issuer := IssuerOf(chain, certificates)
		if issuer == nil {
			return chain, nil
		}
		if len(chain) == maxChain {
			return nil, fmt.Errorf("has a chain of over %d certificates", maxChain)
		}
		chain = append(chain, issuer)
	}
}

// IssuerOf returns the issuer of the chain's last certificate, unless the chain contains it
// already. Of several cross-signed issuers it returns the one that is valid longest.
func IssuerOf(chain, certificates []*x509.Certificate) *x509.Certificate {
	last := chain[len(chain)-1]
	if bytes.Equal(last.RawIssuer, last.RawSubject) {
		return nil
	}
	var best *x509.Certificate
	for _, candidate := range certificates {
		if !bytes.Equal(last.RawIssuer, candidate.RawSubject) || contains(chain, candidate) {
			continue
		}
		if len(last.AuthorityKeyId) > 0 && len(candidate.SubjectKeyId) > 0 &&
			!bytes.Equal(last.AuthorityKeyId, candidate.SubjectKeyId) {
			continue
		}
		if best != nil && !candidate.NotAfter.After(best.NotAfter) {
			continue
		}
		if last.CheckSignatureFrom(candidate) == nil {
			best = candidate
		}
	}
	return best
}

func contains(chain []*x509.Certificate, c *x509.Certificate) bool {
	for _, other := range chain {
		if other.Equal(c) {
			return true
		}
	}
	return false
}
