package trusttest

import (
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/pem"
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
	if fault.Kind == Indirect {
		issuer = a.lister
		if err := s.indirect(a, template); err != nil {
			return answer{}, err
		}
	}
	made, err := x509.CreateRevocationList(rand.Reader, template, issuer.Chain[0], issuer.Key)
	switch fault.Kind {
	case InPEM, CutPEM:
		text := append([]byte("Certificate Revocation List (CRL):\n    Version 2 (0x1)\n"),
			pem.EncodeToMemory(&pem.Block{Type: "X509 CRL", Bytes: made})...)
		if fault.Kind == CutPEM {
			text = text[:len(text)-len("-----END X509 CRL-----\n")]
		}
		return answer{"application/x-pem-file", text}, err
	}
	return answer{"application/pkix-crl", made}, err
}

// Swell makes the CRL of an authority longer by size bytes, with entries about certificates that do
// not exist.
func (s *Services) Swell(name Name, size int) {
	const each = 64 << 10
	a := s.authorities[name]
	a.mu.Lock()
	defer a.mu.Unlock()
	padding := pkix.Extension{Id: asn1.ObjectIdentifier{1, 3, 6, 1, 4, 1, 99999, 5280}, Value: make([]byte, each)}
	for i := range size / each {
		serial := big.NewInt(int64(i) + 1)
		a.revoked["swollen "+serial.String()] = x509.RevocationListEntry{
			SerialNumber: serial, RevocationTime: s.config.Now(), ExtraExtensions: []pkix.Extension{padding},
		}
	}
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
	case strings.HasSuffix(r.URL.Path, "/"+signerPath):
		return answer{"application/pkix-cert", a.lister.Chain[0].Raw}, nil
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
	return buildSignedData(1, func(b *cryptobyte.Builder) {
		b.AddASN1(der.SET, func(*cryptobyte.Builder) {})
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData) })
		addSet(b, explicit(0), rawCertificates(chain))
		b.AddASN1(der.SET, func(*cryptobyte.Builder) {})
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
