package revocation_test

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"testing"
	"time"

	"influxion/handler/internal/pades/revocation"
)

// crl is a CRL in parts. Tests change them before it is built.
type crl struct {
	signer     party
	version    []byte
	algorithm  []byte
	outer      []byte // the algorithm beside the signature
	options    crypto.SignerOpts
	issuer     []byte
	thisUpdate []byte
	nextUpdate []byte
	entries    [][]byte // nil = no revokedCertificates
	extensions [][]byte // nil = none
	more       []byte   // behind the extensions
	signature  func([]byte) []byte
	after      []byte // behind the signature
	data       []byte // what was signed, once it is built
}

// newCRL returns a CRL that revokes nobody.
func newCRL(p *pki) *crl {
	return &crl{
		signer:     p.issuer,
		version:    tlv(2, []byte{1}),
		algorithm:  ecdsaSHA256,
		outer:      ecdsaSHA256,
		options:    crypto.SHA256,
		issuer:     p.issuer.certificate.RawSubject,
		thisUpdate: utc(today.Add(-time.Hour)),
		nextUpdate: utc(today.Add(time.Hour)),
		extensions: [][]byte{extension(false, sequence(tlv(0x80, p.issuer.certificate.SubjectKeyId)), 2, 5, 29, 35),
			extension(false, tlv(2, []byte{1}), 2, 5, 29, 20)},
		signature: func(value []byte) []byte { return tlv(3, []byte{0}, value) },
	}
}

func (c *crl) build(t testing.TB) []byte {
	t.Helper()
	var entries, extensions []byte
	if c.entries != nil {
		entries = sequence(c.entries...)
	}
	if c.extensions != nil {
		extensions = tlv(0xa0, sequence(c.extensions...))
	}
	data := sequence(c.version, c.algorithm, c.issuer, c.thisUpdate, c.nextUpdate, entries, extensions, c.more)
	c.data = data
	value, err := c.signer.key.Sign(rand.Reader, digestOf(c.options.HashFunc(), data), c.options)
	if err != nil {
		t.Fatal(err)
	}
	return sequence(data, c.outer, c.signature(value), c.after)
}

func (c *crl) scoped(idp ...[]byte) *crl {
	c.extensions = append(c.extensions, extension(true, sequence(idp...), 2, 5, 29, 28))
	return c
}

func (c *crl) ask(t testing.TB, p *pki) (*revocation.Evidence, error) {
	t.Helper()
	return askList(c.build(t), p.leaf, p.issuer.certificate)
}

func askList(der []byte, certificate, issuer *x509.Certificate) (*revocation.Evidence, error) {
	l, err := revocation.ParseList(der)
	if err != nil {
		return nil, err
	}
	return l.About(certificate, issuer)
}

// entry revokes a certificate.
func entry(serial []byte, at time.Time, extensions ...[]byte) []byte {
	if extensions == nil {
		return sequence(serial, utc(at))
	}
	return sequence(serial, utc(at), sequence(extensions...))
}

func reason(critical bool, value byte) []byte {
	return extension(critical, tlv(0x0a, []byte{value}), 2, 5, 29, 21)
}
