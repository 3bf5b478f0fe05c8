package pades_test

import (
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"encoding/asn1"
	"time"
)

// answer is an OCSP response about one certificate in parts: RFC 6960, section 4.2.1. It is sound
// unless a test changes a part. It shares nothing with the code under test.
type answer struct {
	by signer

	status, kind                []byte // OCSPResponseStatus, and the type of the response
	version, responder          []byte
	producedAt                  []byte
	id                          []byte // CertID
	state, this, next           []byte
	singleExtensions            []byte
	extensions                  []byte
	algorithm                   []byte
	value                       func(data []byte) []byte
	certificates                [][]byte
	singles                     func(single []byte) [][]byte
	behind, behindBasic, inside []byte // bytes behind the response, behind its BasicOCSPResponse, and in its data
}

var (
	derOCSPBasic = oid(1, 3, 6, 1, 5, 5, 7, 48, 1, 1)
	stateGood    = []byte{0x80, 0}
	stateUnknown = []byte{0x82, 0}
)

// answer is a response of the household's authority itself.
func (h household) answer(about *x509.Certificate) *answer {
	return newAnswer(signer{h.pki.Chain, h.pki.Key}, about, h.pki.Chain[0])
}

func newAnswer(by signer, about, issuer *x509.Certificate) *answer {
	now := time.Now()
	a := &answer{by: by, status: []byte{10, 1, 0}, kind: derOCSPBasic, responder: tlv(0xa1, by.chain[0].RawSubject),
		producedAt: genTime(now), id: certIDOf(crypto.SHA1, about, issuer), state: stateGood, this: genTime(now),
		next: tlv(0xa0, genTime(now.Add(day))), algorithm: schemeOf(by.key, false).algorithm}
	a.value = func(data []byte) []byte { return signedBy(by, data) }
	a.singles = func(single []byte) [][]byte { return [][]byte{single} }
	return a
}

// signedBy is the signature value of X.509 structures.
func signedBy(by signer, data []byte) []byte {
	s := schemeOf(by.key, false)
	value, err := by.key.Sign(rand.Reader, digest(s.hash, data), s.options)
	if err != nil {
		panic("internal error: " + err.Error())
	}
	return value
}

// certIDOf is a CertID: RFC 6960, section 4.1.1.
func certIDOf(hash crypto.Hash, about, issuer *x509.Certificate) []byte {
	return tlv(0x30, tlv(0x30, derDigests[hash], null), tlv(4, digest(hash, issuer.RawSubject)),
		tlv(4, digest(hash, keyBits(issuer))), integer(about.SerialNumber))
}

// keyBits is the subjectPublicKey of a certificate.
func keyBits(c *x509.Certificate) []byte {
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(c.RawSubjectPublicKeyInfo, &info); err != nil {
		panic("internal error: " + err.Error())
	}
	return info.Key.Bytes
}

// revokedSince is the CertStatus of a revocation, with or without a reason.
func revokedSince(at time.Time, reason ...byte) []byte {
	var stated []byte
	if len(reason) > 0 {
		stated = tlv(0xa0, tlv(10, reason))
	}
	return tlv(0xa1, genTime(at), stated)
}

func (a *answer) bytes() []byte {
	single := tlv(0x30, a.id, a.state, a.this, a.next, a.singleExtensions)
	data := tlv(0x30, a.version, a.responder, a.producedAt, tlv(0x30, a.singles(single)...), a.extensions, a.inside)
	var certificates []byte
	if len(a.certificates) > 0 {
		certificates = tlv(0xa0, tlv(0x30, a.certificates...))
	}
	basic := tlv(0x30, data, a.algorithm, tlv(3, []byte{0}, a.value(data)), certificates, a.behindBasic)
	return append(tlv(0x30, a.status, tlv(0xa0, tlv(0x30, a.kind, tlv(4, basic)))), a.behind...)
}

// crl is a CRL in parts: RFC 5280, section 5.1. It is sound unless a test changes a part.
type crl struct {
	by signer

	version, inner, algorithm, issuer []byte
	this, next                        []byte
	entries                           [][]byte // nil = the field is absent
	extensions                        [][]byte // nil = the field is absent
	value                             func(data []byte) []byte
	behind, behindData                []byte
}

func (h household) list() *crl { return newList(signer{h.pki.Chain, h.pki.Key}) }

func newList(by signer) *crl {
	now := time.Now()
	l := &crl{by: by, version: []byte{2, 1, 1}, algorithm: schemeOf(by.key, false).algorithm,
		issuer: by.chain[0].RawSubject, this: genTime(now), next: genTime(now.Add(day)),
		extensions: [][]byte{extensionOf(false, tlv(2, []byte{1}), 2, 5, 29, 20)}}
	l.inner = l.algorithm
	l.value = func(data []byte) []byte { return signedBy(by, data) }
	return l
}

// extensionOf is an Extension.
func extensionOf(critical bool, value []byte, arcs ...int) []byte {
	var flag []byte
	if critical {
		flag = []byte{1, 1, 0xff}
	}
	return tlv(0x30, oid(arcs...), flag, tlv(4, value))
}

// listed is an entry of a CRL.
func listed(c *x509.Certificate, at time.Time, extensions ...[]byte) []byte {
	var all []byte
	if len(extensions) > 0 {
		all = tlv(0x30, extensions...)
	}
	return tlv(0x30, integer(c.SerialNumber), genTime(at), all)
}

func (l *crl) bytes() []byte {
	var entries, extensions []byte
	if l.entries != nil {
		entries = tlv(0x30, l.entries...)
	}
	if l.extensions != nil {
		extensions = tlv(0xa0, tlv(0x30, l.extensions...))
	}
	data := tlv(0x30, l.version, l.inner, l.issuer, l.this, l.next, entries, extensions, l.behindData)
	return append(tlv(0x30, data, l.algorithm, tlv(3, []byte{0}, l.value(data))), l.behind...)
}
