package trusttest

import (
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"maps"
	"math/big"
	"net/http"
	"slices"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pkitest"
)

// list answers with the authority's CRL: RFC 5280, section 5.
func (s *Services) list(r *http.Request, a *authority, fault Fault) (answer, error) {
	if r.Method != http.MethodGet {
		return answer{}, errors.New("a CRL is read by GET")
	}
	issuer := a.Authority
	switch fault.Kind {
	case OtherIssuer:
		issuer = s.stranger
	case Forged:
		key, err := pkitest.NewKey(pkitest.P256)
		if err != nil {
			return answer{}, err
		}
		issuer = &pkitest.Authority{Chain: a.Chain, Key: key}
	}
	a.mu.Lock()
	revoked := slices.Collect(maps.Values(a.revoked))
	a.mu.Unlock()
	template := &x509.RevocationList{Number: big.NewInt(s.nextSerial()), RevokedCertificateEntries: revoked}
	template.ThisUpdate, template.NextUpdate = s.validity(fault.Kind)
	made, err := x509.CreateRevocationList(rand.Reader, template, issuer.Chain[0], issuer.Key)
	return answer{"application/pkix-crl", made}, err
}

// issuers answers with the authority's own certificate: RFC 5280, section 4.2.2.1.
func (s *Services) issuers(r *http.Request, a *authority, fault Fault) (answer, error) {
	if r.Method != http.MethodGet {
		return answer{}, errors.New("a certificate is read by GET")
	}
	chain := a.Chain
	if fault.Kind == OtherCertificate {
		chain = s.stranger.Chain
	}
	switch {
	case strings.HasSuffix(r.URL.Path, ".pem"):
		return answer{"application/x-pem-file", pkitest.PEM(chain[0])}, nil
	case strings.HasSuffix(r.URL.Path, ".p7c"):
		bundle, err := bundle(chain)
		return answer{"application/pkcs7-mime", bundle}, err
	}
	return answer{"application/pkix-cert", chain[0].Raw}, nil
}

// bundle makes a certs-only SignedData: RFC 5652, and RFC 8551, section 3.8.
func bundle(chain []*x509.Certificate) ([]byte, error) {
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidSignedData)
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
				b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1Int64(1)
					b.AddASN1(der.SET, func(*cryptobyte.Builder) {})
					b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData) })
					addSet(b, explicit(0), rawCertificates(chain))
					b.AddASN1(der.SET, func(*cryptobyte.Builder) {})
				})
			})
		})
	})
}

func (s *Services) nextSerial() int64 {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.serial++
	return s.serial
}

var (
	oidData       = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
)
