package cms

import (
	"bytes"
	"crypto"
	"crypto/rand"
	"crypto/x509"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"

	"influxion/handler/internal/pades/algorithm"
)

// Request is what Sign needs to make a signature.
type Request struct {
	Chain         []*x509.Certificate // the signer's own certificate first; all of them are embedded
	Key           crypto.Signer       // matches the leaf; its calls may leave the machine
	Digest        crypto.Hash         // SHA-256, SHA-384 or SHA-512
	MessageDigest []byte              // of the content, by Digest
	PSS           bool                // RSASSA-PSS instead of PKCS#1 v1.5; for RSA keys only
}

// Sign makes the DER of a detached CMS signature of baseline level B-B: ETSI EN 319 142-1, section
// 6.3, on RFC 5652. Its errors are ErrKeyUnsupported, ErrKeyMismatch, ErrRequestInvalid, the key's
// own, or one about a signature value of a wrong length. It does not verify the signature value.
// Safe for concurrent use if the key is.
func Sign(r Request) ([]byte, error) {
	p, err := NewPlan(r)
	if err != nil {
		return nil, err
	}
	return p.Sign(r.MessageDigest)
}

// Plan is a checked Request, with the parts of its signatures that do not depend on the content.
// Safe for concurrent use if the key is.
type Plan struct {
	key          crypto.Signer
	leaf         *x509.Certificate
	digest       algorithm.Digest
	hash         crypto.Hash
	scheme       algorithm.Scheme
	maxSignature int    // bytes
	certificates []byte // of SignedData
	binding      []byte // the attribute signing-certificate-v2
}

// NewPlan checks a Request. It uses only the public half of the key, and not the MessageDigest of
// the Request. Its errors are those of Sign for an invalid Request.
func NewPlan(r Request) (*Plan, error) {
	if len(r.Chain) == 0 || len(r.Chain) > maxCertificates || slices.Contains(r.Chain, nil) {
		return nil, fmt.Errorf("%w: a chain of %d certificates", ErrRequestInvalid, len(r.Chain))
	}
	if r.Key == nil {
		return nil, fmt.Errorf("%w: no key", ErrRequestInvalid)
	}
	public := r.Key.Public()
	s, size, err := schemeFor(public, r.Digest, r.PSS)
	if err != nil {
		return nil, err
	}
	// Every public key of the standard library can compare itself.
	own, ok := public.(interface{ Equal(crypto.PublicKey) bool })
	if !ok || !own.Equal(r.Chain[0].PublicKey) {
		return nil, ErrKeyMismatch
	}
	p := &Plan{key: r.Key, leaf: r.Chain[0], digest: s.Digest, hash: r.Digest, scheme: s, maxSignature: size}
	return p, p.encode(r.Chain)
}

// encode encodes what all signatures of the Plan share.
func (p *Plan) encode(chain []*x509.Certificate) (err error) {
	raw := make([][]byte, 0, len(chain))
	for _, certificate := range chain {
		raw = append(raw, certificate.Raw)
	}
	if p.certificates, err = setOf(explicit(0), raw...); err != nil {
		return err
	}
	p.binding, err = attribute(oidSigningCertificateV2, p.addSigningCertificate)
	return err
}

// Sign does what the function Sign does, for content with that digest.
func (p *Plan) Sign(messageDigest []byte) ([]byte, error) {
	if len(messageDigest) != p.hash.Size() {
		return nil, fmt.Errorf("%w: message digest of %d bytes", ErrRequestInvalid, len(messageDigest))
	}
	attributes, err := p.signedAttributes(messageDigest)
	if err != nil {
		return nil, err
	}
	// The signature covers the SET OF, although the SignerInfo contains it under the tag [0]: RFC
	// 5652, section 5.4.
	signature, err := p.key.Sign(rand.Reader, p.digest.Sum(attributes), options(p.scheme))
	if err != nil {
		return nil, fmt.Errorf("use the private key: %w", err)
	}
	if len(signature) == 0 || len(signature) > p.maxSignature {
		return nil, fmt.Errorf("the private key made a signature of %d bytes, expected up to %d", len(signature),
			p.maxSignature)
	}
	return p.contentInfo(attributes, signature)
}

// Size returns an upper bound of the size of Sign's result in bytes. It is exact for RSA, and a few
// bytes too large for other keys.
func (p *Plan) Size() (int, error) {
	attributes, err := p.signedAttributes(make([]byte, p.hash.Size()))
	if err != nil {
		return 0, err
	}
	der, err := p.contentInfo(attributes, make([]byte, p.maxSignature))
	return len(der), err
}

// signedAttributes returns the DER SET OF. It has no signing-time, which PAdES forbids: the time is
// in /M.
func (p *Plan) signedAttributes(messageDigest []byte) ([]byte, error) {
	contentType, err := attribute(oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData) })
	if err != nil {
		return nil, err
	}
	message, err := attribute(oidMessageDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(messageDigest) })
	if err != nil {
		return nil, err
	}
	return setOf(asn1.SET, contentType, message, p.binding)
}

func (p *Plan) contentInfo(attributes, signature []byte) ([]byte, error) {
	b := cryptobyte.NewBuilder(make([]byte, 0,
		len(p.certificates)+len(attributes)+len(signature)+len(p.leaf.RawIssuer)+256))
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oidSignedData)
		b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1Int64(1)
				b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { p.digest.Add(b) })
				b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidData) })
				b.AddBytes(p.certificates)
				b.AddASN1(asn1.SET, func(b *cryptobyte.Builder) { p.addSignerInfo(b, attributes, signature) })
			})
		})
	})
	return b.Bytes()
}

func (p *Plan) addSignerInfo(b *cryptobyte.Builder, attributes, signature []byte) {
	leaf := p.leaf
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(leaf.RawIssuer)
			b.AddASN1BigInt(leaf.SerialNumber)
		})
		p.digest.Add(b)
		b.AddUint8(uint8(explicit(0)))
		b.AddBytes(attributes[1:])
		p.scheme.Add(b)
		b.AddASN1OctetString(signature)
	})
}

// addSigningCertificate writes SigningCertificateV2 with the leaf's ESSCertIDv2 (RFC 5035, section
// 3).
func (p *Plan) addSigningCertificate(b *cryptobyte.Builder) {
	leaf := p.leaf
	sum := p.digest.Sum(leaf.Raw)
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				if p.digest != algorithm.SHA256 { // DER omits the DEFAULT
					p.digest.Add(b)
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
	b := cryptobyte.NewBuilder(make([]byte, 0, 512))
	b.AddASN1(asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		b.AddASN1(asn1.SET, value)
	})
	return b.Bytes()
}

// setOf returns a SET OF in the order that DER demands (ITU-T X.690, section 11.6), each element
// once.
func setOf(tag asn1.Tag, elements ...[]byte) ([]byte, error) {
	slices.SortFunc(elements, bytes.Compare)
	size := 8 // tag and length
	for _, element := range elements {
		size += len(element)
	}
	b := cryptobyte.NewBuilder(make([]byte, 0, size))
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		for _, element := range slices.CompactFunc(elements, bytes.Equal) {
			b.AddBytes(element)
		}
	})
	return b.Bytes()
}
