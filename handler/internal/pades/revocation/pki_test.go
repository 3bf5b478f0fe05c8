package revocation_test

import (
	"crypto"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"slices"
	"testing"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/revocation"
	"influxion/handler/internal/pkitest"
)

// today is the time of everything in these tests. Nothing here depends on the clock.
var today = time.Date(2026, time.March, 1, 12, 0, 0, 0, time.UTC)

// party is a certificate with its key.
type party struct {
	certificate *x509.Certificate
	key         crypto.Signer
}

// pki is an issuer with a certificate to ask about, and a responder to which it delegated.
type pki struct {
	authority *pkitest.Authority
	issuer    party
	leaf      *x509.Certificate
	responder party
}

func newPKI(t testing.TB) *pki {
	t.Helper()
	root := must(pkitest.NewRoot("Test Root", today))(t)
	authority := must(root.NewIntermediate("Test Issuer", today))(t)
	p := &pki{authority: authority, issuer: party{authority.Chain[0], authority.Key}}
	p.leaf = p.issue(t, pkitest.P256, nil).certificate
	p.responder = p.issue(t, pkitest.P256, asResponder)
	return p
}

// newPKIWith returns a pki whose issuer has a key of the algorithm.
func newPKIWith(t testing.TB, algorithm pkitest.Algorithm, change func(*x509.Certificate)) *pki {
	t.Helper()
	root := newPKI(t)
	issuer := root.issue(t, algorithm, func(template *x509.Certificate) {
		template.IsCA, template.BasicConstraintsValid = true, true
		template.KeyUsage = x509.KeyUsageCertSign | x509.KeyUsageCRLSign
		if change != nil {
			change(template)
		}
	})
	chain := append([]*x509.Certificate{issuer.certificate}, root.authority.Chain...)
	p := &pki{authority: &pkitest.Authority{Chain: chain, Key: issuer.key}, issuer: issuer}
	p.leaf = p.issue(t, pkitest.P256, nil).certificate
	p.responder = p.issue(t, pkitest.P256, asResponder)
	return p
}

func asResponder(template *x509.Certificate) {
	template.Subject.CommonName = "Test Responder"
	template.KeyUsage = x509.KeyUsageDigitalSignature
	template.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageOCSPSigning}
}

// issue makes a certificate below the issuer.
func (p *pki) issue(t testing.TB, algorithm pkitest.Algorithm, change func(*x509.Certificate)) party {
	t.Helper()
	return p.certify(t, must(pkitest.NewKey(algorithm))(t), change)
}

func (p *pki) certify(t testing.TB, key crypto.Signer, change func(*x509.Certificate)) party {
	t.Helper()
	template := pkitest.SigningTemplate("Seal", today)
	if change != nil {
		change(template)
	}
	return party{must(p.authority.Issue(template, key.Public()))(t)[0], key}
}

// must returns a value whose making cannot fail.
func must[T any](value T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return value
	}
}

// kindOf returns the kind of an error; "" = there is no error.
func kindOf(err error) revocation.ErrorKind {
	if fault, ok := errors.AsType[*revocation.Error](err); ok {
		return fault.Kind
	}
	return ""
}

// Functions that write the DER for the tests.

func tlv(tag byte, parts ...[]byte) []byte {
	contents := slices.Concat(parts...)
	n := len(contents)
	switch {
	case n < 0x80:
		return append([]byte{tag, byte(n)}, contents...)
	case n < 0x100:
		return append([]byte{tag, 0x81, byte(n)}, contents...)
	case n < 0x10000:
		return append([]byte{tag, 0x82, byte(n >> 8), byte(n)}, contents...)
	case n < 0x1000000:
		return append([]byte{tag, 0x83, byte(n >> 16), byte(n >> 8), byte(n)}, contents...)
	}
	return append([]byte{tag, 0x84, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}, contents...)
}

func sequence(parts ...[]byte) []byte { return tlv(0x30, parts...) }

func oid(numbers ...int) []byte {
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1ObjectIdentifier(asn1.ObjectIdentifier(numbers))
	return b.BytesOrPanic()
}

func generalized(at time.Time) []byte { return tlv(0x18, []byte(at.UTC().Format("20060102150405Z"))) }

func utc(at time.Time) []byte { return tlv(0x17, []byte(at.UTC().Format("060102150405Z"))) }

func extension(critical bool, value []byte, numbers ...int) []byte {
	if critical {
		return sequence(oid(numbers...), tlv(1, []byte{0xff}), tlv(4, value))
	}
	return sequence(oid(numbers...), tlv(4, value))
}

func integer(t testing.TB, certificate *x509.Certificate) []byte {
	t.Helper()
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1BigInt(certificate.SerialNumber)
	return must(b.Bytes())(t)
}

func keyHash(t testing.TB, certificate *x509.Certificate) []byte {
	t.Helper()
	digest := sha1.Sum(publicKey(t, certificate))
	return digest[:]
}

// publicKey is the contents of the subjectPublicKey.
func publicKey(t testing.TB, certificate *x509.Certificate) []byte {
	t.Helper()
	s := cryptobyte.String(certificate.RawSubjectPublicKeyInfo)
	var inner cryptobyte.String
	var key []byte
	if !s.ReadASN1(&inner, cryptobyte_asn1.SEQUENCE) || !inner.SkipASN1(cryptobyte_asn1.SEQUENCE) ||
		!inner.ReadASN1BitStringAsBytes(&key) {
		t.Fatal("got a certificate without a key")
	}
	return key
}

// digestNames are the AlgorithmIdentifiers of digests.
var digestNames = map[crypto.Hash][]byte{
	crypto.SHA1:   sequence(oid(1, 3, 14, 3, 2, 26), tlv(5)),
	crypto.SHA256: sequence(oid(2, 16, 840, 1, 101, 3, 4, 2, 1), tlv(5)),
	crypto.SHA384: sequence(oid(2, 16, 840, 1, 101, 3, 4, 2, 2)),
	crypto.SHA512: sequence(oid(2, 16, 840, 1, 101, 3, 4, 2, 3), tlv(5)),
}

func digestOf(hash crypto.Hash, data []byte) []byte {
	h := hash.New()
	h.Write(data)
	return h.Sum(nil)
}
