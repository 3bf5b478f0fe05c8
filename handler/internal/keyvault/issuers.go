package keyvault

import (
	"bytes"
	"cmp"
	"context"
	"crypto/x509"
	"errors"
	"fmt"
	"slices"
	"time"
)

// issuersTime bounds the search for issuers over the network within one fetch.
const issuersTime = 3 * time.Second

// leafWithoutKey chooses the signing certificate if there is no private key to identify it: one
// that may sign and is not an authority's. If several qualify, it prefers the key usage
// contentCommitment and then the newest. It returns an error if several subjects remain.
func (m *material) leafWithoutKey(now time.Time) (*x509.Certificate, error) {
	var fit []*x509.Certificate
	var first error
	for _, c := range m.certificates {
		if c.IsCA && len(m.certificates) > 1 {
			continue
		}
		if err := errors.Join(unambiguous(c), fitForSigning(c, now)); err != nil {
			first = cmp.Or(first, err)
			continue
		}
		fit = append(fit, c)
	}
	if len(fit) == 0 && len(m.certificates) > 0 {
		return nil, cmp.Or(first, fmt.Errorf("its certificate %w: it holds authorities' alone", errNotForSigning))
	}
	if len(fit) == 0 {
		return nil, errNoCertificate
	}
	slices.SortStableFunc(fit, preferLeaf)
	for _, other := range fit[1:] {
		if commits(other) == commits(fit[0]) && !bytes.Equal(other.RawSubject, fit[0].RawSubject) {
			return nil, errors.New("holds certificates of different subjects that may sign")
		}
	}
	return fit[0], nil
}

// complete builds the chain of a leaf as far as possible, from the certificates beside it, from the
// known certificates, and from the network.
func (s *Source) complete(ctx context.Context, leaf *x509.Certificate,
	beside []*x509.Certificate) ([]*x509.Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, issuersTime)
	defer cancel()
	pool := slices.Concat(beside, s.keys.Known)
	for {
		chain, err := chainOf(leaf, pool)
		last := chain[max(0, len(chain)-1):]
		if err != nil || selfIssued(last[0]) || s.keys.Issuers == nil {
			return chain, err
		}
		issuers, err := s.keys.Issuers(ctx, last[0])
		if err != nil {
			s.logger.WarnContext(ctx, "issuer of a certificate not found", "certificate", last[0].Subject.String(),
				"error", err.Error())
			return chain, nil
		}
		longer, err := chainOf(leaf, append(pool, issuers...))
		if err != nil || len(longer) == len(chain) {
			return chain, nil
		}
		pool = append(pool, issuers...)
	}
}

// reaches reports whether a chain ends in a root, or directly below a known certificate or a root
// of the system.
func (s *Source) reaches(chain []*x509.Certificate) bool {
	if last := chain[len(chain)-1]; selfIssued(last) || issuerOf(chain, s.keys.Known) != nil {
		return true
	}
	intermediates := x509.NewCertPool()
	for _, c := range chain[1:] {
		intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(x509.VerifyOptions{Intermediates: intermediates, CurrentTime: s.now(),
		KeyUsages: []x509.ExtKeyUsage{x509.ExtKeyUsageAny}})
	return err == nil
}

func selfIssued(c *x509.Certificate) bool { return bytes.Equal(c.RawIssuer, c.RawSubject) }
