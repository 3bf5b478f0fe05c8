package cms_test

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"errors"
	"math/big"
	"testing"
	"time"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

var (
	derTSTInfo      = oid(1, 2, 840, 113549, 1, 9, 16, 1, 4)
	oidExtKeyUsage  = asn1.ObjectIdentifier{2, 5, 29, 37}
	oidKeyUsage     = asn1.ObjectIdentifier{2, 5, 29, 15}
	derTimestamping = oid(1, 3, 6, 1, 5, 5, 7, 3, 8)
	imprint         = digestOf(crypto.SHA256, []byte("a signature value"))
	nonce           = new(big.Int).SetUint64(0xfedcba9876543210)
	genTime         = time.Date(2026, 3, 4, 5, 6, 7, 0, time.UTC)
)

// token is a timestamp token in parts, valid unless a test changes one. It has the parts of the
// TSTInfo and those of the CMS message around it.
type token struct {
	*forgery
	infoVersion, policy, imprint, serial, time, accuracy, ordering, nonce, tsa, extensions []byte

	infoTail []byte
	info     func(parts []byte) []byte // the TSTInfo
	octets   func(info []byte) []byte  // the eContent
	content  func(info []byte) []byte  // what the message digest is made of
}

func newToken(t testing.TB, algorithm pkitest.Algorithm) *token {
	t.Helper()
	k := &token{
		forgery:     newForgery(t, algorithm),
		infoVersion: []byte{2, 1, 1},
		policy:      oid(1, 2, 3, 4, 1),
		imprint:     tlv(0x30, tlv(0x30, derSHA256, null), tlv(4, imprint)),
		serial:      []byte{2, 2, 0x12, 0x34},
		time:        tlv(0x18, []byte("20260304050607Z")),
		nonce:       integer(nonce),
		info:        func(parts []byte) []byte { return tlv(0x30, parts) },
		octets:      func(info []byte) []byte { return tlv(4, info) },
		content:     func(info []byte) []byte { return info },
	}
	k.version = []byte{2, 1, 3}
	k.contentType = attr(oid(oidContentType...), derTSTInfo)
	k.certify(t, func(*x509.Certificate) {})
	return k
}

// certify replaces the TSA's certificate by another one for its key. change alters a correct
// template.
func (k *token) certify(t testing.TB, change func(template *x509.Certificate)) {
	t.Helper()
	authority, err := pkitest.NewRoot("Test TSA Issuer", time.Now())
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		Subject: pkix.Name{CommonName: "Test TSA"}, NotBefore: time.Now().Add(-time.Hour),
		NotAfter: time.Now().Add(time.Hour),
		KeyUsage: x509.KeyUsageDigitalSignature, SubjectKeyId: []byte("test TSA key"),
		ExtraExtensions: []pkix.Extension{{Id: oidExtKeyUsage, Critical: true, Value: tlv(0x30, derTimestamping)}},
	}
	change(template)
	chain, err := authority.Issue(template, k.party.key.Public())
	if err != nil {
		t.Fatal(err)
	}
	k.party.chain = chain
	k.certificates = [][]byte{chain[0].Raw, chain[1].Raw}
	k.signer = k.issuerAndSerial(0)
	k.reference = attr(oid(oidSigningCertificateV2...),
		k.referenceTo(nil, digestOf(crypto.SHA256, k.party.leaf().Raw), k.issuerSerial(0)))
}

func (k *token) build(t testing.TB) []byte {
	t.Helper()
	info := k.info(
		bytes.Join([][]byte{k.infoVersion, k.policy, k.imprint, k.serial, k.time, k.accuracy, k.ordering, k.nonce,
			k.tsa,
			k.extensions, k.infoTail}, nil))
	k.encapsulated = bytes.Join([][]byte{derTSTInfo, k.frame(0xa0, k.octets(info))}, nil)
	if k.messageDigest != nil {
		k.messageDigest = attr(oid(oidMessageDigest...), tlv(4, digestOf(k.hash, k.content(info))))
	}
	return k.forgery.build(t)
}

func integer(n *big.Int) []byte {
	der, err := asn1.Marshal(n)
	if err != nil {
		panic("internal error: " + err.Error())
	}
	return der
}

// response is a TimeStampResp.
func response(status []byte, token ...[]byte) []byte {
	return tlv(0x30, tlv(0x30, status), bytes.Join(token, nil))
}

var granted = []byte{2, 1, 0}

// tokenOutcome returns the kind of the error that reading and verifying a token give; "" = none.
func tokenOutcome(t testing.TB, der []byte) (cms.Kind, string) {
	t.Helper()
	token, err := cms.ParseTimestamp(der)
	if err == nil {
		err = token.Verify(imprint)
	} else if token != nil {
		t.Error("got a token and an error")
	}
	return outcomeOf(t, err)
}

func outcomeOf(t testing.TB, err error) (cms.Kind, string) {
	t.Helper()
	if err == nil {
		return "", ""
	}
	fault, ok := errors.AsType[*cms.Error](err)
	if !ok {
		t.Fatalf("got %T %v, want a *cms.Error", err, err)
	}
	return fault.Kind, fault.Detail
}
