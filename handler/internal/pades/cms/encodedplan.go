package cms

import (
	"bytes"
	"crypto/x509"
	"math/bits"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/algorithm"
)

// encodedPlan has the parts of a ContentInfo with SignedData (RFC 5652, sections 3 and 5.1) that do
// not depend on the content, in DER.
type encodedPlan struct {
	signedData []byte // its fields before signerInfos
	signer     []byte // the fields of the SignerInfo before signedAttrs
	attributes []byte // the signed attributes as a SET OF, with a message digest of zeros
	digestEnd  int    // where that digest ends in attributes
	algorithm  []byte // signatureAlgorithm
}

func encodePlan(chain []*x509.Certificate, scheme algorithm.Scheme, digestSize int) (e encodedPlan, err error) {
	leaf := chain[0]
	certificates := make([][]byte, 0, len(chain))
	size := 0
	for _, certificate := range chain {
		certificates = append(certificates, certificate.Raw)
		size += len(certificate.Raw)
	}
	e.signedData, err = build(size+64, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(asn1.SET, scheme.Digest.Add)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData) })
		addSetOf(b, explicit(0), certificates...)
	})
	if err != nil {
		return e, err
	}
	e.signer, err = build(len(leaf.RawIssuer)+64, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(leaf.RawIssuer)
			b.AddASN1BigInt(leaf.SerialNumber)
		})
		scheme.Digest.Add(b)
	})
	if err != nil {
		return e, err
	}
	if e.algorithm, err = build(64, scheme.Add); err != nil {
		return e, err
	}
	return e, e.encodeAttributes(leaf, scheme.Digest, digestSize)
}

// encodeAttributes encodes the signed attributes. There is no signing-time, which PAdES forbids:
// the time is in /M.
func (e *encodedPlan) encodeAttributes(leaf *x509.Certificate, digest algorithm.Digest, digestSize int) error {
	contentType, err := attribute(oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData) })
	if err != nil {
		return err
	}
	message, err := attribute(oidMessageDigest,
		func(b *cryptobyte.Builder) { b.AddASN1OctetString(make([]byte, digestSize)) })
	if err != nil {
		return err
	}
	binding, err := attribute(oidSigningCertificateV2,
		func(b *cryptobyte.Builder) { addSigningCertificate(b, leaf, digest) })
	if err != nil {
		return err
	}
	e.attributes, err = build(len(contentType)+len(message)+len(binding)+8,
		func(b *cryptobyte.Builder) { addSetOf(b, asn1.SET, contentType, message, binding) })
	// The order of the set does not depend on the digest, as no two attributes have the same type.
	e.digestEnd = bytes.Index(e.attributes, message) + len(message)
	return err
}

// signedAttributes returns the signed attributes as a SET OF.
func (e *encodedPlan) signedAttributes(messageDigest []byte) []byte {
	attributes := bytes.Clone(e.attributes)
	copy(attributes[e.digestEnd-len(messageDigest):], messageDigest)
	return attributes
}

// sizes are the sizes of the contents of the nested elements of a ContentInfo, in bytes, and of the
// whole.
type sizes struct{ info, signers, data, wrapped, content, whole int }

func (e *encodedPlan) sizes(signature int) (s sizes) {
	s.info = len(e.signer) + len(e.attributes) + len(e.algorithm) + sizeOfElement(signature)
	s.signers = sizeOfElement(s.info)
	s.data = len(e.signedData) + sizeOfElement(s.signers)
	s.wrapped = sizeOfElement(s.data)
	s.content = len(signedDataType) + sizeOfElement(s.wrapped)
	s.whole = sizeOfElement(s.content)
	return s
}

// contentInfo returns the ContentInfo of a signature with these signed attributes.
func (e *encodedPlan) contentInfo(attributes, signature []byte) []byte {
	s := e.sizes(len(signature))
	der := appendHeader(make([]byte, 0, s.whole), asn1.SEQUENCE, s.content)
	der = append(der, signedDataType...)
	der = appendHeader(der, explicit(0), s.wrapped)
	der = appendHeader(der, asn1.SEQUENCE, s.data)
	der = append(der, e.signedData...)
	der = appendHeader(der, asn1.SET, s.signers)
	der = appendHeader(der, asn1.SEQUENCE, s.info)
	der = append(der, e.signer...)
	der = append(der, byte(explicit(0)))
	der = append(der, attributes[1:]...)
	der = append(der, e.algorithm...)
	der = appendHeader(der, asn1.OCTET_STRING, len(signature))
	return append(der, signature...)
}

// signedDataType is the DER of the content type SignedData.
var signedDataType = func() []byte {
	b := cryptobyte.NewBuilder(nil)
	b.AddASN1ObjectIdentifier(oidSignedData)
	return b.BytesOrPanic()
}()

// sizeOfElement is the size of an element with so many bytes of contents: ITU-T X.690, section
// 8.1.3.
func sizeOfElement(contents int) int {
	if contents < 0x80 {
		return 2 + contents
	}
	return 2 + lengthOctets(contents) + contents
}

func lengthOctets(contents int) int { return (bits.Len(uint(contents)) + 7) / 8 }

// appendHeader appends the tag and the length of an element.
func appendHeader(der []byte, tag asn1.Tag, contents int) []byte {
	der = append(der, byte(tag))
	if contents < 0x80 {
		return append(der, byte(contents))
	}
	octets := lengthOctets(contents)
	der = append(der, 0x80|byte(octets))
	for i := octets - 1; i >= 0; i-- {
		der = append(der, byte(contents>>(8*i)))
	}
	return der
}

// build returns what add writes. The size is that of the memory to begin with.
func build(size int, add cryptobyte.BuilderContinuation) ([]byte, error) {
	b := cryptobyte.NewBuilder(make([]byte, 0, size))
	add(b)
	return b.Bytes()
}

// addSigningCertificate writes SigningCertificateV2 with the leaf's ESSCertIDv2 (RFC 5035, section
// 3).
func addSigningCertificate(b *cryptobyte.Builder, leaf *x509.Certificate, digest algorithm.Digest) {
	sum := digest.Sum(leaf.Raw)
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				if digest != algorithm.SHA256 { // DER omits the DEFAULT
					digest.Add(b)
				}
				b.AddASN1OctetString(sum)
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1(explicit(4), func(b *cryptobyte.Builder) { b.AddBytes(leaf.RawIssuer) })
					})
					b.AddASN1BigInt(leaf.SerialNumber)
				})
			})
		})
	})
}

// attribute returns the DER of an Attribute with one value.
func attribute(oid []int, value cryptobyte.BuilderContinuation) ([]byte, error) {
	return build(256, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oid)
			b.AddASN1(asn1.SET, value)
		})
	})
}

// addSetOf writes a SET OF in the order that DER demands (ITU-T X.690, section 11.6), each element
// once.
func addSetOf(b *cryptobyte.Builder, tag asn1.Tag, elements ...[]byte) {
	slices.SortFunc(elements, bytes.Compare)
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		for _, element := range slices.CompactFunc(elements, bytes.Equal) {
			b.AddBytes(element)
		}
	})
}
