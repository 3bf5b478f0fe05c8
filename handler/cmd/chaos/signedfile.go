package main

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/asn1"
	"errors"
	"fmt"
	"math/big"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// signed is CMS SignedData with one SignerInfo: RFC 5652, section 5.
type signed struct {
	content      []byte // nil = detached
	certificates []*x509.Certificate
	signer       *x509.Certificate
	attributes   []byte            // signed, as a SET OF
	values       map[string][]byte // of the signed attributes, by type
	value        []byte
	timestamps   [][]byte // signature timestamps
}

var (
	oidSignedData    = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidMessageDigest = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningV2     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
	oidTimestamp     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 14}
	oidSHA256        = asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1}
)

func tagged(n uint8) der.Tag { return der.Tag(n).ContextSpecific().Constructed() }

var errUnreadable = errors.New("the CMS cannot be read")

// readSigned reads SignedData. Zeros may follow it, as in /Contents.
func readSigned(data []byte) (*signed, error) {
	in := cryptobyte.String(data)
	var info, explicit, body, encapsulated, certificates, signers cryptobyte.String
	var kind, contentKind asn1.ObjectIdentifier
	var version int
	var present bool
	if !in.ReadASN1(&info, der.SEQUENCE) || len(bytes.Trim(in, "\x00")) > 0 || !info.ReadASN1ObjectIdentifier(&kind) ||
		!kind.Equal(oidSignedData) || !info.ReadASN1(&explicit, tagged(0)) ||
		!explicit.ReadASN1(&body, der.SEQUENCE) || !body.ReadASN1Integer(&version) || !body.SkipASN1(der.SET) ||
		!body.ReadASN1(&encapsulated, der.SEQUENCE) || !encapsulated.ReadASN1ObjectIdentifier(&contentKind) ||
		!body.ReadOptionalASN1(&certificates, &present, tagged(0)) || !body.SkipOptionalASN1(tagged(1)) ||
		!body.ReadASN1(&signers, der.SET) {
		return nil, errUnreadable
	}
	s := &signed{values: map[string][]byte{}}
	if !encapsulated.Empty() {
		var octets cryptobyte.String
		if !encapsulated.ReadASN1(&octets, tagged(0)) ||
			!octets.ReadASN1((*cryptobyte.String)(&s.content), der.OCTET_STRING) {
			return nil, errUnreadable
		}
	}
	for !certificates.Empty() {
		var one cryptobyte.String
		if !certificates.ReadASN1Element(&one, der.SEQUENCE) {
			return nil, errUnreadable
		}
		c, err := x509.ParseCertificate(one)
		if err != nil {
			return nil, err
		}
		s.certificates = append(s.certificates, c)
	}
	if err := s.readSigner(&signers); err != nil {
		return nil, err
	}
	if !signers.Empty() {
		return nil, errors.New("there is more than one SignerInfo")
	}
	return s, nil
}

// readSigner reads a SignerInfo: RFC 5652, section 5.3.
func (s *signed) readSigner(in *cryptobyte.String) error {
	var info, id, issuer, digest, attributes, algorithm, unsigned cryptobyte.String
	var version int
	serial := new(big.Int)
	var kind asn1.ObjectIdentifier
	if !in.ReadASN1(&info, der.SEQUENCE) || !info.ReadASN1Integer(&version) || !info.ReadASN1(&id, der.SEQUENCE) ||
		!id.ReadASN1Element(&issuer, der.SEQUENCE) || !id.ReadASN1Integer(serial) ||
		!info.ReadASN1(&digest, der.SEQUENCE) || !digest.ReadASN1ObjectIdentifier(&kind) ||
		!info.ReadASN1(&attributes, tagged(0)) || !info.ReadASN1(&algorithm, der.SEQUENCE) ||
		!info.ReadASN1((*cryptobyte.String)(&s.value), der.OCTET_STRING) {
		return errUnreadable
	}
	if !kind.Equal(oidSHA256) {
		return fmt.Errorf("the digest algorithm is %v", kind)
	}
	for _, c := range s.certificates {
		if bytes.Equal(c.RawIssuer, issuer) && c.SerialNumber.Cmp(serial) == 0 {
			s.signer = c
		}
	}
	if s.signer == nil {
		return errors.New("the signer's certificate is missing")
	}
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1(der.SET, func(b *cryptobyte.Builder) { b.AddBytes(attributes) })
	s.attributes = b.BytesOrPanic()
	if err := readAttributes(attributes, func(kind asn1.ObjectIdentifier, value []byte) {
		s.values[kind.String()] = value
	}); err != nil {
		return err
	}
	if info.Empty() {
		return nil
	}
	if !info.ReadASN1(&unsigned, tagged(1)) {
		return errUnreadable
	}
	return readAttributes(unsigned, func(kind asn1.ObjectIdentifier, value []byte) {
		if kind.Equal(oidTimestamp) {
			s.timestamps = append(s.timestamps, value)
		}
	})
}

// readAttributes passes on the single value of each attribute.
func readAttributes(in cryptobyte.String, take func(asn1.ObjectIdentifier, []byte)) error {
	for !in.Empty() {
		var one, values, value cryptobyte.String
		var kind asn1.ObjectIdentifier
		var tag der.Tag
		if !in.ReadASN1(&one, der.SEQUENCE) || !one.ReadASN1ObjectIdentifier(&kind) ||
			!one.ReadASN1(&values, der.SET) ||
			!values.ReadAnyASN1Element(&value, &tag) || !values.Empty() {
			return errUnreadable
		}
		take(kind, value)
	}
	return nil
}

// verify verifies the signature over content.
func (s *signed) verify(content []byte) error {
	var digest, reference, references, first, hash cryptobyte.String
	in := cryptobyte.String(s.values[oidMessageDigest.String()])
	if sum := sha256.Sum256(content); !in.ReadASN1(&digest, der.OCTET_STRING) || !bytes.Equal(digest, sum[:]) {
		return errors.New("the content is not what was signed")
	}
	// SigningCertificateV2, whose hash is SHA-256 by default: RFC 5035, section 3
	reference = s.values[oidSigningV2.String()]
	if !reference.ReadASN1(&references, der.SEQUENCE) || !references.ReadASN1(&first, der.SEQUENCE) ||
		!first.ReadASN1(&references, der.SEQUENCE) || !references.SkipOptionalASN1(der.SEQUENCE) ||
		!references.ReadASN1(&hash, der.OCTET_STRING) {
		return errors.New("there is no reference to the signer's certificate")
	}
	if sum := sha256.Sum256(s.signer.Raw); !bytes.Equal(hash, sum[:]) {
		return errors.New("the signed reference names another certificate")
	}
	sum := sha256.Sum256(s.attributes)
	ok := false
	switch key := s.signer.PublicKey.(type) {
	case *rsa.PublicKey:
		ok = rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], s.value) == nil ||
			rsa.VerifyPSS(key, crypto.SHA256, sum[:], s.value, nil) == nil
	case *ecdsa.PublicKey:
		ok = ecdsa.VerifyASN1(key, sum[:], s.value)
	}
	if !ok {
		return errors.New("the signature value does not verify")
	}
	return nil
}

// readInfo reads the imprint, by SHA-256, and the time of a TSTInfo: RFC 3161, section 2.4.2.
func readInfo(content []byte) (imprint []byte, at time.Time, err error) {
	in := cryptobyte.String(content)
	var info, message, algorithm cryptobyte.String
	var version int
	var policy, hash asn1.ObjectIdentifier
	if !in.ReadASN1(&info, der.SEQUENCE) || !info.ReadASN1Integer(&version) ||
		!info.ReadASN1ObjectIdentifier(&policy) || !info.ReadASN1(&message, der.SEQUENCE) ||
		!message.ReadASN1(&algorithm, der.SEQUENCE) || !algorithm.ReadASN1ObjectIdentifier(&hash) ||
		!hash.Equal(oidSHA256) || !message.ReadASN1((*cryptobyte.String)(&imprint), der.OCTET_STRING) ||
		!info.SkipASN1(der.INTEGER) || !info.ReadASN1GeneralizedTime(&at) {
		return nil, time.Time{}, errors.New("the TSTInfo cannot be read, or its imprint is not SHA-256")
	}
	return imprint, at, nil
}
