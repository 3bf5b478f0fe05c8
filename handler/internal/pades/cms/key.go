package cms

import (
	"crypto"
	ec "crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"fmt"
)

// Bounds of RSA moduli in bits (what crypto/rsa evaluates at all, what ETSI TS 119 312 accepts, and where a hostile certificate would
// begin to cost real time) and of public exponents, which crypto/rsa evaluates up to here.
const (
	minRSA      = 1024
	minGoodRSA  = 2048
	maxRSA      = 8192
	maxExponent = 1<<31 - 1
	ecdsaHeader = 9 // SEQUENCE with a two-byte length, two INTEGERs, and a leading zero for each
)

// DefaultDigest is the digest that suits a key: as strong as the curve, SHA-256 for RSA. It is also the cheap way to learn whether a
// key can sign at all: the error is ErrKeyUnsupported if not.
func DefaultDigest(public crypto.PublicKey) (crypto.Hash, error) {
	switch key := public.(type) {
	case *rsa.PublicKey:
		switch key.N.BitLen() {
		case 2048, 3072, 4096:
			return crypto.SHA256, nil
		}
		return 0, fmt.Errorf("%w: RSA of %d bits", ErrKeyUnsupported, key.N.BitLen())
	case *ec.PublicKey:
		switch key.Curve {
		case elliptic.P256():
			return crypto.SHA256, nil
		case elliptic.P384():
			return crypto.SHA384, nil
		case elliptic.P521():
			return crypto.SHA512, nil
		}
		return 0, fmt.Errorf("%w: curve %s", ErrKeyUnsupported, key.Params().Name)
	}
	return 0, fmt.Errorf("%w: %T", ErrKeyUnsupported, public)
}

// schemeFor gives the scheme in which a key signs, and the longest signature value that it makes.
func schemeFor(public crypto.PublicKey, digest crypto.Hash, usePSS bool) (scheme, int, error) {
	if _, err := DefaultDigest(public); err != nil {
		return scheme{}, 0, err
	}
	if d, ok := digestOf(digest); !ok || !d.accepted {
		return scheme{}, 0, fmt.Errorf("%w: digest %v", ErrRequestInvalid, digest)
	}
	switch key := public.(type) {
	case *rsa.PublicKey:
		if usePSS {
			return scheme{family: pss, hash: digest, salt: digest.Size()}, key.Size(), nil
		}
		return scheme{family: pkcs1, hash: digest}, key.Size(), nil
	case *ec.PublicKey:
		if usePSS {
			return scheme{}, 0, fmt.Errorf("%w: RSASSA-PSS with an ECDSA key", ErrKeyUnsupported)
		}
		return scheme{family: ecdsa, hash: digest}, ecdsaHeader + 2*((key.Params().BitSize+7)/8), nil
	}
	return scheme{}, 0, fmt.Errorf("%w: %T", ErrKeyUnsupported, public)
}

// options are what crypto.Signer wants to hear.
func (s scheme) options() crypto.SignerOpts {
	if s.family == pss {
		return &rsa.PSSOptions{SaltLength: s.salt, Hash: s.hash}
	}
	return s.hash
}

// verify checks a signature value over the digest sum.
func (s scheme) verify(public crypto.PublicKey, sum, signature []byte) error {
	var valid bool
	switch key := public.(type) {
	case *rsa.PublicKey:
		// Not AlgorithmForbidden, which is said of signatures that hold.
		if bits := key.N.BitLen(); bits < minRSA || bits > maxRSA {
			return faultf(AlgorithmUnknown, "the signer's RSA key has %d bits, which is not evaluated", bits)
		}
		if key.E > maxExponent { // crypto/rsa would call the signature wrong
			return faultf(AlgorithmUnknown, "the signer's RSA key has a public exponent that is too large to evaluate")
		}
		switch s.family {
		case pkcs1:
			valid = rsa.VerifyPKCS1v15(key, s.hash, sum, signature) == nil
		case pss:
			valid = rsa.VerifyPSS(key, s.hash, sum, signature, &rsa.PSSOptions{SaltLength: s.salt}) == nil
		}
	case *ec.PublicKey:
		valid = s.family == ecdsa && ec.VerifyASN1(key, sum, signature)
	default:
		return faultf(AlgorithmUnknown, "the signer's key is of a kind that is not known")
	}
	if !valid {
		return faultf(SignatureInvalid, "the signature value does not verify with the signer's key")
	}
	return nil
}

// acceptable says whether a signature that verified is worth anything: ETSI TS 119 312.
func (s scheme) acceptable(public crypto.PublicKey) error {
	if d, _ := digestOf(s.hash); !d.accepted {
		return faultf(AlgorithmForbidden, "the digest algorithm %v is too weak", s.hash)
	}
	switch key := public.(type) {
	case *rsa.PublicKey:
		if bits := key.N.BitLen(); bits < minGoodRSA {
			return faultf(AlgorithmForbidden, "the signer's RSA key has %d bits, fewer than %d", bits, minGoodRSA)
		}
	case *ec.PublicKey:
		switch key.Curve {
		case elliptic.P256(), elliptic.P384(), elliptic.P521():
		default:
			return faultf(AlgorithmForbidden, "the signer's key is on the curve %s", key.Params().Name)
		}
	}
	return nil
}
