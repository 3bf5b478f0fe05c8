package cms

import (
	"crypto"
	_ "crypto/md5" // known, so that a signature that uses it can be told from one that is damaged; never accepted
	_ "crypto/sha1"
	_ "crypto/sha256"
	_ "crypto/sha512"
	"encoding/asn1"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// family is how a signature value is made from a digest.
type family string

const (
	pkcs1 family = "RSA-PKCS1" // RFC 8017, section 8.2
	pss   family = "RSA-PSS"   // RFC 8017, section 8.1; parameters as in RFC 4055
	ecdsa family = "ECDSA"     // RFC 5753
)

// scheme is one signature algorithm with all its parameters.
type scheme struct {
	family family
	hash   crypto.Hash
	salt   int // bytes; PSS alone
}

// String gives the name that reports use, such as RSA-PKCS1-SHA256.
func (s scheme) String() string {
	return string(s.family) + "-" + strings.ReplaceAll(s.hash.String(), "-", "")
}

// digestAlgorithm lists a digest with the algorithms that are named after it: RFC 5754, 5758, 3370.
type digestAlgorithm struct {
	hash     crypto.Hash
	accepted bool // for making and for verifying: ETSI TS 119 312
	oid      asn1.ObjectIdentifier
	pkcs1OID asn1.ObjectIdentifier
	ecdsaOID asn1.ObjectIdentifier // nil if there is none
}

var digestAlgorithms = []digestAlgorithm{
	{hash: crypto.SHA256, accepted: true, oid: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 1},
		pkcs1OID: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 11}, ecdsaOID: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 2}},
	{hash: crypto.SHA384, accepted: true, oid: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 2},
		pkcs1OID: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 12}, ecdsaOID: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 3}},
	{hash: crypto.SHA512, accepted: true, oid: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 3},
		pkcs1OID: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 13}, ecdsaOID: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 4}},
	{hash: crypto.SHA224, oid: asn1.ObjectIdentifier{2, 16, 840, 1, 101, 3, 4, 2, 4},
		pkcs1OID: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 14}, ecdsaOID: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3, 1}},
	{hash: crypto.SHA1, oid: asn1.ObjectIdentifier{1, 3, 14, 3, 2, 26},
		pkcs1OID: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 5}, ecdsaOID: asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 1}},
	{hash: crypto.MD5, oid: asn1.ObjectIdentifier{1, 2, 840, 113549, 2, 5},
		pkcs1OID: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 4}},
}

var (
	oidRSAEncryption = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 1}
	oidMGF1          = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 8}
	oidRSASSAPSS     = asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 1, 10}
)

func digestOf(hash crypto.Hash) (digestAlgorithm, bool) {
	for _, d := range digestAlgorithms {
		if d.hash == hash {
			return d, true
		}
	}
	return digestAlgorithm{}, false
}

// addDigestAlgorithm writes an AlgorithmIdentifier without parameters, as RFC 5754, section 2 asks of SHA-2.
func addDigestAlgorithm(b *cryptobyte.Builder, d digestAlgorithm) {
	b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) { b.AddASN1ObjectIdentifier(d.oid) })
}

// addScheme writes the AlgorithmIdentifier of a signature.
func addScheme(b *cryptobyte.Builder, s scheme, d digestAlgorithm) {
	b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		switch s.family {
		case pkcs1:
			// The hash is named here too, not rsaEncryption: no attribute protects it, so the more places must agree the better.
			b.AddASN1ObjectIdentifier(d.pkcs1OID)
			b.AddASN1NULL()
		case ecdsa:
			b.AddASN1ObjectIdentifier(d.ecdsaOID)
		case pss:
			b.AddASN1ObjectIdentifier(oidRSASSAPSS)
			addPSSParameters(b, s, d)
		}
	})
}

// addPSSParameters writes RSASSA-PSS-params (RFC 4055, section 3.1); the trailer field is the DEFAULT and therefore absent.
func addPSSParameters(b *cryptobyte.Builder, s scheme, d digestAlgorithm) {
	hash := func(b *cryptobyte.Builder) {
		b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
			b.AddASN1ObjectIdentifier(d.oid)
			b.AddASN1NULL() // RFC 4055 has NULL here, and some readers compare bytes
		})
	}
	b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		b.AddASN1(explicit(0), hash)
		b.AddASN1(explicit(1), func(b *cryptobyte.Builder) {
			b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
				b.AddASN1ObjectIdentifier(oidMGF1)
				hash(b)
			})
		})
		b.AddASN1(explicit(2), func(b *cryptobyte.Builder) { b.AddASN1Int64(int64(s.salt)) })
	})
}

// explicit is the tag [n] of a constructed context-specific element.
func explicit(n uint8) cryptobyte_asn1.Tag {
	return cryptobyte_asn1.Tag(n).ContextSpecific().Constructed()
}

// algorithmIdentifier is an AlgorithmIdentifier as it was read.
type algorithmIdentifier struct {
	oid        asn1.ObjectIdentifier
	parameters cryptobyte.String // one element, or empty
}

func readAlgorithm(s *cryptobyte.String, a *algorithmIdentifier, tag cryptobyte_asn1.Tag) bool {
	var inner, parameters cryptobyte.String
	var any cryptobyte_asn1.Tag
	if !s.ReadASN1(&inner, tag) || !readOID(&inner, &a.oid) {
		return false
	}
	a.parameters = inner
	return inner.Empty() || inner.ReadAnyASN1Element(&parameters, &any) && inner.Empty()
}

// plain says whether the parameters are absent or NULL, which readers must treat alike (RFC 5754, section 2).
func (a algorithmIdentifier) plain() bool {
	return len(a.parameters) == 0 || string(a.parameters) == "\x05\x00"
}

// digest gives the hash, or 0 for one that is not known.
func (a algorithmIdentifier) digest() crypto.Hash {
	for _, d := range digestAlgorithms {
		if d.oid.Equal(a.oid) && a.plain() {
			return d.hash
		}
	}
	return 0
}

// scheme reads a signatureAlgorithm. The digest is what plain rsaEncryption goes with. A scheme that is not known has no family.
func (a algorithmIdentifier) scheme(digest crypto.Hash) scheme {
	if a.oid.Equal(oidRSASSAPSS) {
		s, ok := readPSSParameters(a.parameters)
		if !ok {
			return scheme{}
		}
		return s
	}
	if !a.plain() {
		return scheme{}
	}
	if a.oid.Equal(oidRSAEncryption) && digest != 0 {
		return scheme{family: pkcs1, hash: digest}
	}
	for _, d := range digestAlgorithms {
		switch {
		case d.pkcs1OID.Equal(a.oid):
			return scheme{family: pkcs1, hash: d.hash}
		case d.ecdsaOID != nil && d.ecdsaOID.Equal(a.oid):
			return scheme{family: ecdsa, hash: d.hash}
		}
	}
	return scheme{}
}

// readPSSParameters reads RSASSA-PSS-params; what is absent has its DEFAULT: SHA-1, MGF1 with SHA-1, 20, 1. Only parameters that
// use one hash throughout are known here.
func readPSSParameters(parameters cryptobyte.String) (scheme, bool) {
	var s, field cryptobyte.String
	var present bool
	hash, mask, salt, trailer := crypto.SHA1, crypto.SHA1, int64(20), int64(1)
	if !parameters.ReadASN1(&s, cryptobyte_asn1.SEQUENCE) || !parameters.Empty() {
		return scheme{}, false
	}
	if !s.ReadOptionalASN1(&field, &present, explicit(0)) {
		return scheme{}, false
	}
	var a, inner algorithmIdentifier
	if present {
		if !readAlgorithm(&field, &a, cryptobyte_asn1.SEQUENCE) || !field.Empty() {
			return scheme{}, false
		}
		hash = a.digest()
	}
	if !s.ReadOptionalASN1(&field, &present, explicit(1)) {
		return scheme{}, false
	}
	if present {
		if !readAlgorithm(&field, &a, cryptobyte_asn1.SEQUENCE) || !field.Empty() || !a.oid.Equal(oidMGF1) ||
			!readAlgorithm(&a.parameters, &inner, cryptobyte_asn1.SEQUENCE) {
			return scheme{}, false
		}
		mask = inner.digest()
	}
	if !s.ReadOptionalASN1Integer(&salt, explicit(2), int64(20)) || !s.ReadOptionalASN1Integer(&trailer, explicit(3), int64(1)) {
		return scheme{}, false
	}
	// A salt of 0 means "any length" to crypto/rsa, and 512 is more than the largest accepted modulus can hold.
	if !s.Empty() || hash == 0 || mask != hash || salt < 1 || salt > 512 || trailer != 1 {
		return scheme{}, false
	}
	return scheme{family: pss, hash: hash, salt: int(salt)}, true
}
