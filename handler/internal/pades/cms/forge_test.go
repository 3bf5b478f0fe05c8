package cms_test

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/rsa"
	"encoding/asn1"
	"errors"
	"slices"
	"testing"

	"influxion/handler/internal/pades/cms"
	"influxion/handler/internal/pkitest"
)

// tlv returns a DER element with the parts as its contents.
var tlv = pkitest.TLV

// indefinite returns a BER element of indefinite length.
func indefinite(tag byte, parts ...[]byte) []byte {
	return slices.Concat([]byte{tag, 0x80}, bytes.Join(parts, nil), []byte{0, 0})
}

// long returns a BER element whose length has more octets than needed.
func long(tag byte, parts ...[]byte) []byte {
	contents := bytes.Join(parts, nil)
	return slices.Concat([]byte{tag, 0x84, 0, byte(len(contents) >> 16), byte(len(contents) >> 8), byte(len(contents))},
		contents)
}

func oid(arcs ...int) []byte { return pkitest.OID(arcs...) }

var (
	null         = []byte{5, 0}
	derData      = oid(1, 2, 840, 113549, 1, 7, 1)
	derSHA1      = oid(1, 3, 14, 3, 2, 26)
	derSHA224    = oid(2, 16, 840, 1, 101, 3, 4, 2, 4)
	derSHA256    = oid(2, 16, 840, 1, 101, 3, 4, 2, 1)
	derSHA384    = oid(2, 16, 840, 1, 101, 3, 4, 2, 2)
	derSHA512    = oid(2, 16, 840, 1, 101, 3, 4, 2, 3)
	derSHA3256   = oid(2, 16, 840, 1, 101, 3, 4, 2, 8)
	derRIPEMD160 = oid(1, 3, 36, 3, 2, 1)
	derMD5       = oid(1, 2, 840, 113549, 2, 5)
	derRSA       = oid(1, 2, 840, 113549, 1, 1, 1)
	derPSS       = oid(1, 2, 840, 113549, 1, 1, 10)
	derMGF1      = oid(1, 2, 840, 113549, 1, 1, 8)

	derDigests = map[crypto.Hash][]byte{crypto.MD5: derMD5, crypto.SHA1: derSHA1, crypto.SHA224: derSHA224,
		crypto.SHA256: derSHA256,
		crypto.SHA384: derSHA384, crypto.SHA512: derSHA512}
)

// withRSA and withECDSA are the signature algorithms named after a digest.
func withRSA(n int) []byte   { return tlv(0x30, oid(1, 2, 840, 113549, 1, 1, n), null) }
func withECDSA(n int) []byte { return tlv(0x30, oid(1, 2, 840, 10045, 4, 3, n)) }

// forgery is a CMS message in parts, valid unless a test changes one. It shares no code with the
// package under test.
type forgery struct {
	party party
	hash  crypto.Hash // of the content and, unless signHash is set, of the attributes

	frame          func(tag byte, parts ...[]byte) []byte // how the outer elements are encoded
	version        []byte
	digests        []byte // contents of digestAlgorithms
	encapsulated   []byte
	certificates   [][]byte
	noCertificates bool
	crls           []byte
	signerVersion  []byte
	signer         []byte
	digest         []byte
	contentType    []byte // an attribute; nil = absent
	messageDigest  []byte
	reference      []byte
	more           [][]byte // further attributes
	order          func(attributes [][]byte)
	noAttributes   bool
	signedAs       func(attributes []byte) []byte // what is signed, given the contents of the SET OF
	carriedAs      func(attributes []byte) []byte // what stands in the message
	algorithm      []byte
	options        crypto.SignerOpts
	signature      func(value []byte) []byte // the element
	unsigned       []byte
	afterSigner    []byte // more in the SignerInfo
	moreSigners    []byte
	afterAll       []byte // more in the SignedData
}

func newForgery(t testing.TB, algorithm pkitest.Algorithm) *forgery {
	p := newParty(t, algorithm)
	f := &forgery{
		party: p, hash: crypto.SHA256, frame: tlv,
		version: []byte{2, 1, 1}, signerVersion: []byte{2, 1, 1},
		digests:      tlv(0x30, derSHA256),
		encapsulated: derData,
		digest:       tlv(0x30, derSHA256),
		algorithm:    withRSA(11),
		options:      crypto.SHA256,
		signedAs:     func(attributes []byte) []byte { return tlv(0x31, attributes) },
		carriedAs:    func(attributes []byte) []byte { return tlv(0xa0, attributes) },
		signature:    func(value []byte) []byte { return tlv(4, value) },
		order:        func(attributes [][]byte) { slices.SortFunc(attributes, bytes.Compare) },
	}
	if algorithm[0] == 'P' {
		f.algorithm = withECDSA(2)
	}
	for _, certificate := range p.chain {
		f.certificates = append(f.certificates, certificate.Raw)
	}
	f.signer = f.issuerAndSerial(0)
	f.contentType = attr(oid(oidContentType...), derData)
	f.messageDigest = attr(oid(oidMessageDigest...), tlv(4, digestOf(crypto.SHA256, content)))
	f.reference = attr(oid(oidSigningCertificateV2...),
		f.referenceTo(nil, digestOf(crypto.SHA256, p.leaf().Raw), f.issuerSerial(0)))
	return f
}

// use changes the digest everywhere except in the signature algorithm.
func (f *forgery) use(hash crypto.Hash) {
	f.hash, f.options = hash, hash
	f.digests, f.digest = tlv(0x30, derDigests[hash], null), tlv(0x30, derDigests[hash], null)
	f.messageDigest = attr(oid(oidMessageDigest...), tlv(4, digestOf(hash, content)))
}

func (f *forgery) integer(i int) []byte {
	der, err := asn1.Marshal(f.party.chain[i].SerialNumber)
	if err != nil {
		panic("internal error: " + err.Error())
	}
	return der
}

func (f *forgery) issuerAndSerial(i int) []byte {
	return tlv(0x30, f.party.chain[i].RawIssuer, f.integer(i))
}

func (f *forgery) issuerSerial(i int) []byte {
	return tlv(0x30, tlv(0x30, tlv(0xa4, f.party.chain[i].RawIssuer)), f.integer(i))
}

func attr(kind []byte, values ...[]byte) []byte { return tlv(0x30, kind, tlv(0x31, values...)) }

// referenceTo returns a SigningCertificate or SigningCertificateV2.
func (f *forgery) referenceTo(algorithm, hash, issuerSerial []byte) []byte {
	return tlv(0x30, tlv(0x30, tlv(0x30, algorithm, tlv(4, hash), issuerSerial)))
}

func (f *forgery) build(t testing.TB) []byte {
	t.Helper()
	var attributes [][]byte
	for _, a := range append([][]byte{f.contentType, f.messageDigest, f.reference}, f.more...) {
		if a != nil {
			attributes = append(attributes, a)
		}
	}
	f.order(attributes)
	set := bytes.Join(attributes, nil)
	hash := f.options.HashFunc()
	value, err := f.party.key.Sign(rand.Reader, digestOf(hash, f.signedAs(set)), f.options)
	if err != nil {
		t.Fatal(err)
	}
	carried := f.carriedAs(set)
	if f.noAttributes {
		carried = nil
	}
	signerInfo := tlv(0x30, f.signerVersion, f.signer, f.digest, carried, f.algorithm, f.signature(value), f.unsigned,
		f.afterSigner)
	certificates := f.frame(0xa0, f.certificates...)
	if f.noCertificates {
		certificates = nil
	}
	return f.frame(0x30, oid(1, 2, 840, 113549, 1, 7, 2),
		f.frame(0xa0, f.frame(0x30, f.version, f.frame(0x31, f.digests),
			f.frame(0x30, f.encapsulated), certificates, f.crls, f.frame(0x31, signerInfo, f.moreSigners), f.afterAll)))
}

// outcome returns the kind of the error that reading and verifying give; "" = none.
func outcome(t testing.TB, der, messageDigest []byte) (cms.Kind, string) {
	t.Helper()
	s, err := cms.Parse(der)
	if err == nil {
		err = s.Verify(messageDigest)
	}
	if err == nil {
		return "", ""
	}
	fault, ok := errors.AsType[*cms.Error](err)
	if !ok {
		t.Fatalf("got %T %v, want a *cms.Error", err, err)
	}
	return fault.Kind, fault.Detail
}

func pssParameters(hash, mask []byte, salt []byte, trailer []byte) []byte {
	var parts [][]byte
	if hash != nil {
		parts = append(parts, tlv(0xa0, tlv(0x30, hash, null)))
	}
	if mask != nil {
		parts = append(parts, tlv(0xa1, tlv(0x30, derMGF1, tlv(0x30, mask, null))))
	}
	if salt != nil {
		parts = append(parts, tlv(0xa2, salt))
	}
	if trailer != nil {
		parts = append(parts, tlv(0xa3, trailer))
	}
	return tlv(0x30, derPSS, tlv(0x30, parts...))
}

func pssOptions(hash crypto.Hash, salt int) crypto.SignerOpts {
	return &rsa.PSSOptions{Hash: hash, SaltLength: salt}
}

type rawElement = asn1.RawValue

func unmarshal(t testing.TB, der []byte, out any) {
	t.Helper()
	if rest, err := asn1.Unmarshal(der, out); err != nil || len(rest) != 0 {
		t.Fatalf("got %v and %d bytes of rest, want one element", err, len(rest))
	}
}
