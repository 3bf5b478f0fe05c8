package algorithm

import (
	"crypto"
	"crypto/dsa" //lint:ignore SA1019 old signatures are evaluated, and called too weak
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/x509"
	"encoding/asn1"
	"math/big"
	"time"

	"github.com/cloudflare/circl/sign/ed448"
	"golang.org/x/crypto/cryptobyte"
	cryptobyte_asn1 "golang.org/x/crypto/cryptobyte/asn1"
)

// RSAKey is an RSA public key that crypto/rsa cannot represent: one with a large exponent, or one
// for RSASSA-PSS only.
type RSAKey struct {
	N, E *big.Int
	pss  bool    // for RSASSA-PSS only: RFC 4055, section 1.2
	only *Scheme // only with these parameters and at least this salt; nil = any
}

// Key returns the public key of a certificate, even if crypto/x509 does not know the kind of key.
// Its errors are *Error of the kind NotEvaluated.
func Key(c *x509.Certificate) (crypto.PublicKey, error) {
	if c.PublicKey != nil {
		return c.PublicKey, nil
	}
	return ParseKey(c.RawSubjectPublicKeyInfo)
}

// ParseKey reads a SubjectPublicKeyInfo more tolerantly than crypto/x509: a number without its
// leading zero is positive, meaningless parameters are ignored, and explicit parameters may stand
// for a known curve. The keys are those of the standard library, of circl for Ed448, or *RSAKey.
// Its errors are *Error of the kind NotEvaluated.
func ParseKey(spki []byte) (crypto.PublicKey, error) {
	s := cryptobyte.String(spki)
	var inner, encoded cryptobyte.String
	var kind Identifier
	if !s.ReadASN1(&inner, cryptobyte_asn1.SEQUENCE) || !kind.Read(&inner, cryptobyte_asn1.SEQUENCE) ||
		!inner.ReadASN1(&encoded, cryptobyte_asn1.BIT_STRING) || len(encoded) == 0 {
		return nil, errorf(NotEvaluated, "the signer's public key cannot be read")
	}
	bits := []byte(encoded[1:]) // the first octet counts unused bits, which keys do not have
	switch oid := kind.OID; {
	case oid.Equal(oidRSAEncryption), oid.Equal(asn1.ObjectIdentifier{2, 5, 8, 1, 1}):
		return parseRSA(bits, RSAKey{})
	case oid.Equal(oidRSASSAPSS):
		return parsePSSKey(kind, bits)
	case oid.Equal(oidECPublicKey):
		return parseEC(kind.Parameters, bits)
	case oid.Equal(oidDSAPublicKey), oid.Equal(oidOIWDSA):
		return parseDSA(kind.Parameters, bits)
	case oid.Equal(oidEd25519) && len(bits) == ed25519.PublicKeySize:
		return ed25519.PublicKey(bits), nil
	case oid.Equal(oidEd448) && len(bits) == ed448.PublicKeySize:
		return ed448.PublicKey(bits), nil
	}
	return nil, errorf(NotEvaluated, "the signer's key is of a kind that is not evaluated: %v", kind.OID)
}

// readNumber reads an INTEGER of a key. No such number is negative: one that seems to be negative
// lacks its leading zero.
func readNumber(s *cryptobyte.String, out **big.Int) bool {
	var contents cryptobyte.String
	if !s.ReadASN1(&contents, cryptobyte_asn1.INTEGER) || len(contents) > maxInteger {
		return false
	}
	*out = new(big.Int).SetBytes(contents)
	return true
}

func parseRSA(bits []byte, key RSAKey) (crypto.PublicKey, error) {
	s := cryptobyte.String(bits)
	var inner cryptobyte.String
	if !s.ReadASN1(&inner, cryptobyte_asn1.SEQUENCE) || !readNumber(&inner, &key.N) || !readNumber(&inner, &key.E) {
		return nil, errorf(NotEvaluated, "the signer's RSA key cannot be read")
	}
	if key.only == nil && !key.pss && key.E.BitLen() < 32 {
		return &rsa.PublicKey{N: key.N, E: int(key.E.Int64())}, nil
	}
	return &key, nil
}

// parsePSSKey reads a key that is for RSASSA-PSS only: RFC 4055, section 3.1.
func parsePSSKey(kind Identifier, bits []byte) (crypto.PublicKey, error) {
	key := RSAKey{pss: true}
	if !kind.plain() {
		only, ok := readPSSParameters(kind.Parameters)
		if !ok {
			return nil, errorf(NotEvaluated, "the parameters of the signer's RSASSA-PSS key are not evaluated")
		}
		key.only = &only
	}
	return parseRSA(bits, key)
}

func parseDSA(parameters cryptobyte.String, bits []byte) (crypto.PublicKey, error) {
	s := cryptobyte.String(bits)
	var inner cryptobyte.String
	key := &dsa.PublicKey{}
	if !parameters.ReadASN1(&inner, cryptobyte_asn1.SEQUENCE) {
		return nil, errorf(NotEvaluated, "the signer's DSA key inherits its parameters")
	}
	if !readNumber(&inner, &key.P) || !readNumber(&inner, &key.Q) || !readNumber(&inner, &key.G) ||
		!readNumber(&s, &key.Y) {
		return nil, errorf(NotEvaluated, "the signer's DSA key cannot be read")
	}
	return key, nil
}

// Until returns when a key that is too weak today ceased to be reliable: ETSI TS 119 312. weak is
// false for a strong key. until is zero for a key that never was reliable.
func Until(key crypto.PublicKey) (until time.Time, weak bool) {
	rsaUntil := func(bits int) (time.Time, bool) {
		return day(2019, 10), bits < minGoodRSA
	}
	switch key := key.(type) {
	case *rsa.PublicKey:
		return rsaUntil(key.N.BitLen())
	case *RSAKey:
		return rsaUntil(key.N.BitLen())
	case *ecdsa.PublicKey:
		return day(2021, 10), key.Params().BitSize < minGoodCurve
	case *dsa.PublicKey:
		if key.P.BitLen() < minGoodRSA || key.Q.BitLen() < 224 {
			return day(2016, 1), true
		}
		return day(2023, 2), true // FIPS 186-5 withdrew DSA
	}
	return time.Time{}, false
}
