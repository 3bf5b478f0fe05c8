package keyvault

import (
	"bytes"
	"context"
	"crypto/x509"
	"slices"
	"time"

	"influxion/handler/internal/keyvault/material"
)

// issuersTime bounds the search for issuers over the network within one fetch.
const issuersTime = 3 * time.Second

// complete builds the chain of a leaf as far as possible, from the certificates beside it, from the
// known certificates, and from the network.
func (s *Source) complete(ctx context.Context, leaf *x509.Certificate,
	beside []*x509.Certificate) ([]*x509.Certificate, error) {
	ctx, cancel := context.WithTimeout(ctx, issuersTime)
	defer cancel()
	pool := slices.Concat(beside, s.keys.Known)
	for {
		chain, err := material.ChainOf(leaf, pool)
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
		longer, err := material.ChainOf(leaf, append(pool, issuers...))
		if err != nil || len(longer) == len(chain) {
			return chain, nil
		}
		pool = append(pool, issuers...)
	}
}

// reaches reports whether a chain ends in a root, or directly below a known certificate or a root
// of the system.
func (s *Source) reaches(chain []*x509.Certificate) bool {
	if last := chain[len(chain)-1]; selfIssued(last) || material.IssuerOf(chain, s.keys.Known) != nil {
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
