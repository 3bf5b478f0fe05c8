package trusttest

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/rand"
	"crypto/sha1"
	"crypto/x509"
	"encoding/asn1"
	"fmt"
	"slices"

	"golang.org/x/crypto/cryptobyte"
	der "golang.org/x/crypto/cryptobyte/asn1"
)

// scheme is how a key signs: a digest and its algorithm identifiers.
type scheme struct {
	hash      crypto.Hash
	digest    asn1.ObjectIdentifier
	signature asn1.ObjectIdentifier
	null      bool // the signature algorithm has NULL parameters
}

// schemeOf returns the scheme of a key: SHA-256 for RSA, and for ECDSA the digest of the curve's
// size.
func schemeOf(key crypto.Signer) scheme {
	public, ok := key.Public().(*ecdsa.PublicKey)
	switch {
	case !ok:
		return scheme{crypto.SHA256, digests[crypto.SHA256], asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, true}
	case public.Curve.Params().BitSize > 384:
		return scheme{crypto.SHA512, digests[crypto.SHA512], asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}, false}
	case public.Curve.Params().BitSize > 256:
		return scheme{crypto.SHA384, digests[crypto.SHA384], asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}, false}
	}
	return scheme{crypto.SHA256, digests[crypto.SHA256], asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}, false}
}

// digests are the algorithms that this package knows for imprints and signatures.
var digests = map[crypto.Hash]asn1.ObjectIdentifier{
	crypto.SHA256: {2, 16, 840, 1, 101, 3, 4, 2, 1},
	crypto.SHA384: {2, 16, 840, 1, 101, 3, 4, 2, 2},
	crypto.SHA512: {2, 16, 840, 1, 101, 3, 4, 2, 3},
}

func (s scheme) sign(key crypto.Signer, message []byte) ([]byte, error) {
	return key.Sign(rand.Reader, sum(s.hash, message), s.hash)
}

func (s scheme) add(b *cryptobyte.Builder) { addAlgorithm(b, s.signature, s.null) }

func sum(hash crypto.Hash, message []byte) []byte {
	h := hash.New()
	h.Write(message)
	return h.Sum(nil)
}

func addAlgorithm(b *cryptobyte.Builder, oid asn1.ObjectIdentifier, null bool) {
	b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1ObjectIdentifier(oid)
		if null {
			b.AddASN1NULL()
		}
	})
}

func explicit(number uint8) der.Tag { return der.Tag(number).Constructed().ContextSpecific() }

// addSet adds a SET OF in the order that DER demands: ITU-T X.690, section 11.6.
func addSet(b *cryptobyte.Builder, tag der.Tag, elements [][]byte) {
	sorted := slices.SortedFunc(slices.Values(elements), bytes.Compare)
	b.AddASN1(tag, func(b *cryptobyte.Builder) {
		for _, element := range sorted {
			b.AddBytes(element)
		}
	})
}

func build(write func(*cryptobyte.Builder)) ([]byte, error) {
	b := cryptobyte.NewBuilder(nil)
	write(b)
	return b.Bytes()
}

// buildSignedData makes a ContentInfo with a SignedData (RFC 5652, sections 3 and 5). write adds
// what follows the version.
func buildSignedData(version int64, write func(*cryptobyte.Builder)) ([]byte, error) {
	return build(func(b *cryptobyte.Builder) {
		b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(oidSignedData)
			b.AddASN1(explicit(0), func(b *cryptobyte.Builder) {
				b.AddASN1(der.SEQUENCE, func(b *cryptobyte.Builder) {
					b.AddASN1Int64(version)
					write(b)
				})
			})
		})
	})
}

func rawCertificates(chain []*x509.Certificate) [][]byte {
	var raw [][]byte
	for _, certificate := range chain {
		raw = append(raw, certificate.Raw)
	}
	return raw
}

// publicKeyBits returns the BIT STRING of a SubjectPublicKeyInfo. Key identifiers are hashes of it.
func publicKeyBits(spki []byte) ([]byte, error) {
	var info struct {
		Algorithm asn1.RawValue
		Key       asn1.BitString
	}
	if _, err := asn1.Unmarshal(spki, &info); err != nil {
		return nil, fmt.Errorf("read public key: %w", err)
	}
	return info.Key.RightAlign(), nil
}

// keyID computes a key identifier by the first method of RFC 5280, section 4.2.1.2.
func keyID(public crypto.PublicKey) ([]byte, error) {
	spki, err := x509.MarshalPKIXPublicKey(public)
	if err != nil {
		return nil, err
	}
	bits, err := publicKeyBits(spki)
	if err != nil {
		return nil, err
	}
	id := sha1.Sum(bits)
	return id[:], nil
}
