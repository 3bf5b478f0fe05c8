package cms

import (
	"bytes"
	"crypto"
	"encoding/asn1"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidData                 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 1}
	oidSignedData           = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 7, 2}
	oidContentType          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidAlgorithmProtection  = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 52}
	oidSigningCertificate   = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 12}
	oidSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
)

// Attribute is a CMS attribute as it stands in the message: each value is one ASN.1 element. The values of signed attributes are
// DER; those of unsigned ones are whatever somebody added.
type Attribute struct {
	Type   asn1.ObjectIdentifier
	Values [][]byte
}

// signedAttributes is what the signed attributes say.
type signedAttributes struct {
	all           []Attribute
	set           []byte // the DER under the tag SET OF, as it was signed
	sorted        bool
	contentType   asn1.ObjectIdentifier
	messageDigest []byte // nil = absent
	signingTime   time.Time
	v1, v2        *certificateReference
	protection    *algorithmProtection
}

// algorithmProtection is the cms-algorithm-protection attribute: RFC 6211.
type algorithmProtection struct {
	digest    crypto.Hash
	signature algorithmIdentifier
}

// readSignedAttributes reads the whole element [0] of a SignerInfo. RFC 5652, section 5.3 demands DER here whatever the rest is in.
// A wrong order in the SET OF is noted and not refused, so that the signer can still be named.
func readSignedAttributes(whole []byte) (*signedAttributes, error) {
	e, ok := measure(whole, 0)
	if !ok || !isDER(whole, maxDepth) {
		return nil, faultf(Malformed, "the signed attributes are not DER")
	}
	a := &signedAttributes{sorted: true, set: bytes.Clone(whole)}
	a.set[0] = byte(cryptobyte_asn1.SET)
	s := cryptobyte.String(whole[e.contents:e.end])
	var last cryptobyte.String
	for !s.Empty() {
		var raw, inner, values cryptobyte.String
		var attribute Attribute
		if !s.ReadASN1Element(&raw, cryptobyte_asn1.SEQUENCE) {
			return nil, faultf(Malformed, "the signed attributes cannot be read")
		}
		a.sorted = a.sorted && bytes.Compare(last, raw) < 0
		last = raw
		if !raw.ReadASN1(&inner, cryptobyte_asn1.SEQUENCE) || !readOID(&inner, &attribute.Type) ||
			!inner.ReadASN1(&values, cryptobyte_asn1.SET) || !inner.Empty() {
			return nil, faultf(Malformed, "a signed attribute cannot be read")
		}
		var tag cryptobyte_asn1.Tag
		var value cryptobyte.String
		if !values.ReadAnyASN1Element(&value, &tag) || !values.Empty() {
			return nil, faultf(Malformed, "the signed attribute %v has not exactly one value", attribute.Type)
		}
		attribute.Values = [][]byte{value}
		if err := a.add(attribute, value); err != nil {
			return nil, err
		}
	}
	return a, nil
}

// add keeps an attribute and reads those that matter here. The value is one element.
func (a *signedAttributes) add(attribute Attribute, value cryptobyte.String) error {
	if len(a.all) == maxAttributes {
		return faultf(Malformed, "more than %d signed attributes", maxAttributes)
	}
	if a.has(attribute.Type) {
		return faultf(Malformed, "the signed attribute %v occurs twice", attribute.Type)
	}
	a.all = append(a.all, attribute)
	ok := true
	switch oid := attribute.Type; {
	case oid.Equal(oidContentType):
		ok = readOID(&value, &a.contentType)
	case oid.Equal(oidMessageDigest):
		var digest cryptobyte.String
		ok = value.ReadASN1(&digest, cryptobyte_asn1.OCTET_STRING)
		a.messageDigest = append([]byte{}, digest...)
	case oid.Equal(oidSigningTime):
		ok = readTime(&value, &a.signingTime)
	case oid.Equal(oidSigningCertificate):
		var reference certificateReference
		reference, ok = readSigningCertificate(value, BindingV1)
		a.v1 = &reference
	case oid.Equal(oidSigningCertificateV2):
		var reference certificateReference
		reference, ok = readSigningCertificate(value, BindingV2)
		a.v2 = &reference
	case oid.Equal(oidAlgorithmProtection):
		a.protection, ok = readAlgorithmProtection(value)
	}
	if !ok {
		return faultf(Malformed, "the signed attribute %v cannot be read", attribute.Type)
	}
	return nil
}

func (a *signedAttributes) has(oid asn1.ObjectIdentifier) bool {
	return slices.ContainsFunc(a.all, func(other Attribute) bool { return other.Type.Equal(oid) })
}

// readTime reads a signing-time. RFC 5652 has it without a fraction of a second, which some TSAs write all the same.
func readTime(s *cryptobyte.String, out *time.Time) bool {
	if s.PeekASN1Tag(cryptobyte_asn1.UTCTime) {
		return s.ReadASN1UTCTime(out)
	}
	peek := *s
	return peek.ReadASN1GeneralizedTime(out) || readGenTime(s, out)
}

func readAlgorithmProtection(value cryptobyte.String) (*algorithmProtection, bool) {
	var inner cryptobyte.String
	if !value.ReadASN1(&inner, cryptobyte_asn1.SEQUENCE) || !value.Empty() {
		return nil, false
	}
	var digest, signature algorithmIdentifier
	if !readAlgorithm(&inner, &digest, cryptobyte_asn1.SEQUENCE) || !readAlgorithm(&inner, &signature, explicit(1)) || !inner.Empty() {
		return nil, false
	}
	return &algorithmProtection{digest: digest.digest(), signature: signature}, true
}

// readUnsignedAttributes reads the contents of [1] of a SignerInfo. Nothing in them is authenticated, and tokens in them may be BER.
func readUnsignedAttributes(c cursor) ([]Attribute, error) {
	var all []Attribute
	for !c.empty() {
		var attribute Attribute
		inner, ok := c.take(cryptobyte_asn1.SEQUENCE)
		if !ok || !inner.strictly(func(s *cryptobyte.String) bool { return readOID(s, &attribute.Type) }) {
			return nil, faultf(Malformed, "an unsigned attribute cannot be read")
		}
		values, ok := inner.take(cryptobyte_asn1.SET)
		if !ok || !inner.empty() || values.empty() {
			return nil, faultf(Malformed, "the unsigned attribute %v cannot be read", attribute.Type)
		}
		for !values.empty() {
			value, ok := values.takeAny()
			if !ok || len(attribute.Values) == maxValues {
				return nil, faultf(Malformed, "the unsigned attribute %v cannot be read", attribute.Type)
			}
			attribute.Values = append(attribute.Values, value)
		}
		if len(all) == maxAttributes {
			return nil, faultf(Malformed, "more than %d unsigned attributes", maxAttributes)
		}
		all = append(all, attribute)
	}
	return all, nil
}
