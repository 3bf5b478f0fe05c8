package revocation

import (
	"bytes"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rsa"
	_ "crypto/sha256" // linked in, for crypto.Hash
	_ "crypto/sha512"
	"sync"

	"golang.org/x/crypto/cryptobyte"
	"golang.org/x/crypto/cryptobyte/asn1"
)

// Bounds of RSA moduli in bits: what ETSI TS 119 312 accepts, and where a hostile certificate would begin to cost real time.
const (
	minRSA = 2048
	maxRSA = 8192
)

// family is how a signature value is made from a digest.
type family string

const (
	pkcs1 family = "RSA-PKCS1" // RFC 8017, section 8.2
	pss   family = "RSA-PSS"   // RFC 8017, section 8.1; parameters as in RFC 4055
	ec    family = "ECDSA"     // RFC 5758
	ed    family = "Ed25519"   // RFC 8410: signs the data themselves
)

// scheme is one signature algorithm with all its parameters.
type scheme struct {
	family family
	hash   crypto.Hash
	salt   int // bytes; PSS alone
}

// schemes are the accepted algorithms by the contents of their object identifiers, but for RSASSA-PSS, which has parameters.
var schemes = map[string]scheme{
	"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0b": {family: pkcs1, hash: crypto.SHA256},
	"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0c": {family: pkcs1, hash: crypto.SHA384},
	"\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0d": {family: pkcs1, hash: crypto.SHA512},
	"\x2a\x86\x48\xce\x3d\x04\x03\x02":     {family: ec, hash: crypto.SHA256},
	"\x2a\x86\x48\xce\x3d\x04\x03\x03":     {family: ec, hash: crypto.SHA384},
	"\x2a\x86\x48\xce\x3d\x04\x03\x04":     {family: ec, hash: crypto.SHA512},
	"\x2b\x65\x70":                         {family: ed},
}

const (
	oidRSASSAPSS = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x0a"
	oidMGF1      = "\x2a\x86\x48\x86\xf7\x0d\x01\x01\x08"
)

// digests are the hash functions of certificate identifiers and of RSASSA-PSS, by the contents of their object identifiers.
var digests = map[string]crypto.Hash{
	"\x2b\x0e\x03\x02\x1a":                 crypto.SHA1,
	"\x60\x86\x48\x01\x65\x03\x04\x02\x01": crypto.SHA256,
	"\x60\x86\x48\x01\x65\x03\x04\x02\x02": crypto.SHA384,
	"\x60\x86\x48\x01\x65\x03\x04\x02\x03": crypto.SHA512,
}

// algorithm is an AlgorithmIdentifier as it was read.
type algorithm struct {
	oid        string            // contents of the object identifier
	parameters cryptobyte.String // one element, or empty
}

func readAlgorithm(s *cryptobyte.String, a *algorithm) bool {
	var inner, oid, element cryptobyte.String
	var tag asn1.Tag
	if !s.ReadASN1(&inner, asn1.SEQUENCE) || !inner.ReadASN1(&oid, asn1.OBJECT_IDENTIFIER) || len(oid) == 0 || len(oid) > maxOID {
		return false
	}
	a.oid, a.parameters = string(oid), inner
	return inner.Empty() || inner.ReadAnyASN1Element(&element, &tag) && inner.Empty()
}

// digest gives the hash, or 0 for one that is not known. Absent parameters and NULL are the same (RFC 5754, section 2).
func (a algorithm) digest() crypto.Hash {
	if !a.plain() {
		return 0
	}
	return digests[a.oid]
}

func (a algorithm) plain() bool { return len(a.parameters) == 0 || string(a.parameters) == "\x05\x00" }

// same says whether two identifiers mean the same algorithm.
func (a algorithm) same(b algorithm) bool {
	return a.oid == b.oid && (a.plain() && b.plain() || bytes.Equal(a.parameters, b.parameters))
}

// scheme gives the signature algorithm; one that is not accepted has no family.
func (a algorithm) scheme() scheme {
	if a.oid == oidRSASSAPSS {
		return readPSS(a.parameters)
	}
	if !a.plain() {
		return scheme{}
	}
	return schemes[a.oid]
}

// readPSS reads RSASSA-PSS-params (RFC 4055, section 3.1). Only parameters that name one SHA-2 throughout are accepted, so the defaults,
// which mean SHA-1, are not.
func readPSS(parameters cryptobyte.String) scheme {
	var s, hashField, maskField cryptobyte.String
	var hash, mask, inner algorithm
	if !parameters.ReadASN1(&s, asn1.SEQUENCE) || !parameters.Empty() ||
		!s.ReadASN1(&hashField, explicit(0)) || !readAlgorithm(&hashField, &hash) || !hashField.Empty() ||
		!s.ReadASN1(&maskField, explicit(1)) || !readAlgorithm(&maskField, &mask) || !maskField.Empty() ||
		mask.oid != oidMGF1 || !readAlgorithm(&mask.parameters, &inner) {
		return scheme{}
	}
	salt, trailer := 20, 1
	if !s.ReadOptionalASN1Integer(&salt, explicit(2), 20) || !s.ReadOptionalASN1Integer(&trailer, explicit(3), 1) || !s.Empty() {
		return scheme{}
	}
	d := hash.digest()
	// A salt of 0 means "any length" to crypto/rsa, and 512 is more than the largest accepted modulus can hold.
	if d == 0 || d == crypto.SHA1 || inner.digest() != d || salt < 1 || salt > 512 || trailer != 1 {
		return scheme{}
	}
	return scheme{family: pss, hash: d, salt: salt}
}

// signed is what a signature covers, and the signature.
type signed struct {
	data      []byte
	algorithm algorithm
	scheme    scheme
	signature []byte
	digest    func() []byte // of data, made once: a CRL can have megabytes and be asked often
}

// readSignature reads what follows the data in every signed structure of X.509: the algorithm and the signature value.
func readSignature(s *cryptobyte.String, data []byte) (signed, bool) {
	made := signed{data: data}
	if !readAlgorithm(s, &made.algorithm) || !s.ReadASN1BitStringAsBytes(&made.signature) || len(made.signature) > maxSignature {
		return signed{}, false
	}
	made.scheme = made.algorithm.scheme()
	made.digest = sync.OnceValue(func() []byte {
		hash := made.scheme.hash.New()
		hash.Write(data)
		return hash.Sum(nil)
	})
	return made, true
}

// verify checks the signature with a key, and that key and algorithm are worth anything: ETSI TS 119 312.
func (s signed) verify(public crypto.PublicKey) *Fault {
	if s.scheme.family == "" {
		return faultf(AlgorithmWeak, "the signature algorithm is not one that is accepted")
	}
	var valid bool
	switch key := public.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minRSA || bits > maxRSA {
			return faultf(AlgorithmWeak, "the signer's RSA key has %d bits", bits)
		}
		switch s.scheme.family {
		case pkcs1:
			valid = rsa.VerifyPKCS1v15(key, s.scheme.hash, s.digest(), s.signature) == nil
		case pss:
			valid = rsa.VerifyPSS(key, s.scheme.hash, s.digest(), s.signature, &rsa.PSSOptions{SaltLength: s.scheme.salt}) == nil
		}
	case *ecdsa.PublicKey:
		if key.Curve != elliptic.P256() && key.Curve != elliptic.P384() && key.Curve != elliptic.P521() {
			return faultf(AlgorithmWeak, "the signer's key is on the curve %s", key.Params().Name)
		}
		valid = s.scheme.family == ec && ecdsa.VerifyASN1(key, s.digest(), s.signature)
	case ed25519.PublicKey:
		valid = s.scheme.family == ed && ed25519.Verify(key, s.data, s.signature)
	default:
		return faultf(AlgorithmWeak, "the signer's key is of a kind that is not known")
	}
	if !valid {
		return faultf(SignatureBad, "the signature does not verify with the signer's key")
	}
	return nil
}
