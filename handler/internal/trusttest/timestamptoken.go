package trusttest

import (
	"bytes"
	"crypto"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"slices"
	"time"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

var (
	oidTSTInfo              = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 1, 4}
	oidContentType          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 3}
	oidMessageDigest        = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 4}
	oidSigningTime          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 5}
	oidSigningCertificateV2 = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 16, 2, 47}
)

// token makes a TimeStampToken: RFC 3161, section 2.4.2, with the reference to the signing
// certificate of RFC 5816.
func (s *Services) token(request timestampRequest, kind Kind) ([]byte, error) {
	tsa, err := s.tsaFor(kind)
	if err != nil {
		return nil, err
	}
	at := s.config.Now().UTC().Truncate(time.Second)
	if kind == WrongTime {
		at = at.Add(time.Hour)
	}
	info, err := request.info(at, s.nextSerial(), kind)
	if err != nil {
		return nil, err
	}
	referenced := tsa.chain[0]
	if kind == WrongReference {
		referenced = tsa.chain[1]
	}
	var embedded []*x509.Certificate // the root is left out: a verifier that trusts it has it already
	switch {
	case !request.certReq || kind == NoCertificates:
	case kind == NoIntermediate || len(tsa.chain) == 1:
		embedded = tsa.chain[:1]
	default:
		embedded = tsa.chain[:len(tsa.chain)-1]
	}
	return tsa.signInfo(info, at, referenced, embedded)
}

// info makes the TSTInfo.
func (r timestampRequest) info(at time.Time, serial int64, kind Kind) ([]byte, error) {
	hash, imprint, nonce := r.hash, r.imprint, r.nonce
	accuracy := int64(1) // a second
	switch kind {
	case Inaccurate:
		accuracy = 30 * 24 * 60 * 60
	case WrongImprint:
		imprint = bytes.Clone(imprint)
		imprint[0] ^= 1
	case WrongHash:
		hash, imprint = crypto.SHA512, sum(crypto.SHA512, imprint)
		if r.hash == crypto.SHA512 {
			hash, imprint = crypto.SHA256, sum(crypto.SHA256, imprint)
		}
	case WrongNonce:
		nonce = big.NewInt(1)
		if r.nonce != nil {
			nonce = new(big.Int).Add(r.nonce, nonce)
		}
	case NoNonce:
		nonce = nil
	}
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1Int64(1)
			b.AddASN1ObjectIdentifier(Policy)
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
				addAlgorithm(b, digests[hash], true)
				b.AddASN1OctetString(imprint)
			})
			b.AddASN1Int64(serial)
			b.AddASN1GeneralizedTime(at)
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1Int64(accuracy) })
			if nonce != nil {
				b.AddASN1BigInt(nonce)
			}
		})
	})
}

// signInfo makes the CMS SignedData around a TSTInfo: RFC 5652, section 5.
func (i identity) signInfo(info []byte, at time.Time, referenced *x509.Certificate,
	embedded []*x509.Certificate) ([]byte, error) {
	scheme := schemeOf(i.key)
	attributes, err := i.signedAttributes(scheme, info, at, referenced)
	if err != nil {
		return nil, err
	}
	signature, err := scheme.sign(i.key, attributes)
	if err != nil {
		return nil, err
	}
	return buildSignedData(3, func(b *cryptobyte.Builder) {
		b.AddASN1(der.SET, func(b *cryptobyte.Builder) { addAlgorithm(b, scheme.digest, true) })
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidTSTInfo)
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) { b.AddASN1OctetString(info) })
		})
		if len(embedded) > 0 {
			addSet(b, explicit(0), rawCertificates(embedded))
		}
		b.AddASN1(der.SET, func(b *cryptobyte.Builder) { i.addSignerInfo(b, scheme, attributes, signature) })
	})
}

func (i identity) addSignerInfo(b *cryptobyte.Builder, scheme scheme, attributes, signature []byte) {
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1Int64(1)
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddBytes(i.chain[0].RawIssuer)
			b.AddASN1BigInt(i.chain[0].SerialNumber)
		})
		addAlgorithm(b, scheme.digest, true)
		implicit := slices.Clone(attributes) // signed as a SET OF, carried under [0]: RFC 5652, section 5.4
		implicit[0] = uint8(explicit(0))
		b.AddBytes(implicit)
		scheme.add(b)
		b.AddASN1OctetString(signature)
	})
}

// signedAttributes returns the DER SET OF.
func (i identity) signedAttributes(scheme scheme, info []byte, at time.Time,
	referenced *x509.Certificate) ([]byte, error) {
	values := []struct {
		kind  asn1.ObjectIdentifier
		write cryptobyte.BuilderContinuation
	}{
		{oidContentType, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(oidTSTInfo) }},
		{oidSigningTime, func(b *cryptobyte.Builder) { b.AddASN1UTCTime(at) }},
		{oidMessageDigest, func(b *cryptobyte.Builder) { b.AddASN1OctetString(sum(scheme.hash, info)) }},
		{oidSigningCertificateV2, func(b *cryptobyte.Builder) { addReference(b, scheme, referenced) }},
	}
	var attributes [][]byte
	for _, value := range values {
		attribute, err := build(func(b *cryptobyte.Builder) {
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(value.kind)
				b.AddASN1(der.SET, value.write)
			})
		})
		if err != nil {
			return nil, err
		}
		attributes = append(attributes, attribute)
	}
	return build(func(b *cryptobyte.Builder) { addSet(b, der.SET, attributes) })
}

// addReference writes SigningCertificateV2 with one ESSCertIDv2: RFC 5035, section 3.
func addReference(b *cryptobyte.Builder, scheme scheme, certificate *x509.Certificate) {
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
				if scheme.hash != crypto.SHA256 { // DER omits the DEFAULT
					addAlgorithm(b, scheme.digest, false)
				}
				b.AddASN1OctetString(sum(scheme.hash, certificate.Raw))
				b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
						b.AddASN1(explicit(4), func(b *cryptobyte.Builder) { b.AddBytes(certificate.RawIssuer) })
					})
					b.AddASN1BigInt(certificate.SerialNumber)
				})
			})
		})
	})
}
