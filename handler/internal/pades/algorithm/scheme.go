package algorithm

import (
	"encoding/asn1"
	"strings"

	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// Family is the method that makes a signature value.
type Family string

// The families that are evaluated.
const (
	PKCS1      Family = "RSA-PKCS1"   // RFC 8017, section 8.2
	PSS        Family = "RSA-PSS"     // RFC 8017, section 8.1
	ECDSA      Family = "ECDSA"       // RFC 5753
	PlainECDSA Family = "ECDSA-plain" // the value is r || s: BSI TR-03111, section 5.2.1.1
	DSA        Family = "DSA"         // RFC 5758, section 3.1
	Ed25519    Family = "Ed25519"     // RFC 8032; Ed25519 and Ed448 sign the data, not a digest
	Ed448      Family = "Ed448"
)

// Scheme is one signature algorithm with all its parameters. The zero value is an algorithm that is
// not evaluated. Schemes can be compared.
type Scheme struct {
	Family Family
	Digest Digest // of what is signed; "" for Ed25519 and Ed448
	Mask   Digest // for PSS: the digest of MGF1, or SHAKE itself (RFC 8702)
	Salt   int    // for PSS: bytes
}

// Known reports whether signatures by the scheme can be evaluated.
func (s Scheme) Known() bool { return s.Family != "" }

// Prehashed reports whether the key signs a digest rather than the data.
func (s Scheme) Prehashed() bool { return s.Digest != "" }

// String returns the name that reports use, such as RSA-PKCS1-SHA256.
func (s Scheme) String() string {
	name := string(s.Family)
	if s.Digest != "" {
		name += "-" + compact(s.Digest)
	}
	if s.Family == PSS && s.Mask != s.Digest {
		name += "-MGF1-" + compact(s.Mask)
	}
	return name
}

func compact(d Digest) string { return strings.ReplaceAll(string(d), "-", "") }

var (
	oidRSAEncryption = pkcs1OID(1)
	oidMGF1          = pkcs1OID(8)
	oidRSASSAPSS     = pkcs1OID(10)
	oidECPublicKey   = asn1.ObjectIdentifier{1, 2, 840, 10045, 2, 1}
	oidECDSAWithSHA2 = asn1.ObjectIdentifier{1, 2, 840, 10045, 4, 3}
	oidDSAPublicKey  = asn1.ObjectIdentifier{1, 2, 840, 10040, 4, 1}
	oidOIWDSA        = asn1.ObjectIdentifier{1, 3, 14, 3, 2, 12}
	oidEd25519       = asn1.ObjectIdentifier{1, 3, 101, 112}
	oidEd448         = asn1.ObjectIdentifier{1, 3, 101, 113}
)

// fixed are the signature algorithms that are not named after a digest in digestRows.
var fixed = []struct {
	oid    asn1.ObjectIdentifier
	scheme Scheme
}{
	{oidEd25519, Scheme{Family: Ed25519}},
	{oidEd448, Scheme{Family: Ed448}},
	{pkixOID(30), Scheme{Family: PSS, Digest: SHAKE128, Mask: SHAKE128, Salt: 32}},
	{pkixOID(31), Scheme{Family: PSS, Digest: SHAKE256, Mask: SHAKE256, Salt: 64}},
	{asn1.ObjectIdentifier{1, 3, 14, 3, 2, 29}, Scheme{Family: PKCS1, Digest: SHA1}},
	{asn1.ObjectIdentifier{1, 3, 14, 3, 2, 3}, Scheme{Family: PKCS1, Digest: MD5}},
	{asn1.ObjectIdentifier{1, 3, 14, 3, 2, 27}, Scheme{Family: DSA, Digest: SHA1}},
	{asn1.ObjectIdentifier{1, 3, 14, 3, 2, 13}, Scheme{Family: DSA, Digest: SHA1}},
}

// Scheme reads the identifier of a signature algorithm. Many producers write the identifier of a
// kind of key instead. Such an identifier means the algorithm of that key with the given digest
// (RFC 5652, section 10.1.2).
func (a Identifier) Scheme(digest Digest) Scheme {
	if a.OID.Equal(oidRSASSAPSS) {
		s, _ := readPSSParameters(a.Parameters)
		return s
	}
	if a.OID.Equal(oidECDSAWithSHA2) { // its parameter is the digest: ANSI X9.62
		var named Identifier
		parameters := cryptobyte.String(a.Parameters)
		if !named.Read(&parameters, cryptobyte_asn1.SEQUENCE) || named.Digest() == "" {
			return Scheme{}
		}
		return Scheme{Family: ECDSA, Digest: named.Digest()}
	}
	if !a.plain() {
		return Scheme{}
	}
	if family := familyOfKey(a.OID); family != "" && digest != "" {
		return Scheme{Family: family, Digest: digest}
	}
	for _, row := range fixed {
		if row.oid.Equal(a.OID) {
			return row.scheme
		}
	}
	return named(a.OID)
}

// familyOfKey returns the family of signature algorithms for the identifier of a kind of key.
func familyOfKey(oid asn1.ObjectIdentifier) Family {
	switch {
	case oid.Equal(oidRSAEncryption):
		return PKCS1
	case oid.Equal(oidECPublicKey):
		return ECDSA
	case oid.Equal(oidDSAPublicKey), oid.Equal(oidOIWDSA):
		return DSA
	}
	return ""
}

// named looks for an algorithm that is named after a digest.
func named(oid asn1.ObjectIdentifier) Scheme {
	for _, row := range digestRows {
		switch {
		case row.pkcs1 != nil && row.pkcs1.Equal(oid):
			return Scheme{Family: PKCS1, Digest: row.digest}
		case row.ecdsa != nil && row.ecdsa.Equal(oid):
			return Scheme{Family: ECDSA, Digest: row.digest}
		case row.dsa != nil && row.dsa.Equal(oid):
			return Scheme{Family: DSA, Digest: row.digest}
		case row.plain != nil && row.plain.Equal(oid):
			return Scheme{Family: PlainECDSA, Digest: row.digest}
		}
	}
	return Scheme{}
}

// Name returns the algorithm's name in reports: the name of the scheme if it is evaluated, else a
// common name if there is one, else the dotted object identifier.
func (a Identifier) Name(digest Digest) string {
	if s := a.Scheme(digest); s.Known() {
		return s.String()
	}
	dotted := a.OID.String()
	for _, row := range []struct{ oid, name string }{
		{"1.2.840.113549.1.1.1", "RSA"},
		{"1.2.840.113549.1.1.2", "RSA-PKCS1-MD2"},
		{"1.2.840.113549.1.1.10", "RSA-PSS"},
		{"1.3.36.3.3.1.2", "RSA-PKCS1-RIPEMD160"},
		{"0.4.0.127.0.7.1.1.4.1.6", "ECDSA-plain-RIPEMD160"},
		{"1.2.643.2.2.3", "GOST R 34.10-2001"},
		{"1.2.643.7.1.1.3.2", "GOST R 34.10-2012 (256 bits)"},
		{"1.2.643.7.1.1.3.3", "GOST R 34.10-2012 (512 bits)"},
		{"1.2.156.10197.1.501", "SM2-SM3"},
		{"2.16.840.1.101.3.4.3.17", "ML-DSA-44"},
		{"2.16.840.1.101.3.4.3.18", "ML-DSA-65"},
		{"2.16.840.1.101.3.4.3.19", "ML-DSA-87"},
	} {
		if row.oid == dotted {
			return row.name
		}
	}
	return dotted
}

// Add writes the AlgorithmIdentifier of a scheme with which the product signs: PKCS1, PSS or ECDSA
// with SHA-2.
func (s Scheme) Add(b *cryptobyte.Builder) {
	row := s.Digest.row()
	b.AddASN1(cryptobyte_asn1.SEQUENCE, func(b *cryptobyte.Builder) {
		switch s.Family {
		case PKCS1:
			// The identifier names the hash too, which rsaEncryption would not: no attribute
			// protects this identifier, so that more places should agree.
			b.AddASN1ObjectIdentifier(row.pkcs1)
			b.AddASN1NULL()
		case ECDSA:
			b.AddASN1ObjectIdentifier(row.ecdsa)
		case PSS:
			b.AddASN1ObjectIdentifier(oidRSASSAPSS)
			s.addPSSParameters(b)
		}
	})
}
